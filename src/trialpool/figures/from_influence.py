"""What a result hangs on, drawn: influence of each study, who makes the heterogeneity, all subsets of the studies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtri

from trialpool.figures.baujat import BaujatPlot, draw_baujat
from trialpool.figures.gosh import GoshPlot, draw_gosh
from trialpool.figures.influence_panel import Diagnostic, InfluencePanel, draw_influence_panel
from trialpool.figures.radial import RadialPlot, draw_radial
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.influence.all_subsets import Subsets
from trialpool.stats.influence.influence import Influence
from trialpool.stats.influence.residual_plots import baujat
from trialpool.stats.pooling.choices import choose, expect, expect_one_analysis
from trialpool.stats.pooling.pooled_effect import PooledEffect

if TYPE_CHECKING:
    from trialpool.figures.canvas import Figure
    from trialpool.stats.regression.meta_regression import MetaRegression

SPREADS = {"I2": "I²", "tau2": "τ²"}


def influence_plot(found: Influence, *, title: str = "") -> Figure:
    """Diagnostics of every study side by side; studies beyond one of the cut-offs of `Influence.flags` are marked.

    Parameters
    ----------
    found : what `influence` returned
    title : heading of the plot

    References
    ----------
    Viechtbauer & Cheung (2010), Res Synth Methods 1:112-125

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.influence.influence import influence
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> fit = pool(effects([-0.4, -0.5, -0.3, 0.9], [0.03, 0.02, 0.04, 0.02], ["A", "B", "C", "D"]))
    >>> influence_plot(influence(fit)).description
    "Influence diagnostics of 4 studies (...); D stands out."
    """
    expect("influence_plot", found, Influence, "influence")
    return draw_influence_panel(
        InfluencePanel(labels=found.study, diagnostics=_diagnostics(found), influential=found.influential, title=title)
    )


def _diagnostics(found: Influence) -> tuple[Diagnostic, ...]:
    """From left to right, without a tau2 that is 0 throughout; with moderators the DFBETAS furthest from 0 stands for all."""
    k, p, inf = found.k, found.p, float("inf")
    dffits = 3 * float(np.sqrt(p / (k - p)))
    furthest = np.abs(np.nan_to_num(found.dfbetas)).argmax(-1)
    spread = (Diagnostic(name="τ² without", values=found.tau2_deleted),) if found.tau2_deleted.any() else ()
    return (
        Diagnostic(name="Studentised residual", values=found.studentised, reference=0.0),
        Diagnostic(name="DFFITS", values=found.dffits, reference=0.0, limits=(-dffits, dffits)),
        Diagnostic(name="Cook's distance", values=found.cook, reference=0.0, limits=(-inf, float(chdtri(p, 0.5)))),
        Diagnostic(name="Covariance ratio", values=found.cov_ratio, reference=1.0),
        *spread,
        Diagnostic(name="Q without", values=found.Q_deleted),
        Diagnostic(name="Hat value", values=found.hat, reference=p / k, limits=(-inf, 3 * p / k)),
        Diagnostic(
            name="DFBETAS" if p == 1 else "DFBETAS, furthest",
            values=np.take_along_axis(found.dfbetas, furthest[:, np.newaxis], axis=-1)[:, 0],
            reference=0.0,
            limits=(-1.0, 1.0),
        ),
    )


def baujat_plot(fit: PooledEffect | MetaRegression, *, title: str = "") -> Figure:
    """A Baujat plot: what each study adds to heterogeneity against how far its fitted value moves without it.

    Parameters
    ----------
    fit : what `pool`, `pool_common` or `regress` returned for one analysis; the points are those of `baujat`, and so are the errors
    title : heading of the plot

    References
    ----------
    Baujat, Mahe, Pignon & Hill (2002), Stat Med 21:2641-2652

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> baujat_plot(pool(effects([-0.4, -0.5, 0.3], [0.01, 0.01, 0.01], ["A", "B", "C"]))).description
    'Baujat plot of 3 studies. C contributes most to heterogeneity, C has most influence on the pooled effect.'
    """
    points = baujat(fit)
    return draw_baujat(BaujatPlot(contribution=points.x, influence=points.y, labels=points.study, title=title))


def radial_plot(fit: PooledEffect, *, title: str = "") -> Figure:
    """A radial (Galbraith) plot: each study's effect is the slope of the ray through it, to be read off the arc.

    Parameters
    ----------
    fit : what `pool` or `pool_common` returned for one analysis; the variances are those of its model
    title : heading of the plot

    References
    ----------
    Galbraith (1988), Technometrics 30:271-281

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool_common
    >>> radial_plot(pool_common(effects([-0.4, -0.5, 0.3], [0.01, 0.01, 0.01], measure="OR"))).description
    'Radial plot of 3 studies: standardised Odds ratio against precision, about 0.82; 3 outside the 95% band.'
    """
    expect("radial_plot", fit, PooledEffect, "pool or pool_common")
    expect_one_analysis("radial_plot", fit)
    measure = MEASURES[fit.effects.measure]
    return draw_radial(
        RadialPlot(
            yi=fit.effects.yi,
            vi=fit.effects.vi,
            labels=fit.effects.study,
            mu=float(fit.mu),
            tau2=float(np.nan_to_num(fit.tau2)),
            measure=measure.code,
            measure_name=measure.name,
            log=measure.log,
            level=fit.level,
            title=title,
        )
    )


def gosh(subsets: Subsets, *, title: str = "", study: str = "", spread: str = "I2") -> Figure:
    """A GOSH plot: pooled effect and heterogeneity of all subsets of the studies, as a density with its margins.

    Parameters
    ----------
    subsets : what `all_subsets` returned
    title : heading of the plot
    study : label of a study; the margins of the subsets that contain it are drawn over those of all. A cloud in two parts is often
        the doing of one study, which `outliers` finds
    spread : "I2" or "tau2", what goes upwards

    References
    ----------
    Olkin, Dahabreh & Trikalinos (2012), Res Synth Methods 3:214-223

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.influence.all_subsets import all_subsets
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> fit = pool(effects([-0.4, -0.5, 0.3], [0.04, 0.04, 0.04], ["A", "B", "C"], measure="HR"), tau2="DL")
    >>> gosh(all_subsets(fit), study="C").description
    'GOSH plot of 4 subsets of studies: Hazard ratio has median 0.86, and 95% of subsets between ...'
    """
    expect("gosh", subsets, Subsets, "all_subsets")
    choose("spread", spread, SPREADS)
    return draw_gosh(gosh_of(subsets, title=title, study=study, spread=spread))


def gosh_of(subsets: Subsets, *, title: str = "", study: str = "", spread: str = "I2") -> GoshPlot:
    """What the plot shows."""
    measure, values = MEASURES[subsets.measure], subsets.I2 if spread == "I2" else subsets.tau2
    whole = np.flatnonzero(subsets.k == len(subsets.study))
    return GoshPlot(
        mu=subsets.mu,
        spread=values,
        spread_name=SPREADS[spread],
        measure=measure.code,
        measure_name=measure.name,
        log=measure.log,
        all_studies=(float(subsets.mu[whole[0]]), float(values[whole[0]])) if len(whole) else None,
        within=subsets.contain(study) if study else None,
        within_name=study,
        title=title,
    )
