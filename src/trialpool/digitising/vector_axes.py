"""The axes of a vector figure: tick marks, and the numbers beside them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

import numpy as np

from trialpool.digitising.digitised import Axis
from trialpool.digitising.drawing import Drawing, Floats, Lettering, Stroke
from trialpool.digitising.request import AxisPoints
from trialpool.errors import Problem

Name = Literal["x", "y"]
ALONG = {"x": 0, "y": 1}  # the coordinate that runs along the axis
_NUMBER = re.compile(r"[+-]?(\d+([.,·]\d+)?|[.,·]\d+)%?")
_UNEVEN = 0.02  # share of their distance by which ticks may miss even spacing
_OFF = 0.005  # share of their distance by which numbers may be off a straight line: the rounding of coordinates
_IN_LINE = 0.4  # share of the size of letters by which numbers in line may be off it
_MEND = "Give it as --{name} 0,60 (values of the first and last tick), or with positions in the figure as --{name} 0@105,60@822"


@dataclass(frozen=True, slots=True)
class TickRow:
    """Marks of one length side by side, across an axis.

    along : (n,) where they stand along the axis, ascending
    ends  : where they begin and end across it
    """

    along: Floats
    ends: tuple[float, float]

    @property
    def even(self) -> bool:
        gaps = np.diff(self.along)
        return bool(np.ptp(gaps) <= _UNEVEN * gaps.mean())


def vector_axis(drawing: Drawing, name: Name, asked: AxisPoints | None, file: str) -> Axis | Problem:
    """An axis as asked for, or found; a Problem where neither does."""
    if asked is not None and asked.position is not None:
        return Axis(position=asked.position, value=asked.value, found="given", percent=_in_percent(name, asked.value))
    rows = tick_rows(drawing.strokes, name)
    labelled = [axis for row in rows if (axis := _from_labels(row, drawing.lettering, name)) is not None]
    if asked is None:
        if labelled:
            return labelled[0]
        what = "no tick marks with numbers beside them were found" if rows else "no tick marks were found"
        if rows and not drawing.lettering:
            what = "its tick marks were found and no numbers, for the letters of this figure are drawn as shapes and are not read"
        panels = "; of a figure with several panels, say within which part to read" if rows else ""
        return Problem(file, 0, f"{name} axis", what, _MEND.format(name=name) + panels)
    row = next((row for row in rows if row.even), None)
    if labelled:
        return _as_labelled(labelled[0], asked, name, file)
    if row is None:
        return Problem(file, 0, f"{name} axis", "no evenly spaced tick marks were found", _MEND.format(name=name))
    ends = (float(row.along[0]), float(row.along[-1]))
    return Axis(position=_in_order(ends, name), value=asked.value, found="ticks", percent=_in_percent(name, asked.value))


def _as_labelled(axis: Axis, asked: AxisPoints, name: Name, file: str) -> Axis | Problem:
    """The axis by its labels, if what was asked for agrees with them."""
    if np.allclose(sorted(axis.value), sorted(asked.value)):
        return axis
    (first, last), (given_first, given_last) = axis.value, asked.value
    what = f"its first and last numbered ticks are {first:g} and {last:g}, not {given_first:g} and {given_last:g}"
    mend = f"Leave {name} out, or pin the values where they stand, such as --{name} 0@105,60@822"
    return Problem(file, 0, f"{name} axis", what, mend)


def _in_order(ends: tuple[float, float], name: Name) -> tuple[float, float]:
    """The first tick of the upright axis is the lowest one."""
    return ends if name == "x" else (ends[1], ends[0])


def _in_percent(name: Name, values: tuple[float, float]) -> bool:
    """Survival beyond 1.5 can only be in percent."""
    return name == "y" and max(values) > 1.5


def tick_rows(strokes: tuple[Stroke, ...], name: Name) -> list[TickRow]:
    """Rows of at least two straight marks across the axis that begin and end together: x axes from below, y axes from the left.

    Longer marks come first where rows touch: grid lines have no place among ticks, and stand last.
    """
    along = ALONG[name]
    rows: defaultdict[tuple[float, float], list[float]] = defaultdict(list)
    for stroke in strokes:
        low, high = stroke.points.min(0), stroke.points.max(0)
        across, length = high[along] - low[along], high[1 - along] - low[1 - along]
        if len(stroke.points) == 2 and across <= 1e-3 * length and length > 0:
            rows[round(float(low[1 - along]), 1), round(float(high[1 - along]), 1)].append(float(low[along]))
    found = [TickRow(np.unique(np.round(at, 4)), ends) for ends, at in rows.items() if len(np.unique(np.round(at, 4))) > 1]
    return sorted(found, key=lambda row: _outermost(row, name))


def _outermost(row: TickRow, name: Name) -> tuple[bool, float, float]:
    start, end = row.ends
    grid = end - start > float(np.ptp(row.along)) / 3
    outer = -end if name == "x" else start
    return grid, outer, start - end


def _from_labels(row: TickRow, lettering: tuple[Lettering, ...], name: Name) -> Axis | None:
    """The axis that the numbers beside a row of ticks make; None where they are fewer than two or not on a line.

    Numbers that stand in line with each other belong together: the numbers at risk below an axis, or those of the other axis near
    the corner, do not.
    """
    near = [label for label in lettering if number_of(label.text) is not None and _beside(label, row, name)]
    rows = [labels for edge in range(3) for labels in _in_line(near, name, edge)]
    for labels in sorted(rows, key=lambda labels: (-len(labels), min(_gap(label, row, name) for label in labels))):
        if (axis := _axis_of(labels, row, name)) is not None:
            return axis
    return None


def _axis_of(labels: list[Lettering], row: TickRow, name: Name) -> Axis | None:
    """The straight line through ticks and their numbers; None where there is none."""
    values = np.array([number_of(label.text) for label in labels], dtype=float)
    at = np.array([_tick_of(label, row, name) for label in labels])
    if len(labels) < 2 or len(np.unique(at)) < len(at) or np.ptp(values) == 0:
        return None
    per_value, zero = np.polyfit(values, at, 1)
    off = np.abs(at - (zero + per_value * values)).max()
    if off > _OFF * np.ptp(at) / (len(at) - 1) or (name == "x") != (per_value > 0):
        return None
    value = float(values.min()), float(values.max())
    percent = name == "y" and (any(label.text.endswith("%") for label in labels) or _in_percent(name, value))
    position = (float(zero + per_value * value[0]), float(zero + per_value * value[1]))
    return Axis(position=position, value=value, found="tick labels", percent=percent)


def _tick_of(label: Lettering, row: TickRow, name: Name) -> float:
    return float(row.along[np.abs(row.along - label.box.centre[ALONG[name]]).argmin()])


def _beside(label: Lettering, row: TickRow, name: Name) -> bool:
    """Whether a label stands at a tick, and not far from it."""
    off = abs(_tick_of(label, row, name) - label.box.centre[ALONG[name]])
    return off <= np.diff(row.along).min() / 4 and _gap(label, row, name) <= 4 * min(label.box.width, label.box.height) + 4


def _in_line(labels: list[Lettering], name: Name, edge: int) -> list[list[Lettering]]:
    """Labels that share their first edge (0), their middle (1) or their last edge (2) across the axis."""

    def across(label: Lettering) -> float:
        low, high = (label.box.top, label.box.bottom) if name == "x" else (label.box.left, label.box.right)
        return (low, (low + high) / 2, high)[edge]

    rows: list[list[Lettering]] = []
    for label in sorted(labels, key=across):
        size = min(label.box.width, label.box.height)
        if rows and across(label) - across(rows[-1][0]) <= _IN_LINE * size:
            rows[-1].append(label)
        else:
            rows.append([label])
    return rows


def _gap(label: Lettering, row: TickRow, name: Name) -> float:
    """How far a label stands from the ends of the marks, across the axis."""
    low, high = (label.box.top, label.box.bottom) if name == "x" else (label.box.left, label.box.right)
    start, end = row.ends
    return max(0.0, low - end, start - high)


def number_of(text: str) -> float | None:
    """The number that a tick label shows; None where it is something else.

    >>> number_of("0·5"), number_of("−10"), number_of("100%"), number_of("12 months")
    (0.5, -10.0, 100.0, None)
    """
    plain = text.strip().replace("\u2212", "-").replace(" %", "%")
    if not _NUMBER.fullmatch(plain):
        return None
    return float(plain.rstrip("%").replace("·", ".").replace(",", "."))
