"""What a claim is held against: a result with its interval, and what that says about better and worse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log
from typing import Literal

from trialpool.analysis.claims_scope import Scope
from trialpool.analysis.claims_words import Says
from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.formats.effect_statements.outcomes import CONCEPTS, Concept, mentions
from trialpool.formats.effect_statements.statement import EffectStatement
from trialpool.review.published import Published
from trialpool.review.review import Review
from trialpool.stats.consistency.claims import WORTHWHILE
from trialpool.stats.pooling.pooled_effect import PooledEffect

Verdict = Literal["borne out", "contradicted", "disputed", "not borne out", "too uncertain", "can't be judged"]
Stance = Literal["better", "worse", "open"]
VERDICTS: dict[Verdict, str] = {
    "contradicted": "the evidence, or the text itself, says the opposite",
    "disputed": "the review and the publication do not say the same of it, or bear it out unequally",
    "not borne out": "the interval includes no effect: the claim goes beyond the evidence, which does not refute it",
    "too uncertain": "the interval is too wide for this claim: it leaves important effects open, or effects either way",
    "can't be judged": "nothing is at hand to hold it against, or it is no plain assertion",
    "borne out": "the evidence says what is claimed",
}
"""Every verdict with its meaning, the gravest first."""
ABSENCE = ": absence of evidence is not evidence of absence"
HIGHER_IS_BETTER = frozenset({"response", "quality of life"})
SAME = 1e-9  # by which logarithms of figures that are printed alike differ at most
RATIOS = frozenset({"HR", "RR", "OR", "IRR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A result as a ratio with its limits, on the scale that is shown.

    of           : whose it is ("this review", "wang-2016", "the text")
    directed     : whether it is known which arm is compared with which
    significant  : without limits, whether P says that it differs from no effect; None where nothing does
    """

    of: str
    concept: str
    label: str
    scope: Scope
    measure: str
    estimate: float
    low: float | None
    high: float | None
    shown: str
    lower_is_better: bool = True
    directed: bool = True
    significant: bool | None = None

    @property
    def stance(self) -> Stance | None:
        """Whether it shows better or worse, or leaves it open; None where it has neither limits nor a P value."""
        if self.low is not None and self.high is not None:
            side = -1 if self.high < 1 else 1 if self.low > 1 else 0
        elif self.significant is not None:
            side = (-1 if self.estimate < 1 else 1) if self.significant else 0
        else:
            return None
        if side == 0:
            return "open"
        return "better" if (side < 0) == self.lower_is_better else "worse"

    @property
    def reach(self) -> tuple[bool, bool]:
        """Whether the interval leaves an important effect open, to the lower and to the higher side (WORTHWHILE)."""
        low, high = self.low, self.high
        return (low is None or low <= WORTHWHILE), (high is None or high >= 1 / WORTHWHILE)

    def __str__(self) -> str:
        scope = "" if self.scope == Scope() else f", {self.scope}"
        return f"{self.of}: {self.label}{scope} {self.shown}"


def verdict_on(claim: Says, evidence: Evidence, *, significant: bool = False) -> tuple[Verdict, str]:
    """What a result says of a claim, and why.

    >>> os = Evidence(of="x", concept="os", label="OS", scope=Scope(), measure="HR", estimate=0.93, low=0.85, high=1.01, shown="")
    >>> verdict_on("better", os)[0], verdict_on("not better", os)[0], verdict_on("no different", os)[0]
    ('not borne out', 'borne out', 'borne out')
    """
    stance = evidence.stance
    if stance is None:
        return "can't be judged", f"{evidence} has no interval"
    if stance == "open":
        return _of_open(claim, evidence, significant=significant)
    if claim == stance or claim == ("not better" if stance == "worse" else "not worse"):
        return "borne out", f"{evidence} shows {_shown_as(stance)}"
    opposite = "not better" if stance == "better" else "not worse"
    if not evidence.directed and claim not in ("no different", opposite):
        return (
            "can't be judged",
            f"{evidence}: which arm is compared with which is not said, and if treatment with control it speaks against",
        )
    return "contradicted", f"{evidence} shows {_shown_as(stance)}"


