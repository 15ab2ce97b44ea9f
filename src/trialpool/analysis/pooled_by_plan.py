"""The effects of an analysis, pooled by the model that its plan asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from trialpool.analysis.chosen_effects import COUNTED, effects_of
from trialpool.analysis.selection import Selection, UnitEffect
from trialpool.errors import NotEstimable
from trialpool.review.plan import Analysis, Outcome
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.peto_route import one_step
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.peto import peto
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.subgroups import Subgroups, subgroups


def of_model(selection: Selection, analysis: Analysis) -> Selection:
    """The selection with the one-step effects of its tables, where the plan is by Peto's method; as it is otherwise."""
    if analysis.model != "peto":
        return selection
    return replace(selection, effects=tuple(map(_by_peto, selection.effects)))


def _by_peto(effect: UnitEffect) -> UnitEffect:
    d = effect.derivation
    if d.route not in COUNTED[:2]:
        return effect
    return replace(effect, chosen=replace(effect.chosen, derivations=(one_step(d), *effect.chosen.derivations)))


def pooled(chosen: Sequence[UnitEffect], analysis: Analysis, outcome: Outcome) -> PooledEffect:
    """What the plan's model makes of effects.

    Raises
    ------
    NotEstimable
        where the model needs counts that a study does not give, or an arm has no event in any of them
    """
    effects = _effects(chosen, analysis, outcome)
    if analysis.model in OF_COUNTS and effects.counts is None:
        without = ", ".join(e.unit.title for e in chosen if e.derivation.route not in COUNTED)
        raise NotEstimable(f"{OF_COUNTS[analysis.model]} needs events and patients by arm, which are not known of {without}")
    return POOL[analysis.model](effects, analysis)


def _effects(chosen: Sequence[UnitEffect], analysis: Analysis, outcome: Outcome) -> Effects:
    return effects_of(tuple(_by_peto(e) if analysis.model == "peto" else e for e in chosen), outcome.measure)


def stratified(chosen: Sequence[UnitEffect], levels: Sequence[str], analysis: Analysis, outcome: Outcome) -> Subgroups:
    """The same within levels, with the test between them."""
    effects = _effects(chosen, analysis, outcome)
    if analysis.model == "random":
        plan = {"tau2": analysis.tau2, "ci": analysis.ci, "share": analysis.subgroup_tau2}
        return subgroups(effects, levels, level=analysis.level, **plan)
    model = "mantel-haenszel" if analysis.model == "mantel-haenszel" else "common"
    found = subgroups(effects, levels, ci="Wald", level=analysis.level, model=model)
    if analysis.model != "peto":
        return found
    return replace(found, fits=tuple(replace(fit, method="Peto") for fit in found.fits))


OF_COUNTS = {"mantel-haenszel": "the Mantel-Haenszel method", "peto": "Peto's method"}
POOL: dict[str, Callable[[Effects, Analysis], PooledEffect]] = {
    "random": lambda effects, a: pool(effects, tau2=a.tau2, ci=a.ci, level=a.level),
    "common": lambda effects, a: pool_common(effects, level=a.level),
    "mantel-haenszel": lambda effects, a: mantel_haenszel(effects, level=a.level),
    "peto": lambda effects, a: peto(effects, level=a.level),
}
