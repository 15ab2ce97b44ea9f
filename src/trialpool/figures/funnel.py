"""Funnel plots: effects against their standard errors, which point downwards; an empty corner asks for a reason."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from trialpool.figures import style
from trialpool.figures.axis import Axis, difference_ticks, draw_axis, effect_axis
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.forest import axis_title
from trialpool.figures.legend import Key, draw_legend
from trialpool.figures.lettering import text_width
from trialpool.figures.names import draw_names
from trialpool.figures.numerals import level_text, number_text
from trialpool.figures.plane import draw_title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from trialpool.figures.marks import Point

    Floats = NDArray[np.float64]

WIDTH, HEIGHT = 420.0, 250.0  # of the page; of the area between the axes
FEW = 10  # so many studies are all named; of more, those outside the funnel
MANY = 30
CONTOURS = ((0.01, "P < .01"), (0.05, "P = .01 to .05"), (0.10, "P = .05 to .10"), (1.0, "P > .10"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionBand:
    """Where in a funnel a study has P values of one interval.

    sides : from which to which z = effect / standard error, rising; two of them for two-sided P values
    share : how likely a study there is published, relative to where it is likeliest, 0 to 1
    text  : the same in words
    """

    sides: tuple[tuple[float, float], ...]
    share: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FunnelPlot:
    """What a funnel plot shows.

    yi, vi   : (k,) effects on the analysis scale and their variances; an infinite variance is an absent study
    labels   : k names of studies
    centre   : effect about which the funnel stands, such as the common-effect estimate, which is its name
    level    : confidence level of the funnel's sides
    contours : shade where a study alone would differ from the null at P < .01, .05 and .10
    filled_yi, filled_vi : effects and variances of studies that were filled in, drawn hollow
    adjusted : pooled effect with these, or before selection; nan for none
    selection : bands that are shaded by how likely a study there is published; None where no selection model is shown
    """

    yi: Floats
    vi: Floats
    labels: tuple[str, ...]
    centre: float
    measure: str
    measure_name: str
    log: bool
    title: str
    level: float = 0.95
    contours: bool = False
    filled_yi: Floats | None = None
    filled_vi: Floats | None = None
    adjusted: float = math.nan
    centre_name: str = "Common effect"
    selection: tuple[SelectionBand, ...] | None = None

    @property
    def filled(self) -> list[tuple[float, float]]:
        """Effect and standard error of each study that was filled in."""
        if self.filled_yi is None or self.filled_vi is None:
            return []
        found = zip(np.asarray(self.filled_yi, float).tolist(), np.sqrt(self.filled_vi).tolist(), strict=True)
        return [(y, se) for y, se in found if math.isfinite(y) and math.isfinite(se)]

    @property
    def studies(self) -> list[tuple[float, float, str]]:
        """Effect, standard error and label of each study that can be shown."""
        se = np.sqrt(np.asarray(self.vi, dtype=float))
        found = zip(np.asarray(self.yi, dtype=float).tolist(), se.tolist(), self.labels, strict=True)
        return [study for study in found if math.isfinite(study[0]) and math.isfinite(study[1])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Effects to the right, standard errors downwards."""

    effect: Axis
    error: Axis

    def at(self, effect: float, error: float) -> tuple[float, float]:
        return self.effect.at(effect), self.error.at(error)

    def side(self, centre: float, slope: float) -> list[tuple[float, float]]:
        """The line from the tip, error 0, along effect = centre + slope * error, to the bottom or the edge it meets."""
        edge = self.effect.high if slope > 0 else self.effect.low
        error = min(self.error.high, (edge - centre) / slope)
        return [self.at(centre, 0), self.at(centre + slope * error, error)]


def draw_funnel(plot: FunnelPlot) -> Figure:
    """Draw the plot."""
    sheet = Sheet()
    top = draw_title(sheet, plot.title)
    plane = _plane(plot, top)
    if plot.contours:
        _draw_contours(sheet, plane)
    for band in plot.selection or ():
        _draw_band(sheet, band, plane)
    _draw_funnel_lines(sheet, plot, plane)
    _draw_error_axis(sheet, plot, plane)
    y = draw_axis(sheet, plane.effect, plane.error.right, axis_title(plot.measure_name or plot.measure, log=plot.log))
    _draw_studies(sheet, plot, plane)
    y = _draw_legend(sheet, plot, plane, y + 8)
    height = math.ceil(y + style.MARGIN)
    return sheet.figure(title=plot.title, description=describe_funnel(plot), width=WIDTH, height=height)


