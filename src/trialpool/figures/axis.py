"""An axis that a reader can read: round ticks, the null always on it, very long intervals cut at its ends."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from trialpool.figures import style
from trialpool.figures.lettering import text_width, wrap
from trialpool.figures.numerals import MINUS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from trialpool.figures.canvas import Sheet

Range = tuple[float, float]

MOST_TICKS = 7
FURTHEST_RATIO = math.log(1000)
FURTHEST_DIFFERENCE = 1e9
LONG = 2.5  # an interval is long when it is wider than so many typical ones
ROOM_FOR_LONG = 1.6  # long intervals are shown whole as long as the axis grows by no more than this
NULL_FROM_END = 0.1  # share of the axis that is at least left on either side of the null
SNAP = 0.12  # an end moves out to the next tick within this share of the axis


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A place on the analysis scale and what is printed there."""

    value: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A range on the analysis scale (log for ratios), its ticks, and where it lies on the page.

    low, high   : ends, on the analysis scale
    left, right : the same ends on the page, in points
    """

    low: float
    high: float
    ticks: tuple[Tick, ...]
    left: float = 0.0
    right: float = 1.0

    def at(self, value: float) -> float:
        """Where a value stands on the page; one that lies beyond an end stands at that end."""
        inside = min(max(value, self.low), self.high)
        return self.left + (inside - self.low) / (self.high - self.low) * (self.right - self.left)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def effect_axis(
    intervals: Iterable[Range], *, always: Iterable[float] = (), log: bool, left: float, right: float, pad: float = 0.03
) -> Axis:
    """The axis for a plot of intervals on the analysis scale; `always` lies on it, and so does the null, 0."""
    low, high = shown_range(intervals, always=always, log=log)
    span = high - low
    low, high = min(low - pad * span, -NULL_FROM_END * span), max(high + pad * span, NULL_FROM_END * span)
    choose = ratio_ticks if log else difference_ticks
    outwards = SNAP * (high - low)
    ticks = choose(low - outwards, high + outwards, room=right - left)
    low = min([low, *(tick.value for tick in ticks)])
    high = max([high, *(tick.value for tick in ticks)])
    return Axis(low=low, high=high, ticks=ticks, left=left, right=right)


def shown_range(intervals: Iterable[Range], *, always: Iterable[float] = (), log: bool) -> Range:
    """The range that shows nearly everything: very long intervals don't decide it.

    >>> shown_range([(-0.5, 0.5), (-0.4, 0.2), (-0.6, 0.4), (-9.0, 9.0)], log=False)
    (-0.6, 0.5)
    """
    furthest = FURTHEST_RATIO if log else FURTHEST_DIFFERENCE
    found = [(low, high) for low, high in intervals if math.isfinite(low) and math.isfinite(high)]
    must = [0.0, *(x for x in always if math.isfinite(x))]
    typical = median(high - low for low, high in found) if found else 0.0
    core = must + [x for low, high in found if high - low <= LONG * typical for x in (low, high)]
    whole = must + [x for limits in found for x in limits]
    if max(whole) - min(whole) <= ROOM_FOR_LONG * (max(core) - min(core)):
        core = whole
    low, high = max(min(core), -furthest), min(max(core), furthest)
    least = math.log(1.25) if log else 0.02
    return (low, high) if high > low else (low - least, high + least)


def _ladder(*steps: float) -> Callable[[float, float], list[float]]:
    def values(low: float, high: float) -> list[float]:
        powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
        return [float(f"{step * 10.0**power:.6g}") for power in powers for step in steps]

    return values


def _every(step: float) -> Callable[[float, float], list[float]]:
    def values(low: float, high: float) -> list[float]:
        if high / low > 2.6:
            return []
        return [round(i * step, 6) for i in range(math.ceil(low / step), math.floor(high / step) + 1)]

    return values


def _doublings(low: float, high: float) -> list[float]:
    return [2.0**i for i in range(-2, 6)] if high / low > 12 and low > 0.14 and high < 40 else []


RATIO_TICKS = (
    _every(0.001),
    _every(0.002),
    _every(0.005),
    _every(0.01),
    _every(0.02),
    _every(0.05),
    _every(0.1),
    _every(0.2),
    _doublings,
    _ladder(1, 1.5, 2, 3, 5, 7),
    _ladder(1, 2, 5),
    _ladder(1),
    lambda low, high: [10.0**i for i in range(-8, 9, 2)],
)


def ratio_ticks(low: float, high: float, *, room: float = 200) -> tuple[Tick, ...]:
    """Ticks for a range of logarithms: the densest familiar ladder that holds 1 and leaves air between its labels.

    >>> [tick.label for tick in ratio_ticks(math.log(0.22), math.log(4.5))]
    ['0.25', '0.5', '1', '2', '4']
    """
    ends = math.exp(low), math.exp(high)
    choices = [
        [Tick(value=math.log(x), label=f"{x:g}") for x in ladder(*ends) if low <= math.log(x) <= high] for ladder in RATIO_TICKS
    ]
    return _choose(choices, low, high, room)


def difference_ticks(low: float, high: float, *, room: float = 200) -> tuple[Tick, ...]:
    """Ticks for a linear range: whole multiples of 1, 2 or 5 times a power of ten.

    >>> [tick.label for tick in difference_ticks(-0.12, 0.05)]
    ['−0.10', '−0.05', '0', '0.05']
    """
    coarsest = math.floor(math.log10(high - low))
    steps = [(m, power) for power in range(coarsest - 2, coarsest + 2) for m in (1, 2, 5)]
    return _choose([_multiples(m, power, low, high) for m, power in steps], low, high, room)


def _multiples(m: int, power: int, low: float, high: float) -> list[Tick]:
    step, decimals = m * 10.0**power, max(0, -power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [Tick(value=i * step, label=_plain(i * step, decimals)) for i in range(first, min(last, first + 99) + 1)]


def _plain(x: float, decimals: int) -> str:
    return "0" if x == 0 else f"{x:.{decimals}f}".replace("-", MINUS)


def _choose(choices: Sequence[Sequence[Tick]], low: float, high: float, room: float) -> tuple[Tick, ...]:
    """The first choice of 3 to MOST_TICKS ticks that don't crowd; else the fullest of those."""
    airy = [ticks for ticks in choices if ticks and not _crowded(ticks, low, high, room)]
    good = [ticks for ticks in airy if len(ticks) >= 3]
    best = good[0] if good else max(airy, key=len, default=())
    return tuple(best)