def _of_open(claim: Says, evidence: Evidence, *, significant: bool) -> tuple[Verdict, str]:
    """Of an interval that holds no effect."""
    low, high = evidence.reach
    known = evidence.low is not None
    holds = f"{evidence}, an interval that includes 1" if known else f"{evidence}, which is not significant"
    if claim in ("better", "worse"):
        if low and high and known:
            return "too uncertain", f"{holds} and important effects either way"
        return "not borne out", f"{holds}: {'a benefit' if claim == 'better' else 'a harm'} is not shown"
    absence = f"{holds} and leaves open {_left_open(evidence)}{ABSENCE}"
    if claim == "not better" or significant:
        wide = low or high
        return "borne out", absence if wide else holds
    against = (low or high) if claim == "no different" else (high if evidence.lower_is_better else low)
    return ("too uncertain", absence) if against else ("borne out", holds)


def _left_open(evidence: Evidence) -> str:
    """Which important effects an interval holds, in words."""
    if evidence.low is None or evidence.high is None:
        return "how large an effect can be, for no interval is given"
    low, high = evidence.reach
    parts = []
    if low:
        parts.append(f"a ratio of {evidence.low:.2f} ({1 - evidence.low:.0%} lower)")
    if high:
        parts.append(f"a ratio of {evidence.high:.2f} ({evidence.high - 1:.0%} higher)")
    return " and ".join(parts)


def _shown_as(stance: Stance) -> str:
    return {"better": "a benefit", "worse": "a harm", "open": "neither"}[stance]


def concepts_of(review: Review) -> tuple[Concept, ...]:
    """The concepts of outcomes that texts may name, with those of the review that are not among the common ones."""
    import re

    own = []
    for outcome in review.plan.outcomes:
        if concept_of(outcome.id, review) != outcome.id or any(concept.id == outcome.id for concept in CONCEPTS):
            continue
        words = "|".join(re.escape(words).replace(r"\ ", r"\s+") for words in dict.fromkeys((outcome.name, *outcome.reported_as)))
        short = re.escape(outcome.abbreviation)
        lower = outcome.better == "lower"
        own.append(
            Concept(outcome.id, outcome.abbreviation or outcome.name, bad=words, bad_exact=short)
            if lower and outcome.measure != "HR"
            else Concept(outcome.id, outcome.abbreviation or outcome.name, good=words, exact=short)
        )
    return (*own, *CONCEPTS)


def concept_of(outcome: str, review: Review) -> str:
    """The concept of an outcome's id or words; the words themselves where no concept is wholly meant."""
    planned = next((o for o in review.plan.outcomes if o.id == outcome), None)
    names = (outcome, *((planned.abbreviation, planned.name, *planned.reported_as) if planned else ()))
    for name in names:
        if any(concept.id == name for concept in CONCEPTS):
            return name
        whole = [m for m in mentions(name) if m.start == 0 and m.end == len(name)]
        if whole:
            return whole[0].concept
    return outcome


def label_of(concept: str, concepts: Sequence[Concept]) -> str:
    return next((c.label for c in concepts if c.id == concept), concept)


def of_findings(findings: Findings) -> tuple[Evidence, ...]:
    """The pooled effects of a review and of its subgroups."""
    return tuple(
        evidence
        for found in findings.analyses
        if found.outcome.measure in RATIOS
        for evidence in _of_analysis(found, findings.review)
    )


def _of_analysis(found: AnalysisFindings, review: Review) -> Iterator[Evidence]:
    if found.fit is None:
        return
    yield _of_fit(found.fit, found, Scope(), review)
    for stratified in found.subgroups:
        if " x " in stratified.by:
            continue
        for level, fit in zip(stratified.result.levels, stratified.result.fits, strict=True):
            yield _of_fit(fit, found, Scope(((stratified.by, str(level)),)), review)


