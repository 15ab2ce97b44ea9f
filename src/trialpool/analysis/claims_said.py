"""Directional claims that a text makes: "improved overall survival", "PFS but not OS", "no difference in mortality"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trialpool.analysis.claims_scope import CONTROL_BETTER, Scope, Scopes
from trialpool.analysis.claims_words import (
    APART,
    CLAUSE,
    HEDGE,
    NEGATOR,
    NOR_WAS,
    NOT_ASSERTED,
    NOT_FAILED,
    NOT_SEEN,
    OF_A_CLAIM,
    OTHERS_SAID,
    SHOWN_TO,
    SIGNIFICANT,
    TO,
    TURNED,
    WITH,
    Cue,
    Says,
    cues,
    says,
)
from trialpool.formats.effect_statements.letters import folded
from trialpool.formats.effect_statements.outcomes import Concept, Mention, mentions
from trialpool.formats.effect_statements.sentences import sentences

FAR, NEAR = 90, 60  # letters between a word of claim, or a negation, and the outcome it can go with
NOUN = re.compile(r"(?i)benefits?$|advantages?$|gains?$|improvements?$|increase$|reductions?$|differences?$")
PASSED = 60  # what a word counts as farther off where it has an outcome of its own just after it
ONLY_JOINS = re.compile(r"(?i)^\s*(?:,|and|or|nor|,\s*(?:and|or|nor))?\s*(?:the\s+|on\s+|in\s+|of\s+)*$")
SIGNIFICANTLY = re.compile(r"(?i)\bsignificant(?:ly)?\s+(?:\w+\s+)?$")
SIGNIFICANTLY_AFTER = re.compile(r"(?i)^(?:\s+(?!not\b|but\b|non\b|without\b)\w+){0,5}?\s+(?:statistically\s+)?significantly\b")
RISK_OF = re.compile(
    r"(?i)\b(?:risks?|hazards?|odds|rates?|chances?|incidence|numbers?|likelihood)\s+(?:of|for)\s+(?:an?\s+|any\s+|the\s+)?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a text claims of one outcome.

    concept, label : the outcome
    says        : "better", "worse", "no different", "not better" (no benefit), "not worse" (no harm)
    significant : whether it is said of statistical significance ("no significant difference")
    significantly : whether "significantly" stands with its word ("significantly improved")
    hedged, of_others : said with "may", or of other work: shown beside the findings, and not judged
    scope       : of whom it is said
    start, end  : its place in the text; sentence_start, sentence_end that of its sentence
    words       : the words themselves
    """

    concept: str
    label: str
    says: Says
    significant: bool
    significantly: bool
    hedged: bool
    of_others: bool
    scope: Scope
    start: int
    end: int
    sentence_start: int
    sentence_end: int
    words: str

    @property
    def asserted(self) -> bool:
        return not (self.hedged or self.of_others)


def claims_in(text: str, scopes: Scopes, concepts: Sequence[Concept]) -> tuple[Claim, ...]:
    """The directional claims of a text, in order; questions, aims, conditions and wishes are none."""
    plain = folded(text)
    found: list[Claim] = []
    for span in sentences(plain):
        sentence = plain[span.start : span.end]
        if not sentence.rstrip("\"')").endswith("?"):
            found += _in_sentence(text, sentence, span.start, scopes, concepts)
    return tuple(found)


def _in_sentence(text: str, sentence: str, start: int, scopes: Scopes, concepts: Sequence[Concept]) -> Iterator[Claim]:
    begin = 0
    for end in [*(match.start() for match in CLAUSE.finditer(sentence)), len(sentence)]:
        clause = sentence[begin:end]
        if not NOT_ASSERTED.search(clause):
            for claim in _in_clause(clause, concepts):
                cue, outcome, negated = claim
                at, to = start + begin + min(cue.start, outcome.start), start + begin + max(cue.end, outcome.end)
                turned = CONTROL_BETTER.search(clause)
                if turned:
                    at, to = min(at, start + begin + turned.start()), max(to, start + begin + turned.end())
                bad = outcome.bad or RISK_OF.search(clause[: outcome.start]) is not None
                said = says(cue.sense, bad=bad, negated=negated)
                yield Claim(
                    concept=outcome.concept,
                    label=outcome.label,
                    says=TURNED[said] if turned else said,
                    significant=SIGNIFICANT.search(clause) is not None,
                    significantly=_significantly(clause, cue),
                    hedged=HEDGE.search(clause) is not None,
                    of_others=OTHERS_SAID.search(sentence) is not None,
                    scope=scopes.of(clause, sentence, of_both_arms=turned is not None),
                    start=at,
                    end=to,
                    sentence_start=start,
                    sentence_end=start + len(sentence),
                    words=" ".join(text[at:to].split()),
                )
        begin = end


