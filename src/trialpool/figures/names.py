"""Names beside discs: each in the first place that is free, or left out."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from trialpool.figures import style
from trialpool.figures.lettering import text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from trialpool.figures.canvas import Sheet
    from trialpool.figures.marks import Point

Box = tuple[float, float, float, float]  # left, top, right, bottom on the page
Disc = tuple[float, float, float]  # x, y, radius

AIR = 2.5  # between a disc and its name


def draw_names(
    sheet: Sheet, names: Iterable[tuple[str, Disc]], *, within: Box, discs: Sequence[Disc], lines: Iterable[Sequence[Point]] = ()
) -> None:
    """Names, the most important first, off all discs and lines; a name without a free place is left out."""
    taken = [(x - r, y - r, x + r, y + r) for x, y, r in discs]
    taken += [box for line in lines for start, end in pairwise(line) for box in boxes_along(start, end)]
    for label, disc in names:
        _draw_name(sheet, label, disc, within, taken)


def _draw_name(sheet: Sheet, label: str, disc: Disc, within: Box, taken: list[Box]) -> None:
    width = text_width(label, style.SMALL)
    for left, baseline in _places(disc, width):
        box = (left - 1.5, baseline - style.SMALL, left + width + 1.5, baseline + 0.3 * style.SMALL)
        if _inside(box, within) and not any(_overlap(box, other) for other in taken):
            sheet.text(left, baseline, label, size=style.SMALL, colour=style.QUIET)
            taken.append(box)
            return


def _places(disc: Disc, width: float) -> Iterator[Point]:
    """Where a name may start: beside its disc, then above and below, then slantwise, then a little further off."""
    x, y, radius = disc
    off = radius + AIR
    middle, above, below = y + style.CAP * style.SMALL, y - off, y + off + 2 * style.CAP * style.SMALL
    right, centred, left = x + off, x - width / 2, x - off - width
    yield from [(right, middle), (left, middle), (centred, above), (centred, below)]
    for baseline in (above, below):
        yield from [(x - width * share, baseline) for share in (0.2, 0.8, 0.0, 1.0)]
    yield from [(side, baseline) for side in (right, left) for baseline in (above, below)]


def boxes_along(start: Point, end: Point) -> Iterator[Box]:
    """Small boxes that cover a line, so that names keep off it."""
    steps = max(1, math.ceil(math.dist(start, end) / 2))
    for i in range(steps + 1):
        x, y = (a + (b - a) * i / steps for a, b in zip(start, end, strict=True))
        yield x - 0.5, y - 0.5, x + 0.5, y + 0.5


def _inside(box: Box, within: Box) -> bool:
    return within[0] < box[0] and box[2] < within[2] and within[1] < box[1] and box[3] < within[3]


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
