"""Plots of how far an answer can be trusted, with few and many studies, and with what no review should have."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from trialpool.figures.baujat import BaujatPlot, draw_baujat
from trialpool.figures.bubble import BubblePlot, draw_bubble
from trialpool.figures.canvas import Figure
from trialpool.figures.drapery import DraperyPlot, draw_drapery
from trialpool.figures.funnel import FunnelPlot, draw_funnel
from trialpool.figures.gosh import GoshPlot, draw_gosh
from trialpool.figures.influence_panel import Diagnostic, InfluencePanel, draw_influence_panel
from trialpool.figures.labbe import LabbePlot, draw_labbe
from trialpool.figures.posterior import PosteriorDensity, PosteriorPlot, draw_posterior
from trialpool.figures.radial import RadialPlot, draw_radial
from trialpool.figures.sequential_analysis import SequentialPlot, draw_sequential_analysis
from trialpool.figures.specification_curve import Choice, SpecificationCurve, draw_specification_curve

NAMES = ("Attal 2006", "Spencer 2009", "Lokhorst 2010", "Morgan 2012 (IX)", "Stewart 2013", "Barlogie 2008")
LONG = "A very long label that goes on and on, with an acronym (MYELOMA-XI-INTENSIVE-PATHWAY) and its stratum"
HR = {"measure": "HR", "measure_name": "Hazard ratio", "log": True}
SIZES = (1, 3, 18, 60)


def labels(k: int) -> tuple[str, ...]:
    return tuple(NAMES[i % len(NAMES)] for i in range(k))


def labbe(k: int) -> LabbePlot:
    rng = np.random.default_rng(k)
    n = rng.integers(40, 900, (2, k)).astype(float)
    risk = rng.beta(4, 8, k)
    events = rng.binomial(n.astype(int), [risk * rng.uniform(0.5, 1.1, k), risk]).astype(float)
    more = {"measure": "RR", "measure_name": "Risk ratio", "mu": math.log(0.75), "title": f"Thromboembolism, k = {k}"}
    return LabbePlot(events_t=events[0], n_t=n[0], events_c=events[1], n_c=n[1], labels=labels(k), **more)


def labbe_nasty() -> LabbePlot:
    events_t, n_t = np.array([0.0, 0, 10, 50, np.nan, 0]), np.array([50.0, 50, 10, 100, 30, 0])
    events_c, n_c = np.array([0.0, 0, 10, 50, 3, 2]), np.array([50.0, 50, 10, 100, 30, 10])
    more = {"labels": (LONG, "Tie", "All", "Half", "Missing", "No patients"), "measure": "OR", "mu": -0.7, "title": LONG * 2}
    return LabbePlot(events_t=events_t, n_t=n_t, events_c=events_c, n_c=n_c, treatment=LONG, control=LONG, **more)


def bubble(k: int, *, factor: bool = False) -> BubblePlot:
    rng = np.random.default_rng(k)
    x = rng.integers(0, 2, k).astype(float) if factor else rng.integers(1975, 2016, k).astype(float)
    vi = rng.uniform(0.08, 0.5, k) ** 2
    slope = 0.02 if not factor else 0.4
    middle = x.mean() if k else 0.0
    yi = -0.4 + slope * (x - middle) + rng.normal(0, np.sqrt(vi + 0.01), k)
    grid = np.linspace(x.min(), x.max(), 101) if k > 1 else np.array([])
    half = 0.1 + 0.5 / max(k, 1) * (1 + np.abs(grid - middle) / 10)
    line = -0.4 + slope * (grid - middle)
    limits = {"low": line - half, "high": line + half, "prediction_low": line - half - 0.3, "prediction_high": line + half + 0.3}
    more = {"x_name": "Year of publication", "title": f"Bubble plot, k = {k}", **HR}
    return BubblePlot(x=x, yi=yi, weights=1 / vi, labels=labels(k), line_x=grid, line=line, **limits, **more)


def bubble_nasty() -> BubblePlot:
    x, yi = np.array([5.0, 5, 5, np.nan, 1, 2]), np.array([0.1, 0.1, -20, 0, np.nan, 0.3])
    line = np.array([np.nan, 0.2, np.nan])
    limits = {"low": line - math.inf, "high": line + math.inf}
    more = {"labels": ("Tie", "Tie", LONG, "No x", "No y", "No weight"), "x_name": LONG, "measure": "MD", "measure_name": LONG}
    grid, weights = np.array([4.0, 5.0, 6.0]), np.array([1, 1, 1e-9, 1, 1, 0])
    return BubblePlot(x=x, yi=yi, weights=weights, line_x=grid, line=line, log=False, title=LONG, adjusted=LONG, **limits, **more)


def baujat(k: int) -> BaujatPlot:
    rng = np.random.default_rng(k)
    title = f"Baujat plot, k = {k}"
    return BaujatPlot(contribution=rng.chisquare(1, k), influence=rng.chisquare(1, k) / max(k, 1), labels=labels(k), title=title)


def baujat_nasty() -> BaujatPlot:
    names = ("Tie", LONG, "Nan", "Infinite", "Huge")
    return BaujatPlot(contribution=np.array([0, 0, np.nan, 1, 1e9]), influence=np.array([0, 0, 1, np.inf, 1e-9]), labels=names)


def radial(k: int, *, log: bool = True) -> RadialPlot:
    rng = np.random.default_rng(k)
    se = rng.uniform(0.06, 0.5, k)
    yi = rng.normal(-0.45, np.hypot(se, 0.15))
    measure = HR if log else {"measure": "MD", "measure_name": "Mean difference", "log": False}
    return RadialPlot(yi=yi, vi=se**2, labels=labels(k), mu=-0.47, tau2=0.02, title=f"Radial plot, k = {k}", **measure)


def radial_nasty(mu: float) -> RadialPlot:
    yi, vi = np.array([0.0, 0, 30, np.nan, 1, -8, 0.2]), np.array([1e-8, 1e-8, 1, 1, np.inf, 4, 1])
    names = ("Tie", "Tie", LONG, "Nan", "Absent", "Steep", "Other")
    return RadialPlot(yi=yi, vi=vi, labels=names, mu=mu, measure="OR", measure_name=LONG, log=True, title=LONG)


def influence_panel(k: int) -> InfluencePanel:
    rng = np.random.default_rng(k)
    edge = 3 * math.sqrt(1 / max(k, 1))
    diagnostics = (
        Diagnostic(name="Studentised residual", values=rng.normal(size=k), reference=0.0, limits=(-1.96, 1.96)),
        Diagnostic(name="DFFITS", values=rng.normal(0, edge / 2, k), reference=0.0, limits=(-edge, edge)),
        Diagnostic(name="Cook's distance", values=rng.gamma(0.5, 0.3, k), reference=0.0, limits=(-math.inf, 1.5)),
        Diagnostic(name="Covariance ratio", values=rng.normal(1.05, 0.04, k), reference=1.0),
        Diagnostic(name="τ² without", values=rng.normal(0.02, 0.003, k), reference=0.021),
        Diagnostic(name="Q without", values=rng.normal(30, 2, k), reference=31.0),
        Diagnostic(name="Hat value", values=rng.dirichlet(np.ones(k)) if k else np.array([]), reference=1 / max(k, 1)),
    )
    return InfluencePanel(labels=labels(k), diagnostics=diagnostics, title=f"Influence, k = {k}")


def influence_nasty() -> InfluencePanel:
    values = np.array([np.nan, np.inf, 0, 1e7, -1e-9])
    diagnostics = (
        Diagnostic(name=LONG, values=values, limits=(math.nan, math.nan)),
        Diagnostic(name="None", values=values + np.nan, limits=(-1, 1)),
        Diagnostic(name="Ties", values=np.ones(5), reference=1.0),
    )
    flags = np.array([True, False, True, False, False])
    return InfluencePanel(labels=(LONG, LONG, "", "山田", "Tie"), diagnostics=diagnostics, influential=flags, title=LONG * 3)


def gosh(n: int, *, tau2: bool = False) -> GoshPlot:
    rng = np.random.default_rng(n)
    within = rng.random(n) < 0.5
    mu = rng.normal(-0.45, 0.06, n) + 0.15 * within
    spread = rng.beta(3, 5, n) * np.where(within, 1, 0.5)
    name, more = ("τ²", {}) if tau2 else ("I²", {"within": within, "within_name": "Morgan 2012 (IX)"})
    title = f"All subsets, n = {n}"
    return GoshPlot(mu=mu, spread=spread, spread_name=name, all_studies=(-0.35, 0.4), title=title, **more, **HR)


def gosh_nasty() -> GoshPlot:
    mu, spread = np.full(1000, 0.3), np.zeros(1000)
    mu[:3], spread[3:5] = [np.nan, np.inf, -50], [np.nan, 1]
    within = np.arange(1000) < 4
    more = {"measure": "MD", "measure_name": LONG, "log": False, "within": within, "within_name": LONG}
    return GoshPlot(mu=mu, spread=spread, all_studies=(math.nan, math.nan), title=LONG, **more)


def specification_curve(n: int) -> SpecificationCurve:
    rng = np.random.default_rng(n)
    choices = (
        Choice(name="Heterogeneity", options=("REML", "Paule–Mandel", "DerSimonian–Laird"), chosen=rng.integers(0, 3, n)),
        Choice(name="Interval", options=("Hartung–Knapp", "Wald"), chosen=rng.integers(0, 2, n)),
        Choice(name="Studies", options=("All", "Low risk of bias", "Read at the source"), chosen=rng.integers(0, 3, n)),
        Choice(name="Measure", options=("Hazard ratio", "Risk ratio"), chosen=rng.integers(0, 2, n)),
    )
    mu = rng.normal(-0.1, 0.03, n) - 0.08 * (choices[2].chosen == 1) + 0.05 * choices[3].chosen
    half = rng.uniform(0.06, 0.12, n) * np.where(choices[1].chosen == 0, 1.4, 1)
    title, primary = f"Overall survival in {n:,} analyses", 0 if n else None
    return SpecificationCurve(estimates=mu, low=mu - half, high=mu + half, choices=choices, primary=primary, title=title, **HR)


def specification_nasty(n: int) -> SpecificationCurve:
    mu = np.where(np.arange(n) % 3 == 0, np.nan, 0.2)
    mu[1] = 40.0
    low, high = np.where(np.arange(n) % 2, -np.inf, mu), np.where(np.arange(n) % 5, np.nan, np.inf)
    choices = (Choice(name=LONG, options=(LONG, "Never taken", ""), chosen=np.full(n, -1) + (np.arange(n) % 2)),)
    more = {"measure": "MD", "measure_name": LONG, "log": False, "title": LONG, "primary": 1}
    return SpecificationCurve(estimates=mu, low=low, high=high, choices=choices, **more)


def drapery(k: int) -> DraperyPlot:
    rng = np.random.default_rng(k)
    se = rng.uniform(0.08, 0.5, k)
    more = {"prediction_se": 0.2, "prediction_df": 5.0} if k > 2 else {}
    yi, title = rng.normal(-0.45, np.hypot(se, 0.1)), f"Drapery plot, k = {k}"
    return DraperyPlot(yi=yi, vi=se**2, labels=labels(k), mu=-0.45, se=0.06, df=max(k - 1.0, 1.0), title=title, **more, **HR)


def drapery_nasty() -> DraperyPlot:
    yi, vi = np.array([0.0, 0, 30, np.nan, 1]), np.array([1e-12, 1e-12, 400, 1, np.inf])
    names = ("Tie", "Tie", LONG, "Nan", "Absent")
    return DraperyPlot(yi=yi, vi=vi, labels=names, mu=0.0, se=0.0, measure="MD", measure_name=LONG, log=False, title=LONG)


def sequential(m: int) -> SequentialPlot:
    rng = np.random.default_rng(m)
    information = np.cumsum(rng.uniform(100, 600, m))
    z = np.cumsum(rng.normal(0.35, 0.5, m)) / max(m, 1) ** 0.3
    required = float(information[-1]) * 1.25 if m else 2000.0
    grid = np.linspace(0.001, 1, 200)
    upper = 1.96 / np.sqrt(grid)
    wedge = np.linspace(0.45, 1, 50)
    inner = np.maximum(0, 3.6 * (wedge - 0.45))
    return SequentialPlot(
        information=information,
        z=z,
        labels=labels(m),
        boundary_information=grid * required,
        upper=upper,
        lower=-upper,
        futility_information=wedge * required,
        futility_upper=inner,
        futility_lower=-inner,
        required=required,
        favours=("Favours IMiD maintenance", "Favours control"),
        title=f"Trial sequential analysis, {m} looks",
    )


def sequential_nasty() -> SequentialPlot:
    information, z = np.array([0.1, 0.1, np.nan, 0.4]), np.array([12.0, 12.0, 0, -np.inf])
    grid, more = np.array([0.0, 0.2, 1.0]), {"information_name": LONG, "favours": (LONG, LONG), "title": LONG}
    upper, lower = np.array([np.inf, 4, 2]), np.array([np.nan, np.nan, -2])
    names = ("Tie", "Tie", "Nan", LONG)
    return SequentialPlot(information=information, z=z, labels=names, boundary_information=grid, upper=upper, lower=lower, **more)


def posterior(sd: float = 0.06) -> PosteriorPlot:
    grid, taus = np.linspace(-2, 2, 2001), np.linspace(0, 2, 1001)
    mu = np.exp(-0.5 * ((grid + 0.45) / sd) ** 2) / sd / 2.507
    tau = np.exp(-0.5 * ((taus - 0.1) / 0.08) ** 2) / 0.08 / 2.2
    densities = (
        PosteriorDensity(
            name="Hazard ratio",
            grid=grid,
            density=mu,
            prior=np.full(2001, 0.2),
            estimate=-0.45,
            low=-0.45 - 1.96 * sd,
            high=-0.45 + 1.96 * sd,
            log=True,
        ),
        PosteriorDensity(
            name="Heterogeneity, τ",
            grid=taus,
            density=tau,
            prior=np.exp(-2 * taus**2),
            estimate=0.12,
            low=0.01,
            high=0.27,
            positive=True,
        ),
    )
    return PosteriorPlot(densities=densities, title="Posterior densities")


def posterior_nasty() -> PosteriorPlot:
    grid = np.array([0.0, 1, 2])
    densities = (
        PosteriorDensity(name=LONG, grid=grid, density=np.array([np.inf, 1, np.nan]), positive=True, estimate=math.nan),
        PosteriorDensity(name="Zero", grid=grid, density=0 * grid, estimate=1e5, low=-math.inf, high=math.inf),
        PosteriorDensity(name="Empty", grid=grid[:0], density=grid[:0]),
    )
    return PosteriorPlot(densities=densities, title=LONG)


def filled_funnel(k: int) -> FunnelPlot:
    rng = np.random.default_rng(k)
    se = rng.uniform(0.06, 0.5, k)
    yi = -0.3 - 0.8 * se + rng.normal(0, se / 2)
    out = np.argsort(yi)[: k // 4]
    more = {"centre": -0.45, "adjusted": -0.36, "title": f"Trim and fill, k = {k}", **HR}
    return FunnelPlot(yi=yi, vi=se**2, labels=labels(k), filled_yi=-0.72 - yi[out], filled_vi=se[out] ** 2, **more)


MORE: dict[str, Callable[[], Figure]] = {
    **{f"labbe-{k}": lambda k=k: draw_labbe(labbe(k)) for k in (0, *SIZES)},
    "labbe-nasty": lambda: draw_labbe(labbe_nasty()),
    **{f"bubble-{k}": lambda k=k: draw_bubble(bubble(k)) for k in (0, *SIZES)},
    "bubble-factor": lambda: draw_bubble(bubble(18, factor=True)),
    "bubble-nasty": lambda: draw_bubble(bubble_nasty()),
    **{f"baujat-{k}": lambda k=k: draw_baujat(baujat(k)) for k in (0, *SIZES)},
    "baujat-nasty": lambda: draw_baujat(baujat_nasty()),
    **{f"radial-{k}": lambda k=k: draw_radial(radial(k)) for k in (0, *SIZES)},
    "radial-md": lambda: draw_radial(radial(18, log=False)),
    "radial-nasty": lambda: draw_radial(radial_nasty(0.1)),
    "radial-nan": lambda: draw_radial(radial_nasty(math.nan)),
    **{f"influence-panel-{k}": lambda k=k: draw_influence_panel(influence_panel(k)) for k in (0, *SIZES, 400)},
    "influence-panel-nasty": lambda: draw_influence_panel(influence_nasty()),
    **{f"gosh-{n}": lambda n=n: draw_gosh(gosh(n)) for n in (0, 1, 7, 300, 20_000)},
    "gosh-tau2": lambda: draw_gosh(gosh(8191, tau2=True)),
    "gosh-nasty": lambda: draw_gosh(gosh_nasty()),
    **{
        f"specification-curve-{n}": lambda n=n: draw_specification_curve(specification_curve(n))
        for n in (0, 1, 3, 20, 100, 100_000)
    },
    "specification-curve-nasty": lambda: draw_specification_curve(specification_nasty(12)),
    "specification-curve-many-nasty": lambda: draw_specification_curve(specification_nasty(600)),
    **{f"drapery-{k}": lambda k=k: draw_drapery(drapery(k)) for k in (0, *SIZES)},
    "drapery-nasty": lambda: draw_drapery(drapery_nasty()),
    **{f"sequential-analysis-{m}": lambda m=m: draw_sequential_analysis(sequential(m)) for m in (0, *SIZES)},
    "sequential-analysis-nasty": lambda: draw_sequential_analysis(sequential_nasty()),
    "posterior": lambda: draw_posterior(posterior()),
    "posterior-wide": lambda: draw_posterior(posterior(0.6)),
    "posterior-nasty": lambda: draw_posterior(posterior_nasty()),
    "posterior-none": lambda: draw_posterior(PosteriorPlot(densities=())),
    **{f"filled-funnel-{k}": lambda k=k: draw_funnel(filled_funnel(k)) for k in (0, *SIZES)},
}
ONE_OF_EACH = (
    "labbe-18",
    "bubble-18",
    "baujat-18",
    "radial-18",
    "influence-panel-18",
    "gosh-300",
    "specification-curve-20",
    "drapery-3",
    "sequential-analysis-3",
    "posterior",
    "filled-funnel-18",
)
