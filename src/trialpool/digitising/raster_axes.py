"""The axes of a raster figure: long dark lines with evenly spaced marks that stick out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialpool.digitising.digitised import Axis
from trialpool.digitising.drawing import Floats
from trialpool.digitising.request import AxisPoints
from trialpool.errors import Problem

Name = Literal["x", "y"]
INK = 0.4  # darkness from which a pixel belongs to an axis
LONG = 0.25  # share of the figure that an axis spans at least
_TICK = 2  # pixels that a tick sticks out at least
_LONGEST_TICK = 0.06  # share of the figure
_UNEVEN = 1.5  # pixels by which ticks may miss even spacing
_MEND = (
    "Give positions in pixels with the values, such as --{name} 0@105,60@822, from the left for x and from the top for y "
    "(a drawing program shows them)"
)


@dataclass(frozen=True, slots=True)
class AxisLine:
    """A dark line across the figure. For x it runs along a row, for y along a column; `across` counts down or rightwards.

    across : first and last pixel of its thickness
    along  : first and last pixel of its length
    """

    across: tuple[int, int]
    along: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the axes are in a raster figure: None where nothing was found.

    x_ticks, y_ticks : middle of each tick mark, as an even spacing has them
    highest          : middle of the highest tick mark of the upright axis, as it is drawn; nan without any
    """

    x: AxisLine | None
    y: AxisLine | None
    x_ticks: Floats
    y_ticks: Floats
    lines: tuple[tuple[Name, AxisLine], ...]
    highest: float = np.nan


def find_frame(darkness: Floats) -> Frame:
    """The two axis lines with the marks on them, and all long straight dark lines.

    Parameters
    ----------
    darkness : (height, width) 0 to 1

    Returns
    -------
    Frame. The x axis is the lowest line with ticks, the y axis the leftmost. Positions of ticks are those of their
    middle, the first pixel reaching from 0 to 1, fitted by an even spacing.
    """
    level, upright = long_lines(darkness), long_lines(darkness.T)
    x, x_ticks = _with_ticks(darkness, level[::-1], outside=1)
    y, y_ticks = _with_ticks(darkness.T, upright, outside=-1)
    highest = float(y_ticks[0]) if len(y_ticks) else np.nan
    x_ticks, y_ticks = evenly(x_ticks), evenly(y_ticks)
    lines: list[tuple[Name, AxisLine]] = [("x", line) for line in level]
    lines += [("y", line) for line in upright]
    return Frame(x=x, y=y, x_ticks=x_ticks, y_ticks=y_ticks, lines=tuple(lines), highest=highest)


def long_lines(darkness: Floats) -> list[AxisLine]:
    """Rows with a dark run of at least LONG of the width, neighbouring rows together, from the top."""
    ink = darkness > INK
    runs = [_longest_run(row) if row.sum() >= LONG * len(row) else (0, -1) for row in ink]
    rows = [i for i, (start, end) in enumerate(runs) if end - start + 1 >= LONG * ink.shape[1]]
    lines: list[AxisLine] = []
    for row in rows:
        start, end = runs[row]
        if lines and row == lines[-1].across[1] + 1:
            last = lines[-1]
            lines[-1] = AxisLine((last.across[0], row), (min(last.along[0], start), max(last.along[1], end)))
        else:
            lines.append(AxisLine((row, row), (start, end)))
    thickest = max(4, 0.012 * len(ink))
    return [line for line in lines if line.across[1] - line.across[0] < thickest]