def _of_fit(fit: PooledEffect, found: AnalysisFindings, scope: Scope, review: Review) -> Evidence:
    show = found.measure.shown
    low, high = (float(x) for x in fit.interval())
    estimate, lower, upper = (show(x) for x in (float(fit.mu), low, high))
    return Evidence(
        of="this review",
        concept=concept_of(found.outcome.id, review),
        label=found.outcome.abbreviation or found.outcome.name,
        scope=scope,
        measure=found.outcome.measure,
        estimate=estimate,
        low=lower,
        high=upper,
        shown=f"{found.outcome.measure} {estimate:.2f} ({lower:.2f} to {upper:.2f})",
        lower_is_better=found.outcome.better == "lower",
    )


def of_published(review: Review, about: str) -> tuple[Evidence, ...]:
    """What publications report; of one of them where `about` names it."""
    rows = (row for row in review.published if row.estimate is not None and (not about or row.review == about))
    return tuple(_of_row(row, scope, review) for row in rows if row.measure in RATIOS and (scope := _scope_of(row)) is not None)


def _scope_of(row: Published) -> Scope | None:
    """Overall, or a level of a column; None where the words are of another set of trials."""
    if row.scope == "overall":
        return Scope()
    column, equals, level = row.scope.partition("=")
    return Scope(((column, level),)) if equals else None


def _of_row(row: Published, scope: Scope, review: Review) -> Evidence:
    concept = concept_of(row.outcome, review)
    planned = next((o for o in review.plan.outcomes if o.id == row.outcome), None)
    low, high = (None if x is None else float(x) for x in (row.ci_low, row.ci_high))
    limits = f" ({row.ci_low} to {row.ci_high})" if low is not None and high is not None else ""
    p = f", P {row.p}" if row.p else ""
    return Evidence(
        of=row.review,
        concept=concept,
        label=(planned.abbreviation or planned.name) if planned else row.outcome,
        scope=scope,
        measure=row.measure,
        estimate=float(row.estimate or 0),
        low=low,
        high=high,
        shown=f"{row.measure} {row.estimate}{limits}{p}",
        lower_is_better=planned.better == "lower" if planned else concept not in HIGHER_IS_BETTER,
        significant=_significant(None if row.p is None else (row.p.operator, float(row.p.value))),
    )


def of_statement(statement: EffectStatement, concept: str, label: str, scope: Scope) -> Evidence | None:
    """A ratio that the text itself prints; None for anything else, and for one whose limits can't be right."""
    if statement.measure not in RATIOS or statement.estimate <= 0:
        return None
    if any(flag != "not_log_symmetric" for flag in statement.flags):
        return None
    low, high = (None if x is None else float(x) for x in (statement.ci_low, statement.ci_high))
    p = None if statement.p is None else (statement.p_operator, float(statement.p))
    return Evidence(
        of="the text",
        concept=concept,
        label=label,
        scope=scope,
        measure=statement.measure,
        estimate=float(statement.estimate),
        low=low if high is not None else None,
        high=high if low is not None else None,
        shown=str(statement).removesuffix(f", {statement.outcome}"),
        lower_is_better=concept not in HIGHER_IS_BETTER,
        directed=False,
        significant=False if statement.p_operator == "ns" else _significant(p),
    )


def _significant(p: tuple[str, float] | None) -> bool | None:
    """Below .05, not below it, or None where the sign leaves it open."""
    if p is None:
        return None
    operator, value = p
    if operator == "<":
        return True if value <= 0.05 else None
    if operator == ">":
        return False if value >= 0.05 else None
    return value < 0.05


def same_result(a: Evidence, b: Evidence) -> bool:
    """Does each estimate lie in the other's interval, as far as there is one?"""
    if a.low is None and b.low is None:
        return abs(log(a.estimate) - log(b.estimate)) < SAME
    return _holds(a, b.estimate) and _holds(b, a.estimate)


def _holds(evidence: Evidence, estimate: float) -> bool:
    return evidence.low is None or evidence.high is None or evidence.low <= estimate <= evidence.high
