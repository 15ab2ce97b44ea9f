"""The curves of a raster figure: found by colour, or by being solid or dashed, and followed from where all patients are alive."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import grey_opening

from trialpool.digitising.colours import coverage, described, ground_of, palette
from trialpool.digitising.digitised import Axis, Curve
from trialpool.digitising.drawing import Colour, Floats
from trialpool.digitising.following import BLACK, BROKEN, SHORTEST, Plot, Trace, traces_of
from trialpool.digitising.levels import HIDDEN, PART, Edges, corners, edges_along, last_drop, pen_offset, staircase
from trialpool.digitising.raster import NEUTRAL, Raster
from trialpool.digitising.raster_axes import Frame
from trialpool.digitising.request import Look
from trialpool.digitising.steps import above
from trialpool.errors import BadInput, Problem

_WIDE = 0.15  # share of the plot's columns in which a colour must be for a curve
_THERE = 0.02  # share of them from which a colour is there at all
_DARK = 240.0  # distance from the ground from which something wholly hides what is behind it; shading and grid lines do not
_AREA, _AREA_LEAST = 0.02, 4  # share of the plot's width, and pixels more, from which something is an area and no line
_NO_SHADING = 0.8  # share of a pixel from which it is no shading but lines close together
_NEAR = 120.0  # distance of a colour from that of the figure that is meant
_RIVAL = 60.0  # distance from which another colour of the figure competes for pixels
_SEEN = 0.6  # share of its way that a black line beside coloured ones is seen at least: letters and axes are black, too
_UNSEEN = 0.1  # share of its way that a curve may be hidden without a remark
Palette = list[tuple[Colour, float]]


def raster_curves(
    raster: Raster, frame: Frame, x: Axis, y: Axis, asked: tuple[Look, ...], file: str
) -> tuple[tuple[Curve, ...], Axis, Axis, tuple[str, ...]]:
    """The curves asked for, or all that are found, the axes as the lines have them, and what was decided on the way.

    Raises
    ------
    BadInput
        where a colour is not there, no curve has it, or two lines cannot be told apart
    """
    area = plot_area(raster, frame, x, y)
    part = Raster(raster.kind, raster.rgb[area])
    if part.rgb.size == 0:
        what = "the axes leave no room for curves"
        raise BadInput([Problem(file, 0, "", what, "See that the positions given lie in the figure")])
    found = palette(part, ground_of(part))
    looks = tuple(replace(look, colour=look.colour or BLACK) for look in asked or proposals(found))
    shades = _shades(list(dict.fromkeys(look.colour or BLACK for look in looks)), found)
    plot = _plot(raster, frame, y, area, shades, found)
    traces, problems = _follow_all(plot, looks, found, file)
    if not asked:
        traces, problems = [trace for trace in traces if _like_a_curve(trace, plot)], []
    if problems or not traces:
        raise BadInput(problems or [_nothing(found, file)])
    names = [look.arm for look in looks]
    traces.sort(key=lambda trace: names.index(trace.look.arm))
    edges = [edges_along(trace.ink, trace.other, trace.path) for trace in traces]
    behind = hidden_levels(traces, edges)
    steps = [_steps(*of_trace) for of_trace in zip(traces, edges, behind, strict=True)]
    shift = _pen_offset(steps, frame, y, area[0].start)
    x, y = x.moved(shift), y.moved(shift)
    curves = tuple(_curve(plot, *of_trace, x, y, shades) for of_trace in zip(traces, steps, strict=True))
    return curves, x, y, tuple(_remarks(traces))


def _pen_offset(steps: list[Steps], frame: Frame, y: Axis, first_row: int) -> float:
    """By what the lines are off the tick marks, where these show survival 1."""
    full = frame.highest - first_row if y.found == "ticks" and max(y.value) == (100 if y.percent else 1) else np.nan
    return pen_offset([(one.levels, np.diff(one.places, append=one.places[-1])) for one in steps], full)


def proposals(found: Palette) -> tuple[Look, ...]:
    """The looks to try where none was asked for: black and each vivid colour along the plot, or black solid and dashed."""
    wide = [colour for colour, share in found if share >= _WIDE]
    if wide:
        return tuple(Look(arm=f"arm {i}", colour=colour) for i, colour in enumerate([*wide, BLACK], start=1))
    return tuple(Look(arm=line, colour=BLACK, line=line) for line in ("solid", "dashed"))


def plot_area(raster: Raster, frame: Frame, x: Axis, y: Axis) -> tuple[slice, slice]:
    """Rows and columns of the plot: from time 0 to the end of its axis, and a little more than survival goes."""
    left, right = sorted(x.position)
    if min(x.value) <= 0 <= max(x.value):
        left = float(x.positions(0.0))
    end = frame.x.along[1] if frame.x is not None and frame.x.along[1] > right else right + 0.04 * (right - left)
    top, bottom = sorted(y.position)
    full = float(y.positions(1.0))
    margin = 0.03 * (bottom - top)
    rows = slice(max(int(min(full, top) - margin), 0), max(min(int(bottom + margin) + 1, raster.height), 0))
    columns = slice(max(round(left), 0), max(min(int(end) + 1, raster.width), 0))
    return rows, columns


def _shades(colours: list[Colour], found: Palette) -> dict[Colour, Colour]:
    """Each colour as the figure has it: a JPEG, or a name such as blue, may be some way off. One of the figure is taken once."""
    pairs = [(float(np.linalg.norm(np.subtract(c, there))), c, there) for c in colours for there, _ in found if not _is_grey(c)]
    shades: dict[Colour, Colour] = {}
    for distance, colour, there in sorted(pairs):
        if distance < _NEAR and colour not in shades and there not in shades.values():
            shades[colour] = there
    return {colour: shades.get(colour, colour) for colour in colours}


def _is_grey(colour: Colour) -> bool:
    return max(colour) - min(colour) <= NEUTRAL


def _plot(raster: Raster, frame: Frame, y: Axis, area: tuple[slice, slice], shades: dict[Colour, Colour], found: Palette) -> Plot:
    """Ink and what hides it, for each colour asked for; other vivid colours compete for pixels too."""
    part = Raster(raster.kind, raster.rgb[area])
    ground = ground_of(part)
    mine = list(shades.values())
    rivals = [c for c, _ in found if min(float(np.linalg.norm(np.subtract(c, m))) for m in mine) > _RIVAL]
    shares = coverage(part, [*mine, *rivals], ground)
    lines = _axis_lines(frame, raster, area)
    dark = unshaded(np.clip(np.linalg.norm(ground - part.rgb.astype(float), axis=-1) / _DARK, 0, 1))
    drawn = [unshaded(share) for share in shares]
    ink = {colour: np.where(lines & _is_grey(colour), 0.0, share) for colour, share in zip(shades, drawn, strict=False)}
    other = {}
    for i, (colour, share) in enumerate(ink.items()):
        over = np.maximum.reduce([np.clip(dark - share, 0, 1), *drawn[:i], *drawn[i + 1 :]])
        other[colour] = np.where(lines, 1.0, np.where(share > PART, 0.0, over))
    rows, columns = area
    full = float(y.positions(1.0)) - rows.start
    start = int(full) if 0 <= full < rows.stop - rows.start else None
    return Plot(rows=rows, columns=columns, ink=ink, other=other, start=start, per_row=abs(y.per_unit))


def unshaded(share: Floats) -> Floats:
    """A share of pixels without what fills an area, such as a confidence band, so that what is left is lines and letters."""
    size = round(_AREA * share.shape[1]) + _AREA_LEAST
    shading = grey_opening(share, size=(size, size))
    shading = np.where(shading < _NO_SHADING, shading, 0.0)
    return np.asarray(np.clip((share - shading) / (1 - shading), 0, 1))


def _axis_lines(frame: Frame, raster: Raster, area: tuple[slice, slice]) -> NDArray[np.bool_]:
    """Pixels of the axes and of the other lines that run along the whole plot: a frame, grid lines."""
    rows, columns = area
    on_line = np.zeros((raster.height, raster.width), dtype=bool)
    for name, line in frame.lines:
        extent = columns if name == "x" else rows
        if line.along[1] - line.along[0] < 0.85 * (extent.stop - extent.start) and line not in (frame.x, frame.y):
            continue
        across, along = slice(line.across[0], line.across[1] + 1), slice(line.along[0], line.along[1] + 1)
        on_line[(across, along) if name == "x" else (along, across)] = True
    return on_line[area]


def _follow_all(plot: Plot, looks: tuple[Look, ...], found: Palette, file: str) -> tuple[list[Trace], list[Problem]]:
    """The lines of each colour in turn."""
    by_colour: defaultdict[Colour, list[Look]] = defaultdict(list)
    for look in looks:
        by_colour[look.colour or BLACK].append(look)
    traces: list[Trace] = []
    problems: list[Problem] = []
    for colour, of_colour in by_colour.items():
        if (plot.ink[colour] > PART).any(axis=0).mean() < _THERE:
            problems.append(_absent(colour, of_colour[0].arm, found, file))
            continue
        followed, wrong = traces_of(plot, of_colour, file)
        traces += followed
        problems += wrong
    return traces, problems


def _absent(colour: Colour, arm: str, found: Palette, file: str) -> Problem:
    red, green, blue = colour
    there = f"The colours there are {described(found)}" if found else "There are no vivid colours; try black"
    return Problem(file, 0, f"curve {arm}", f"the colour #{red:02x}{green:02x}{blue:02x} is not in the plot", there)


def _nothing(found: Palette, file: str) -> Problem:
    there = f"The colours there are {described(found)}" if found else "There are no vivid colours"
    what = "no line was found that starts at survival 1 and never rises"
    return Problem(file, 0, "", what, f"{there}; give a look for each curve")


def _like_a_curve(trace: Trace, plot: Plot) -> bool:
    """Whether a proposed trace is long enough and unbroken."""
    least = _SEEN * len(trace.path) if len(plot.ink) > 1 and trace.colour == BLACK else SHORTEST * plot.width
    long = len(trace.path) >= _WIDE * plot.width and trace.seen >= least
    return long and trace.bare <= BROKEN[trace.line] and int(np.ptp(trace.path)) > 2


def hidden_levels(traces: list[Trace], edges: list[Edges]) -> list[Floats]:
    """For each line about where it runs, by column, should neither edge of it be seen; nan where nothing tells.

    A line that is hidden runs where the one over it does, within what that is thicker; one that shows between two others, there.
    """
    width = max(len(trace.path) for trace in traces)
    levels = np.full((len(traces), width), np.nan)
    for level, edge in zip(levels, edges, strict=True):
        level[: len(edge.top)] = (edge.top + edge.bottom) / 2
    found = []
    for i, trace in enumerate(traces):
        reach = np.array([(trace.thickness + other.thickness) / 2 + 1 for other in traces])[:, np.newaxis]
        apart = np.abs(levels[:, : len(trace.path)] - (trace.path + 0.5))
        apart[i] = np.inf
        apart = np.where(np.isfinite(apart) & (apart <= reach), apart, np.inf)
        nearest = apart.argmin(0)
        column = np.arange(len(trace.path))
        covered = trace.other[trace.path, column] >= HIDDEN
        level = np.where(covered & np.isfinite(apart[nearest, column]), levels[nearest, column], np.nan)
        found.append(np.where(trace.ink[trace.path, column] > PART, trace.path + 0.5, level))
    return found


@dataclass(frozen=True, slots=True)
class Steps:
    """Places and levels of a line's steps, (k,) each, and (m,) places of its censoring marks: pixels of the plot."""

    places: Floats
    levels: Floats
    marks: Floats


