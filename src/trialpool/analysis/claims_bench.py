"""Claims in words held against the figures beside them, the rest of the text, the review and what was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from trialpool.analysis.claims_evidence import (
    ABSENCE,
    VERDICTS,
    Evidence,
    Verdict,
    concepts_of,
    of_findings,
    of_published,
    verdict_on,
)
from trialpool.analysis.claims_judged import NOTHING, Judged, Judgement
from trialpool.analysis.claims_said import Claim, claims_in
from trialpool.analysis.claims_scope import Scope, Scopes
from trialpool.analysis.claims_stated import Stated, stated_in
from trialpool.analysis.findings import Findings
from trialpool.formats.effect_statements.outcomes import Concept

OPPOSITE = {
    "better": ("worse", "no different", "not better"),
    "worse": ("better", "no different", "not worse"),
    "no different": ("better", "worse"),
    "not better": ("better",),
    "not worse": ("worse",),
}
SHORT_OF_IT = frozenset({"not borne out", "too uncertain"})  # what is called significant is contradicted by these
LONGEST = 160  # letters of a sentence that is quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A text as claims and statements, and what they are held against."""

    text: str
    claims: tuple[Claim, ...]
    stated: tuple[Stated, ...]
    review: tuple[Evidence, ...]
    published: tuple[Evidence, ...]
    concepts: tuple[Concept, ...]
    about: str

    @classmethod
    def of(cls, findings: Findings, text: str, about: str) -> Bench:
        review = findings.review
        concepts, scopes = concepts_of(review), Scopes.of_review(review)
        return cls(
            text=text,
            claims=claims_in(text, scopes, concepts),
            stated=tuple(stated_in(text, scopes, concepts, review)),
            review=of_findings(findings),
            published=of_published(review, about),
            concepts=concepts,
            about=about,
        )

    def judge_claim(self, claim: Claim) -> Judged:
        judgements = (
            self._itself(claim),
            self._text(claim),
            self._held_against("review", claim, self.review, "the review has no result on this"),
            self._held_against("published", claim, self.published, "no publication in published.csv gives figures on this"),
        )
        verdict, why = _together(claim, judgements)
        return Judged(
            kind="claim",
            said=claim.words,
            outcome=claim.label,
            claim=claim.says,
            scope=str(claim.scope),
            judgements=judgements,
            verdict=verdict,
            why=why,
            start=claim.start,
            end=claim.end,
            sentence_start=claim.sentence_start,
            sentence_end=claim.sentence_end,
        )

    def _own(self, claim: Claim) -> list[Stated]:
        """Figures of the same outcome in the sentence of a claim."""
        within = [s for s in self.stated if claim.sentence_start <= s.statement.start < claim.sentence_end and s.evidence]
        same = [s for s in within if s.concept == claim.concept and s.scope == claim.scope]
        alone = len({c.concept for c in self.claims if c.sentence_start == claim.sentence_start}) == 1
        return same or ([s for s in within if not s.concept] if alone and len(within) == 1 else [])

    def _itself(self, claim: Claim) -> Judgement:
        verdicts = [verdict_on(claim.says, s.evidence, significant=claim.significant) for s in self._own(claim) if s.evidence]
        if not verdicts:
            return Judgement("itself", NOTHING, "its sentence gives no figures of this outcome")
        return Judgement("itself", *_gravest(_of_significance(claim, verdicts)))

    def _text(self, claim: Claim) -> Judgement:
        """The other sentences: their figures on the same outcome and scope, and claims of the opposite."""
        own = self._own(claim)
        others = [s for s in self.stated if s.concept == claim.concept and s.scope == claim.scope and s.evidence and s not in own]
        others = [s for s in others if not claim.sentence_start <= s.statement.start < claim.sentence_end]
        against = [other for other in self.claims if self._opposes(other, claim)]
        if against and not own and (quoted := _words_of(self.text, against[0])):
            backed = [other for other in against if self._own(other)]
            figures = [s for other in backed for s in self._own(other)] or others
            supported = others and all(
                verdict_on(claim.says, s.evidence, significant=claim.significant)[0] == "borne out" for s in others if s.evidence
            )
            if not supported:
                shown = f", with {figures[0].statement}" if figures else ""
                return Judgement("text", "contradicted", f"the text says elsewhere: {quoted}{shown}")
        verdicts = [verdict_on(claim.says, s.evidence, significant=claim.significant) for s in others if s.evidence]
        if verdicts:
            return Judgement("text", *_gravest(_of_significance(claim, verdicts)))
        if any(self._agrees(other, claim) for other in self.claims):
            return Judgement("text", "borne out", "the text says the same elsewhere")
        return Judgement("text", NOTHING, "the rest of the text says nothing else of it")

    def _opposes(self, other: Claim, claim: Claim) -> bool:
        return _comparable(other, claim) and other.says in OPPOSITE[claim.says]

    def _agrees(self, other: Claim, claim: Claim) -> bool:
        return other is not claim and _comparable(other, claim) and other.says == claim.says

    def _held_against(self, side: str, claim: Claim, results: Sequence[Evidence], nothing: str) -> Judgement:
        if not claim.scope.known:
            return Judgement(side, NOTHING, f"it is of {claim.scope.words!r}, which the review does not tell apart")
        wanted = [Scope((level,)) for level in claim.scope.levels] or [Scope()]
        verdicts: list[tuple[Verdict, str]] = []
        for scope in wanted:
            verdict = self._of_scope(claim, [e for e in results if e.scope == scope])
            if verdict is not None:
                verdicts.append(verdict)
        if not verdicts:
            return Judgement(side, NOTHING, nothing)
        if len(verdicts) < len(wanted):
            lacking = f"only {len(verdicts)} of the {len(wanted)} subgroups that are meant have a result"
            return Judgement(side, NOTHING, f"{lacking}: {'; '.join(why for _, why in verdicts)}")
        return Judgement(side, *_of_all(verdicts))

    def _of_scope(self, claim: Claim, results: Sequence[Evidence]) -> tuple[Verdict, str] | None:
        """By results of the outcome itself; failing these, by those of its kinds, if they all say the same."""
        of_it = [e for e in results if e.concept == claim.concept]
        if of_it:
            return _of_all([verdict_on(claim.says, e, significant=claim.significant) for e in of_it])
        kinds = {concept.id for concept in self.concepts if concept.part_of == claim.concept}
        verdicts = [verdict_on(claim.says, e, significant=claim.significant) for e in results if e.concept in kinds]
        if not verdicts:
            return None
        counts = Counter(verdict for verdict, _ in verdicts)
        names = "; ".join(str(e) for e in results if e.concept in kinds)
        if len(counts) == 1:
            return verdicts[0][0], f"so say all {len(verdicts)} kinds of it: {names}"
        return NOTHING, f"its kinds differ ({', '.join(f'{n} {verdict}' for verdict, n in counts.items())}): {names}"


