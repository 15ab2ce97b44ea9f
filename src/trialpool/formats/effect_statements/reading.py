"""Effect statements read from running text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from trialpool.formats.effect_statements.abbreviations import foreign_abbreviations
from trialpool.formats.effect_statements.entities import Unescaped, unescaped
from trialpool.formats.effect_statements.letters import comma_is_point, folded
from trialpool.formats.effect_statements.lexemes import lexemes
from trialpool.formats.effect_statements.naming import Named
from trialpool.formats.effect_statements.outcomes import Mention, mentions
from trialpool.formats.effect_statements.scanning import Scan
from trialpool.formats.effect_statements.sentences import sentences
from trialpool.formats.effect_statements.statement import EffectStatement
from trialpool.formats.effect_statements.surroundings import comparison_of, outcome_of, percent_change

WORTH_READING = re.compile(
    r"(?i:ratio|(?:riesgo|risque|rischio|risco|raz[óã]o?n?|rapport)\b|risiko|verh[äa]ltnis|relative\s+(?:risk|odds|hazard)|differen[zct]|diff[ée]ren|diferen|hedges|cohen|\d\s?%\s?-?(?:CI|Cl|conf|cred))"
    r"|(?:HR|RR|OR|MD|RD|CI|ROM|RoM|GMR)(?:s|adj)?\b"
)


def read_effect_statements(text: str) -> tuple[EffectStatement, ...]:
    """Every effect that a text states: a measure with its estimate, and the interval, P value, outcome and comparison beside it.

    Read are hazard, risk, odds and rate ratios, ratios of means, (standardised) mean differences and risk differences, in the
    ways that journals print them: decimal points, middle points and commas; dashes, `to`, commas and semicolons between limits;
    a level before or after CI; a second estimate that takes measure and level from the first; lists with "respectively";
    rows of a table (cells parted by `|`) whose head names the measure; HTML entities that were left in the text.
    Medians, rates, percentages, I2 and other statistics are passed over, and so is a ratio that a trial was planned with.
    A figure of which nothing names the measure (a cell of a table) has `measure` None.

    Parameters
    ----------
    text : any length of running text; where a single line break stands does not matter, a blank line ends a sentence

    Returns
    -------
    EffectStatement for each, in the order of the text, with figures as printed (`Decimal`) and places in `text`

    >>> text = "PFS rose (hazard ratio 0\u00b762 [95% CI 0\u00b757\u20130\u00b767]); OS did not (0\u00b793 [0\u00b785, 1\u00b701])."
    >>> for statement in read_effect_statements(text):
    ...     print(statement)
    HR 0.62 (95% CI 0.57 to 0.67), PFS
    HR 0.93 (95% CI 0.85 to 1.01), OS
    """
    given = unescaped(text) if "&" in text else Unescaped(text)
    found = _read(given.text)
    return tuple(replace(s, start=given.place(s.start), end=given.place(s.end - 1) + 1) for s in found) if given.after else found


def _read(text: str) -> tuple[EffectStatement, ...]:
    plain = folded(text)
    comma = comma_is_point(plain)
    foreign = foreign_abbreviations(plain)
    found: list[EffectStatement] = []
    before: Named | None = None
    aliases: dict[str, str] = {}
    for span in sentences(plain):
        sentence = plain[span.start : span.end]
        if not WORTH_READING.search(sentence) and before is None:
            continue
        scan = Scan(
            text=plain, of=lexemes(plain, span.start, span.end, comma=comma), foreign=foreign, aliases=aliases, inherited=before
        )
        scan.run()
        found += _placed(scan, text, plain, span.start, span.end)
        before = scan.hands_on()
    return tuple(found)


def _placed(scan: Scan, text: str, plain: str, start: int, end: int) -> list[EffectStatement]:
    """Statements with their sentence, outcome, comparison and change in percent."""
    found = scan.found
    if not found:
        return []
    sentence = plain[start:end]
    named = mentions(sentence)
    quote = " ".join(text[start:end].split())
    outcomes = _outcomes(sentence, named, found, start, in_order=scan.listed or "respectively" in sentence)
    return [
        replace(
            s,
            quote=quote,
            outcome=outcome,
            comparison=comparison_of(sentence, s.start - start, s.end - start),
            percent_change=percent_change(sentence, s.start - start) if s.is_ratio else None,
        )
        for s, outcome in zip(found, outcomes, strict=True)
    ]


def _outcomes(sentence: str, named: Sequence[Mention], found: list[EffectStatement], start: int, *, in_order: bool) -> list[str]:
    """The outcome of each statement; in the order of a list where the figures are one ("respectively")."""
    labels = list(dict.fromkeys(m.label for m in named if m.end + start <= found[-1].start or "respectively" in sentence))
    if len(found) > 1 and in_order and len(labels) == len(found):
        return labels
    outcomes, used = [], 0
    for s in found:
        figures = int(s.quote) - start
        outcome, used = outcome_of(sentence, s.start - start, figures, s.end - start, named, used)
        outcomes.append(outcome)
        used = max(used, s.end - start)
    return outcomes
