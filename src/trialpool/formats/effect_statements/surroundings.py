"""What stands around the figures of a statement: its outcome, what is compared with what, a change in percent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from trialpool.formats.effect_statements.letters import words
from trialpool.formats.effect_statements.outcomes import Mention, mentions

CLAUSE_END = re.compile(r"[;]|\.(?=\s|$)|,\s*(?:and|but|while|whereas)\b|\b(?:whereas|while|although|but)\b")
SUBJECT = re.compile(
    r"\s*(?:for|of|on|in)\s+(?:the\s+)?([^\W\d_][\w /-]*?)(?=\s*(?:[,:;=(\[]|\bwas\b|\bwere\b|\bis\b|\bof\b|\d|$))"
)
REDUCED = re.compile(
    r"(?i)\b(?:reduc\w*|decreas\w*|lower\w*|cut)\b[^.;%]{0,50}?\bby\s+(?:about\s+|approximately\s+)?(\d+(?:\.\d+)?)\s?%"
)
REDUCTION = re.compile(r"(?i)\b(\d+(?:\.\d+)?)\s?(?:%|per\s?cent)\s+(?:relative\s+)?(?:reduc\w+|decreas\w+|lower)\b")
RAISED = re.compile(r"(?i)\b(?:increas\w*|rais\w*|higher)\b[^.;%]{0,50}?\bby\s+(?:about\s+|approximately\s+)?(\d+(?:\.\d+)?)\s?%")
RISE = re.compile(r"(?i)\b(\d+(?:\.\d+)?)\s?(?:%|per\s?cent)\s+(?:relative\s+)?(?:increase|higher|rise)\b")
BESIDE_FIGURES = re.compile(r"\s?(?:%|per\s?cent)[^\d;.%]{0,60}")
OF_A_RISK = re.compile(
    r"(?i)^(?!.*\babsolute)(?=.*\b(?:risks?|hazards?|odds|rates?|chances?|incidence|likelihood|deaths?|mortality|events?|relapses?|progression)\b)"
)
COMPARED = re.compile(r"(?i)\b(?:versus|vs\.?|v\.?|compared\s+(?:with|to)|relative\s+to|over)(?=\s)")
OPERAND_END = words(
    """for in of with was were is had has by and or but than that which who at on from to when after before as a an the compared
    receiving treated between among improved reduced increased prolonged favoring favouring median months years p ratio ratios
    hazard risk odds survival pfs os hr rr if using trial group groups patients respectively"""
)
WORDS = re.compile(r"[^\W\d_][\w/+-]*|[^\s\w]|\d\S*")
FARTHEST = 160


def outcome_of(sentence: str, start: int, figures: int, end: int, found: Sequence[Mention], used: int) -> tuple[str, int]:
    """The outcome of a statement, and where the text after it goes on.

    start   : where its measure stands, or its figures where a measure named before is meant
    figures : where its figures begin
    end     : where it ends
    found   : the outcomes that the sentence names
    used    : where the statement before it ended: an outcome of that one is not taken again unless nothing else is named
    """
    within = [m for m in found if start <= m.start < figures] or [m for m in found if figures <= m.start < end]
    after = [m for m in found if m.start >= end and _joined(sentence[end : m.start])]
    before = [m for m in found if used <= m.end <= start]
    subject = SUBJECT.match(sentence, start) if start < figures else None
    if within:
        return within[-1].label, end
    if after:
        return after[0].label, after[0].end
    if before:
        return before[-1].label, end
    if subject:
        return subject[1].strip(), end
    earlier = [m for m in found if m.end <= start]
    return (earlier[-1].label if earlier else ""), end


def _joined(between: str) -> bool:
    """Is it `... for OS` or `... (OS`, and nothing else, that stands between a statement and an outcome?"""
    return re.fullmatch(r"[\s,;)\]]*(?:(?:for|in|on)\s+|\(\s*(?:for\s+)?)(?:the\s+|risk of\s+)*", between) is not None


def percent_change(sentence: str, start: int) -> Decimal | None:
    """The change in percent of a risk that the clause before a statement names: -25 for "reduced by 25%".

    >>> text = "The risk of death was 25% lower (HR 0.75)"
    >>> percent_change(text, text.index("HR"))
    Decimal('-25')
    """
    clause = sentence[max(0, start - FARTHEST) : start]
    for sign, pattern in ((-1, REDUCED), (-1, REDUCTION), (1, RAISED), (1, RISE)):
        found = list(pattern.finditer(clause))
        if found and BESIDE_FIGURES.fullmatch(clause[found[-1].end(1) :]) and OF_A_RISK.search(clause):
            return sign * Decimal(found[-1][1])
    return None


def comparison_of(sentence: str, start: int, end: int) -> str:
    """`lenalidomide vs. placebo`: the comparison named nearest to a statement, in its sentence; empty where none is."""
    best = ""
    nearest = FARTHEST
    for mark in COMPARED.finditer(sentence):
        left, right = _operand(sentence[: mark.start()], last=True), _operand(sentence[mark.end() :], last=False)
        distance = min(abs(mark.start() - end), abs(start - mark.end()))
        if left and right and distance < nearest and not start <= mark.start() < end:
            best, nearest = f"{left} vs {right}", distance
    return best


def _operand(text: str, *, last: bool) -> str:
    """The words of one arm beside a `vs`."""
    words = WORDS.findall(text[-60:] if last else text[:60])
    kept: list[str] = []
    for word in reversed(words) if last else words:
        if not (word[0].isalpha() or word in "+/") or word.lower() in OPERAND_END or len(kept) == 4:
            break
        kept.append(word)
    kept = kept[::-1] if last else kept
    return " ".join(kept) if any(len(word) > 1 for word in kept) else ""


def outcomes_in(sentence: str) -> tuple[Mention, ...]:
    return mentions(sentence)
