"""Trial sequential analysis: the cumulative z against information, with the boundaries that repeated looks call for.

Wetterslev, Thorlund, Brok & Gluud (2008), J Clin Epidemiol 61:64-75.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trialpool.figures import style
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.legend import Key, draw_legend
from trialpool.figures.lettering import text_width
from trialpool.figures.names import draw_names
from trialpool.figures.plane import HEIGHT, WIDTH, Plane, across, draw_band, draw_frame, draw_runs, draw_title, number_axis, placed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEAST, MOST = 4.0, 9.0  # the z axis goes at least, and at most, so far, if the cumulative z does not go further
FEW = 12  # so many looks are named; of more, the last
WEDGE = "#e4e4e4"
FAR, ROUNDING = 1e6, 1e-9  # a boundary that is not there yet is drawn so far off; shares of information that are the same


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SequentialPlot:
    """What a plot of a trial sequential analysis shows.

    information, z                     : (m,) after each look, in order; information in the units of its name
    labels                             : (m,) what came in with the look
    boundary_information, upper, lower : (b,) the monitoring boundaries; inf where there is none yet, lower nan if one-sided
    futility_information, ...          : (f,) the wedge within which going on is futile; None for none
    required                           : required information; nan if it is not known
    percent                            : information is in percent of that required
    conventional                       : z of a single look, as 1.96; drawn at either side
    """

    information: Floats
    z: Floats
    labels: tuple[str, ...]
    boundary_information: Floats
    upper: Floats
    lower: Floats
    futility_information: Floats | None = None
    futility_upper: Floats | None = None
    futility_lower: Floats | None = None
    required: float = math.nan
    conventional: float = 1.96
    information_name: str = "Patients"
    percent: bool = False
    favours: tuple[str, str] = ("", "")
    title: str = ""

    @property
    def looks(self) -> list[int]:
        return [i for i, (x, y) in enumerate(zip(self.information, self.z, strict=True)) if math.isfinite(x) and math.isfinite(y)]

    @property
    def crossed(self) -> str:
        """Which boundary the cumulative z has ever crossed: "upper", "lower" or "". Looks after the last boundary don't count."""
        if not len(self.boundary_information):
            return ""
        at = np.asarray(self.information, float)
        order = np.argsort(self.boundary_information, kind="stable")
        bounds = [
            np.interp(at, np.asarray(self.boundary_information, float)[order], np.clip(np.asarray(x, float)[order], -FAR, FAR))
            for x in (self.upper, self.lower)
        ]
        before = sum(self.information[i] < max(self.boundary_information) * (1 - ROUNDING) for i in self.looks)
        for i in self.looks[: before + 1]:
            if self.z[i] >= bounds[0][i] or self.z[i] <= bounds[1][i]:
                return "upper" if self.z[i] >= bounds[0][i] else "lower"
        return ""


def draw_sequential_analysis(plot: SequentialPlot) -> Figure:
    """Draw the plot."""
    sheet = Sheet()
    top = draw_title(sheet, plot.title) + 12
    y_title = "Cumulative z"
    upright = placed(number_axis(_heights(plot), room=HEIGHT, pad=0.02), top + HEIGHT, top)
    left, right = across(upright, y_title)
    looks = plot.looks
    known = math.isfinite(plot.required)
    furthest = [plot.required, *(plot.information[i] for i in looks), *([] if known else plot.boundary_information)]
    plane = Plane(x=placed(number_axis(furthest, room=right - left, low=0.0), left, right), y=upright)
    if plot.futility_information is not None and plot.futility_upper is not None and plot.futility_lower is not None:
        draw_band(sheet, plane, plot.futility_information, plot.futility_lower, plot.futility_upper, WEDGE)
    ends = [plane.x.low, plane.x.high]
    lines = draw_runs(sheet, plane, ends, [0, 0], colour=style.HAIR)
    for sign in (-1, 1):
        lines += draw_runs(sheet, plane, ends, [sign * plot.conventional] * 2, colour=style.QUIET, dash="dotted")
    for bound in (plot.upper, plot.lower):
        shown = np.clip(np.asarray(bound, float), -FAR, FAR)
        lines += draw_runs(sheet, plane, plot.boundary_information, shown, colour=style.PREDICTION, dash="dashed", width=1.3)
    if plane.x.holds(plot.required):
        _draw_required(sheet, plot, plane)
    path = [(0.0, 0.0), *((float(plot.information[i]), float(plot.z[i])) for i in looks)]
    lines += draw_runs(sheet, plane, *zip(*path, strict=True), colour=style.OVERALL, width=style.HEAVY) if looks else []
    discs = [(*plane.at(*point), 3.0 if len(looks) <= 30 else 1.8) for point in path[1:]]
    for x, y, radius in discs:
        sheet.disc(x, y, radius, fill=style.STUDY, edge=style.PAPER, width=style.THIN)
    y = draw_frame(sheet, plane, plot.information_name, y_title)
    named = list(zip([plot.labels[i] for i in looks], discs, strict=True))[::-1]
    draw_names(
        sheet, named if len(looks) <= FEW else named[:1], within=plane.box, discs=discs, lines=_with_required(plot, plane, lines)
    )
    y = draw_legend(sheet, _keys(plot), left, WIDTH - style.MARGIN, y + 8)
    description = describe_sequential_analysis(plot)
    return sheet.figure(title=plot.title, description=description, width=WIDTH, height=math.ceil(y + style.MARGIN))


