"""Which single slip of the pen explains a ratio that is not in the middle of its limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise

import numpy as np

from trialpool.stats.consistency.rounding_boxes import off_centre
from trialpool.stats.effects.printed import Printed

NAMES = {"estimate": "the estimate", "ci_low": "the lower limit", "ci_high": "the upper limit"}


@dataclass(frozen=True, slots=True)
class Repair:
    """One figure written otherwise, with which ratio and limits agree."""

    column: str
    figure: str
    how: str

    def __str__(self) -> str:
        return f"{NAMES[self.column]} {self.figure} ({self.how})"


def repairs(estimate: Printed, low: Printed, high: Printed, *, most: int = 3) -> tuple[Repair, ...]:
    """The slips that would explain it, the likeliest first: limits swapped, two digits swapped, one digit, the decimal point.

    Each is a figure of the three, changed once, with which the estimate lies in the middle of its limits on the log scale within
    rounding. Of slips of one kind those come first that bring the estimate nearest to the middle.

    >>> [str(r) for r in repairs(Printed.of("1.21"), Printed.of("0.95"), Printed.of("1.14"))]
    ['the upper limit 1.54 (one digit)']
    >>> str(repairs(Printed.of("0.58"), Printed.of("0.44"), Printed.of("0.67"))[0])
    'the upper limit 0.76 (two digits swapped)'
    """
    figures = {"estimate": estimate, "ci_low": low, "ci_high": high}
    found = []
    for column, figure in figures.items():
        for kind, (how, texts) in enumerate(_slips(str(figure)).items()):
            for text in texts:
                changed = figures | {column: _printed(text)}
                if _agree(changed):
                    found.append((kind, _distance(changed), Repair(column, text, how)))
    return tuple(repair for *_, repair in sorted(found, key=lambda f: f[:2])[:most])


def _slips(text: str) -> dict[str, list[str]]:
    return {
        "two digits swapped": list(_swapped(text)),
        "one digit": list(_other_digit(text)),
        "decimal point moved": list(_moved_point(text)),
    }


def _swapped(text: str) -> Iterator[str]:
    digits = [i for i, character in enumerate(text) if character.isdigit()]
    for i, j in pairwise(digits):
        if text[i] != text[j]:
            characters = list(text)
            characters[i], characters[j] = text[j], text[i]
            yield "".join(characters)


def _other_digit(text: str) -> Iterator[str]:
    for i, character in enumerate(text):
        if character.isdigit():
            yield from (text[:i] + digit + text[i + 1 :] for digit in "0123456789" if digit != character)


def _moved_point(text: str) -> Iterator[str]:
    try:
        figure = Decimal(text)
    except InvalidOperation:
        return
    yield from (f"{figure.scaleb(shift):f}" for shift in (1, -1))


def _printed(text: str) -> Printed:
    return Printed.of(text)


def _agree(figures: Mapping[str, Printed]) -> bool:
    estimate, low, high = (figures[name] for name in ("estimate", "ci_low", "ci_high"))
    if not 0 < low.low or not low.value < estimate.value < high.value:
        return False
    return float(off_centre(estimate.value, low.value, high.value, (estimate.half, low.half, high.half))) == 0


def _distance(figures: Mapping[str, Printed]) -> float:
    estimate, low, high = (figures[name].value for name in ("estimate", "ci_low", "ci_high"))
    return round(abs(float(np.log(estimate) - (np.log(low) + np.log(high)) / 2)), 12)
