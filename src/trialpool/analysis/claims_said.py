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
JOINED = re.compile(
    r"(?i)^[\s,/]*(?:(?:and|or|nor|but|not|also|both|as\s+well\s+as|together\s+with|the|on|in|of|for|with|risks?|rates?|incidence|median|neither|either|better|improved|no|without|any|an?)\b[\s,/]*)*$"
)
LEFT_OUT = re.compile(  # "but mortality was not", "there was none in OS", "this was not so for OS"
    r"(?i)\b((?:was|were|is|are|did|does|do|has|have|had)(?:\s+not|n't))[\s.,;)]*$|\b(none|not(?:\s+(?:so|true|the\s+case))?)\s+(?:in|for|of|on)\b"
)
ASIDE = re.compile(
    r"(?i)(?:^|,)\s*(?:unlike|in\s+contrast\s+(?:to|with)|as\s+opposed\s+to|except(?:\s+for)?|apart\s+from)\s+[^,;.]*,"
)
OF_ANOTHER = re.compile(r"(?i)^\s+(?:in|for|on|with|by)\s+(?:\w+\s+){0,3}$")  # "was not seen in OS", said of what was seen in PFS
BUT_WAS = re.compile(r"(?i)^\s+(?:was|were|is|are|did|does|has|have|had)\s*(?:[.,;()]|$)")  # "OS was not improved, PFS was"
SAME = re.compile(
    r"(?i)\b(?:as|so)\s+(?:was|were|did)\b|\bthe\s+same\s+(?:was|is|held|holds|applied)\s+(?:(?:true|seen|found)\s+)?(?:for|of|in|to)\b"
)
ASSOCIATED = re.compile(r"(?i)^\s+(?:was|were|is|are)\s+(?:\w+ly\s+)?(?:associated|linked)\s+with\b")
PREDICATE = re.compile(  # what stands between an outcome and the word of claim that is said of it
    r"(?i)^\s*(?:also\s+)?(?:was|were|is|are|has|have|had|did|does|do|could|being|remain(?:s|ed|ing)?|stay(?:s|ed|ing)?)\b(?:\s+(?!(?:and|but|or|by|with|in|into|for|of|from|to|than|at|as|an?|the)\b)[\w'-]+){0,4}\s*$"
)
COUNTED = re.compile(
    r"(?i)^\s+(?:(?:proportion|percentage|share|number)s?\s+of\s+)?(?:\w+\s+)?(?:patients|people|participants|adults|women|men|children)\b"
)  # `fewer patients died`
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
ONLY_JOINS = re.compile(r"(?i)^\s*(?:,|and|or|nor|,\s*(?:and|or|nor))?\s*(?:the\s+|on\s+|in\s+|of\s+)*$")
SIGNIFICANTLY = re.compile(r"(?i)\bsignificant(?:ly)?\s+(?:\w+\s+)?$")
SIGNIFICANTLY_AFTER = re.compile(r"(?i)^(?:\s+(?!not\b|but\b|non\b|without\b)\w+){0,5}?\s+(?:statistically\s+)?significantly\b")
RISK_OF = re.compile(
    r"(?i)\b(?:risks?|hazards?|odds|rates?|chances?|incidence|numbers?|likelihood)\s+(?:of|for)\s+(?:an?\s+|any\s+|the\s+)?$"
)


Place = tuple[int, int]


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
        sentence = ASIDE.sub(lambda aside: " " * len(aside.group()), plain[span.start : span.end])
        if not sentence.rstrip("\"')").endswith("?"):
            found += _in_sentence(text, sentence, span.start, scopes, concepts)
    return tuple(found)


def _in_sentence(text: str, sentence: str, start: int, scopes: Scopes, concepts: Sequence[Concept]) -> Iterator[Claim]:
    begin, before = 0, None
    for end in [*(match.start() for match in CLAUSE.finditer(sentence)), len(sentence)]:
        clause = sentence[begin:end]
        words = cues(clause)
        if (words or before) and not NOT_ASSERTED.search(clause):
            for claim in _in_clause(clause, words, concepts, before):
                cue, outcome, negation = claim
                before = cue
                parts = [(cue.start, cue.end), (outcome.start, outcome.end), *([negation] if negation else [])]
                at, to = start + begin + min(part[0] for part in parts), start + begin + max(part[1] for part in parts)
                turned = CONTROL_BETTER.search(clause)
                if turned:
                    at, to = min(at, start + begin + turned.start()), max(to, start + begin + turned.end())
                bad = outcome.bad or RISK_OF.search(clause[: outcome.start]) is not None
                said = says(cue.sense, bad=bad, negated=negation is not None)
                if said is None:
                    continue
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


