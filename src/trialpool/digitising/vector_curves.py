"""The curves of a vector figure: long lines that never turn back and never rise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trialpool.digitising.digitised import Axis, Curve
from trialpool.digitising.drawing import Colour, Drawing, Floats, Stroke
from trialpool.digitising.request import Look
from trialpool.digitising.steps import above, drops
from trialpool.errors import BadInput, Problem

SHORTEST = 0.1  # share of the axis that a curve spans at least
SAME_COLOUR = 60  # distance in red, green, blue up to which a colour is the one meant
_DOT = 2.0  # multiple of its width up to which a stroke of a line is a dot
_FLAT = 1e-3  # survival by which a curve falls at least; a line that does not is an axis or a grid line
_RISE = 1e-4  # survival by which a line may rise: the rounding of coordinates
_ROUNDING = 1e-4  # share of the time axis by which a line may begin before or after time 0
_TOUCH = 0.02  # units of the page at which two lines join
_MISS = 1e-3  # survival by which the middle of a mark may be off the line
_OUTSIDE = 0.02  # share of an axis by which a line may lie beyond it


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the figure that can be a survival curve: (n,) times and survival at its corners."""

    stroke: Stroke
    time: Floats
    survival: Floats

    @property
    def colour(self) -> Colour:
        return self.stroke.colour

    @property
    def line(self) -> str:
        strokes = self.stroke.dashes[::2]
        if not strokes:
            return "solid"
        if max(strokes) > 2 * min(strokes):
            return "dashdot"
        return "dotted" if max(strokes) <= _DOT * self.stroke.width else "dashed"

    @property
    def key(self) -> tuple[Colour, tuple[float, ...], float]:
        return self.stroke.colour, tuple(round(d, 2) for d in self.stroke.dashes), round(self.stroke.width, 2)

    @property
    def falls(self) -> bool:
        """Whether it never rises, as survival does."""
        return bool((np.diff(self.survival) <= _RISE).all())

    @property
    def mean(self) -> float:
        """Mean survival over the width of the line."""
        return float((np.diff(self.time) * self.survival[:-1]).sum() / np.ptp(self.time))

    def at(self, times: Floats) -> Floats:
        return self.survival[np.clip(np.searchsorted(self.time, times, side="right") - 1, 0, None)]


def vector_curves(
    drawing: Drawing, x: Axis, y: Axis, asked: tuple[Look, ...], file: str
) -> tuple[tuple[Curve, ...], tuple[str, ...]]:
    """The curves asked for, or all that are found, with what was decided on the way.

    Raises
    ------
    BadInput
        where there is none, or none of the look asked for, or several
    """
    lines = candidates(drawing.strokes, x, y)
    lines, remarks = without_limits(lines)
    if not lines:
        what = "no line was found that runs along the time axis and never rises"
        mend = "See that the axes are right; of rising curves (cumulative incidence) read a picture turned upside down"
        raise BadInput([Problem(file, 0, "", what, mend)])
    chosen = _chosen(lines, asked, file) if asked else _all(lines, drawing)
    return tuple(_curve(name, line, drawing.strokes, x, y) for name, line in chosen), tuple(remarks)


def candidates(strokes: Iterable[Stroke], x: Axis, y: Axis) -> list[Line]:
    """The lines that run along the time axis from left to right, in the order in which they begin; none that is the axes."""
    found = []
    for stroke in chained([stroke for stroke in strokes if _runs_on(stroke, x, y)], x, y):
        time, survival = _from_zero(x.values(stroke.points[:, 0]), x), np.clip(y.values(stroke.points[:, 1]), 0, 1)
        span = abs(x.value[1] - x.value[0])
        after = survival[time > time[0] + _ROUNDING * span].max(initial=0.0)
        above_axis = after > y.lowest + _FLAT  # a frame may go down and right
        if np.ptp(time) >= SHORTEST * span and np.ptp(survival) > _FLAT and above_axis:
            found.append(Line(stroke, time, survival))
    return found


def _from_zero(time: Floats, x: Axis) -> Floats:
    """Times, those that miss 0 by the rounding of coordinates being 0."""
    return np.where(np.abs(time) < _ROUNDING * abs(x.value[1] - x.value[0]), 0.0, time)


def _runs_on(stroke: Stroke, x: Axis, y: Axis) -> bool:
    """Whether a line never turns back and lies within the axes."""
    time, survival = x.values(stroke.points[:, 0]), y.values(stroke.points[:, 1])
    span = abs(x.value[1] - x.value[0])
    return bool(
        (np.diff(time) >= -1e-5 * span).all()
        and time.min() >= min(x.value) - _OUTSIDE * span
        and -_OUTSIDE <= survival.min() <= survival.max() <= 1 + _OUTSIDE
    )


def chained(strokes: Sequence[Stroke], x: Axis, y: Axis) -> list[Stroke]:
    """Lines of one look that begin where another ends, as one: some programs draw each step by itself."""
    done: list[Stroke] = []
    for stroke in sorted(strokes, key=lambda s: (s.points[0, 0], s.points[0, 1])):
        before = next((i for i, s in enumerate(done) if _same_look(s, stroke) and _meet(s.points[-1], stroke.points[0])), None)
        if before is None:
            done.append(stroke)
        else:
            done[before] = replace(done[before], points=np.vstack([done[before].points, stroke.points[1:]]))
    return done


def _same_look(a: Stroke, b: Stroke) -> bool:
    return (a.colour, a.dashes) == (b.colour, b.dashes) and abs(a.width - b.width) < 1e-3


