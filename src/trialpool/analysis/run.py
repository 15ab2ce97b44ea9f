"""The plan, run: each analysis pooled, stratified and varied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from trialpool.analysis.certainty import evidence_profile
from trialpool.analysis.chosen_effects import effects_of
from trialpool.analysis.compare import comparisons, crude_ratios, not_compared
from trialpool.analysis.findings import AnalysisFindings, Findings, Stratified, Variation
from trialpool.analysis.flow import flow_of
from trialpool.analysis.inconsistencies import inconsistencies
from trialpool.analysis.pooled_by_plan import of_model, pooled, stratified
from trialpool.analysis.reconstructed_curves import curve_findings
from trialpool.analysis.risk_of_bias import KEPT, by_level, has_level, kept_by_risk, pooled_risk_of_bias, with_levels
from trialpool.analysis.robustness import robustness
from trialpool.analysis.rounding import rounding_variations
from trialpool.analysis.selection import ALL, MissingUnit, Selection, level_of, select
from trialpool.errors import NotEstimable
from trialpool.review.plan import RISK_OF_BIAS, SENSITIVITY, Analysis, Outcome
from trialpool.review.report import Status
from trialpool.review.review import Review
from trialpool.stats.bias.egger import EggerTest, egger
from trialpool.stats.effects.effects import Effects
from trialpool.stats.influence.leave_one_out import cumulative, refit
from trialpool.stats.pooling.mantel_haenszel import MANTEL_HAENSZEL, mantel_haenszel
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.subgroups import each

FEW_FOR_EGGER = 10
READ: tuple[Status, ...] = ("read",)
Watch = Callable[[str], None]


def analyse(review: Review, *, watch: Watch = lambda _: None) -> Findings:
    """Run the plan of a review.

    Parameters
    ----------
    review : a review, as `read_review` gives it
    watch : is called with the name of each analysis as it begins

    Returns
    -------
    Findings: for each analysis the effects with their derivations, the pooled effect, subgroups, the sensitivity set, and what
    others published beside it. An outcome without a usable row has no pooled effect, and says why.

    >>> from trialpool.formats.review_folder import read_review
    >>> findings = analyse(read_review("reviews/imid-maintenance"))
    >>> print(findings["pfs"].fit)
    HR 0.62 (95% CI 0.56 to 0.69), P < 0.001, k = 18, I2 = 50%
    """
    analyses = []
    for analysis in review.plan.analyses:
        outcome = review.outcome(analysis.outcome)
        watch(outcome.name)
        analyses.append(_run(review, analysis, outcome))
    done = tuple(analyses)
    return Findings(
        review=review,
        analyses=done,
        crude=crude_ratios(review),
        others_published=not_compared(review, done),
        inconsistencies=inconsistencies(review, done),
        curves=curve_findings(review),
        flow=flow_of(review),
    )


def _run(review: Review, analysis: Analysis, outcome: Outcome) -> AnalysisFindings:
    selection = with_levels(select(review, outcome), review, outcome.id)
    empty = AnalysisFindings(analysis=analysis, outcome=outcome, selection=selection, fit=None)
    if not selection.effects:
        return _without_result(review, empty, f"no report of {outcome.name.lower()} can be used")
    try:
        fit = pooled(selection.effects, analysis, outcome)
    except NotEstimable as error:
        return _without_result(review, replace(empty, selection=_unpooled(selection)), str(error).removesuffix("."))
    effects = effects_of(selection.effects, outcome.measure)
    test, no_egger = _egger(effects)
    shown = of_model(selection, analysis)
    found = replace(
        empty,
        selection=shown,
        fit=fit,
        risk_of_bias=pooled_risk_of_bias(review, outcome.id, selection.effects, fit.weights),
        subgroups=tuple(_stratify(review, selection, analysis, outcome)),
        sensitivity=tuple(_vary(review, analysis, outcome, selection, fit)),
        cumulative=cumulative(fit, [e.unit.year for e in selection.effects]),
        egger=test,
        no_egger=no_egger,
        robustness=robustness(review, analysis, outcome, selection, fit),
        certainty=evidence_profile(review, analysis, outcome, selection, fit),
    )
    return replace(found, published=comparisons(review, found))


def _without_result(review: Review, empty: AnalysisFindings, why: str) -> AnalysisFindings:
    certainty = evidence_profile(review, empty.analysis, empty.outcome, empty.selection, None)
    return replace(empty, certainty=certainty, why=why, published=comparisons(review, empty))


def _unpooled(selection: Selection) -> Selection:
    """Studies whose effects the plan's model cannot pool, as missing."""
    why = "it has an effect, but the analysis could not be pooled by the plan's model"
    missing = [MissingUnit(unit=e.unit, candidates=(e.chosen, *e.others), why=why) for e in selection.effects]
    return Selection(effects=(), missing=(*missing, *selection.missing))


def _stratify(review: Review, selection: Selection, analysis: Analysis, outcome: Outcome) -> Iterator[Stratified]:
    for by in analysis.subgroups:
        chosen = tuple(e for e in selection.effects if level_of(e, by))
        chosen = by_level(chosen, review) if by == RISK_OF_BIAS and review.risk_of_bias else chosen
        if chosen:
            result = stratified(chosen, [level_of(e, by) for e in chosen], analysis, outcome)
            without = tuple(e.unit.title for e in selection.effects if not level_of(e, by))
            yield Stratified(by=by, result=result, without_level=without)


