"""Where the boxes of a flow diagram stand, and the ways between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from trialpool.figures import style
from trialpool.figures.flow_boxes import Arm, Box, BoxLine, Row
from trialpool.figures.lettering import wrap

BAND = 15.0  # width of the names of sections at the left
APART = 15.0  # between columns and between rows: room for an arrow
CLOSE = 7.0  # between a head and its arm, and between boxes beside one step
PAD = 4.5  # between the edge of a box and its words
INDENT = 7.0
NARROWEST = 84.0  # a column in which words can still be read; with less room the arms stand under each other
WIDEST = 150.0  # a column that is as wide as it needs to be
CHANNEL = 8.0  # between lines that pass by an arm at its left
ROWS: tuple[Row, ...] = ("head", "identified", "screened", "sought", "assessed", "included", "total", "pooled")
ARMS: tuple[Arm, ...] = ("previous", "databases", "other", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A box on the page, with its lines of text as they are broken."""

    box: Box
    left: float
    top: float
    right: float
    bottom: float
    lines: tuple[BoxLine, ...]

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def height_of_words(self) -> float:
        return _height(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRow:
    """A row of boxes on the page; `arm` is `all` where arms share it."""

    arm: Arm
    row: Row
    top: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A line through points; without an arrow where it joins another."""

    points: tuple[tuple[float, float], ...]
    arrow: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLayout:
    """Columns from left to right: an arm's way, and beside it what leaves it.

    width : of the page
    column : width of a column
    left : where a column begins, by arm and whether it is the one beside
    stacked : whether the arms stand under each other; then lines pass by them at the left
    """

    width: float
    column: float
    left: Mapping[tuple[Arm, bool], float]
    stacked: bool

    @classmethod
    def of(cls, boxes: Sequence[Box], width: float | None) -> FlowLayout:
        """The layout for a width; where none is given, as wide as the columns need, and a page at most."""
        arms = [arm for arm in ARMS[:-1] if any(box.arm == arm for box in boxes)]
        columns = [(arm, beside) for arm in arms for beside in (False, True) if not (arm == "previous" and beside)]
        width = width or min(style.PAGE, _start(0) + len(columns) * (WIDEST + APART) - APART + style.MARGIN)
        column = _column(width, len(columns), 0)
        stacked = column < NARROWEST and len(columns) > 2
        if stacked:
            channels = len(arms) - 1
            column = _column(width, 2, channels)
            left = {(arm, beside): _start(channels) + beside * (column + APART) for arm in ARMS for beside in (False, True)}
        else:
            left = {key: _start(0) + i * (column + APART) for i, key in enumerate(columns)}
            left |= {("all", beside): left["databases", beside] for beside in (False, True)}
        return cls(width=width, column=column, left=left, stacked=stacked)

    def placed(self, boxes: Sequence[Box], top: float) -> tuple[Placed, ...]:
        """The boxes by rows, each as high as its words; a head is as wide as its arm."""
        found: list[Placed] = []
        for key in self._keys(boxes):
            mine = [box for box in boxes if self._key(box) == key]
            row = list(self._placed_row(mine, top))
            found += row
            top = max(each.bottom for each in row) + (CLOSE if key[1] == "head" else APART)
        return tuple(found)

    def rows(self, placed: Sequence[Placed]) -> Iterator[PlacedRow]:
        """The rows from top to bottom."""
        for key in self._keys([each.box for each in placed]):
            mine = [each for each in placed if self._key(each.box) == key]
            yield PlacedRow(arm=key[0], row=key[1], top=min(p.top for p in mine), bottom=max(p.bottom for p in mine))

    def ways(self, placed: Sequence[Placed]) -> Iterator[Way]:
        """From step to step, to what stands beside, and from the arms to what is included."""
        on_the_way = [each for each in placed if not each.box.beside and each.box.row != "head"]
        for arm in ARMS[1:]:
            for one, next_ in pairwise([each for each in on_the_way if each.box.arm == arm]):
                yield Way(points=((one.centre, one.bottom), (one.centre, next_.top)))
        for one in on_the_way:
            yield from _beside(one, [p for p in placed if p.box.beside and (p.box.arm, p.box.row) == (one.box.arm, one.box.row)])
        at = {(each.box.arm, each.box.row): each for each in on_the_way}
        yield from self._into_included(at)

    def _into_included(self, at: Mapping[tuple[Arm, Row], Placed]) -> Iterator[Way]:
        included, databases, other = at["all", "included"], at["databases", "assessed"], at.get(("other", "assessed"))
        last = other if other and self.stacked else databases
        yield Way(points=((last.centre, last.bottom), (last.centre, included.top)))
        if other and self.stacked:
            yield self._passing_by(databases, included, 0)
        elif other:
            y = included.top - APART / 2
            yield Way(points=((other.centre, other.bottom), (other.centre, y), (included.centre, y)), arrow=False)
        previous = at.get(("previous", "identified"))
        if previous and self.stacked:
            yield self._passing_by(previous, at["all", "total"], 1 if other else 0)
        elif previous:
            total = at["all", "total"]
            yield Way(points=((previous.centre, previous.bottom), (previous.centre, total.middle), (total.left, total.middle)))

    def _passing_by(self, one: Placed, other: Placed, channel: int) -> Way:
        x = one.left - CHANNEL * (channel + 1)
        return Way(points=((one.left, one.middle), (x, one.middle), (x, other.middle), (other.left, other.middle)))

    def _key(self, box: Box) -> tuple[Arm, Row]:
        return (box.arm, box.row) if self.stacked else ("all", box.row)

    def _keys(self, boxes: Sequence[Box]) -> list[tuple[Arm, Row]]:
        there = {self._key(box) for box in boxes}
        return [(arm, row) for arm in ARMS for row in ROWS if (arm, row) in there]

    def _placed_row(self, boxes: Sequence[Box], top: float) -> Iterator[Placed]:
        """Boxes beside one step stand under each other; heads are of one height."""
        columns: dict[tuple[Arm, bool], list[Box]] = {}
        for box in boxes:
            columns.setdefault((box.arm, box.beside), []).append(box)
        heights = {key: [_height(self._broken(box)) for box in mine] for key, mine in columns.items()}
        highest = max(max(high) for high in heights.values())
        for (arm, beside), mine in columns.items():
            y = top
            for box, own in zip(mine, heights[arm, beside], strict=True):
                high = highest if box.row == "head" else own
                left = self.left[arm, beside]
                right = left + self._width(box)
                yield Placed(box=box, left=left, top=y, right=right, bottom=y + high, lines=self._broken(box))
                y += high + CLOSE

    def _width(self, box: Box) -> float:
        spans = box.row == "head" and (self.stacked or box.arm != "previous")
        return 2 * self.column + APART if spans else self.column

    def _broken(self, box: Box) -> tuple[BoxLine, ...]:
        room = self._width(box) - 2 * PAD
        return tuple(
            BoxLine(text, line.indent, line.bold)
            for line in box.lines
            for text in wrap(line.text, room - line.indent * INDENT, bold=line.bold)
        )


def _start(channels: int) -> float:
    return style.MARGIN + BAND + APART / 2 + channels * CHANNEL


def _column(width: float, columns: int, channels: int) -> float:
    return (width - _start(channels) - (columns - 1) * APART - style.MARGIN) / columns


def _height(lines: Sequence[BoxLine]) -> float:
    return len(lines) * style.TEXT * style.LEADING + 2 * PAD


def _beside(one: Placed, others: Sequence[Placed]) -> Iterator[Way]:
    """An arrow to the first box beside a step, from which arrows branch off to those under it."""
    for i, other in enumerate(others):
        y = min(one.middle, others[0].middle)
        fork = (one.right + other.left) / 2, y
        points = (fork, (fork[0], other.middle), (other.left, other.middle)) if i else ((one.right, y), (other.left, y))
        yield Way(points=points)