def _meet(a: Floats, b: Floats) -> bool:
    return bool(np.abs(a - b).max() < _TOUCH)


def without_limits(lines: list[Line]) -> tuple[list[Line], list[str]]:
    """The falling lines that are no confidence limits: two of one look and colour that have another of that colour between them.

    An upper confidence limit may rise; what rises is no curve.
    """
    limits: set[int] = set()
    for i, middle in enumerate(lines):
        same = [j for j, line in enumerate(lines) if j != i and line.colour == middle.colour and middle.falls]
        pairs = ((j, k) for j in same for k in same if j != k and lines[j].key == lines[k].key)
        limits |= {j for j, k in pairs if _between(lines[j], middle, lines[k])}
    kept = [line for i, line in enumerate(lines) if i not in limits and line.falls]
    what = f"{len(limits)} lines that enclose a curve of their colour were taken as its confidence limits"
    return kept, [what] if limits else []


def _between(one: Line, middle: Line, other: Line) -> bool:
    """Whether two lines enclose a third: one never below it, the other never above, both clearly apart from it somewhere."""
    end = min(line.time[-1] for line in (one, middle, other))
    if end <= middle.time[0]:
        return False
    times = np.linspace(middle.time[0], end, 200)
    above, inside, below = one.at(times), middle.at(times), other.at(times)
    if above.mean() < below.mean():
        above, below = below, above
    close = 1e-3
    return bool((above >= inside - close).all() and (below <= inside + close).all() and (above - below).max() > 10 * close)


def _all(lines: list[Line], drawing: Drawing) -> list[tuple[str, Line]]:
    """Every line with the name that the legend gives it, or else its look."""
    named: list[tuple[str, Line]] = []
    for i, line in enumerate(lines, start=1):
        name = _legend_name(line, drawing) or f"arm {i}"
        taken = {known for known, _ in named}
        named.append((name if name not in taken else f"{name} ({i})", line))
    return named


def _legend_name(line: Line, drawing: Drawing) -> str:
    """The text to the right of a short level line of the same look."""
    width = drawing.width
    for stroke in drawing.strokes:
        box = stroke.box
        if not _same_look(stroke, line.stroke) or box.height > 1e-3 * width or not 0 < box.width < 0.15 * width:
            continue
        height = box.centre[1]
        right = [t for t in drawing.lettering if t.box.top <= height <= t.box.bottom and 0 <= t.box.left - box.right < 0.1 * width]
        if right:
            return min(right, key=lambda t: t.box.left).text
    return ""


def _chosen(lines: list[Line], asked: tuple[Look, ...], file: str) -> list[tuple[str, Line]]:
    """A line for each look; every look that fits none or several is a Problem."""
    problems, chosen = [], []
    for look in asked:
        fitting = _fitting(lines, look)
        if len(fitting) == 1:
            chosen.append((look.arm, fitting[0]))
            continue
        there = "; ".join(_described(line) for line in (fitting or lines))
        what = f"{len(fitting)} lines look like this" if fitting else "no curve looks like this"
        mend = f"Say upper or lower, or solid or dashed, to tell them apart: {there}" if fitting else f"There are: {there}"
        problems.append(Problem(file, 0, f"curve {look.arm}", what, mend))
    if problems:
        raise BadInput(problems)
    return chosen


def _fitting(lines: list[Line], look: Look) -> list[Line]:
    fitting = [line for line in lines if look.line in (None, line.line)]
    if not fitting and look.line != "solid":
        fitting = [line for line in lines if line.line != "solid"]
    if look.colour is not None:
        apart = [float(np.linalg.norm(np.subtract(line.colour, look.colour))) for line in fitting]
        nearest = min(apart, default=0.0)
        fitting = [line for line, d in zip(fitting, apart, strict=True) if d <= min(SAME_COLOUR, nearest + 1)]
    if look.rank is not None and len(fitting) > 1:
        fitting = [(max if look.rank == "upper" else min)(fitting, key=lambda line: line.mean)]
    return fitting


def _described(line: Line) -> str:
    red, green, blue = line.colour
    return f"#{red:02x}{green:02x}{blue:02x} {line.line} to {line.survival[-1]:.2f} at {line.time[-1]:.4g}"


def _curve(name: str, line: Line, strokes: Iterable[Stroke], x: Axis, y: Axis) -> Curve:
    time, survival = above(y.lowest, *drops(line.time, np.minimum.accumulate(line.survival)))
    censored = _censored(line, strokes, x, y)
    censored = censored[censored <= time[-1]]
    return Curve(arm=name, time=time, survival=survival, colour=line.colour, line=line.line, censored=censored)


def _censored(line: Line, strokes: Iterable[Stroke], x: Axis, y: Axis) -> Floats:
    """Times of the short upright marks of the line's colour that it runs through the middle of."""
    times = []
    for stroke in strokes:
        box = stroke.box
        upright = len(stroke.points) == 2 and box.width <= 1e-3 * box.height
        if not upright or stroke.colour != line.colour or box.height * abs(y.per_unit) > 0.1:
            continue
        at, survival = float(x.values(box.centre[0])), float(y.values(box.centre[1]))
        slack = _ROUNDING * abs(x.value[1] - x.value[0])
        around = line.at(at + np.array([-slack, slack]))  # a mark may stand on a drop
        if line.time[0] <= at <= line.time[-1] + slack and np.abs(survival - around).min() < _MISS:
            times.append(min(at, float(line.time[-1])))
    return np.array(sorted(times))
