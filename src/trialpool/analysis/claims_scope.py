"""Of whom something is said: all patients of the review, a subgroup that it has, or a part that it does not tell apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from trialpool.analysis.claims_words import CONTROL
from trialpool.formats.effect_statements.letters import words
from trialpool.review.review import Review

EACH = re.compile(r"(?i)\b(?:both|each|either|regardless|irrespective|whichever|all)\b")
STRATIFIED = re.compile(r"(?i)\b(?:stratif\w+|subgroups?|subsets?|regardless\s+of|irrespective\s+of|broken\s+down|split\s+by)\b")
PART = re.compile(
    r"(?i)(?:^|\b(?:in|among|for|of)\s)\s*(?:the\s+|those\s+|all\s+)?(?:[\w-]+\s+){0,2}?(?:patients?|adults?|people|participants?|persons?|those|individuals)\s+"
    r"(with|without|who|whose|aged|older|younger|over|under|in|receiving|treated|having|that)\s+((?:[\w-]+\s*){1,6})"
)
PEOPLE = re.compile(
    r"(?i)\b(?:(?:in|among|for)\s+(?:the\s+)?(?:women|men|elderly|older|younger|children|frail|females?|males?)"
    r"|(?:elderly|older|younger|frail|high-risk|low-risk|standard-risk|high\s+risk|low\s+risk|transplant(?:ation)?[\s-](?:in)?eligible)\s+(?:patients|adults|people))\b"
)
ONE_TRIAL = re.compile(
    r"(?i)\b(?:one|another|some|several|two|three|four|five|\d+\s+of(?:\s+the)?)\s+(?:\w+\s+){0,2}(?:trials?|stud(?:y|ies))\b"
    r"|\b(?:in|from|by)\s+an?\s+(?:[\w-]+\s+){0,3}(?:trial|study)\b"
)
OF_CONTROL = re.compile(
    rf"(?i)(?:^|,)\s*(?:the\s+)?{CONTROL}\b"
    rf"|(?<!than\s)(?<!compared\s)(?<!versus\s)(?<!vs\s)(?<!vs\.\s)(?<!relative\s)(?<!that\s)(?<!those\s)\b(?:with|in|on|under|for|without|by"
    rf"|(?:assigned|allocated|randomi[sz]ed)\s+to)\s+(?:the\s+)?{CONTROL}\b(?!led)"
)
COMPARATIVE = (
    r"(?:longer|shorter|better|worse|higher|lower|greater|superior|poorer|fewer|less|more|(?:more|less)\s+(?:common|frequent))"
)
CONTROL_BETTER = re.compile(  # "longer with placebo", "control patients had fewer deaths": the control arm against the treatment
    rf"(?i)\b{COMPARATIVE}\s+(?:(?!(?:than|and|but|not|no|or|compared|versus|vs)\b)[a-z]+\s+){{0,3}}(?:with|in|on|under|among)\s+(?:the\s+)?{CONTROL}\b(?!led)"
    rf"|(?:^|,)\s*(?:the\s+|(?:patients|participants|people|those)\s+(?:on|with|in|given|receiving|(?:assigned|allocated|randomi[sz]ed)\s+to)\s+(?:the\s+)?)?"
    rf"{CONTROL}(?:-treated|-assigned)?\s+(?:(?:patients|group|arm|participants)\s+)?"
    rf"(?:had|showed|experienced|was|were|led\s+to|gave|survived|lived|died|progressed|relapsed|fared|did)\s+"
    rf"(?:(?:an?|significantly|much|clearly)\s+)*(?:{COMPARATIVE}|sooner|earlier|later)\b"
)
OTHER_DISEASE = re.compile(
    r"(?i)\b(?:in|with)\s+(?:(?!second|new\b|primary)[\w-]+\s+){0,3}?"
    r"(cancer|carcinoma|adenocarcinoma|leuka?emia|lymphoma|melanoma|sarcoma|glioma"
    r"|glioblastoma|mesothelioma|neuroblastoma|diabetes|arthritis|asthma|sepsis|lupus|dementia|schizophrenia|hypertension|copd)\b"
)
COMPARING = re.compile(r"(?i)\b(?:than|versus|vs\.?|v|compared\s+(?:with|to)|over|between|(?:and|but)\s+not)\b")
EVERYONE = words(
    """patients adults people with newly diagnosed the a of an who treated for receiving in and disease new untreated or received
    receive took it"""
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Of whom: `levels` of columns of studies.csv that a review has, all of which are meant; `known` is False for another part.

    No level and known: of all patients.
    """

    levels: tuple[tuple[str, str], ...] = ()
    known: bool = True
    words: str = ""

    def __str__(self) -> str:
        if not self.known:
            return f"a part: {self.words}"
        return ", ".join(level for _, level in self.levels) if self.levels else "overall"


OVERALL = Scope()


