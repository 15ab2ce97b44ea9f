"""The figures that a text states, each with the outcome and the patients it is of, held against other figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trialpool.analysis.claims_evidence import Evidence, Verdict, concept_of, label_of, of_statement, same_result
from trialpool.analysis.claims_judged import NOTHING, Judged, Judgement
from trialpool.analysis.claims_scope import Scope, Scopes
from trialpool.formats.effect_statements.letters import folded
from trialpool.formats.effect_statements.outcomes import Concept, mentions
from trialpool.formats.effect_statements.reading import read_effect_statements
from trialpool.formats.effect_statements.sentences import sentences
from trialpool.formats.effect_statements.statement import EffectStatement
from trialpool.review.review import Review
from trialpool.stats.consistency.check_reported import disagreements
from trialpool.stats.consistency.rounding_boxes import p_box
from trialpool.stats.effects.printed import Printed

if TYPE_CHECKING:
    from trialpool.analysis.claims_bench import Bench


ONE_PERCENT = 1.0  # by how much a change in percent may be off that of a ratio, for words are rounded freely
ABOUT = re.compile(
    r"(?i)\b(?:about|approximately|nearly|almost|roughly|around|some|over|more\s+than|less\s+than|at\s+least|up\s+to)\s+(?:an?\s+)?\d+(?:\.\d+)?\s?(?:%|per\s?cent)"
)


@dataclass(frozen=True, slots=True)
class Stated:
    """An effect statement with the concept and scope that it is of."""

    statement: EffectStatement
    concept: str
    label: str
    scope: Scope
    sentence: tuple[int, int]
    evidence: Evidence | None


def stated_in(text: str, scopes: Scopes, concepts: tuple[Concept, ...], review: Review) -> Iterator[Stated]:
    plain = folded(text)
    spans = [(span.start, span.end) for span in sentences(plain)]
    last = 0
    for statement in read_effect_statements(text):
        sentence = next((span for span in spans if span[0] <= statement.start < span[1]), (statement.start, statement.end))
        named = mentions(statement.outcome, concepts)
        concept = named[-1].concept if named else concept_of(statement.outcome, review) if statement.outcome else ""
        label = label_of(concept, concepts) if named else statement.outcome
        scope = scopes.of(plain[max(sentence[0], last) : statement.end], plain[sentence[0] : sentence[1]], of_both_arms=True)
        last = statement.end
        yield Stated(statement, concept, label, scope, sentence, of_statement(statement, concept, label or "effect", scope))


def judge_figures(found: Stated, bench: Bench) -> Judged:
    statement = found.statement
    judgements = (
        _consistent(statement),
        _repeated(found, bench.stated),
        _compared("review", found, bench.review),
        _compared("published", found, bench.published, cited=bool(bench.about)),
    )
    verdict, why = _together_of_figures(judgements)
    return Judged(
        kind="figures",
        said=str(statement),
        outcome=found.label,
        claim="",
        scope=str(found.scope),
        judgements=judgements,
        verdict=verdict,
        why=why,
        start=statement.start,
        end=statement.end,
        sentence_start=found.sentence[0],
        sentence_end=found.sentence[1],
    )


def _repeated(found: Stated, stated: Sequence[Stated]) -> Judgement:
    """The same figures elsewhere in the text, or other ones for the same outcome."""
    others = [s for s in stated if s is not found and s.concept and (s.concept, s.scope) == (found.concept, found.scope)]
    others = [s for s in others if s.statement.measure == found.statement.measure]
    if not others:
        return Judgement("text", NOTHING, "the text gives these figures once")
    if all(_figures(s.statement) == _figures(found.statement) for s in others):
        return Judgement("text", "borne out", "the text gives the same figures elsewhere")
    return Judgement("text", NOTHING, f"the text has other figures too ({others[0].statement}), perhaps of another analysis")


def _compared(side: str, found: Stated, results: Sequence[Evidence], *, cited: bool = False) -> Judgement:
    mine = found.evidence
    same = [e for e in results if mine and (e.concept, e.scope, e.measure) == (mine.concept, mine.scope, mine.measure)]
    if mine is None or not found.scope.known or not same:
        return Judgement(side, NOTHING, "there is no result on the same outcome, measure and patients")
    agreeing = [e for e in same if same_result(e, mine)]
    if side == "published":
        printed = [e for e in agreeing if e.estimate == mine.estimate and (mine.low, mine.high) in ((e.low, e.high), (None, None))]
        if printed:
            return Judgement(side, "borne out", f"as printed in {printed[0]}")
    if not agreeing:
        verdict: Verdict = "contradicted" if side == "published" and cited else "not borne out"
        return Judgement(side, verdict, f"{same[0]}: the estimates do not lie in each other's intervals")
    within = f"{agreeing[0]}: each estimate lies in the other's interval"
    if mine.stance is None:
        return Judgement(side, "borne out", f"it lies in the interval of {agreeing[0]}")
    if agreeing[0].stance == mine.stance:
        return Judgement(side, "borne out", f"{within}, and the conclusion is the same")
    return Judgement(side, "not borne out", f"{within}, but only one of the intervals includes 1")


def _consistent(statement: EffectStatement) -> Judgement:
    """Whether the figures of a statement agree with each other."""
    if "limits_not_ordered_or_scale_jump" in statement.flags:
        low, high = statement.printed_limits
        return Judgement("itself", "contradicted", f"{low} to {high} can't be the limits of {statement.estimate}")
    if statement.measure is None or statement.ci_low is None:
        return Judgement("itself", NOTHING, "no interval is given" if statement.measure else "which measure it is, is not said")
    if not statement.is_ratio:
        if "estimate_outside_ci" in statement.flags:
            return Judgement("itself", "contradicted", "the interval does not hold the estimate")
        return Judgement("itself", "borne out", "its figures agree")
    found = [d for said in disagreements(statement.reported).values() for d in said]
    grave = [d for d in found if d.severity == "error"]
    if grave:
        return Judgement("itself", "contradicted", f"{grave[0].what}; {grave[0].expected}")
    doubtful = [d for d in found if d.severity == "warning"]
    if doubtful:
        return Judgement("itself", "not borne out", f"{doubtful[0].what}; {doubtful[0].expected}")
    if said := _another_change(statement):
        return Judgement("itself", "not borne out", said)
    return Judgement("itself", "borne out", f"its figures agree{_p_words(statement)}")


def _another_change(statement: EffectStatement) -> str:
    """A change in percent that the sentence gives beside a ratio, where it is neither that of the ratio nor of its inverse."""
    said, ratio = statement.percent_change, statement.reported.estimate
    if said is None or ratio is None or statement.measure == "OR" or ABOUT.search(statement.quote):
        return ""
    half = Printed.of(said).half + ONE_PERCENT
    least, most = (100 * (ratio.value + side * ratio.half) - 100 for side in (-1, 1))
    inverse = sorted(100 / (1 + change / 100) - 100 for change in (least, most))
    if any(low <= float(said) + half and float(said) - half <= high for low, high in ((least, most), inverse)):
        return ""
    return (
        f"a change of {said:+}% is said beside {statement.measure} {statement.estimate}, "
        f"which is one of {100 * (ratio.value - 1):+.3g}% ({least:+.3g}% to {most:+.3g}% by rounding)"
    )


def _p_words(statement: EffectStatement) -> str:
    """The P that estimate and limits leave open by their rounding, beside the one that is printed."""
    r = statement.reported
    if statement.p_operator != "=" or not (r.estimate and r.ci_low and r.ci_high):
        return ""
    halves = (r.estimate.half, r.ci_low.half, r.ci_high.half)
    least, most = p_box(r.estimate.value, r.ci_low.value, r.ci_high.value, halves, r.level)
    return f": estimate and limits leave a P from {float(least):.2g} to {float(most):.2g} open, and {statement.p} is printed"


def _together_of_figures(judgements: Sequence[Judgement]) -> tuple[Verdict, str]:
    itself, _, review, published = judgements
    outside = [j for j in (review, published) if j.verdict != NOTHING]
    if itself.verdict in ("contradicted", "not borne out"):
        return itself.verdict, "; ".join([itself.why, *(j.why for j in outside)])
    if not outside:
        return NOTHING, f"{itself.why}; nothing is at hand to compare with"
    verdicts = {j.verdict for j in outside}
    why = "; ".join(j.why for j in outside)
    return (
        (outside[0].verdict, why)
        if len(verdicts) == 1
        else ("disputed", f"the review and what was published do not say the same: {why}")
    )


def _figures(statement: EffectStatement) -> tuple[Any, ...]:
    return statement.estimate, statement.ci_low, statement.ci_high