def _vary(review: Review, analysis: Analysis, outcome: Outcome, selection: Selection, fit: PooledEffect) -> Iterator[Variation]:
    """The sensitivity set, in the order of the plan."""
    plain = effects_of(selection.effects, outcome.measure)
    for id_ in analysis.sensitivity:
        if id_ == "leave-one-out":
            yield from _without_each(selection, fit)
        elif id_ == "rounding-edges":
            yield from rounding_variations(fit) if fit.method == "IV" else ()
        elif id_ in APPLIES and not APPLIES[id_](analysis, outcome, fit):
            continue
        elif id_ in KEPT:
            yield from _by_risk(id_, review, analysis, outcome, selection)
        else:
            again = VARIATIONS[id_](review, analysis, outcome, plain)
            group = "Rows" if id_ in ("read-only", "all-rows") else "Model"
            why = "an arm has no event in any trial" if id_ == "mantel-haenszel" else "no row remains that can be used"
            yield Variation(id=id_, label=SENSITIVITY[id_], group=group, fit=again, why="" if again else why)


def _by_risk(id_: str, review: Review, analysis: Analysis, outcome: Outcome, selection: Selection) -> Iterator[Variation]:
    """The analysis without the results at some levels of risk; nothing where no result of it has a level."""
    if not any(has_level(review, effect.unit, outcome.id) for effect in selection.effects):
        return
    kept, why = kept_by_risk(id_, selection, review, outcome.id)
    again = _pool_selected(kept, analysis, outcome)
    yield Variation(id=id_, label=SENSITIVITY[id_], group="Risk of bias", fit=again, why=why)


APPLIES: dict[str, Callable[[Analysis, Outcome, PooledEffect], bool]] = {
    "hk-floor": lambda analysis, outcome, fit: analysis.model == "random" and analysis.ci == "HK",
    "common": lambda analysis, outcome, fit: analysis.model != "common",
    "random-effects": lambda analysis, outcome, fit: analysis.model != "random",
    "mantel-haenszel": lambda analysis, outcome, fit: (
        analysis.model != "mantel-haenszel" and fit.effects.counts is not None and outcome.measure in MANTEL_HAENSZEL
    ),
}  # variations that only some analyses have


def _dl_wald(review: Review, analysis: Analysis, outcome: Outcome, effects: Effects) -> PooledEffect | None:
    return pool(effects, tau2="DL", ci="Wald", level=analysis.level)


def _common(review: Review, analysis: Analysis, outcome: Outcome, effects: Effects) -> PooledEffect | None:
    return pool_common(effects, level=analysis.level)


def _random_effects(review: Review, analysis: Analysis, outcome: Outcome, effects: Effects) -> PooledEffect | None:
    return pool(effects, level=analysis.level)


def _mantel_haenszel(review: Review, analysis: Analysis, outcome: Outcome, effects: Effects) -> PooledEffect | None:
    try:
        return mantel_haenszel(effects, level=analysis.level)
    except NotEstimable:
        return None


def _read_only(review: Review, analysis: Analysis, outcome: Outcome, effects: Effects) -> PooledEffect | None:
    return _pool_selected(select(review, outcome, statuses=READ), analysis, outcome)


def _all_rows(review: Review, analysis: Analysis, outcome: Outcome, effects: Effects) -> PooledEffect | None:
    return _pool_selected(select(review, outcome, statuses=ALL, by_status=False), analysis, outcome)


def _hk_floor(review: Review, analysis: Analysis, outcome: Outcome, effects: Effects) -> PooledEffect | None:
    return pool(effects, tau2=analysis.tau2, ci="HK-floor", level=analysis.level)


VARIATIONS: dict[str, Callable[[Review, Analysis, Outcome, Effects], PooledEffect | None]] = {
    "hk-floor": _hk_floor,
    "dl-wald": _dl_wald,
    "common": _common,
    "random-effects": _random_effects,
    "mantel-haenszel": _mantel_haenszel,
    "read-only": _read_only,
    "all-rows": _all_rows,
}


def _pool_selected(selection: Selection, analysis: Analysis, outcome: Outcome) -> PooledEffect | None:
    if not selection.effects:
        return None
    try:
        return pooled(selection.effects, analysis, outcome)
    except NotEstimable:
        return None


def _without_each(selection: Selection, fit: PooledEffect) -> Iterator[Variation]:
    """Each study left out, all its strata at once, as one batch."""
    ids = [e.unit.study for e in selection.effects]
    studies = list(dict.fromkeys(ids))
    if len(studies) < 2:
        return
    absent = np.array([[id_ == study for id_ in ids] for study in studies])
    fits = each(refit(fit, np.where(absent, np.inf, fit.effects.vi)))
    labels = {e.unit.study: e.unit.label for e in selection.effects}
    for study, again in zip(studies, fits, strict=True):
        yield Variation(id=f"without:{study}", label=f"Without {labels[study]}", group="Leaving out a study", fit=again)


def _egger(effects: Effects) -> tuple[EggerTest | None, str]:
    if effects.k < FEW_FOR_EGGER:
        return None, f"not run: with {effects.k} studies, fewer than {FEW_FOR_EGGER}, it has too little power"
    try:
        return egger(effects), ""
    except NotEstimable as error:
        return None, "not run: " + str(error).removeprefix("Egger's test: ")