def _of_significance(claim: Claim, verdicts: Sequence[tuple[Verdict, str]]) -> Sequence[tuple[Verdict, str]]:
    """What is called significant is contradicted by figures of the text that are not."""
    if not claim.significantly or claim.says not in ("better", "worse"):
        return verdicts
    return [("contradicted" if verdict in SHORT_OF_IT else verdict, why) for verdict, why in verdicts]


def _comparable(a: Claim, b: Claim) -> bool:
    return a.asserted and (a.concept, a.scope) == (b.concept, b.scope) and a.scope.known


def _words_of(text: str, claim: Claim) -> str:
    sentence = " ".join(text[claim.sentence_start : claim.sentence_end].split())
    shown = sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST - 3]}..."
    return f"\N{LEFT DOUBLE QUOTATION MARK}{shown}\N{RIGHT DOUBLE QUOTATION MARK}"


def _gravest(verdicts: Sequence[tuple[Verdict, str]]) -> tuple[Verdict, str]:
    """The gravest of verdicts that each stand for the whole."""
    ranked = list(VERDICTS)
    return min(verdicts, key=lambda pair: ranked.index(pair[0]))


def _of_all(verdicts: Sequence[tuple[Verdict, str]]) -> tuple[Verdict, str]:
    """A claim made of several results stands where all bear it out, and falls where one speaks against it."""
    verdict = _gravest(verdicts)[0]
    said_once = ABSENCE if any(why.endswith(ABSENCE) for _, why in verdicts) else ""
    return verdict, "; ".join(why.removesuffix(ABSENCE) for _, why in verdicts) + said_once


def _together(claim: Claim, judgements: Sequence[Judgement]) -> tuple[Verdict, str]:
    """The verdict on a claim: the text against itself first, then the review and the publication together."""
    itself, text, review, published = judgements
    outside = [j for j in (review, published) if j.verdict != NOTHING]
    if not claim.asserted:
        reason = "it is said with reserve (may, suggests, ...)" if claim.hedged else "it is said of other work"
        return NOTHING, "; ".join([f"{reason}, so it is not judged", *(f"for comparison, {j.why}" for j in outside)])
    inside = [j for j in (itself, text) if j.verdict == "contradicted"]
    if inside:
        return "contradicted", "; ".join([inside[0].why, *(j.why for j in outside)])
    if not outside:
        return _without_evidence(itself, text, review)
    verdicts = {j.verdict for j in outside}
    why = "; ".join(j.why for j in outside)
    if len(verdicts) == 1:
        return outside[0].verdict, why
    short = next((j for j in (itself, text) if j.verdict in SHORT_OF_IT), None)
    own = f"the text's own figures do not bear it out ({short.why}); " if short else ""
    return "disputed", f"{own}the review and what was published do not say the same: {why}"


def _without_evidence(itself: Judgement, text: Judgement, review: Judgement) -> tuple[Verdict, str]:
    """Where neither the review nor a publication has a result: what the text itself shows, short of bearing itself out."""
    own = [j for j in (itself, text) if j.verdict in ("not borne out", "too uncertain")]
    if own:
        return own[0].verdict, own[0].why
    agrees = next((j.why for j in (itself, text) if j.verdict == "borne out"), "")
    reason = review.why if review.why.startswith("it is of") else "neither the review nor a publication has a result on it"
    return NOTHING, f"{reason}; it agrees with the text's own words ({agrees})" if agrees else reason