@dataclass(frozen=True, slots=True)
class Scopes:
    """The subgroups of a review, by column, and the words of its population."""

    columns: Mapping[str, tuple[str, ...]]
    population: frozenset[str]
    trials: tuple[str, ...] = ()

    @classmethod
    def of_review(cls, review: Review) -> Scopes:
        names = dict.fromkeys(
            name for analysis in review.plan.analyses for subgroup in analysis.subgroups for name in subgroup.split(" x ")
        )
        columns = {
            name: tuple(dict.fromkeys(level for study in review.studies if (level := study.moderators.get(name, ""))))
            for name in names
        }
        said = f"{review.plan.question.population} {review.plan.title} {review.plan.question.text}"
        names_of_trials = {name for s in review.studies for name in (s.trial, s.label, s.trial.partition(" (")[0]) if len(name) > 2}
        return cls(columns, frozenset(re.findall(r"\w+", said.lower())), tuple(sorted(names_of_trials)))

    def of(self, clause: str, sentence: str, *, of_both_arms: bool = False) -> Scope:
        """The scope of what a clause says; the whole sentence is looked at for words such as "stratified by drug".

        `of_both_arms` is for an effect, beside which the control arm may be named for its own figures.
        """
        if apart := self._one_arm_or_trial(clause, of_both_arms):
            return Scope(known=False, words=apart)
        stratified = STRATIFIED.search(sentence) or self._by_column(sentence)
        named = {column: found for column in self.columns if (found := self._levels(column, sentence if stratified else clause))}
        by_name = {column for column in self.columns if re.search(rf"(?i)\b{re.escape(column)}s?\b", sentence)}
        if stratified:
            columns = by_name | set(named)
            each = tuple((column, level) for column in self.columns if column in columns for level in self.columns[column])
            return Scope(each) if each else Scope(known=False, words=stratified.group())
        meant: list[tuple[str, str]] = []
        for column, levels in named.items():
            if len(levels) == len(self.columns[column]) and not EACH.search(clause):
                continue
            meant += [(column, level) for level in levels]
        if len({column for column, _ in meant}) > 1:
            return Scope(known=False, words=", ".join(level for _, level in meant))
        if other := self._other_part(clause):
            return Scope(known=False, words=other)
        return Scope(tuple(meant))

    def _one_arm_or_trial(self, clause: str, of_both_arms: bool) -> str:
        """Words by which something is said of the control arm, of single trials, or of one subgroup against another."""
        found = ONE_TRIAL.search(clause) or (None if of_both_arms else OF_CONTROL.search(clause))
        if found:
            return found.group().strip(" ,")
        if named := next(
            (trial for trial in self.trials if trial in clause and re.search(rf"(?<!\w){re.escape(trial)}(?!\w)", clause)), ""
        ):
            return named
        against = any(len(self._levels(column, clause)) > 1 for column in self.columns) and COMPARING.search(clause)
        return f"one subgroup against another ({against.group()})" if against else ""

    def _by_column(self, sentence: str) -> re.Match[str] | None:
        """`by drug`, `according to the transplantation setting`."""
        names = "|".join(map(re.escape, self.columns))
        return re.search(rf"(?i)\b(?:by|according\s+to)\s+(?:[\w-]+\s+){{0,3}}(?:{names})s?\b", sentence) if names else None

    def _levels(self, column: str, text: str) -> tuple[str, ...]:
        """The levels that a text names; what stands in another level's name (`without` holds `with`) counts once."""
        return tuple(level for level in self.columns[column] if re.search(_pattern(level), text))

    def _other_part(self, clause: str) -> str:
        """Words for a part of the patients that is no level of the review and not its whole population."""
        if people := PEOPLE.search(clause):
            return people.group()
        disease = OTHER_DISEASE.search(clause)
        if disease and disease[1].lower() not in self.population:
            return disease.group()
        for part in PART.finditer(clause):
            listed = re.findall(r"[\w-]+", part[2].lower())
            kept = listed[:1] + _until_verb(listed[1:]) if part[1].lower() in OF_A_CLAUSE else _until_verb(listed)
            if any(word not in self.population | EVERYONE for word in kept):
                named = f"{part[1]} {' '.join(kept)}"
                if not any(re.search(_pattern(level), named) for levels in self.columns.values() for level in levels):
                    return part.group().strip()
        return ""


OF_A_CLAUSE = frozenset({"who", "that", "whose"})  # after which a verb belongs to the part that is meant
VERBS = words(
    "was were is are had has have did improved improves increased reduced prolonged maintenance but and compared than after"
)


def _until_verb(listed: list[str]) -> list[str]:
    end = next((i for i, word in enumerate(listed) if word in VERBS), len(listed))
    return listed[:end]


@lru_cache(maxsize=256)
def _pattern(level: str) -> str:
    """A level as texts write it: `with transplantation` as `with a transplant`, too."""
    words = [
        re.escape(re.sub(r"ation$", "", word)) + (r"(?:ation)?s?" if word.endswith("ation") else "s?") for word in level.split()
    ]
    return r"(?i)(?<![\w-])" + r"\s+(?:an?\s+|the\s+)?".join(words) + r"(?![\w])"