def _heights(plot: SequentialPlot) -> list[float]:
    """As high as the cumulative z goes, and as the boundaries do where they are not out of sight; alike to both sides."""
    z = max((abs(float(plot.z[i])) for i in plot.looks), default=0.0)
    bounds = np.abs(np.concatenate([np.asarray(plot.upper, float), np.asarray(plot.lower, float)]))
    bound = float(np.median(bounds[np.isfinite(bounds)])) * 1.6 if np.isfinite(bounds).any() else 0.0
    high = max(LEAST, z * 1.08, min(MOST, bound), plot.conventional * 1.2)
    return [-high, high]


def _with_required(
    plot: SequentialPlot, plane: Plane, lines: list[tuple[tuple[float, float], ...]]
) -> list[tuple[tuple[float, float], ...]]:
    if not plane.x.holds(plot.required):
        return lines
    x = plane.x.at(plot.required)
    return [*lines, ((x, plane.y.right), (x, plane.y.left))]


def _draw_required(sheet: Sheet, plot: SequentialPlot, plane: Plane) -> None:
    """An upright line with its number over it."""
    x = plane.x.at(plot.required)
    sheet.line((x, plane.y.right), (x, plane.y.left), colour=style.SUBTOTAL, width=style.LINE)
    text = f"Required: {plot.required:,.0f}" if plot.required >= 10 else f"Required: {plot.required:.3g}"
    text = "Required" if plot.percent else text
    half = text_width(text, style.SMALL) / 2
    middle = min(max(x, plane.x.left + half), WIDTH - style.MARGIN - half)
    sheet.text(middle, plane.y.right - 4, text, size=style.SMALL, align="center", colour=style.SUBTOTAL)


def _keys(plot: SequentialPlot) -> list[Key]:
    keys = [
        Key(text="Cumulative z", width=style.HEAVY),
        Key(text="Monitoring boundary", colour=style.PREDICTION, dash="dashed", width=1.3),
        Key(text=f"One look, z = ±{plot.conventional:.3g}", colour=style.QUIET, dash="dotted"),
    ]
    if plot.futility_information is not None:
        keys.append(Key(text="Futility", sample="shade", colour=WEDGE))
    sides = zip(("Above 0", "Below 0"), reversed(plot.favours), strict=True)
    return keys + [Key(text=f"{side}: {text}", sample="none") for side, text in sides if text]


def describe_sequential_analysis(plot: SequentialPlot) -> str:
    """The plot in words."""
    looks = plot.looks
    words = f"Trial sequential analysis of {len(looks)} {'look' if len(looks) == 1 else 'looks'}."
    if looks:
        reached, name = float(plot.information[looks[-1]]), plot.information_name
        share = f", {100 * reached / plot.required:.0f}% of the {plot.required:,.4g} required" if plot.required > 0 else ""
        where = f"{reached:.0f}% of the required information" if plot.percent else f"{reached:,.4g} ({name}){share}"
        words += f" Cumulative z is {plot.z[looks[-1]]:.2f} at {where}."
    crossed = plot.crossed
    return f"{words} {f'The {crossed} monitoring boundary was crossed' if crossed else 'No monitoring boundary was crossed'}."