def describe_funnel(plot: FunnelPlot) -> str:
    """The plot in words."""
    studies, sides = plot.studies, _z(plot)
    outside = sum(abs(y - plot.centre) > sides * se for y, se, _ in studies)
    k = f"{len(studies)} {'study' if len(studies) == 1 else 'studies'}"
    centre = number_text(plot.centre, log=plot.log)
    words = (
        f"Funnel plot of {k}: {plot.measure_name or plot.measure} against standard error, "
        f"about {centre}; {outside} outside the pseudo {level_text(plot.level)} confidence limits."
    )
    if plot.selection is not None:
        chances = f"; chance of publication by {', '.join(band.text for band in plot.selection)}" if plot.selection else ""
        words += f" Before selection the pooled effect is {number_text(plot.adjusted, log=plot.log)}{chances}."
    if plot.filled_yi is None:
        return words
    adjusted = (
        f"; with them the pooled effect is {number_text(plot.adjusted, log=plot.log)}" if math.isfinite(plot.adjusted) else ""
    )
    return f"{words} {len(plot.filled)} filled in{adjusted}."


def _z(plot: FunnelPlot) -> float:
    return float(ndtri((1 + plot.level) / 2))


def _plane(plot: FunnelPlot, top: float) -> Plane:
    studies = plot.studies
    everyone = [*((y, se) for y, se, _ in studies), *plot.filled]
    largest = max((se for _, se in everyone), default=0.0) or 1.0
    ticks = difference_ticks(0, largest * 1.12)
    error = Axis(low=0, high=max([largest * 1.04, *(tick.value for tick in ticks)]), ticks=ticks, left=top, right=top + HEIGHT)
    left = style.MARGIN + 2 * style.TEXT + max((text_width(tick.label, style.SMALL) for tick in ticks), default=0.0) + 6
    reach = _z(plot) * error.high
    centre = plot.centre if math.isfinite(plot.centre) else 0.0
    always = [centre - reach, centre + reach, *(y for y, _ in everyone)]
    effect = effect_axis((), always=always, log=plot.log, left=left, right=WIDTH - style.MARGIN - 14)
    return Plane(effect=effect, error=error)


def _draw_contours(sheet: Sheet, plane: Plane) -> None:
    """From the outside in: each triangle about the null lies over the one that a smaller P allows."""
    left, right, top, bottom = plane.effect.left, plane.effect.right, plane.error.left, plane.error.right
    shades = tuple(reversed(style.CONTOURS))
    sheet.box(left, top, right, bottom, fill=shades[0])
    for (p, _), shade in zip(CONTOURS, shades[1:], strict=False):
        z = float(ndtri(1 - p / 2))
        low, high = plane.side(0, -z), plane.side(0, z)
        corners = [(low[1][0], bottom), (high[1][0], bottom)]
        sheet.shape(low[0], low[1], *corners, high[1], fill=shade)


def _draw_band(sheet: Sheet, band: SelectionBand, plane: Plane) -> None:
    """Wedges between two rays from the null at error 0, cut at the edges of the plane."""
    e, left, right = plane.error.high, plane.effect.low, plane.effect.high
    rim = [(left / e, (left, e)), (right / e, (right, e))]  # the lower corners, by their z
    for low, high in band.sides:
        corners = [corner for z, corner in rim if low < z < high]
        points = [_on_rim(low, plane), *corners, _on_rim(high, plane)]
        sheet.shape(plane.at(0, 0), *(plane.at(*point) for point in points), fill=_grey(band.share))


def _on_rim(z: float, plane: Plane) -> tuple[float, float]:
    """Where the ray effect = z error leaves the plane."""
    if z == 0:
        return 0.0, plane.error.high
    edge = plane.effect.high if z > 0 else plane.effect.low
    error = min(plane.error.high, edge / z)
    return (edge, 0.0) if math.isinf(z) else (z * error, error)


def _grey(share: float) -> str:
    """Paper where publication is as likely as anywhere, darker where it is less so, never too dark for a label."""
    level = round(255 - 60 * (1 - min(1.0, max(0.0, share))))
    return f"#{level:02x}{level:02x}{level:02x}"


def _lines(plot: FunnelPlot, plane: Plane) -> list[list[Point]]:
    """The null, the centre and the funnel's sides where these can be drawn, and the effect with what was filled in."""
    return [line for line, _ in _lines_with_looks(plot, plane)]


