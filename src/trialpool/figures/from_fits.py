"""From fits to the figures of how far an answer can be trusted: what each study says and does, and other ways to answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trialpool.errors import BadArgument
from trialpool.figures.bubble import BubblePlot, draw_bubble
from trialpool.figures.drapery import DraperyPlot, draw_drapery
from trialpool.figures.funnel import FunnelPlot, draw_funnel
from trialpool.figures.labbe import LabbePlot, draw_labbe
from trialpool.figures.sensitivity import SensitivityLine, SensitivityPlot, draw_sensitivity
from trialpool.stats.bias.trim_and_fill import TrimAndFill
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.influence.leave_one_out import Refits
from trialpool.stats.pooling.choices import FIT_MAKERS, expect, expect_one_analysis
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.regression.meta_regression import MetaRegression

if TYPE_CHECKING:
    from trialpool.figures.canvas import Figure

LINE_POINTS = 101


def labbe(fit: PooledEffect, *, title: str = "", treatment: str = "treatment", control: str = "control") -> Figure:
    """A L'Abbe plot: the risks in both arms of each study, with the pooled effect as a line where it is an odds or a risk ratio,
    or a risk difference.

    Parameters
    ----------
    fit : what `pool`, `pool_common`, `mantel_haenszel` or `peto` returned for effects made from events and patients
    title : heading of the plot
    treatment, control : what the arms are called on the axes

    Raises
    ------
    BadArgument
        for effects that were not made from events and patients

    >>> from trialpool.stats.effects.two_by_two import risk_ratio
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> rr = risk_ratio(events_t=[4, 6, 3], n_t=[123, 306, 231], events_c=[11, 29, 11], n_c=[139, 303, 220])
    >>> labbe(pool(rr)).description
    "L'Abbé plot of 3 studies: risk with treatment against risk with control; lower in 3, higher in 0. ..."
    """
    expect("labbe", fit, PooledEffect, FIT_MAKERS)
    counts, measure = fit.effects.counts, MEASURES[fit.effects.measure]
    if counts is None:
        raise BadArgument("A L'Abbe plot needs events and patients of both arms. Make the effects with odds_ratio or risk_ratio.")
    return draw_labbe(
        LabbePlot(
            events_t=counts.events_t,
            n_t=counts.n_t,
            events_c=counts.events_c,
            n_c=counts.n_c,
            labels=fit.effects.study,
            measure=measure.code,
            measure_name=measure.name,
            mu=float(fit.mu),
            title=title,
            treatment=treatment,
            control=control,
        )
    )


def bubble(fit: MetaRegression, *, by: str = "", title: str = "", prediction: bool = False) -> Figure:
    """A bubble plot: effects against a moderator, with the line that a meta-regression fitted and its confidence band.

    Parameters
    ----------
    fit : what `regress` returned
    by : the coefficient whose column is drawn along; may be left out where there is but one beside the intercept. Other columns
        are held at their mean
    title : heading of the plot
    prediction : whether to draw the limits of a new study's effect too; a common-effect model has none

    Raises
    ------
    BadArgument
        for an unknown coefficient, or none given where there are several

    >>> from trialpool.formulas.regress import regress
    >>> from trialpool.stats.effects.effects import effects
    >>> rr = effects([-0.9, -0.5, -0.4, 0.1, -0.2], [0.04, 0.02, 0.03, 0.02, 0.03], measure="RR")
    >>> bubble(regress(rr, "~ latitude", {"latitude": [44, 33, 27, 13, 19]})).description
    'Bubble plot of 5 studies: Risk ratio against latitude. The fitted line goes from 1.06 at 13 to 0.41 at 44.'
    """
    expect("bubble", fit, MetaRegression, "regress")
    expect_one_analysis("bubble", fit)
    column = _column(fit, by)
    here = np.isfinite(fit.effects.vi)
    X, measure = fit.design.X, MEASURES[fit.effects.measure]
    x = np.where(here, X[:, column], np.nan)
    rows = np.tile(X[here].mean(0), (LINE_POINTS, 1))
    rows[:, column] = np.linspace(np.nanmin(x), np.nanmax(x), LINE_POINTS)
    expected = fit.predict(rows)
    low, high = expected.interval()
    beyond = expected.prediction_interval() if prediction and fit.model == "random" else (None, None)
    others = [fit.names[j] for j in fit.design.moderators if j != column]
    return draw_bubble(
        BubblePlot(
            x=x,
            yi=fit.effects.yi,
            weights=fit.wi,
            labels=fit.effects.study,
            x_name=fit.names[column],
            line_x=rows[:, column],
            line=expected.estimate,
            low=low,
            high=high,
            prediction_low=beyond[0],
            prediction_high=beyond[1],
            measure=measure.code,
            measure_name=measure.name,
            log=measure.log,
            level=fit.level,
            title=title,
            adjusted=f"others at their mean ({', '.join(others)})" if others else "",
        )
    )


def _column(fit: MetaRegression, by: str) -> int:
    """Which column of the design a bubble plot goes along."""
    offered = [fit.names[j] for j in range(fit.design.p) if j != fit.design.intercept]
    if by in offered:
        return fit.names.index(by)
    if by or len(offered) != 1:
        given = f"by is {by!r}" if by else f"there are {len(offered)} moderators, and by is not given"
        raise BadArgument(f"Bubble plot: {given}. Use one of {', '.join(offered) or 'a regression that has a moderator'}.")
    return fit.names.index(offered[0])


def drapery(fit: PooledEffect, *, title: str = "") -> Figure:
    """A drapery plot: the P value of every effect, for each study, for the pooled effect and for a next study.

    Parameters
    ----------
    fit : what `pool` or `pool_common` returned for one analysis
    title : heading of the plot

    References
    ----------
    Rucker & Schwarzer (2021), Res Synth Methods 12:34-40

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> drapery(pool(effects([-0.4, -0.5, 0.3], [0.01, 0.01, 0.01], measure="OR"))).description
    'Drapery plot of 3 studies: P values of all effects, Odds ratio; the pooled curve peaks at 0.82.'
    """
    expect("drapery", fit, PooledEffect, FIT_MAKERS)
    expect_one_analysis("drapery", fit)
    measure, predicts = MEASURES[fit.effects.measure], fit.model == "random" and fit.k > 1
    return draw_drapery(
        DraperyPlot(
            yi=fit.effects.yi,
            vi=fit.effects.vi,
            labels=fit.effects.study,
            mu=float(fit.mu),
            se=float(fit.se),
            df=float(fit.df),
            prediction_se=float(np.sqrt(fit.tau2 + fit.se**2)) if predicts else float("nan"),
            prediction_df=float(fit.k - 1) if predicts else float("inf"),
            measure=measure.code,
            measure_name=measure.name,
            log=measure.log,
            level=fit.level,
            title=title,
        )
    )


def filled_funnel(found: TrimAndFill, *, title: str = "", contours: bool = False) -> Figure:
    """A funnel plot with the studies that trim and fill added, hollow, and the pooled effect before and after.

    Parameters
    ----------
    found : what `trim_and_fill` returned
    title : heading of the plot
    contours : whether to shade where a study alone would be significant

    References
    ----------
    Duval & Tweedie (2000), Biometrics 56:455-463

    >>> from trialpool.stats.bias.trim_and_fill import trim_and_fill
    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> rr = effects([-0.1, -0.2, -0.1, -0.5, -0.7, -0.9], [0.01, 0.02, 0.03, 0.1, 0.2, 0.3], measure="RR")
    >>> filled_funnel(trim_and_fill(pool(rr))).description
    'Funnel plot of 6 studies: ... filled in; with them the pooled effect is ...'
    """
    expect("filled_funnel", found, TrimAndFill, "trim_and_fill")
    fit, measure = found.fit, MEASURES[found.fit.effects.measure]
    return draw_funnel(
        FunnelPlot(
            yi=fit.effects.yi,
            vi=fit.effects.vi,
            labels=fit.effects.study,
            centre=float(fit.mu),
            measure=measure.code,
            measure_name=measure.name,
            log=measure.log,
            title=title,
            level=fit.level,
            contours=contours,
            filled_yi=found.added.yi,
            filled_vi=found.added.vi,
            adjusted=float(found.filled.mu),
        )
    )


def cumulative_forest(
    refits: Refits, *, title: str = "", favours: tuple[str, str] = ("Favours treatment", "Favours control")
) -> Figure:
    """A forest plot of a cumulative analysis: a row a study as it is added; the last row is of all.

    Parameters
    ----------
    refits : what `cumulative` returned
    title : heading of the plot
    favours : words under the axis, at either side of no effect

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.influence.leave_one_out import cumulative
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> fit = pool(effects([-0.4, -0.5, 0.3], [0.01, 0.01, 0.01], ["A", "B", "C"], measure="OR"), ci="Wald")
    >>> cumulative_forest(cumulative(fit, [2001, 2002, 2003])).description
    'Sensitivity plot of 3 analyses, Odds ratio. + C: 0.82 (0.50–1.34). Estimates range over 0.64–0.82.'
    """
    expect("cumulative_forest", refits, Refits, "cumulative")
    lines = _lines(refits, "+ ")
    if lines:
        lines[0] = replace(lines[0], label=lines[0].label.removeprefix("+ "))
        lines[-1] = replace(lines[-1], primary=True)
    return _refits_plot(refits, lines, title, favours)


def leave_one_out_forest(
    refits: Refits,
    fit: PooledEffect,
    *,
    title: str = "",
    favours: tuple[str, str] = ("Favours treatment", "Favours control"),
) -> Figure:
    """A forest plot of a leave-one-out analysis: a row a study that was left out, over the band of all studies.

    Parameters
    ----------
    refits : what `leave_one_out` returned
    fit : what it was made from
    title : heading of the plot
    favours : words under the axis, at either side of no effect

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.influence.leave_one_out import leave_one_out
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> fit = pool(effects([-0.4, -0.5, 0.3], [0.01, 0.01, 0.01], ["A", "B", "C"], measure="OR"), ci="Wald")
    >>> leave_one_out_forest(leave_one_out(fit), fit).description
    'Sensitivity plot of 4 analyses, Odds ratio. All studies: 0.82 (0.50–1.34). Estimates range over 0.64–0.95.'
    """
    expect("leave_one_out_forest", refits, Refits, "leave_one_out")
    low, high = (float(x) for x in fit.interval())
    everyone = SensitivityLine(label="All studies", k=int(fit.k), estimate=float(fit.mu), low=low, high=high, primary=True)
    return _refits_plot(refits, [everyone, *_lines(refits, "without ")], title, favours)


def _lines(refits: Refits, before: str) -> list[SensitivityLine]:
    """A row an analysis; one with no study has no estimate."""
    low, high = refits.fits.interval()
    columns = (np.ravel(x).tolist() for x in (refits.fits.k, refits.fits.mu, low, high))
    return [
        SensitivityLine(label=f"{before}{label}", k=int(k), estimate=mu, low=lo, high=hi)
        for label, k, mu, lo, hi in zip(refits.labels, *columns, strict=True)
    ]


def _refits_plot(refits: Refits, lines: list[SensitivityLine], title: str, favours: tuple[str, str]) -> Figure:
    measure = MEASURES[refits.fits.effects.measure]
    return draw_sensitivity(
        SensitivityPlot(
            title=title,
            lines=tuple(lines),
            measure=measure.code,
            measure_name=measure.name,
            log=measure.log,
            level=refits.fits.level,
            favours_low=favours[0],
            favours_high=favours[1],
        )
    )
