"""Following the lines of one colour through the plot of a raster figure, and telling two of them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, uniform_filter1d

from trialpool.digitising.dashes import Pattern, covered, dashed_path, follow_pattern, marks_veiled, tall_runs
from trialpool.digitising.drawing import Colour, Floats
from trialpool.digitising.levels import PART, edges_along
from trialpool.digitising.request import LINES, Look
from trialpool.digitising.tracing import descend
from trialpool.errors import Problem

GAP_COST = {"solid": 3.0, "dashed": 0.25}  # of a column of bare ground, where a column of line brings 1
JUMP_COST = {"solid": 3.0, "dashed": 0.5}  # of a bare pixel on the way down
BROKEN = {"solid": 0.1, "dashed": 0.75, "dotted": 0.85, "dashdot": 0.75}  # share of its length that a line may be bare
SHORTEST = 0.05  # share of the plot's columns in which a curve is to be seen at least
SECOND = 0.2  # and from which a second line of its colour counts as one
_CLEARLY = 0.4  # share of the variance of its ink that the pattern of a second line explains, to be one
_ALIKE = 0.6  # share of the thickness and darkness of the first line that a second one has
_FALLS = 3.0  # multiple of its thickness by which a second line falls: a grid line does not
_ALONGSIDE = 0.6  # share hidden by the first line, above which what is left of its colour are its censoring marks
_GAPS = 0.12  # share of bare ground from which a line is dashed
_SOLID = 0.06  # and up to which it is solid
_CLIMB = 0.05  # share of the plot's height by which a line rises that is no survival curve
_RISING = "the line of this colour rises, as a cumulative incidence does, and survival never does"
UPSIDE_DOWN = "Turn the picture upside down, so that 1 less the incidence is read"
_APART = 0.03  # survival by which two lines of one look may part before they meet for the last time
_DROP = 0.3  # what a pixel of an upright stroke brings on the way down
_ROUNDS = 2  # times that each line is followed once more beside the others
_MOST = 3  # dashed lines of one colour
_RHYTHMIC = 0.3  # share of the variance of its ink that the pattern of a dashed line explains at least
_FILLED = 0.6  # share of its gaps that may have ink right above or below
_OFF = -0.5  # where a pattern expects less than this, it has a gap
_STROKE = {"dashed": 4.0, "dotted": 1.4, "dashdot": 6.0}  # length of the longest stroke, as a multiple of the thickness
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
    pattern      : of a line that has a rhythm of dashes
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
    pattern: Pattern | None = None

    @property
    def colour(self) -> Colour:
        return self.look.colour or BLACK

    @property
    def line(self) -> str:
        return self.look.line or "solid"


def traces_of(plot: Plot, looks: list[Look], file: str) -> tuple[list[Trace], list[Problem]]:
    """The lines of one colour; a Problem for each that cannot be followed or told from the others."""
    if len(looks) == 1:
        return _only_one(plot, looks[0], file)
    lines = [look.line or "solid" for look in looks]
    if len(set(lines)) == len(lines):
        return _told_by_dashes(plot, looks, file)
    if len(looks) == 2:
        first = follow(plot, looks[0], None)
        found, problems = _told_by_rank(plot, first, follow(plot, looks[1], first), file)
        return found, problems or _broken(plot, found, file)
    names = ", ".join(look.arm for look in looks)
    what = f"{len(looks)} lines of one colour cannot be told apart: {names}"
    mend = f"Say of each whether it is {', '.join(LINES[:-1])} or {LINES[-1]}, or take them from a vector or a colour version"
    return [], [Problem(file, 0, f"curve {looks[0].arm}", what, mend)]


def _told_by_dashes(plot: Plot, looks: list[Look], file: str) -> tuple[list[Trace], list[Problem]]:
    """Lines of one colour of which one at most is solid: that is followed first, the others in what is left, each by its rhythm."""
    colour = looks[0].colour or BLACK
    asked = {look.line or "solid": look for look in looks}
    solid = follow(plot, asked.get("solid", Look(arm="", colour=colour, line="solid")), None)
    there = solid.bare <= _SOLID and solid.seen >= SHORTEST * plot.width
    dashed = [look for line, look in asked.items() if line != "solid"]
    found = dashed_lines(plot, colour, solid if there or "solid" in asked else None, max(len(dashed), 2))
    chosen = _named(found, dashed, solid.thickness)
    if len(chosen) < len(dashed):
        return _without_rhythm(plot, solid, dashed, found, file)
    lines = [*([solid] if "solid" in asked else []), *chosen]
    others = [solid] if there and "solid" not in asked else []
    for _ in range(_ROUNDS):
        for i, line in enumerate(lines):
            lines[i] = _apart(plot, line, [*others, *lines[:i], *lines[i + 1 :]])
    return lines, _broken(plot, lines, file)


def dashed_lines(plot: Plot, colour: Colour, solid: Trace | None, most: int = _MOST) -> list[Trace]:
    """The lines of a colour that have a rhythm, as far as they are there beside a solid one; the clearest first."""
    ink, other = plot.ink[colour], plot.other[colour]
    if solid is not None:
        ink, other = _less(ink, other, [solid])
    thickness = solid.thickness if solid is not None else edges_along(ink, other, follow_any(plot, colour)).thickness
    found: list[Trace] = []
    while len(found) < most:
        best = dashed_path(ink, marks_veiled(ink, other, thickness), plot.start, thickness)
        if best is None:
            break
        path, pattern = best
        trace = _trace(Look(arm="", colour=colour, line="dashed"), path, ink, other, pattern)
        if pattern.explains < _RHYTHMIC or _filled_gaps(trace, pattern) > _FILLED or trace.seen < SHORTEST * plot.width:
            break
        found.append(trace)
        ink, other = _less(ink, other, [trace])
    return found


def _filled_gaps(trace: Trace, pattern: Pattern) -> float:
    """Share of the gaps of a line that have ink right above or below: a path may go beside a solid line to have gaps."""
    column = np.arange(len(trace.path))
    gap = (pattern.expected(trace.ink.shape)[trace.path, column] < _OFF) & (trace.other[trace.path, column] < PART)
    near = maximum_filter(trace.ink, size=(2 * round(2 * trace.thickness + 2) + 1, 1))[trace.path, column] > PART
    return float(near[gap].mean()) if gap.any() else 1.0


def follow_any(plot: Plot, colour: Colour) -> NDArray[np.intp]:
    """The path of a line of a colour, dashed or not."""
    return follow(plot, Look(arm="", colour=colour, line="dashed"), None).path


def _apart(plot: Plot, trace: Trace, lines: list[Trace]) -> Trace:
    """A line followed once more, the strokes of the others of its colour hiding it."""
    ink, other = _less(plot.ink[trace.colour], plot.other[trace.colour], lines)
    if trace.pattern is None:
        return follow_in(plot, trace.look, ink, other)
    path, _ = follow_pattern(trace.pattern, ink, marks_veiled(ink, other, trace.thickness), plot.start)
    return _trace(trace.look, path, ink, other, trace.pattern)


def _named(found: list[Trace], looks: list[Look], thickness: float) -> list[Trace]:
    """The line that fits each look best, by the strokes of their patterns; empty where there are fewer lines than looks."""
    if len(found) < len(looks):
        return []
    choices = permutations(found, len(looks))
    fits = min(choices, key=lambda chosen: sum(_misfit(t, look, thickness) for t, look in zip(chosen, looks, strict=True)))
    return [replace(trace, look=look) for trace, look in zip(fits, looks, strict=True)]


def _misfit(trace: Trace, look: Look, thickness: float) -> float:
    """How little a pattern is what a look says: dots are hardly longer than thick, and dashes and dots take turns in a dashdot."""
    strokes = trace.pattern.strokes if trace.pattern is not None else np.ones(1)
    off = abs(float(np.log(strokes.max() / thickness / _STROKE[look.line or "dashed"])))
    return off + ((len(strokes) > 1) != (look.line == "dashdot"))


def _without_rhythm(
    plot: Plot, solid: Trace, looks: list[Look], found: list[Trace], file: str
) -> tuple[list[Trace], list[Problem]]:
    """One dashed line beside a solid one may be told by its gaps though it has no rhythm; more cannot."""
    if len(looks) == 1 and not found and solid.look.arm:
        second = follow(plot, looks[0], solid)
        lines = [solid, second]
        return lines, _told_by_gaps(solid, second, file) or _broken(plot, lines, file)
    names = ", ".join(look.arm for look in looks)
    what = f"of the dashed lines of this colour that are to be {names}, {len(found)} were found"
    mend = "See that the axes are right, and that each is dashed; or take them from a vector or a colour version of the figure"
    return [], [Problem(file, 0, f"curve {looks[0].arm}", what, mend)]


def _only_one(plot: Plot, look: Look, file: str) -> tuple[list[Trace], list[Problem]]:
    """The line of a colour of which only one was asked for; a Problem where another one has it and might be meant."""
    colour = look.colour or BLACK
    solid = follow(plot, replace(look, line="solid"), None)
    there = solid.bare <= _SOLID and solid.seen >= SHORTEST * plot.width
    if look.line not in (None, "solid"):
        return _only_dashed(plot, look, solid, there, file)
    if problems := _broken(plot, [solid], file):
        found = dashed_lines(plot, colour, None) if look.line is None else []
        return ([replace(found[0], look=replace(look, line="dashed"))], []) if len(found) == 1 else ([solid], problems)
    if not _another(plot, solid):
        return [solid], []
    what, mend = "more than one line has this colour", "Say solid or dashed, or upper or lower, and name the other one too"
    remark = f"more than one line has the colour of {look.arm}: look whether the right one was followed"
    return [replace(solid, remark=remark)], [Problem(file, 0, f"curve {look.arm}", what, mend)]


def _only_dashed(plot: Plot, look: Look, solid: Trace, there: bool, file: str) -> tuple[list[Trace], list[Problem]]:
    """The dashed line of a colour, beside a solid one or alone."""
    colour = look.colour or BLACK
    for beside in (solid, None) if there else (None,):
        found = dashed_lines(plot, colour, beside)
        if chosen := _named(found, [look], solid.thickness):
            trace = _apart(plot, chosen[0], [] if beside is None else [beside])
            return [trace], _broken(plot, [trace], file)
    trace = follow(plot, look, solid if there else None)
    if problems := _broken(plot, [trace], file):
        return [trace], problems
    what, mend = (
        f"the line of this colour is not dashed: {trace.bare:.0%} of its way is bare",
        "Say solid, or nothing of the line",
    )
    return [trace], [] if trace.bare > _GAPS else [Problem(file, 0, f"curve {look.arm}", what, mend)]


def _another(plot: Plot, first: Trace) -> bool:
    """Whether a second line, solid or dashed, has the colour of one that was followed: as thick and dark, well apart from it."""
    solid = follow(plot, replace(first.look, line="solid"), first)
    seconds = [solid] if solid.bare <= _SOLID else []
    seconds += [line for line in dashed_lines(plot, first.colour, first, 1) if line.pattern and line.pattern.explains > _CLEARLY]
    return any(
        _beside(plot, first, second) >= SECOND * plot.width
        and second.hidden <= _ALONGSIDE
        and second.thickness >= _ALIKE * first.thickness
        and _darkness(second) >= _ALIKE * _darkness(first)
        and np.ptp(second.path) > _FALLS * second.thickness
        for second in seconds
    )


def _darkness(trace: Trace) -> float:
    """How much of a pixel a line covers where it is seen, or so."""
    ink = maximum_filter(trace.ink, size=(3, 1))[trace.path, np.arange(len(trace.path))]
    return float(np.median(ink[ink > PART])) if (ink > PART).any() else 0.0


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
    colour = look.colour or BLACK
    ink, other = plot.ink[colour], plot.other[colour]
    if before is not None:
        ink, other = _less(ink, other, [before])
    return follow_in(plot, look, ink, other)


def follow_in(plot: Plot, look: Look, ink: Floats, other: Floats) -> Trace:
    """Follow a line in ink that may be of it, hidden by what else there is."""
    line = look.line or "solid"
    kind = "solid" if line == "solid" else "dashed"
    bare = (1 - covered(ink)) * (1 - other)
    path = _best_path(ink, bare, kind, plot.start)
    thickness = edges_along(ink, other, path).thickness
    drops = np.zeros(ink.shape)
    last = len(path) - round(2 * thickness) - 3  # further to the right a mark may stand on the end
    for column, start, end in tall_runs(ink[:, : max(last, 0)], thickness):
        drops[start:end, column] = ink[start:end, column] * (1 - other[start:end, column])
    path = _best_path(_smooth(ink, thickness), bare, kind, plot.start, drops)
    return _trace(look, path, ink, other, None)


def _trace(look: Look, path: NDArray[np.intp], ink: Floats, other: Floats, pattern: Pattern | None) -> Trace:
    """What is to be said of a path."""
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
        thickness=edges_along(ink, other, path).thickness,
        pattern=pattern,
    )


def _less(ink: Floats, other: Floats, lines: list[Trace]) -> tuple[Floats, Floats]:
    """Ink without the strokes of lines, and what hides, with them."""
    for line in lines:
        taken = _pixels_of(line, ink)
        if line.pattern is not None:
            taken &= line.pattern.expected(ink.shape) > _OFF
        ink, other = np.where(taken, 0.0, ink), np.where(taken, 1.0, other)
    return ink, other


def _best_path(ink: Floats, bare: Floats, line: str, start: int | None, drops: Floats | float = 0.0) -> NDArray[np.intp]:
    return descend(ink - GAP_COST[line] * bare, JUMP_COST[line] * bare - _DROP * drops, start)


def _smooth(ink: Floats, thickness: float) -> Floats:
    """Ink by how much of it is around, up and down: the middle of a line has the most."""
    return np.asarray(uniform_filter1d(ink, size=2 * int(thickness / 2) + 1, axis=0))


def _pixels_of(trace: Trace, ink: Floats) -> NDArray[np.bool_]:
    """The pixels that a line covers: around its path, and all the way where it drops."""
    taken = np.zeros(ink.shape, dtype=bool)
    reach = round(np.nan_to_num(trace.thickness, nan=1.0) / 2 + 1)
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
