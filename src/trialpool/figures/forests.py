"""Forest plots of what was pooled: by one model, within subgroups, along moderators, or by Bayes' rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from trialpool.errors import BadArgument
from trialpool.figures.arm_cells import over_text
from trialpool.figures.canvas import Figure
from trialpool.figures.forest import ForestLine, ForestPlot, GroupLine, NoteLine, PooledLine, StudyLine, draw_forest
from trialpool.figures.heterogeneity import heterogeneity_line, p_text, percent_text, tau2_text
from trialpool.figures.numerals import difference_text, level_text, range_text
from trialpool.stats.arrays import Floats
from trialpool.stats.bayes.pooling import BayesianPooling
from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.influence.leave_one_out import refit
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.subgroups import Subgroups
from trialpool.stats.regression.meta_regression import MetaRegression

PREDICTED = "t"
POOLED_BY = {"MH": "Mantel-Haenszel", "Peto": "Peto"}
FAVOURS = ("Favours treatment", "Favours control")
Pooled = PooledEffect | Subgroups | MetaRegression | BayesianPooling
MAKERS = "pool, pool_common, mantel_haenszel, peto, subgroups, regress or pool_bayesian"


def forest(fit: Pooled, *, title: str = "", favours: tuple[str, str] = FAVOURS) -> Figure:
    """A forest plot of what was pooled.

    Parameters
    ----------
    fit : what `pool`, `pool_common`, `mantel_haenszel`, `peto`, `subgroups`, `regress` or `pool_bayesian` returned for one
        analysis. Subgroups have a subtotal each, the same model over all studies, and the test between them. Below a study's own
        effect a meta-regression shows the one that its moderators let expect, and a Bayesian model the one given the others
    title : heading of the plot
    favours : words under the axis, at either side of no effect

    Returns
    -------
    Figure, which shows itself in a notebook and has `save(path)` for .svg, .pdf and .png

    Raises
    ------
    BadArgument
        for another object, or a batch of analyses

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> figure = forest(pool(effects([-0.36, -0.73, -0.10], [0.02, 0.03, 0.01], ["A", "B", "C"], measure="HR")))
    >>> figure.description
    '...'
    """
    rows = next((rows for kind, rows in ROWS.items() if isinstance(fit, kind)), None)
    if rows is None:
        raise BadArgument(f"forest takes what {MAKERS} returns, not {type(fit).__name__}.")
    of, parts = rows(fit)
    if of.effects.yi.ndim > 1 or of.effects.vi.ndim > 1:
        raise BadArgument("A forest plot is of one analysis, not of a batch. Draw the analyses one at a time.")
    measure = MEASURES[of.effects.measure]
    return draw_forest(
        ForestPlot(
            title=title,
            lines=tuple(parts.lines()),
            measure=measure.code,
            measure_name=measure.name,
            log=measure.log,
            level=of.level,
            expected_header=parts.expected,
            expected_interval=parts.interval,
            favours_low=favours[0],
            favours_high=favours[1],
            footnotes=parts.footnotes,
        )
    )


class _Of(NamedTuple):
    effects: Effects
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What one kind of forest plot has of its own."""

    lines: Any
    expected: str = ""
    interval: str = "CI"
    footnotes: tuple[str, ...] = ()


# --- one pooled effect


def _of_a_fit(fit: PooledEffect) -> tuple[_Of, _Parts]:
    return _Of(fit.effects, fit.level), _Parts(lines=partial(_fit_lines, fit))


def _fit_lines(fit: PooledEffect) -> Iterator[ForestLine]:
    yield from study_lines(fit.effects, fit.level, fit.weights)
    yield total(fit, PREDICTED)


def study_lines(effects: Effects, level: float, weights: Floats | None, expected: Any = None) -> Iterator[StudyLine]:
    """A line a study; one that is absent is faint, and has no estimate.

    weights  : (k,) shares of the pooled result; None for none
    expected : a triple of (k,), what a model makes of the studies and its limits, drawn in place of their counts; None for none
    """
    z, nan = z_quantile(level), float("nan")
    for i, (study, y, se) in enumerate(zip(effects.study, effects.yi.tolist(), effects.sei.tolist(), strict=True)):
        absent = not np.isfinite(se)
        made = None if expected is None or absent else tuple(float(x[i]) for x in expected)
        treatment, control = ("", "") if expected is not None else _arms(effects, i)
        yield StudyLine(
            label=study,
            treatment=treatment,
            control=control,
            estimate=nan if absent else y,
            low=nan if absent else y - z * se,
            high=nan if absent else y + z * se,
            expected=None if made is None else (made[0], made[1], made[2]),
            weight=None if weights is None else float(weights[i]),
            faint=absent,
        )


def _arms(effects: Effects, i: int) -> tuple[str, str]:
    counts = effects.counts
    if counts is None:
        return "", ""
    events_t, n_t, events_c, n_c = (
        None if np.isnan(column[i]) else int(column[i]) for column in (counts.events_t, counts.n_t, counts.events_c, counts.n_c)
    )
    return over_text(events_t, n_t), over_text(events_c, n_c)


def total(fit: PooledEffect, prediction: str, *, studies: int | None = None) -> PooledLine:
    """The line of all studies; of more effects than `studies`, these are comparisons."""
    name = POOLED_BY.get(fit.method) or {"random": "Random effects", "common": "Common effect"}[fit.model]
    what = "study" if fit.k == 1 else "studies" if studies in (None, int(fit.k)) else "comparisons"
    return pooled_line(f"{name}, {int(fit.k)} {what}", fit, prediction, heterogeneity_line(fit), overall=True)


