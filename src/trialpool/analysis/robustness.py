"""How far the result of an analysis can be trusted: the parts that the plan asks for, each a value of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.analysis.data_variants import NOBODY
from trialpool.analysis.multiverse import CHOICES, Multiverse, multiverse
from trialpool.analysis.selection import Selection
from trialpool.errors import BadArgument, NotEstimable
from trialpool.review.plan import Analysis, BayesianPlan, Outcome
from trialpool.review.review import Review
from trialpool.stats.bayes.pooling import DEFAULT_SCALE, BayesianPooling, pool_bayesian
from trialpool.stats.bayes.priors import HalfCauchy, HalfNormal, NormalEffect, TauPrior
from trialpool.stats.bias.small_study_test import SmallStudyTest, small_study_test
from trialpool.stats.bias.trim_and_fill import TrimAndFill, trim_and_fill
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.evidence.sequential_analysis import SequentialAnalysis, sequential_analysis
from trialpool.stats.influence.all_subsets import Outliers, Subsets, all_subsets, outliers
from trialpool.stats.influence.influence import Influence, influence
from trialpool.stats.pooling.pooled_effect import PooledEffect

FEW_FOR_ASYMMETRY = 10  # Sterne et al. (2011), BMJ 343:d4002
TEST_OF_MEASURE = {"OR": "Harbord", "RR": "Peters", "RD": "Peters"}  # where counts are known; else Egger's
TAU_PRIORS: dict[str, Callable[[float], TauPrior]] = {"half-normal": HalfNormal, "half-Cauchy": HalfCauchy}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallStudy:
    """A test of small-study effects, a key of SMALL_STUDY_TESTS; `test` is None, and `why` says it, where it cannot be had."""

    method: str
    test: SmallStudyTest | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """What an analysis hangs on. A part is None that the plan does not ask for, or that cannot be had.

    why_not     : by part, a key of ROBUSTNESS, why it cannot be had
    choices     : the summary of the multiverse: what each of its choices matters
    subsets     : all subsets of the studies, or a sample
    outliers    : how far each study splits them
    small_study : the tests, in the order of the plan
    """

    why_not: Mapping[str, str]
    multiverse: Multiverse | None = None
    choices: Mapping[str, list[Any]] | None = None
    influence: Influence | None = None
    subsets: Subsets | None = None
    outliers: Outliers | None = None
    small_study: tuple[SmallStudy, ...] = ()
    trim_and_fill: TrimAndFill | None = None
    sequential: SequentialAnalysis | None = None
    bayesian: BayesianPooling | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What every part is made from."""

    review: Review
    analysis: Analysis
    outcome: Outcome
    selection: Selection
    fit: PooledEffect


def robustness(review: Review, analysis: Analysis, outcome: Outcome, selection: Selection, fit: PooledEffect) -> Robustness:
    """Run the parts that the plan of an analysis asks for.

    Parameters
    ----------
    review, analysis, outcome : the plan, and what it is of
    selection, fit : the effects that were chosen, and the result of pooling them

    Returns
    -------
    Robustness. A part that cannot be had is no error: `why_not` says why.
    """
    question = _Question(review=review, analysis=analysis, outcome=outcome, selection=selection, fit=fit)
    found: dict[str, Any] = {}
    why_not: dict[str, str] = {}
    for part in analysis.wanted:
        try:
            found |= PARTS[part](question)
        except (NotEstimable, BadArgument) as error:
            why_not[part] = str(error)
    return Robustness(why_not=why_not, **found)


def _multiverse(q: _Question) -> dict[str, Any]:
    plan = q.analysis.multiverse
    choices = {name: tuple(getattr(plan, name)) for name in CHOICES if getattr(plan, name)}
    if plan.excluded:
        choices["excluded"] = (NOBODY, *plan.excluded)
    found = multiverse(q.review, q.analysis.id, choices=choices, leave_out=plan.leave_out)
    return {"multiverse": found, "choices": found.summary()}


def _influence(q: _Question) -> dict[str, Any]:
    return {"influence": influence(q.fit)}


def _subsets(q: _Question) -> dict[str, Any]:
    """All subsets, or a seeded sample where these are more than the plan allows."""
    most, k = q.analysis.subsets.most, int(q.fit.k)
    if how_many_subsets(k) <= most:
        found = all_subsets(q.fit)
    else:
        found = all_subsets(q.fit, n=most, rng=np.random.default_rng(q.analysis.subsets.seed))
    return {"subsets": found, "outliers": outliers(found)}


def how_many_subsets(k: int) -> int:
    """Subsets of two studies or more.

    >>> how_many_subsets(18)
    262125
    """
    return int(2**k - k - 1)


def _small_study(q: _Question) -> dict[str, Any]:
    effects, k = q.fit.effects, int(q.fit.k)
    if k < FEW_FOR_ASYMMETRY:
        what = "no test has the power to tell chance from asymmetry, and studies that are missing cannot be told"
        raise NotEstimable(f"with {k} effects, fewer than {FEW_FOR_ASYMMETRY}, {what}.")
    tests = tuple(_tested(method, effects) for method in chosen_tests(q.analysis, effects))
    return {"small_study": tests, "trim_and_fill": trim_and_fill(q.fit)}


def chosen_tests(analysis: Analysis, effects: Effects) -> tuple[str, ...]:
    """The tests of the plan; where it names none, one whose predictor is not bound to the effect by how the measure is made.

    Sterne et al. (2011), BMJ 343:d4002: Egger's test is misled by ratios and differences of counts; Harbord's is for odds ratios.
    """
    if analysis.small_study_tests:
        return analysis.small_study_tests
    return (TEST_OF_MEASURE.get(effects.measure, "Egger") if effects.counts is not None else "Egger",)


def _tested(method: str, effects: Effects) -> SmallStudy:
    try:
        return SmallStudy(method=method, test=small_study_test(effects, method))
    except (NotEstimable, BadArgument) as error:
        return SmallStudy(method=method, test=None, why=str(error))


def _sequential(q: _Question) -> dict[str, Any]:
    plan = q.analysis.sequential
    if plan is None:
        raise BadArgument("the plan gives no smallest effect to plan for.")
    found = sequential_analysis(
        q.fit,
        [effect.unit.year for effect in q.selection.effects],
        smallest_effect=plan.smallest_effect,
        level=plan.level,
        power=plan.power,
        spending=plan.spending,
        futility=plan.futility,
        diversity=plan.diversity,
    )
    return {"sequential": found}


def _bayesian(q: _Question) -> dict[str, Any]:
    plan = q.analysis.bayesian
    effect = None if plan.effect_sd is None else NormalEffect(0.0, plan.effect_sd)
    return {"bayesian": pool_bayesian(q.fit.effects, effect=effect, tau=_tau_prior(plan, q.outcome), level=q.analysis.level)}


def _tau_prior(plan: BayesianPlan, outcome: Outcome) -> TauPrior:
    scale = plan.tau_scale
    if scale is None and not MEASURES[outcome.measure].log:
        raise BadArgument("a difference has no default prior of the heterogeneity. Give tau_scale under [analyses.bayesian].")
    return TAU_PRIORS[plan.tau_prior](DEFAULT_SCALE if scale is None else scale)


PARTS: dict[str, Callable[[_Question], dict[str, Any]]] = {
    "multiverse": _multiverse,
    "influence": _influence,
    "subsets": _subsets,
    "small-study": _small_study,
    "sequential": _sequential,
    "bayesian": _bayesian,
}
