"""The certainty of the evidence on an outcome: a person's decisions, with what was computed beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialpool.analysis.certainty_hints import Hint, PooledEvidence, hints
from trialpool.analysis.placed_effect import PlacedEffect, placed
from trialpool.analysis.pooled_by_plan import pooled
from trialpool.analysis.risk_of_bias import kept_by_risk, pooled_risk_of_bias
from trialpool.analysis.selection import Selection, select
from trialpool.errors import NotEstimable, Problem
from trialpool.review.certainty import DOMAINS, CertaintyLevel, OutcomeCertainty
from trialpool.review.plan import Analysis, Outcome
from trialpool.review.review import Review
from trialpool.stats.pooling.pooled_effect import PooledEffect

FILE = "certainty.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceProfile:
    """The certainty of the evidence on one outcome.

    judged   : what a person decided; None where nobody did
    placed   : the effect at each baseline risk, or without one
    hints    : what was computed, by domain
    patients : of all studies together, as analysed or else randomised; None where some are not known
    events   : of all studies together; None where some are not known
    notes    : decisions that what was computed contradicts
    """

    judged: OutcomeCertainty | None
    placed: tuple[PlacedEffect, ...]
    hints: tuple[Hint, ...]
    patients: int | None
    events: int | None
    notes: tuple[Problem, ...] = ()

    @property
    def level(self) -> CertaintyLevel | None:
        """The level that counts; None where the outcome is not yet judged."""
        return None if self.judged is None else self.judged.level

    @property
    def target(self) -> str:
        """What the certainty is of: "null" for any effect, "mid" for one that matters."""
        return "null" if self.judged is None else self.judged.target

    def of(self, domain: str) -> tuple[Hint, ...]:
        """The hints on a domain."""
        return tuple(hint for hint in self.hints if hint.domain == domain)


def evidence_profile(
    review: Review, analysis: Analysis, outcome: Outcome, selection: Selection, fit: PooledEffect | None
) -> EvidenceProfile:
    """What is judged and computed of one analysis.

    Parameters
    ----------
    review, analysis, outcome : the plan, with the judgements of certainty.toml
    selection, fit : the effects that were chosen, and the result of pooling them; None where there is none

    References
    ----------
    Guyatt et al. (2008), BMJ 336:924-926; Zeng et al. (2022), J Clin Epidemiol 150:216-224
    """
    entry = review.certainty.of(analysis.id) if review.certainty is not None else None
    events = _events(selection)
    if fit is None:
        return EvidenceProfile(judged=entry, placed=(), hints=(), patients=None, events=events)
    places = placed(entry, analysis, outcome, selection, fit)
    evidence = PooledEvidence(
        entry=entry,
        analysis=analysis,
        outcome=outcome,
        selection=selection,
        fit=fit,
        placed=places,
        risk=pooled_risk_of_bias(review, outcome.id, selection.effects, fit.weights),
        without_high=_without_high_risk(review, entry, analysis, outcome, selection),
    )
    computed = hints(evidence)
    return EvidenceProfile(
        judged=entry,
        placed=places,
        hints=computed,
        patients=evidence.patients,
        events=events,
        notes=tuple(_contradictions(review, entry, computed)) if entry is not None else (),
    )


def _without_high_risk(
    review: Review, entry: OutcomeCertainty | None, analysis: Analysis, outcome: Outcome, selection: Selection
) -> tuple[PlacedEffect, ...]:
    """The effect without results at high risk of bias; empty where none is, or where none remains."""
    kept, why = kept_by_risk("without-high-risk", selection, review, outcome.id)
    if why:
        return ()
    try:
        return placed(entry, analysis, outcome, selection, _pooled(analysis, outcome, kept))
    except NotEstimable:
        return ()


def _pooled(analysis: Analysis, outcome: Outcome, selection: Selection) -> PooledEffect:
    return pooled(selection.effects, analysis, outcome)


def certainty_notes(review: Review) -> tuple[Problem, ...]:
    """Every decision of certainty.toml that what was computed contradicts, without running the rest of the plan."""
    if review.certainty is None:
        return ()
    notes: list[Problem] = []
    for analysis in review.plan.analyses:
        if review.certainty.of(analysis.id) is None:
            continue
        outcome = review.outcome(analysis.outcome)
        selection = select(review, outcome)
        try:
            fit = _pooled(analysis, outcome, selection) if selection.effects else None
        except NotEstimable:
            fit = None
        notes += evidence_profile(review, analysis, outcome, selection, fit).notes
    return tuple(notes)


def _events(selection: Selection) -> int | None:
    arms = [effect.arms for effect in selection.effects]
    known = [a.events_t + a.events_c for a in arms if a.events_t is not None and a.events_c is not None]
    return sum(known) if known and len(known) == len(arms) else None


def _contradictions(review: Review, entry: OutcomeCertainty, computed: tuple[Hint, ...]) -> Iterator[Problem]:
    """Decisions that take off less than a hint speaks for, or something where every hint speaks for nothing."""
    assert review.certainty is not None
    place = f"outcomes[{review.certainty.outcomes.index(entry) + 1}]"
    for domain, made in entry.decisions:
        spoken = [hint for hint in computed if hint.domain == domain and hint.levels is not None]
        if not spoken:
            continue
        furthest = max(spoken, key=lambda hint: abs(hint.levels or 0))
        if abs(made.levels) < abs(furthest.levels or 0):
            what = f"{_decided(made.levels)}, but {furthest.found}"
        elif made.levels and not furthest.levels:
            what = f"{_decided(made.levels)}, but nothing that was computed speaks for it: {'; '.join(h.found for h in spoken)}"
        else:
            continue
        mend = f"Say in the reason why {DOMAINS[domain]} is judged otherwise, or change the decision"
        yield Problem(FILE, 0, f"{place}.{domain}", what, mend, "note")


def _decided(levels: int) -> str:
    if not levels:
        return "no level is taken off or added"
    number = "one level is" if abs(levels) == 1 else f"{abs(levels)} levels are"
    return f"{number} {'taken off' if levels < 0 else 'added'}"
