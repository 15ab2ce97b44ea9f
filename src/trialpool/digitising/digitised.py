"""What was read from a figure: curves, the calibration they rest on, and a picture of both over the figure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from trialpool.digitising.drawing import Colour, Floats
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A linear axis: two positions in the figure, and what they stand for.

    position : of two points, in pixels (raster) or in the units of the page (vector), from the left or from the top
    value    : of the same two points, as the axis prints them
    found    : how: "tick labels", "ticks" or "given"
    percent  : whether values are percentages
    """

    position: tuple[float, float]
    value: tuple[float, float]
    found: str
    percent: bool = False

    @property
    def per_unit(self) -> float:
        """Units of the axis per unit of the figure; survival as a share, whatever the axis prints."""
        (a, b), (u, v) = self.position, self.value
        return (v - u) / (b - a) / (100 if self.percent else 1)

    @property
    def lowest(self) -> float:
        """The lowest value of its two points, survival as a share."""
        return min(self.value) / (100 if self.percent else 1)

    def values(self, positions: Any) -> Floats:
        """What positions stand for; survival as a share.

        >>> Axis(position=(50, 250), value=(100, 0), found="given", percent=True).values([50, 150])
        array([1. , 0.5])
        """
        start = self.value[0] / (100 if self.percent else 1)
        return np.asarray(start + (np.asarray(positions, dtype=float) - self.position[0]) * self.per_unit)

    def positions(self, values: Any) -> Floats:
        """Where values stand, the other way round."""
        start = self.value[0] / (100 if self.percent else 1)
        return np.asarray(self.position[0] + (np.asarray(values, dtype=float) - start) / self.per_unit)

    def moved(self, by: float) -> Axis:
        """The same values at positions that lie `by` further."""
        return replace(self, position=(self.position[0] + by, self.position[1] + by)) if by else self

    def __str__(self) -> str:
        (a, b), (u, v) = self.position, self.value
        return f"{u:g} at {a:.6g}, {v:g} at {b:.6g} ({self.found})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A survival curve: steps, each the time of a drop and the survival after it.

    arm      : what it is called
    time     : (n,) in the units of the axis, not decreasing; the last is where the line ends
    survival : (n,) shares, not increasing
    colour   : red, green, blue, 0 to 255
    line     : "solid", "dashed", "dotted" or "dashdot"
    censored : (m,) times of the ticks on the line, where they are drawn and could be told from it
    unseen   : share of the curve's width where the line is hidden behind another
    """

    arm: str
    time: Floats
    survival: Floats
    colour: Colour
    line: str = "solid"
    censored: Floats = field(default_factory=lambda: np.empty(0))
    unseen: float = 0.0

    def at(self, times: Any) -> Floats:
        """Survival at times: 1 before the curve begins, and its last value after it ends."""
        steps = np.searchsorted(self.time, np.asarray(times, dtype=float), side="right")
        return np.concatenate([[1.0], self.survival])[steps]

    @property
    def style(self) -> str:
        """Its colour and line, as `curves` of `digitise` takes them."""
        red, green, blue = self.colour
        return f"#{red:02x}{green:02x}{blue:02x}" + ("" if self.line == "solid" else f" {self.line}")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DigitisedFigure(Tabular):
    """The curves of a figure.

    file    : the figure
    kind    : "SVG", "PDF", "PNG", "JPEG", ...
    size    : width and height of the figure, in its units (pixels for a raster)
    x, y    : the axes, by which positions were turned into time and survival
    curves  : in the order they were asked for, else as found
    remarks : what was decided on the way, and what to look at
    overlay : a PNG of the figure with the curves over it, to be looked at before anything is done with the numbers
    """

    file: str
    kind: str
    size: tuple[float, float]
    x: Axis
    y: Axis
    curves: tuple[Curve, ...]
    remarks: tuple[str, ...]
    overlay: bytes

    def table(self) -> dict[str, list[Any]]:
        """Columns time, survival and arm, a row a step."""
        return {
            "time": [t for curve in self.curves for t in curve.time.tolist()],
            "survival": [s for curve in self.curves for s in curve.survival.tolist()],
            "arm": [curve.arm for curve in self.curves for _ in curve.time],
        }

    def curve(self, arm: str) -> Curve:
        """The curve of an arm."""
        return next(curve for curve in self.curves if curve.arm == arm)

    def __repr__(self) -> str:
        return f"<DigitisedFigure: {self.file}, {len(self.curves)} curves>"

    def __str__(self) -> str:
        lines = [f"{self.file} ({self.kind}): {len(self.curves)} curve{'s' if len(self.curves) != 1 else ''}"]
        lines += [f"  x axis: {self.x}", f"  y axis: {self.y}"]
        lines += [
            f"  {curve.arm} ({curve.style}): {len(curve.time)} points, survival {curve.survival[-1]:.3f} at {curve.time[-1]:.4g}"
            + (f", {len(curve.censored)} censored" if len(curve.censored) else "")
            for curve in self.curves
        ]
        return "\n".join(lines + [f"  {remark}." for remark in self.remarks])