def _lines_with_looks(plot: FunnelPlot, plane: Plane) -> Iterator[tuple[list[Point], dict[str, Any]]]:
    def upright(x: float) -> list[Point]:
        return [plane.at(x, 0), plane.at(x, plane.error.high)]

    yield upright(0.0), {"colour": style.HAIR, "width": style.LINE}
    if plane.effect.holds(plot.centre):
        yield upright(plot.centre), {"colour": style.OVERALL, "width": style.LINE, "dash": "dotted"}
        for slope in (-_z(plot), _z(plot)):
            yield plane.side(plot.centre, slope), {"colour": style.OVERALL, "width": style.LINE, "dash": "dashed"}
    if plane.effect.holds(plot.adjusted):
        yield upright(plot.adjusted), {"colour": style.PREDICTION, "width": 1.1}


def _draw_funnel_lines(sheet: Sheet, plot: FunnelPlot, plane: Plane) -> None:
    for line, looks in _lines_with_looks(plot, plane):
        sheet.line(*line, **looks)


def _draw_error_axis(sheet: Sheet, plot: FunnelPlot, plane: Plane) -> None:
    x, axis = plane.effect.left, plane.error
    sheet.line((x, axis.left), (x, axis.right), width=style.THIN)
    for tick in axis.ticks:
        y = axis.at(tick.value)
        sheet.line((x - 3, y), (x, y), width=style.THIN)
        sheet.text(x - 5, y + style.CAP * style.SMALL, tick.label, size=style.SMALL, align="right")
    title = f"Standard error of {'log ' if plot.log else ''}{plot.measure}"
    middle = (axis.left + axis.right) / 2
    looks = {"size": style.SMALL, "colour": style.QUIET, "align": "center", "turned": True}
    sheet.text(style.MARGIN + style.SMALL, middle, title, **looks)


# --- studies and their names


def _draw_studies(sheet: Sheet, plot: FunnelPlot, plane: Plane) -> None:
    radius = 2.4 if len(plot.studies) > MANY else 3.0
    discs = [(*plane.at(y, se), radius) for y, se, _ in plot.studies]
    hollow = [(*plane.at(y, se), radius) for y, se in plot.filled]
    for x, y, _ in hollow:
        sheet.disc(x, y, radius, fill=style.PAPER, edge=style.PREDICTION, width=style.LINE)
    for x, y, _ in discs:
        sheet.disc(x, y, radius, fill=style.STUDY, edge=style.PAPER, width=style.THIN)
    names = [
        (label, disc)
        for (effect, se, label), disc in zip(plot.studies, discs, strict=True)
        if len(discs) <= FEW or abs(effect - plot.centre) > _z(plot) * se
    ]
    within = (plane.effect.left, plane.error.left, plane.effect.right, plane.error.right)
    draw_names(sheet, names, within=within, discs=[*discs, *hollow], lines=_lines(plot, plane))


# --- legend


def _draw_legend(sheet: Sheet, plot: FunnelPlot, plane: Plane, y: float) -> float:
    """What lines and shades mean: a row for each, and one for what was filled in."""
    for keys in _legend(plot, plane):
        y = draw_legend(sheet, keys, plane.effect.left, WIDTH - style.MARGIN, y)
    return y


def _legend(plot: FunnelPlot, plane: Plane) -> Iterator[list[Key]]:
    if plane.effect.holds(plot.centre):
        pooled = Key(text=f"{plot.centre_name}, {number_text(plot.centre, log=plot.log)}", dash="dotted")
        yield [pooled, Key(text=f"Pseudo {level_text(plot.level)} confidence limits", dash="dashed")]
    if plot.contours:
        yield [
            Key(text=text, sample="shade", colour=shade)
            for (_, text), shade in zip(reversed(CONTOURS), style.CONTOURS, strict=True)
        ]
    if plot.selection is not None:
        yield from _selection_legend(plot, plane)
    if plot.filled_yi is not None:
        keys = [Key(text=f"Filled in: {len(plot.filled)}", sample="ring", colour=style.PREDICTION)]
        if plane.effect.holds(plot.adjusted):
            adjusted = f"Pooled effect with these, {number_text(plot.adjusted, log=plot.log)}"
            keys.append(Key(text=adjusted, colour=style.PREDICTION, width=1.1))
        yield keys


def _selection_legend(plot: FunnelPlot, plane: Plane) -> Iterator[list[Key]]:
    if plane.effect.holds(plot.adjusted):
        text = f"Before selection, {number_text(plot.adjusted, log=plot.log)}"
        yield [Key(text=text, colour=style.PREDICTION, width=1.1)]
    if plot.selection:
        bands = [Key(text=band.text, sample="shade", colour=_grey(band.share)) for band in plot.selection]
        kind = "two" if len(plot.selection[0].sides) > 1 else "one"
        yield [Key(text=f"Chance of publication by {kind}-sided P value:", sample="none")]
        yield bands
