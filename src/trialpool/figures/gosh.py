"""GOSH plots: the pooled effect and the heterogeneity of all subsets of studies, as a density with its margins.

Olkin, Dahabreh & Trikalinos (2012), Res Synth Methods 3:214-223.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trialpool.figures import style
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.forest import axis_title
from trialpool.figures.legend import Key, draw_legend
from trialpool.figures.numerals import number_text
from trialpool.figures.plane import HEIGHT, Plane, across, draw_frame, draw_title, effects_axis, number_axis, placed
from trialpool.figures.shading import STEPS, shade

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

WIDTH = 430.0
MARGIN_PLOT, APART = 42.0, 5.0  # height of a marginal density; from it to the plane
COLUMNS = 50  # hexagons across
BARS = 60
TAILS = 0.0005  # share of subsets at either end that does not decide the range shown
FEW = 400  # so many subsets are drawn as dots
SPREAD = 1 << 20  # more than there are rows of hexagons: column and row in one number


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GoshPlot:
    """What a GOSH plot shows, a subset of studies each.

    mu          : (n,) pooled effects on the analysis scale; subsets with nan are left out
    spread      : (n,) heterogeneity: I2, a share, where spread_name is "I²", else tau2 or any other that is not negative
    all_studies : mu and spread of all studies together; None for none
    within      : (n,) which subsets hold the study `within_name`: their margins are drawn over those of the others
    """

    mu: Floats
    spread: Floats
    spread_name: str = "I²"
    measure: str
    measure_name: str
    log: bool
    all_studies: tuple[float, float] | None = None
    within: Bools | None = None
    within_name: str = ""
    title: str = ""

    @property
    def percent(self) -> bool:
        return self.spread_name == "I²"

    @property
    def shown(self) -> Bools:
        """(n,) subsets whose effect and heterogeneity are known."""
        found: Bools = np.isfinite(self.mu) & np.isfinite(self.spread)
        return found


def draw_gosh(plot: GoshPlot) -> Figure:
    """Draw the plot."""
    sheet = Sheet()
    top = draw_title(sheet, plot.title, width=WIDTH) + MARGIN_PLOT + APART
    mu, spread = np.asarray(plot.mu, float)[plot.shown], np.asarray(plot.spread, float)[plot.shown] * (100 if plot.percent else 1)
    plane, titles = plane_of(plot, mu, spread, top)
    inside = (mu >= plane.x.low) & (mu <= plane.x.high) & (spread >= plane.y.low) & (spread <= plane.y.high)
    most = _draw_density(sheet, plane, mu[inside], spread[inside])
    null = plane.x.at(0)
    sheet.line((null, plane.y.right), (null, plane.y.left), colour=style.HAIR, width=style.LINE)
    if plot.all_studies and plane.holds(plot.all_studies[0], _shown_spread(plot)):
        _draw_all(sheet, plane.at(plot.all_studies[0], _shown_spread(plot)))
    y = draw_frame(sheet, plane, *titles)
    _draw_margins(sheet, plot, plane, mu, spread)
    y = draw_legend(sheet, _keys(plot, most, len(mu)), plane.x.left, WIDTH - style.MARGIN, y + 8)
    return sheet.figure(title=plot.title, description=describe_gosh(plot), width=WIDTH, height=math.ceil(y + style.MARGIN))


def _shown_spread(plot: GoshPlot) -> float:
    return (plot.all_studies[1] if plot.all_studies else math.nan) * (100 if plot.percent else 1)


def plane_of(plot: GoshPlot, mu: Floats, spread: Floats, top: float) -> tuple[Plane, tuple[str, str]]:
    """Where effects and heterogeneity are drawn, and the titles of the axes."""
    y_title = f"{plot.spread_name} (%)" if plot.percent else plot.spread_name
    also = [plot.all_studies[0], _shown_spread(plot)] if plot.all_studies else [math.nan, math.nan]
    some = (0.0, 10.0 if plot.percent else 0.01)  # heterogeneity that the axis shows in any case
    upright = number_axis([*_ends(spread), *some, also[1]], room=HEIGHT)
    upright = placed(upright, top + HEIGHT, top)
    left, right = across(upright, y_title, width=WIDTH - MARGIN_PLOT - APART + 10)
    level = effects_axis([*_ends(mu), also[0]], log=plot.log, room=right - left)
    plane = Plane(x=placed(level, left, right), y=upright)
    return plane, (axis_title(plot.measure_name or plot.measure, log=plot.log), y_title)


def _ends(values: Floats) -> list[float]:
    """From where to where nearly all of the values are."""
    if not len(values):
        return [0.0]
    ends: list[float] = np.quantile(values, [TAILS, 1 - TAILS]).tolist()
    return ends


# --- the density


def _draw_density(sheet: Sheet, plane: Plane, mu: Floats, spread: Floats) -> int:
    """Hexagons shaded by the logarithm of how many subsets are in each, or dots where these are few; returns the most in one."""
    if len(mu) <= FEW:
        radius = 2.2 if len(mu) < 100 else 1.5
        for x, y in zip(mu.tolist(), spread.tolist(), strict=True):
            sheet.disc(*plane.at(x, y), radius, fill=style.STUDY, edge=style.PAPER, width=0.3)
        return 0
    side = (plane.x.right - plane.x.left) / COLUMNS
    x = plane.x.left + (mu - plane.x.low) / (plane.x.high - plane.x.low) * (plane.x.right - plane.x.left)
    y = plane.y.left + (spread - plane.y.low) / (plane.y.high - plane.y.low) * (plane.y.right - plane.y.left)
    cells, counts = hexagons((x - plane.x.left) / side, (y - plane.y.right) / side)
    most = int(counts.max(initial=1))
    radius = side / math.sqrt(3)
    corners = [(math.sin(turn), math.cos(turn)) for turn in (i * math.pi / 3 for i in range(6))]
    left, top, right, bottom = plane.box
    order = np.argsort(counts, kind="stable")  # those of one shade after each other: a smaller file
    for (cx, cy), count in zip(cells[order].tolist(), counts[order].tolist(), strict=True):
        at = plane.x.left + cx * side, plane.y.right + cy * side
        points = [(at[0] + radius * dx, at[1] + radius * dy) for dx, dy in corners]
        points = [(min(max(px, left), right), min(max(py, top), bottom)) for px, py in points]
        colour = shade(max(1e-9, math.log(count) / math.log(max(most, 2))))
        sheet.shape(*points, fill=colour, edge=colour, width=0.3)
    return most


def hexagons(x: Floats, y: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Centres of the hexagons of width 1 that hold any of the points, and how many each holds.

    Carr, Littlefield, Nicholson & Littlefield (1987), JASA 82:424-436.

    >>> hexagons(np.array([0.1, -0.1, 0.5]), np.array([0.0, 0.1, 0.8]))
    (array([[0.       , 0.       ],
           [0.5      , 0.8660254]]), array([2, 1]))
    """
    high = math.sqrt(3)
    even = np.stack([np.round(x), np.round(y / high)], axis=-1)
    odd = np.stack([np.floor(x) + 0.5, np.floor(y / high) + 0.5], axis=-1)
    far = [(x - c[:, 0]) ** 2 + 3 * (y / high - c[:, 1]) ** 2 for c in (even, odd)]
    nearest = np.where((far[0] <= far[1])[:, np.newaxis], even, odd)
    halves = (2 * nearest).astype(np.int64)
    codes, counts = np.unique(halves[:, 0] * SPREAD + halves[:, 1], return_counts=True)
    rows = (codes + SPREAD // 2) % SPREAD - SPREAD // 2
    cells = np.stack([(codes - rows) // SPREAD, rows], axis=-1)
    return cells / 2 * [1.0, high], counts


# --- the margins


def _draw_margins(sheet: Sheet, plot: GoshPlot, plane: Plane, mu: Floats, spread: Floats) -> None:
    """How often each effect and each heterogeneity comes: above and right of the plane."""
    within = None if plot.within is None else np.asarray(plot.within, bool)[plot.shown]
    _, top, right, _ = plane.box
    for values, axis, upright in ((mu, plane.x, False), (spread, plane.y, True)):  # far-off subsets stand on neither
        edges = np.linspace(axis.low, axis.high, min(BARS, 10 + 2 * math.isqrt(len(values))) + 1)
        counts = np.histogram(values, edges)[0]
        most = counts.max(initial=0)
        if not most:
            continue
        own = None if within is None else np.histogram(values[within], edges)[0]
        for part, fill in ((counts, STEPS[2]), (own, style.PREDICTION)):
            if part is None:
                continue
            heights = MARGIN_PLOT * part / most
            for i in np.flatnonzero(part):
                a, b = axis.at(float(edges[i])), axis.at(float(edges[i + 1]))
                h = float(heights[i])
                if upright:
                    sheet.box(right + APART, b, right + APART + h, a, fill=fill)
                else:
                    sheet.box(a, top - APART - h, b, top - APART, fill=fill)


def _draw_all(sheet: Sheet, at: tuple[float, float]) -> None:
    """A diamond with a rim of paper, to be seen on every shade."""
    x, y = at
    for r, fill in ((5.4, style.PAPER), (3.8, style.PREDICTION)):
        sheet.shape((x - r, y), (x, y - r), (x + r, y), (x, y + r), fill=fill)


def _keys(plot: GoshPlot, most: int, n: int) -> list[Key]:
    keys = []
    if most:
        keys.append(Key(text="1 subset", sample="shade", colour=STEPS[0]))
        keys += [Key(text=f"{most ** (i / 3):,.0f}", sample="shade", colour=shade((i / 3) * 0.999)) for i in (1, 2)]
        keys.append(Key(text=f"{most:,}", sample="shade", colour=STEPS[-1]))
    elif n:
        keys.append(Key(text="A subset of studies", sample="disc", colour=style.STUDY))
    if plot.all_studies:
        keys.append(Key(text="All studies", sample="diamond", colour=style.PREDICTION))
    if plot.within is not None:
        keys.append(Key(text=f"Margins: subsets with {plot.within_name}", sample="shade", colour=style.PREDICTION))
    return [*keys, Key(text="No effect", colour=style.HAIR)]


def describe_gosh(plot: GoshPlot) -> str:
    """The plot in words."""
    mu, spread = np.asarray(plot.mu)[plot.shown], np.asarray(plot.spread)[plot.shown]
    words = f"GOSH plot of {len(mu):,} {'subset' if len(mu) == 1 else 'subsets'} of studies: {plot.measure_name or plot.measure}"
    if not len(mu):
        return f"{words} against {plot.spread_name}."
    low, middle, high = (number_text(float(x), log=plot.log) for x in np.quantile(mu, [0.025, 0.5, 0.975]))
    ends = [f"{100 * x:.0f}%" if plot.percent else f"{x:.3g}" for x in np.quantile(spread, [0.025, 0.975])]
    range_ = f"between {low} and {high}; {plot.spread_name} between {' and '.join(ends)}"
    return f"{words} has median {middle}, and 95% of subsets {range_}."