def _longest_run(row: NDArray[np.bool_]) -> tuple[int, int]:
    """First and last place of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, -1
    best = int((ends - starts).argmax())
    return int(starts[best]), int(ends[best]) - 1


def _with_ticks(darkness: Floats, lines: list[AxisLine], *, outside: int) -> tuple[AxisLine | None, Floats]:
    """The first line that has even ticks outside, or else inside; without ticks the first line."""
    for side in (outside, -outside):
        for line in lines:
            ticks = ticks_of(darkness, line, side)
            if len(ticks) > 1:
                return line, ticks
    return (lines[0] if lines else None), np.empty(0)


def ticks_of(darkness: Floats, line: AxisLine, side: int) -> Floats:
    """Positions of evenly spaced marks that leave a line downwards (side 1) or upwards (-1); empty where there are none."""
    longest = max(round(_LONGEST_TICK * len(darkness)), 8)
    first = line.across[1] + 1 if side > 0 else line.across[0] - 1
    rows = np.arange(first, first + side * longest, side)
    rows = rows[(rows >= 0) & (rows < len(darkness))]
    start, end = max(line.along[0] - 2, 0), line.along[1] + 3
    strip = darkness[rows, start:end]
    if len(strip) < _TICK:
        return np.empty(0)
    lengths = (strip > 0.75 * INK).cumprod(axis=0).sum(axis=0)
    marks = _marks(strip, lengths)
    if not marks:
        return np.empty(0)
    at, reach = (np.array(column) for column in zip(*marks, strict=True))
    for kept in (reach >= 0.75 * reach.max(), reach > 0, reach < 0.75 * reach.max()):
        if kept.sum() > 1 and len(evenly(at[kept] + start)):
            return np.asarray(at[kept] + start)
    return np.empty(0)


def _marks(strip: Floats, lengths: NDArray[np.intp]) -> list[tuple[float, int]]:
    """Middle and length of each mark; what is as thick as it is long, or fills the strip, is none."""
    sticking = (lengths >= _TICK) & (lengths < len(strip))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], sticking, [False]]).astype(np.int8)))
    marks = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        reach = int(np.median(lengths[start:end]))
        if end - start > max(reach, 4):
            continue
        around = np.arange(max(start - 1, 0), min(end + 1, strip.shape[1]))
        weight = strip[: max(reach - 1, 1)][:, around].sum(axis=0)
        marks.append((float(((around + 0.5) * weight).sum() / weight.sum()), reach))
    return marks


def evenly(at: Floats) -> Floats:
    """Positions as an even spacing has them; empty where they are not evenly spaced.

    >>> evenly(np.array([10.1, 19.9, 30.0])).round(2)
    array([10.05, 20.  , 29.95])
    """
    if len(at) < 2:
        return np.empty(0)
    index = np.arange(len(at))
    gap, start = np.polyfit(index, at, 1)
    fitted = start + gap * index
    if gap < 4 * _UNEVEN or np.abs(fitted - at).max() > max(_UNEVEN, 0.01 * gap):
        return np.empty(0)
    return np.asarray(fitted)


def raster_axis(frame: Frame, name: Name, asked: AxisPoints | None, file: str) -> Axis | Problem:
    """An axis by the values asked for, at the positions given or at the first and last tick found; a Problem where that fails."""
    percent = asked is not None and name == "y" and max(asked.value) > 1.5
    if asked is not None and asked.position is not None:
        return Axis(position=asked.position, value=asked.value, found="given", percent=percent)
    ticks = frame.x_ticks if name == "x" else frame.y_ticks
    if len(ticks) < 2:
        line = frame.x if name == "x" else frame.y
        what = "no evenly spaced tick marks were found" if line else "no axis line was found"
        return Problem(file, 0, f"{name} axis", what, _MEND.format(name=name))
    if asked is None:
        places = ", ".join(f"{at:.0f}" for at in ticks)
        what = f"its {len(ticks)} tick marks were found (pixels {places}), and a picture's numbers are not read"
        mend = f"Give the values of the first and last of them, such as --{name} {_EXAMPLE[name]}"
        return Problem(file, 0, f"{name} axis", what, mend)
    ends = (float(ticks[0]), float(ticks[-1]))
    return Axis(position=ends if name == "x" else ends[::-1], value=asked.value, found="ticks", percent=percent)


_EXAMPLE = {"x": "0,60", "y": "0,1"}
