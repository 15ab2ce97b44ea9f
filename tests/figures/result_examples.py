"""Results of all kinds as the figures that their public calls draw: few studies, a review's worth, and many."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

import trialpool as tp
from trialpool.figures.canvas import Figure
from trialpool.figures.forest import ForestPlot, StudyLine, draw_forest
from trialpool.figures.funnel import FunnelPlot, SelectionBand, draw_funnel
from trialpool.stats.effects.effects import Effects

NAMES = ("Attal", "Spencer", "Lokhorst", "Morgan (IX)", "Stewart", "Barlogie TT2", "MRC Myeloma IX intensive pathway")
DRUGS = ("thalidomide", "lenalidomide", "pomalidomide after autologous transplantation")
LONG = "A very long name that goes on and on without an end (MYELOMA-XI-INTENSIVE-PATHWAY)"
SIZES = (3, 18, 60)


class Studies(NamedTuple):
    """Effects, and what is known of each study."""

    effects: Effects
    year: list[int]
    latitude: list[float]
    drug: list[str]


@cache
def studies(k: int, measure: str = "HR") -> Studies:
    """k studies whose small ones have larger effects."""
    rng = np.random.default_rng(k)
    se = rng.uniform(0.08, 0.5, k)
    yi = rng.normal(-0.3 - 0.5 * se * (k > 5), np.hypot(se, 0.15))
    year = [1990 + i % 30 for i in range(k)]
    names = [f"{NAMES[i % len(NAMES)]} {year[i]}" for i in range(k)]
    drug = [DRUGS[i % len(DRUGS)] for i in range(k)]
    return Studies(tp.effects(yi, se**2, names, measure=measure), year, rng.uniform(10, 60, k).tolist(), drug)


def subgroups(k: int) -> Figure:
    return tp.forest(tp.subgroups(studies(k).effects, studies(k).drug), title=f"By drug, k = {k}")


def regression(k: int, measure: str = "HR") -> Figure:
    of = studies(k, measure)
    return tp.forest(tp.regress(of.effects, "~ latitude", {"latitude": of.latitude}), title=f"By latitude, k = {k}")


def bayesian(k: int, measure: str = "HR") -> Figure:
    return tp.forest(tp.pool_bayesian(studies(k, measure).effects, tau=tp.HalfNormal(0.5)), title=f"Bayesian, k = {k}")


def posterior(k: int, measure: str = "HR") -> Figure:
    fit = tp.pool_bayesian(studies(k, measure).effects, effect=tp.NormalEffect(0, 1), tau=tp.HalfNormal(0.5))
    return tp.posterior_plot(fit, title=f"Posterior, k = {k}")


def influence(k: int) -> Figure:
    return tp.influence_plot(tp.influence(tp.pool(studies(k).effects)), title=f"Influence, k = {k}")


def gosh(k: int) -> Figure:
    of = studies(k).effects
    sample = {} if k < 15 else {"n": 2000, "rng": np.random.default_rng(k)}
    return tp.gosh(tp.all_subsets(tp.pool(of), **sample), study=of.study[0], title=f"All subsets, k = {k}")


def sequential(k: int, *, futility: bool = False) -> Figure:
    of = studies(k)
    found = tp.sequential_analysis(tp.pool(of.effects), of.year, smallest_effect=0.8, futility=futility)
    return tp.sequential_analysis_plot(found, title=f"Sequential analysis, k = {k}")


def selection(k: int, **options: object) -> Figure:
    options = options or ({"delta": [1, 0.3]} if k < 10 else {"steps": (0.025, 0.1)})
    return tp.selection_funnel(tp.selection_model(studies(k).effects, **options), title=f"Selection, k = {k}")  # type: ignore[arg-type]


def expected_nasty() -> Figure:
    """What no model says: expectations beyond the axis, without limits, and beside nothing."""
    nan, inf = float("nan"), float("inf")
    lines = (
        StudyLine(label=LONG, estimate=-0.3, low=-0.9, high=0.3, expected=(9.0, 8.0, 10.0)),
        StudyLine(label="Infinite", estimate=-0.2, low=-0.6, high=0.2, expected=(-0.2, -inf, inf)),
        StudyLine(label="Nothing", estimate=nan, low=nan, high=nan, expected=(nan, nan, nan), faint=True),
        StudyLine(label="None", estimate=-0.1, low=-0.4, high=0.2),
    )
    return draw_forest(ForestPlot(title=LONG, lines=lines, measure="MD", measure_name=LONG, log=False, expected_header=LONG))


def selection_nasty() -> Figure:
    """Bands that are wide, narrow, empty, and named at length."""
    inf = float("inf")
    bands = (
        SelectionBand(sides=((-inf, -1.96), (1.96, inf)), share=1.0, text=LONG),
        SelectionBand(sides=((-1.96, 0.0), (0.0, 1.96)), share=0.0, text="P 0.05 to 1: 0"),
        SelectionBand(sides=((0.0, 0.0),), share=0.5, text=""),
    )
    yi, vi = np.array([-0.5, 0.3, 4.0]), np.array([0.04, 0.2, 0.5])
    names, more = (LONG, "Far", "Farther"), {"measure": "MD", "measure_name": LONG, "log": False, "title": LONG}
    return draw_funnel(FunnelPlot(yi=yi, vi=vi, labels=names, centre=0.1, adjusted=-0.2, selection=bands, **more))  # type: ignore[arg-type]


FROM_RESULTS: dict[str, Callable[[], Figure]] = {
    **{f"forest-subgroups-{k}": lambda k=k: subgroups(k) for k in SIZES},
    **{f"forest-regression-{k}": lambda k=k: regression(k) for k in SIZES},
    "forest-regression-md": lambda: regression(18, "MD"),
    **{f"forest-bayesian-{k}": lambda k=k: bayesian(k) for k in SIZES},
    "forest-bayesian-md": lambda: bayesian(18, "MD"),
    "forest-expected-nasty": expected_nasty,
    **{f"posterior-{k}": lambda k=k: posterior(k) for k in SIZES},
    "posterior-md": lambda: posterior(18, "MD"),
    **{f"influence-plot-{k}": lambda k=k: influence(k) for k in SIZES},
    **{f"gosh-plot-{k}": lambda k=k: gosh(k) for k in SIZES},
    **{f"sequential-plot-{k}": lambda k=k: sequential(k) for k in SIZES},
    "sequential-plot-futility": lambda: sequential(18, futility=True),
    **{f"selection-funnel-{k}": lambda k=k: selection(k) for k in SIZES},
    "selection-funnel-two-sided": lambda: selection(18, steps=(0.05,), alternative="two-sided"),
    "selection-funnel-smooth": lambda: selection(18, weights="negative exponential"),
    "selection-funnel-nasty": selection_nasty,
}