def _significantly(clause: str, cue: Cue) -> bool:
    """`significantly improved`, `improved survival significantly`."""
    return bool(SIGNIFICANTLY.search(clause[: cue.start]) or SIGNIFICANTLY_AFTER.match(clause[cue.end :]))


def _in_clause(clause: str, concepts: Sequence[Concept]) -> Iterator[tuple[Cue, Mention, bool]]:
    """Each outcome of a clause with the word of claim that goes with it, and whether that is negated."""
    named, words = mentions(clause, concepts), [cue for cue in cues(clause) if _is_said(clause, cue)]
    twice = [match.span() for match in NOT_FAILED.finditer(clause)]
    negators = [match.span() for match in NEGATOR.finditer(clause) if _negates(clause, match) and not _within(match.span(), twice)]
    seen: set[tuple[str, Says]] = set()
    for outcome in named:
        near = [(distance, cue) for cue in words if (distance := _distance(clause, cue, outcome, named)) <= FAR]
        if not near:
            continue
        cue = min(near, key=lambda pair: pair[0])[1]
        negated = cue.sense != "none" and _is_negated(clause, cue, outcome, named, negators)
        key = (outcome.concept, says(cue.sense, bad=outcome.bad, negated=negated))
        if key not in seen:
            seen.add(key)
            yield cue, outcome, negated


def _within(place: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    """Is it one half of a double negation, such as `did not fail to`?"""
    return any(start <= place[0] and place[1] <= end for start, end in spans)


def _negates(clause: str, word: re.Match[str]) -> bool:
    """A negation of what is claimed, rather than of whom: `patients without a transplant`, `with no prior therapy`."""
    before, text = clause[: word.start()], word.group().lower()
    if text == "without" or (text == "no" and WITH.search(before)):
        return OF_A_CLAIM.match(clause[word.end() :]) is not None
    return not (text == "not" and re.search(r"(?i)\bwho\s+\w+\s+$", before))


def _is_said(clause: str, cue: Cue) -> bool:
    """A word of claim, and no purpose ("a need to improve survival")."""
    before = clause[: cue.start]
    return not TO.search(before) or SHOWN_TO.search(before) is not None or "failed" in before


def _distance(clause: str, cue: Cue, outcome: Mention, named: Sequence[Mention]) -> int:
    """Letters between a word of claim and an outcome; more where the word has an outcome of its own right after it."""
    if cue.start < outcome.end and outcome.start < cue.end:
        return FAR + 1
    if APART.search(clause[min(cue.end, outcome.end) : max(cue.start, outcome.start)]):
        return FAR + 1
    if cue.end <= outcome.start:
        return outcome.start - cue.end
    gap = cue.start - outcome.end
    following = next((m for m in named if m.start >= cue.end and m is not outcome), None)
    passive = re.search(r"(?i)\b(?:was|were|is|are|been|be)\s+(?:\w+\s+){0,3}$", clause[outcome.end : cue.start])
    if following and not passive and not re.search(r"(?i),|\band\b|\bor\b|\bbut\b", clause[cue.end : following.start]):
        return gap + PASSED if NOUN.match(clause[cue.start : cue.end]) else FAR + 1
    return gap


def _is_negated(clause: str, cue: Cue, outcome: Mention, named: Sequence[Mention], negators: Sequence[tuple[int, int]]) -> bool:
    first, last = min(cue.start, outcome.start), max(cue.end, outcome.end)
    for start, end in negators:
        if end <= first:
            between = clause[end:first]
            comma = "," in between and "however" not in between
            if len(between) <= NEAR and not comma and not _others(end, first, outcome, named):
                return True
        elif first < start and end < last:
            reaches = outcome.start if cue.end <= outcome.start else cue.start
            others = _others(end, reaches, outcome, named)
            if not others or (cue.end <= outcome.start and ONLY_JOINS.match(clause[others[-1].end : outcome.start])):
                return True
    if cue.end <= outcome.start and NOR_WAS.match(clause[outcome.end :]):
        return True
    return NOT_SEEN.match(clause[last:]) is not None


def _others(start: int, end: int, outcome: Mention, named: Sequence[Mention]) -> list[Mention]:
    return [m for m in named if m is not outcome and start <= m.start and m.end <= end]