def _steps(trace: Trace, edges: Edges, behind: Floats) -> Steps:
    """The steps under a trace; the marks of a dashed line cannot be told from its strokes."""
    dashed = trace.line != "solid"
    stairs = staircase(edges, capped=not dashed, behind=behind)
    places, levels = corners(stairs)
    if not dashed and (last := last_drop(trace.ink, trace.path, trace.thickness)) is not None:
        places, levels = np.append(places[:-1], max(last.place, places[-2])), np.append(levels[:-1], max(last.level, levels[-2]))
    return Steps(places, levels, np.empty(0) if dashed else stairs.marks)


def _curve(plot: Plot, trace: Trace, steps: Steps, x: Axis, y: Axis, shades: dict[Colour, Colour]) -> Curve:
    """The steps in the units of the axes; a curve begins with survival 1 at time 0 where these are in the plot."""
    time = x.values(steps.places + plot.columns.start)
    survival = np.minimum.accumulate(np.clip(y.values(steps.levels + plot.rows.start), 0, 1))
    time, survival = above(y.lowest + trace.thickness * plot.per_row if y.lowest > 0 else 0.0, time, survival)
    if min(x.value) <= 0:
        time, survival = _from_the_start(np.maximum(time, 0.0), survival, trace.thickness * plot.per_row, plot.start is not None)
    elif plot.start is not None:
        survival[0] = 1.0
    censored = x.values(steps.marks + plot.columns.start)
    censored = censored[censored <= time[-1]]
    return Curve(
        arm=trace.look.arm,
        time=time,
        survival=survival,
        colour=shades[trace.colour],
        line=trace.line,
        censored=censored,
        unseen=trace.hidden,
    )


def _from_the_start(time: Floats, survival: Floats, close: float, whole: bool) -> tuple[Floats, Floats]:
    """The steps from time 0 on, and from survival 1 where that is in the plot: a first level below it begins with a drop."""
    if whole and 1 - survival[0] > close:
        return np.append(0.0, time), np.append(1.0, survival)
    time[0] = 0.0
    survival[0] = 1.0 if whole else survival[0]
    return time, survival


def _remarks(traces: list[Trace]) -> list[str]:
    unseen = [
        f"{trace.look.arm} is hidden behind other lines or letters along {trace.hidden:.0%} of its way: look at the overlay there"
        for trace in traces
        if trace.hidden > _UNSEEN
    ]
    return [*unseen, *(trace.remark for trace in traces if trace.remark)]
