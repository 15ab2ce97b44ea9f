"""Following the lines of one colour through the plot of a raster figure, and telling two of them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, uniform_filter1d

from trialpool.digitising.drawing import Colour, Floats
from trialpool.digitising.levels import PART, edges_along
from trialpool.digitising.request import Look
from trialpool.digitising.tracing import descend
from trialpool.errors import Problem

GAP_COST = {"solid": 3.0, "dashed": 0.25}  # of a column of bare ground, where a column of line brings 1
JUMP_COST = {"solid": 3.0, "dashed": 0.5}  # of a bare pixel on the way down
BROKEN = {"solid": 0.1, "dashed": 0.75}  # share of its length that a line may be bare
SHORTEST = 0.05  # share of the plot's columns in which a curve is to be seen at least
SECOND = 0.2  # and from which a second line of its colour counts as one
_OFTEN_BARE = 0.65  # share of bare ground up to which what is left of a colour is another, dashed line
_ALONGSIDE = 0.6  # share hidden by the first line, above which what is left of its colour are its censoring marks
_GAPS = 0.12  # share of bare ground from which a line is dashed
_SOLID = 0.06  # and up to which it is solid
_CLIMB = 0.05  # share of the plot's height by which a line rises that is no survival curve
_RISING = "the line of this colour rises, as a cumulative incidence does, and survival never does"
UPSIDE_DOWN = "Turn the picture upside down, so that 1 less the incidence is read"
_IN_IT = 0.25  # share of a pixel from which a line that spills into the next row is in it
_APART = 0.03  # survival by which two lines of one look may part before they meet for the last time
BLACK: Colour = (0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """The part of a figure in which curves are looked for.

    rows, columns : of the figure
    ink           : colour -> (rows, columns) share of each pixel that it covers
    other         : colour -> (rows, columns) share that anything else covers
    start         : row of survival 1, in the part; None where it is outside
    per_row       : survival that a row stands for
    """

    rows: slice
    columns: slice
    ink: Mapping[Colour, Floats]
    other: Mapping[Colour, Floats]
    start: int | None
    per_row: float

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.columns.stop - self.columns.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A line that was followed.

    path         : row of the plot by column
    ink, other   : (rows, columns) what may be the line, and what hides it
    seen         : columns in which it is to be seen
    bare, hidden : share of its length that is bare ground, and that something covers
    """

    look: Look
    path: NDArray[np.intp]
    ink: Floats
    other: Floats
    seen: int
    bare: float
    hidden: float
    thickness: float
    remark: str = ""

    @property
    def colour(self) -> Colour:
        return self.look.colour or BLACK

    @property
    def line(self) -> str:
        return self.look.line or "solid"


def traces_of(plot: Plot, looks: list[Look], file: str) -> tuple[list[Trace], list[Problem]]:
    """The lines of one colour, one or two; a Problem for each that cannot be followed or told from the other."""
    if len(looks) == 1:
        return _only_one(plot, looks[0], file)
    if len(looks) > 2:
        names = ", ".join(look.arm for look in looks)
        what = f"{len(looks)} lines of one colour cannot be told apart: {names}"
        return [], [Problem(file, 0, f"curve {looks[0].arm}", what, "Take them from a vector or a colour version of the figure")]
    if {look.line for look in looks} == {"solid", "dashed"}:
        solid, dashed = sorted(looks, key=lambda look: look.line != "solid")
        first = follow(plot, solid, None)
        second = follow(plot, dashed, first)
        found, problems = [first, second], _told_by_gaps(first, second, file)
    else:
        first = follow(plot, looks[0], None)
        second = follow(plot, looks[1], first)
        found, problems = _told_by_rank(plot, first, second, file)
    return found, problems or _broken(plot, found, file)


