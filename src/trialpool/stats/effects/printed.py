"""Figures as printed: a value, and how far the rounding leaves it open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from math import isfinite
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure printed to some decimals stands for everything from value - half to value + half.

    >>> from trialpool.stats.effects.printed import Printed
    >>> Printed.of("0.620").half
    0.0005
    """

    value: float
    half: float = 0.0
    text: str = ""

    @classmethod
    def of(cls, figure: str | Decimal | float, *, decimals: int = 0) -> Printed:
        """A figure as text, Decimal or number; `decimals` where it is known to have been printed to more of them."""
        number = Decimal(str(figure))
        shown = max(places(number), decimals)
        return cls(float(number), 0.5 * 10.0**-shown, f"{number:.{shown}f}")

    @classmethod
    def exact(cls, number: float) -> Printed:
        """A count, or anything else that was not rounded."""
        return cls(float(number), 0.0, count_text(number))

    @property
    def low(self) -> float:
        return self.value - self.half

    @property
    def high(self) -> float:
        return self.value + self.half

    def __str__(self) -> str:
        return self.text or f"{self.value:g}"


def decimals_of_ratio(figures: Iterable[Decimal]) -> int:
    """Decimals that an estimate and its limits were printed to, where a spreadsheet has dropped last zeros: the most, up to two.

    >>> decimals_of_ratio([Decimal("0.6"), Decimal("0.46"), Decimal("0.82")])
    2
    """
    return min(max((places(figure) for figure in figures), default=0), 2)


def places(figure: Decimal) -> int:
    """Decimals that a figure is written with."""
    return max(-int(figure.as_tuple().exponent), 0)


class Count(NamedTuple):
    """A whole number that was not printed itself, and the least and the most that it can have been."""

    value: float
    low: float
    high: float


def count_text(number: float) -> str:
    """A number of patients or events: whole where it is whole or large, else to four figures.

    >>> count_text(12345678.0), count_text(27.349)
    ('12345678', '27.35')
    """
    return f"{number:.0f}" if number == round(number) or number >= 1000 else f"{number:.4g}"


class EffectRange(NamedTuple):
    """The least and largest effect and standard error that the rounding of what went in leaves open."""

    yi_low: float
    yi_high: float
    se_low: float
    se_high: float


def over_rounding(route: Callable[..., tuple[float, float]], *figures: Printed | Count) -> EffectRange:
    """The range of a route's effect and SE over the corners and middles of the rounding box of its figures.

    Routes are monotone in each figure by itself, or flat where they turn (the SE of landmark survival near 20%). Where a route
    is not defined at a corner (no event in an arm, say), nothing is known of the range.
    """
    corners = product(*(dict.fromkeys((f.low, f.value, f.high)) for f in figures))
    values = [_or_nothing(route, corner) for corner in corners]
    known = [value for value in values if value is not None and all(map(isfinite, value))]
    if len(known) < len(values):
        return EffectRange(-float("inf"), float("inf"), 0.0, float("inf"))
    effects, errors = zip(*known, strict=True)
    return EffectRange(min(effects), max(effects), max(min(errors), 0.0), max(errors))


def _or_nothing(route: Callable[..., tuple[float, float]], figures: tuple[float, ...]) -> tuple[float, float] | None:
    try:
        return route(*figures)
    except (ValueError, ZeroDivisionError):
        return None