def pooled_line(
    label: str, fit: PooledEffect, prediction: str, note: str, *, overall: bool = False, weight: float | None = None
) -> PooledLine:
    """A pooled effect as a line; `prediction` names the kind of prediction interval, "" for none."""
    low, high = (float(x) for x in fit.interval())
    predicted = tuple(float(x) for x in fit.prediction_interval(method=prediction)) if prediction else ()
    return PooledLine(
        label=label,
        estimate=float(fit.mu),
        low=low,
        high=high,
        prediction=(predicted[0], predicted[1]) if predicted and np.isfinite(predicted).all() else None,
        note=note,
        overall=overall,
        weight=weight,
    )


# --- subgroups


def _of_subgroups(found: Subgroups) -> tuple[_Of, _Parts]:
    first = found.fits[0]
    there = np.min([fit.effects.vi for fit in found.fits], axis=0)
    without = [study for study, vi in zip(first.effects.study, there.tolist(), strict=True) if not np.isfinite(vi)]
    footnotes = (f"Not in a subgroup, and left out: {', '.join(without)}.",) if without else ()
    overall = refit(first, there)
    return _Of(overall.effects, first.level), _Parts(lines=partial(_subgroup_lines, found, overall), footnotes=footnotes)


def _subgroup_lines(found: Subgroups, overall: PooledEffect) -> Iterator[ForestLine]:
    studies = list(study_lines(overall.effects, overall.level, overall.weights))
    for level, fit in zip(found.levels, found.fits, strict=True):
        there = [studies[i] for i in np.flatnonzero(np.isfinite(fit.effects.vi))]
        yield from group_lines(level, there, fit)
    yield total(overall, PREDICTED)
    if len(found.levels) > 1:
        yield NoteLine(text=difference_text_of(found))


def group_lines(level: str, studies: list[StudyLine], fit: PooledEffect) -> Iterator[ForestLine]:
    """A heading, the studies, and where there are several what they amount to."""
    yield GroupLine(label=level)
    yield from studies
    if len(studies) > 1:
        yield pooled_line("Subtotal", fit, "", heterogeneity_line(fit), weight=sum(study.weight or 0 for study in studies))


def difference_text_of(found: Subgroups) -> str:
    """The test between subgroups in words."""
    if not np.isfinite(found.Q):
        return "Test for subgroup differences: not estimable"
    if np.isfinite(found.df2):
        return (
            f"Test for subgroup differences: F = {found.Q / found.df:.2f} (df = {found.df} and {found.df2:.0f}, {p_text(found.p)})"
        )
    return f"Test for subgroup differences: Q = {found.Q:.2f} (df = {found.df}, {p_text(found.p)})"


# --- meta-regression


def _of_a_regression(fit: MetaRegression) -> tuple[_Of, _Parts]:
    names = ", ".join(fit.names[i] for i in fit.design.moderators)
    footnote = f"Small diamonds: the average effect expected of studies with the same moderators ({names})."
    parts = _Parts(lines=partial(_regression_lines, fit), expected="Fitted", footnotes=(footnote,))
    return _Of(fit.effects, fit.level), parts


def _regression_lines(fit: MetaRegression) -> Iterator[ForestLine]:
    expected = fit.predict()
    yield from study_lines(fit.effects, fit.level, fit.wi / fit.wi.sum(), (expected.estimate, *expected.interval()))
    yield NoteLine(text=f"Test of {fit.omnibus}")
    spread = f"τ² = {tau2_text(fit.tau2)}, " if fit.model == "random" else ""
    share = f", R² = {percent_text(fit.R2)}" if np.isfinite(fit.R2) else ""
    left = f"Q = {float(fit.Q):.1f} (df = {int(fit.residual_df)}, {p_text(fit.Q_p)})"
    yield NoteLine(text=f"Heterogeneity left: {spread}I² = {percent_text(fit.I2)}{share}, {left}")


# --- Bayesian


def _of_a_posterior(fit: BayesianPooling) -> tuple[_Of, _Parts]:
    footnotes = (
        "Squares: a study by itself. Small diamonds: its effect given the others too, with its credible interval (CrI).",
        f"Priors: effect {fit.effect_prior}, τ {fit.tau_prior}.",
    )
    parts = _Parts(lines=partial(_posterior_lines, fit), expected="Given the others", interval="CrI", footnotes=footnotes)
    return _Of(fit.effects, fit.level), parts


def _posterior_lines(fit: BayesianPooling) -> Iterator[ForestLine]:
    there = np.isfinite(fit.effects.vi)
    drawn = [np.full(len(there), np.nan) for _ in range(3)]
    for column, values in zip(drawn, (fit.study_effects.median, *fit.study_effects.interval()), strict=True):
        column[there] = values
    yield from study_lines(fit.effects, fit.level, None, tuple(drawn))
    low, high = fit.interval()
    tau, (tau_low, tau_high) = float(fit.tau.median), fit.tau_interval()
    predicted = fit.prediction_interval()
    yield PooledLine(
        label=f"Posterior median ({level_text(fit.level)} CrI), {fit.k} {'study' if fit.k == 1 else 'studies'}",
        estimate=fit.estimate,
        low=low,
        high=high,
        prediction=predicted if np.isfinite(predicted).all() else None,
        note=f"τ = {difference_text(tau)} ({range_text(tau_low, tau_high, log=False)})",
        overall=True,
    )


ROWS: dict[type, Any] = {
    PooledEffect: _of_a_fit,
    Subgroups: _of_subgroups,
    MetaRegression: _of_a_regression,
    BayesianPooling: _of_a_posterior,
}