def _only_one(plot: Plot, look: Look, file: str) -> tuple[list[Trace], list[Problem]]:
    """The line of a colour of which only one was asked for; a Problem where another one has it and might be meant."""
    solid = follow(plot, replace(look, line="solid"), None)
    if look.line == "dashed":
        there = solid.bare <= _SOLID and solid.seen >= SHORTEST * plot.width
        trace = follow(plot, look, solid if there else None)
        if problems := _broken(plot, [trace], file):
            return [trace], problems
        what, mend = (
            f"the line of this colour is not dashed: {trace.bare:.0%} of its way is bare",
            "Say solid, or nothing of the line",
        )
        return [trace], [] if trace.bare > _GAPS else [Problem(file, 0, f"curve {look.arm}", what, mend)]
    if problems := _broken(plot, [solid], file):
        return [solid], problems
    second = follow(plot, replace(look, line="dashed"), solid)
    clear = _beside(plot, solid, second) >= SECOND * plot.width and second.hidden <= _ALONGSIDE
    another = clear and second.bare <= (_GAPS if look.line else _OFTEN_BARE)
    if not another:
        return [solid], []
    what, mend = "more than one line has this colour", "Say solid or dashed, or upper or lower, and name the other one too"
    remark = f"more than one line has the colour of {look.arm}: look whether the right one was followed"
    return [replace(solid, remark=remark)], [Problem(file, 0, f"curve {look.arm}", what, mend)]


def _beside(plot: Plot, first: Trace, second: Trace) -> int:
    """Columns in which a second line is seen with bare ground between it and the first: censoring marks stand on their line."""
    ink, columns = plot.ink[first.colour], 0
    for column, other in enumerate(second.path.tolist()):
        there = second.ink[max(other - 1, 0) : other + 2, column].max() > PART
        one = int(first.path[column]) if column < len(first.path) else 0
        between = ink[min(one, other) : max(one, other) + 1, column]
        columns += bool(there and (between <= PART).any())
    return columns


def follow(plot: Plot, look: Look, before: Trace | None) -> Trace:
    """Follow a line; the pixels of the one that was followed before hide it."""
    colour, line = look.colour or BLACK, look.line or "solid"
    ink, other = plot.ink[colour], plot.other[colour]
    if before is not None:
        taken = _pixels_of(before, ink)
        ink, other = np.where(taken, 0.0, ink), np.where(taken, 1.0, other)
    bare = (1 - _covered(ink)) * (1 - other)
    path = _best_path(ink, bare, line, plot.start)
    thickness = edges_along(ink, other, path).thickness
    if thickness > 1.5:
        path = _best_path(_smooth(ink, thickness), bare, line, plot.start)
    at = np.arange(len(path))
    near = maximum_filter(ink, size=(3, 1))[path, at] > PART
    hidden = ~near & (maximum_filter(other, size=(3, 1))[path, at] > PART)
    return Trace(
        look=look,
        path=path,
        ink=ink,
        other=other,
        seen=int(near.sum()),
        bare=float((~near & ~hidden).sum() / max((~hidden).sum(), 1)),
        hidden=float(hidden.mean()),
        thickness=thickness,
    )


def _covered(ink: Floats) -> Floats:
    """Ink, as if a thin line between two rows, each of which it covers in part, were in either of them as a whole."""
    padded = np.pad(ink, ((1, 1), (0, 0)))
    around = ink + padded[:-2] + padded[2:]
    return np.clip(np.where(ink >= _IN_IT, around, ink), 0, 1)


def _best_path(ink: Floats, bare: Floats, line: str, start: int | None) -> NDArray[np.intp]:
    return descend(ink - GAP_COST[line] * bare, JUMP_COST[line] * bare, start)


def _smooth(ink: Floats, thickness: float) -> Floats:
    """Ink by how much of it is around, up and down: the middle of a line has the most."""
    return np.asarray(uniform_filter1d(ink, size=2 * int(thickness / 2) + 1, axis=0))