def _crowded(ticks: Sequence[Tick], low: float, high: float, room: float) -> bool:
    if len(ticks) > MOST_TICKS:
        return True
    places = [room * (tick.value - low) / (high - low) for tick in ticks]
    widths = [text_width(tick.label, style.SMALL) for tick in ticks]
    needed = [(a + b) / 2 + style.SMALL for a, b in itertools.pairwise(widths)]
    return any(b - a < gap for a, b, gap in zip(places, places[1:], needed, strict=False))


def draw_axis(sheet: Sheet, axis: Axis, y: float, title: str = "") -> float:
    """The axis along y with its ticks, labels and title under it; returns where the next thing can start."""
    sheet.line((axis.left, y), (axis.right, y), width=style.THIN)
    baseline = y + 4 + style.SMALL
    for tick in axis.ticks:
        x = axis.at(tick.value)
        sheet.line((x, y), (x, y + 3), width=style.THIN)
        sheet.text(x, baseline, tick.label, size=style.SMALL, align="center")
    middle = (axis.left + axis.right) / 2
    for line in wrap(title, axis.right - axis.left, style.SMALL) if title else ():
        baseline += style.SMALL * style.LEADING + 1
        sheet.text(middle, baseline, line, size=style.SMALL, colour=style.QUIET, align="center")
    return baseline + 0.3 * style.SMALL