def _in_clause(
    clause: str, words: Sequence[Cue], concepts: Sequence[Concept], before: Cue | None
) -> Iterator[tuple[Cue, Mention, Place | None]]:
    """Each outcome of a clause with the one of its words of claim that goes with it, and the place of what negates that.

    `before` is the word of the clause before, which "but mortality was not" leaves out.
    """
    named, words = mentions(clause, concepts), [cue for cue in words if _is_said(clause, cue)]
    if before and not words and (left_out := LEFT_OUT.search(clause) or SAME.search(clause)):
        negation = left_out.span(left_out.lastindex or 0) if left_out.re is LEFT_OUT else None
        yield from ((Cue(before.sense, *left_out.span(left_out.lastindex or 0)), outcome, negation) for outcome in named)
    if len(named) > 1 and any(ASSOCIATED.match(clause[outcome.end :]) for outcome in named[:-1]):
        return
    twice = [match.span() for match in NOT_FAILED.finditer(clause)]
    negators = [match.span() for match in NEGATOR.finditer(clause) if _negates(clause, match) and not _within(match.span(), twice)]
    seen: set[tuple[str, Says | None]] = set()
    for outcome in named:
        near = [(distance, cue) for cue in words if (distance := _distance(clause, cue, outcome, named)) <= FAR]
        if not near:
            continue
        cue = min(near, key=lambda pair: pair[0])[1]
        negation = None if cue.sense == "none" else _negation(clause, cue, outcome, named, negators)
        key = (outcome.concept, says(cue.sense, bad=outcome.bad, negated=negation is not None))
        if key not in seen:
            seen.add(key)
            yield cue, outcome, negation


def _within(place: Place, spans: Sequence[Place]) -> bool:
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
    between = clause[min(cue.end, outcome.end) : max(cue.start, outcome.start)]
    if APART.search(COUNTED.sub("", between, count=1) if cue.end <= outcome.start else between):
        return FAR + 1
    if cue.end <= outcome.start:
        return outcome.start - cue.end
    gap = cue.start - outcome.end
    other = next((m for m in named if m.start >= outcome.end and m.end <= cue.start), None)
    if other and not JOINED.match(BRACKETS.sub(" ", clause[outcome.end : other.start])):
        return FAR + 1
    following = next((m for m in named if m.start >= cue.end and m is not outcome), None)
    own = following is not None and not clause[cue.end : following.start].strip()
    if not other and not own and PREDICATE.match(BRACKETS.sub(" ", clause[outcome.end : cue.start])):
        return 0
    passive = re.search(r"(?i)\b(?:was|were|is|are|been|be)\s+(?:\w+\s+){0,3}$", clause[outcome.end : cue.start])
    if (
        following
        and not passive
        and not re.search(r"(?i),|\b(?:and|or|but|with|without|than|compared|at)\b", clause[cue.end : following.start])
    ):
        return gap + PASSED if NOUN.match(clause[cue.start : cue.end]) else FAR + 1
    return gap


def _negation(clause: str, cue: Cue, outcome: Mention, named: Sequence[Mention], negators: Sequence[Place]) -> Place | None:
    """The place of what negates a word of claim about an outcome; None where nothing does."""
    first, last = min(cue.start, outcome.start), max(cue.end, outcome.end)
    if cue.end <= outcome.start and BUT_WAS.match(clause[outcome.end :]):
        return None
    for start, end in negators:
        if end <= first:
            between = clause[end:first]
            comma = "," in between and "however" not in between
            if len(between) <= NEAR and not comma and not _others(end, first, outcome, named):
                return start, end
        elif first < start and end < last:
            reaches = outcome.start if cue.end <= outcome.start else cue.start
            others = _others(end, reaches, outcome, named)
            if not others or (cue.end <= outcome.start and ONLY_JOINS.match(clause[others[-1].end : outcome.start])):
                return start, end
    found = (NOR_WAS.match(clause[last:]) if cue.end <= outcome.start else None) or NOT_SEEN.match(clause[last:])
    if found is None or any(OF_ANOTHER.match(clause[last + found.end() : m.start]) for m in named if m.start >= last + found.end()):
        return None
    return first, last + len(found.group().rstrip(" .,;()"))


def _others(start: int, end: int, outcome: Mention, named: Sequence[Mention]) -> list[Mention]:
    return [m for m in named if m is not outcome and start <= m.start and m.end <= end]
