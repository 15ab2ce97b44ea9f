"""One sentence, read from left to right: which measure holds, and where its estimates stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from trialpool.formats.effect_statements.estimates import OTHER_FIGURES, TIMES, statement_at
from trialpool.formats.effect_statements.lexemes import Lexeme
from trialpool.formats.effect_statements.naming import Named
from trialpool.formats.effect_statements.phrases import (
    CLOSES,
    OPENS,
    Interval,
    P,
    at,
    figure_at,
    interval_at,
    interval_label,
    limits_at,
    p_at,
    passed_over,
)
from trialpool.formats.effect_statements.statement import EffectStatement
from trialpool.formats.effect_statements.table_rows import head_at, p_head

NOT_GIVEN = frozenset({"available", "reported", "estimable", "provided", "calculated", "given"})
AFTER_OR = frozenset({"of", "was", "were", "for", "is", "with"})
CORRELATION = re.compile(
    r"(?i)\b(?:correlat\w+|concordance|R2|pearson|spearman|coefficients?)\b[^\d.;]*\b(?:between|of)\b[^\d.;]*$"
)
METHODS = {"peto": "Peto", "haenszel": "Mantel-Haenszel"}


@dataclass(slots=True)
class Scan:
    """One sentence, read from left to right: the measure that holds, the P that was passed, and what was found."""

    text: str
    of: Sequence[Lexeme]
    foreign: frozenset[str]
    aliases: dict[str, str]
    inherited: Named | None
    named: Named | None = None
    passed_p: tuple[P, int] | None = None
    found: list[EffectStatement] = field(default_factory=list)
    blocked: bool = False
    listed: bool = False
    passed_interval: tuple[Interval, int] | None = None

    def run(self) -> None:
        i = 0
        while i < len(self.of):
            i = self._step(i)
        share_ps(self)

    def hands_on(self) -> Named | None:
        """The measure that the next sentence may take for granted: one named in the plural, or as a label, without a figure."""
        named = self.named or self.inherited
        if named is None or not named.many or not (named.fresh or named.start < 0):
            return None
        return replace(named, start=-1, after=0)

    def _step(self, i: int) -> int:
        """Read what stands at `i`; the place to go on from."""
        lexeme = self.of[i]
        if lexeme.kind == "measure":
            return self._name(i) if self._is_named(i) else i + 1
        if lexeme.kind == "other" or (lexeme.kind == "word" and lexeme.text in OTHER_FIGURES | TIMES and self._ends_naming(lexeme)):
            self.named, self.blocked = None, True
            return i + 1
        if lexeme.kind in ("ci", "number") and (passed := interval_at(self.of, i)):
            self.passed_interval = self.passed_interval if self._within_passed(i) else (passed, i)
        if lexeme.kind == "word":
            if lexeme.text in NOT_GIVEN and at(self.of, i - 1).text == "not":
                self.named = None
            if p := p_at(self.of, i):
                self.passed_p = (p, i) if p.of_effect else self.passed_p
                return p.end
            return max(passed_over(self.of, i), i + 1)
        if lexeme.kind == "number" or (lexeme.kind == "-" and at(self.of, i + 1).kind == "number"):
            return self._number(i)
        return i + 1

    def _within_passed(self, i: int) -> bool:
        """The label of an interval that was passed already from its level on."""
        return self.passed_interval is not None and i < self.passed_interval[0].end

    def _ends_naming(self, lexeme: Lexeme) -> bool:
        """A median never goes with a ratio; a rate may stand in `hazard ratio for response rate`, before a figure is read."""
        if self.named is None:
            return lexeme.text not in TIMES or (self.inherited is not None and lexeme.text in TIMES)
        return not self.named.fresh or lexeme.text.startswith("median")

    def _is_named(self, i: int) -> bool:
        """`OR` between words joins them, and is no odds ratio."""
        lexeme, after = self.of[i], at(self.of, i + 1)
        is_or = self.text[lexeme.start : lexeme.end] == "OR"
        return not is_or or after.kind not in ("word", "measure", "end") or after.text in AFTER_OR

    def _name(self, i: int) -> int:
        """A measure is named, with its abbreviation and label in brackets."""
        lexeme = self.of[i]
        raw = self.text[lexeme.start : lexeme.end]
        if raw.rstrip("s") in self.foreign:
            self.named, self.blocked = None, True
            return i + 1
        before = {word.text for word in self.of[max(0, i - 3) : i]}
        k, level, many = i + 1, None, raw.endswith("s")
        adjusted = raw[0] == "a" and raw[1:2].isupper()
        while True:
            inside = at(self.of, k + 1)
            if (
                at(self.of, k).kind in OPENS
                and inside.kind in ("measure", "other")
                and at(self.of, k + 2).kind in CLOSES | {",", ";"}
            ):
                abbreviation = self.text[inside.start : inside.end]
                adjusted |= abbreviation.startswith("a")
                self.aliases.setdefault(abbreviation.rstrip("s"), self.aliases.get(raw.rstrip("s"), lexeme.text))
                k += 3 if at(self.of, k + 2).kind in CLOSES else 2
            elif following := self._label_of_what_follows(k):
                level, k = following
                many = True
            elif at(self.of, k).text in ("with", "and") and many and (label := interval_label(self.of, k + 1)):
                level, k = label[0], label[2]
            elif (
                at(self.of, k).kind in OPENS
                and interval_label(self.of, k + 1) is None
                and at(self.of, k + 1).kind == "word"
                and at(self.of, k + 2).kind in CLOSES
            ):
                k += 3
            else:
                break
        adjusted |= "adjusted" in before or "multivariable" in before or "multivariate" in before or "adj" in raw
        method = next((METHODS[word] for word in before if word in METHODS), "")
        code = self.aliases.get(raw.rstrip("s"), lexeme.text)
        level = self.found[-1].ci_level if level is None and self.found else level
        self.named = Named(code, adjusted and "unadjusted" not in before, method, lexeme.start, k, level, many=many)
        if head := head_at(self.of, k):
            self.named, k = replace(self.named, level=head.level, after=head.end, cells=True, p_cell=head.p, many=True), head.end
        elif (after := p_head(self.of, k)) > k:
            self.named, k = replace(self.named, after=after, p_cell=True, many=True), after
        self.inherited, self.blocked = None, False
        if CORRELATION.search(self.text[self.of[0].start : lexeme.start]):
            self.named, self.blocked = None, True
        return k

    def _label_of_what_follows(self, k: int) -> tuple[Decimal | None, int] | None:
        """`(95% CI)` after a measure, also after words as in `(M-H, random, 95% CI)`: the level, and the place after it."""
        if at(self.of, k).kind not in OPENS | {",", ";"}:
            return None
        if (label := interval_label(self.of, k + 1)) and self._is_label(label[2]):
            return label[0], label[2] + (at(self.of, label[2]).kind in CLOSES)
        if label and (end := p_head(self.of, label[2], ",")) > label[2] and at(self.of, end).kind in CLOSES:
            return label[0], end + 1
        i = k + 1
        while at(self.of, k).kind in OPENS and i < k + 9 and at(self.of, i).kind in ("word", ",", "-"):
            i += 1
            if (label := interval_label(self.of, i)) and at(self.of, label[2]).kind in CLOSES:
                return label[0], label[2] + 1
        return None

    def _is_label(self, end: int) -> bool:
        """A label of what follows, `HR (95% CI): ...`, rather than the label of limits that stand there."""
        return at(self.of, end).kind in CLOSES or (at(self.of, end).kind == ":" and limits_at(self.of, end + 1) is None)

    def _number(self, i: int) -> int:
        found = statement_at(self, i)
        if found is None:
            figure = figure_at(self.of, i)
            return max(figure[1] if figure else i + 1, i + 1)
        statements, end, level = found
        self.found += statements
        named = self.named or self.inherited
        if named is not None:
            self.named = replace(named, fresh=False, level=level if level is not None else named.level)
        self.passed_p = self.passed_interval = None
        return end


def share_ps(scan: Scan) -> None:
    """P values in a list at the end, one for each statement, where the sentence says "respectively"."""
    if len(scan.found) < 2 or not any(lexeme.text == "respectively" for lexeme in scan.of):
        return
    last = scan.found[-1]
    ps: list[P] = []
    k = next((i for i, lexeme in enumerate(scan.of) if lexeme.start >= max(s.end for s in scan.found) - 1), len(scan.of))
    k = min(k, next((i for i, lexeme in enumerate(scan.of) if last.p_operator and lexeme.text == "p"), len(scan.of)))
    while k < len(scan.of):
        p = p_at(scan.of, k) if scan.of[k].kind == "word" else None
        if p and p.of_effect:
            ps.append(p)
        k = p.end if p else k + 1
    own = [s for s in scan.found[:-1] if s.p_operator]
    if len(ps) == len(scan.found) and not own:
        scan.found = [replace(s, p=p.value, p_operator=p.operator, p_sides=p.sides) for s, p in zip(scan.found, ps, strict=True)]