def _pixels_of(trace: Trace, ink: Floats) -> NDArray[np.bool_]:
    """The pixels that a line covers: around its path, and all the way where it drops."""
    taken = np.zeros(ink.shape, dtype=bool)
    reach = round(trace.thickness / 2 + 1)
    before = int(trace.path[0])
    for column, row in enumerate(trace.path.tolist()):
        aside = reach if row > before + 1 else 0
        taken[max(before - reach, 0) : row + reach + 1, max(column - aside, 0) : column + aside + 1] = True
        before = row
    return taken


def _told_by_gaps(solid: Trace, dashed: Trace, file: str) -> list[Problem]:
    """A Problem unless one line has no gaps and the other has."""
    if solid.bare <= _SOLID and dashed.bare > _GAPS:
        return []
    what = (
        f"it cannot be told from {solid.look.arm}: the line that should be solid is bare on {solid.bare:.0%} of its way, "
        f"and the dashed one on {dashed.bare:.0%}"
    )
    return [Problem(file, 0, f"curve {dashed.look.arm}", what, "Take it from a vector or a colour version of the figure")]


def _told_by_rank(plot: Plot, one: Trace, other: Trace, file: str) -> tuple[list[Trace], list[Problem]]:
    """Two lines of one look as upper and lower, if they part for good; else a Problem."""
    names = f"{one.look.arm} and {other.look.arm}"
    place = f"curve {one.look.arm}"
    if {one.look.rank, other.look.rank} != {"upper", "lower"}:
        mend = "Say that one is solid and the other dashed, or, if they never cross, that one is upper and the other lower"
        return [], [Problem(file, 0, place, f"{names} are said to look the same", mend)]
    common = min(len(one.path), len(other.path))
    apart = np.abs(one.path[:common] - other.path[:common]) * plot.per_row
    close = (one.thickness + 2) * plot.per_row
    meeting = np.flatnonzero(apart <= close)
    last = int(meeting[-1]) if len(meeting) else 0
    before = float(apart[: last + 1].max()) if common else 0.0
    if before > max(_APART, close):
        what = f"{names} meet again after they have parted, and which is which after that is not to be seen"
        return [], [Problem(file, 0, place, what, "Take them from a vector or a colour version of the figure")]
    looks = {look.rank: look for look in (one.look, other.look)}
    higher, lower = sorted((one, other), key=lambda trace: float(trace.path[:common].mean()))
    remark = f"{names} run within {before:.2f} of each other at first, and may be exchanged there" if before > close else ""
    return [replace(higher, look=looks["upper"], remark=remark), replace(lower, look=looks["lower"])], []


def _rises(plot: Plot, colour: Colour) -> bool:
    """Whether what has a colour lies higher at its right end than at its left."""
    rows, columns = np.nonzero(plot.ink[colour] > PART)
    if len(columns) < SHORTEST * plot.width:
        return False
    left, right = np.quantile(columns, [0.1, 0.9])
    height = plot.rows.stop - plot.rows.start
    return bool(np.median(rows[columns <= left]) - np.median(rows[columns >= right]) > _CLIMB * height)


def _broken(plot: Plot, traces: list[Trace], file: str) -> list[Problem]:
    """A Problem for each trace that is hardly there, or mostly gaps where a line should be."""
    mend = "See that the axes and the colour are right; if it is dashed, say dashed"
    problems = []
    for trace in traces:
        place = f"curve {trace.look.arm}"
        if trace.seen < SHORTEST * plot.width and _rises(plot, trace.colour):
            problems.append(Problem(file, 0, place, _RISING, UPSIDE_DOWN))
        elif trace.seen < SHORTEST * plot.width:
            problems.append(Problem(file, 0, place, "no line of this colour starts at survival 1 and never rises", mend))
        elif trace.bare > BROKEN[trace.line]:
            problems.append(Problem(file, 0, place, f"the line could not be followed: {trace.bare:.0%} of its way is bare", mend))
    return problems
