"""The summary of findings: for each outcome what the evidence comes to in people, and how certain it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from trialpool.analysis.certainty import EvidenceProfile
from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.analysis.placed_effect import PlacedEffect
from trialpool.errors import BadArgument
from trialpool.reports.plain_language import NOT_JUDGED, statement
from trialpool.reports.wording import name_of
from trialpool.review.certainty import DOMAINS, LEVELS, CertaintyLevel, OutcomeCertainty, SmallestImportant
from trialpool.stats.tables import Tabular, text_table

FULL, OPEN = "\N{CIRCLED PLUS}", "\N{WHITE CIRCLE}"
NO_STUDY = "No study reports this outcome in a way that can be used."
SHORT = ("outcome", "baseline", "comparator", "treated", "difference", "low", "high", "certainty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Footnote:
    """A footnote: `mark` is its letter."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """An outcome at one baseline risk. People are counted of 1000; what there is no baseline for is None.

    analysis    : id of the analysis; outcome : its name; importance : as judged, "" where nobody did
    counted     : what is counted, in words; shows : "events" or "event-free"
    baseline    : which people, "" where there is one baseline; at : when
    comparator  : people counted with the comparator
    treated     : with the treatment; treated_low, treated_high : its limits
    difference  : treated - comparator; low, high : its limits
    nnt         : number needed to treat, in words
    measure     : of the relative effect; relative, relative_low, relative_high : as shown (a ratio, or a difference of risks)
    patients    : of all studies together, None where some are not known; studies : how many; events : of all together
    certainty   : the level; None where the outcome is not yet judged
    statement   : the finding in plain language
    marks       : footnotes of the certainty; absolute_marks : of the absolute effects
    """

    analysis: str
    outcome: str
    importance: str = ""
    counted: str
    shows: str = "events"
    baseline: str = ""
    at: str = ""
    comparator: float | None = None
    treated: float | None = None
    treated_low: float | None = None
    treated_high: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    nnt: str = ""
    measure: str
    relative: float | None = None
    relative_low: float | None = None
    relative_high: float | None = None
    patients: int | None = None
    studies: int = 0
    events: int | None = None
    certainty: CertaintyLevel | None = None
    statement: str
    marks: tuple[str, ...] = ()
    absolute_marks: tuple[str, ...] = ()

    @property
    def symbols(self) -> str:
        """The level as four circles; empty where the outcome is not yet judged."""
        return "" if self.certainty is None else symbols(self.certainty)


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryOfFindings(Tabular):
    """The table with what it takes to read it.

    treatment, control : what the arms are called
    rows      : in the order of certainty.toml, then analyses that nobody judged, in the order of the plan
    footnotes : in the order in which rows lean on them
    cautions  : what a reader must know, a sentence each
    judged_by : who judged, and how
    """

    treatment: str
    control: str
    rows: tuple[SummaryRow, ...]
    footnotes: tuple[Footnote, ...]
    cautions: tuple[str, ...] = ()
    judged_by: str = ""

    def table(self) -> dict[str, list[Any]]:
        """A row a row; `footnotes` are the letters."""
        names = [name for name in SummaryRow.__dataclass_fields__ if name not in ("marks", "absolute_marks")]
        columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in self.rows] for name in names}
        columns["certainty"] = [row.certainty or "not yet judged" for row in self.rows]
        columns["footnotes"] = [" ".join((*row.absolute_marks, *row.marks)) for row in self.rows]
        return columns

    def __str__(self) -> str:
        columns = self.table()
        return f"{self.treatment} against {self.control}, people of 1000\n{text_table({name: columns[name] for name in SHORT})}"


def summary_of_findings(findings: Findings) -> SummaryOfFindings:
    """The summary of findings of a review: absolute and relative effects, certainty by GRADE, plain language.

    Parameters
    ----------
    findings : what `analyse` found; the judgements are those of the review's certainty.toml

    Returns
    -------
    SummaryOfFindings. An outcome that nobody judged is in it as "not yet judged": the software judges nothing. Absolute effects
    stand where there is a baseline risk; without a stated one the median risk of the control arms serves where arms are counted.

    References
    ----------
    Guyatt et al. (2013), J Clin Epidemiol 66:158-172; Santesso et al. (2020), J Clin Epidemiol 119:126-135

    >>> from trialpool.analysis.run import analyse
    >>> from trialpool.formats.review_folder import read_review
    >>> summary = summary_of_findings(analyse(read_review("reviews/imid-maintenance")))
    >>> [(row.outcome, row.certainty, row.symbols) for row in summary.rows][:1]
    [('Overall survival', 'very low', '⊕○○○')]
    """
    certainty = findings.review.certainty
    notes = _Footnotes()
    rows = tuple(row for found in _in_order(findings) for row in _rows(found, findings, notes))
    plan = findings.review.plan
    return SummaryOfFindings(
        treatment=plan.treatment,
        control=plan.control,
        rows=rows,
        footnotes=notes.all,
        cautions=() if certainty is None else certainty.cautions,
        judged_by="" if certainty is None else certainty.judged_by,
    )


def symbols(level: CertaintyLevel) -> str:
    """Four circles, as many of them filled as the level has.

    >>> symbols("high"), symbols("very low")
    ('⊕⊕⊕⊕', '⊕○○○')
    """
    filled = LEVELS[::-1].index(level) + 1
    return FULL * filled + OPEN * (len(LEVELS) - filled)


class _Footnotes:
    """Footnotes as they are needed; the same text has one letter."""

    def __init__(self) -> None:
        self._marks: dict[str, str] = {}

    def mark(self, text: str) -> str:
        return self._marks.setdefault(text, letters(len(self._marks)))

    @property
    def all(self) -> tuple[Footnote, ...]:
        return tuple(Footnote(mark=mark, text=text) for text, mark in self._marks.items())


def letters(n: int) -> str:
    """a to z, then aa, ab and so on.

    >>> letters(0), letters(25), letters(26)
    ('a', 'z', 'aa')
    """
    return (letters(n // 26 - 1) if n >= 26 else "") + chr(ord("a") + n % 26)


def _in_order(findings: Findings) -> Iterator[AnalysisFindings]:
    """Analyses as certainty.toml has them, then the others."""
    certainty = findings.review.certainty
    first = [] if certainty is None else [outcome.analysis for outcome in certainty.outcomes]
    yield from (findings[id_] for id_ in first)
    yield from (found for found in findings.analyses if found.analysis.id not in first)


def profile_of(found: AnalysisFindings) -> EvidenceProfile:
    """The evidence profile of an analysis, which `analyse` makes."""
    if found.certainty is None:
        raise BadArgument("These findings hold no evidence profile. Take those that analyse() returns.")
    return found.certainty


def counted_words(found: AnalysisFindings) -> str:
    """What is counted, in the words of a sentence."""
    judged = profile_of(found).judged
    return judged.in_words if judged is not None and judged.counted else found.outcome.name.lower()


def _rows(found: AnalysisFindings, findings: Findings, notes: _Footnotes) -> Iterator[SummaryRow]:
    profile = profile_of(found)
    judged = profile.judged
    shared: dict[str, Any] = {
        "analysis": found.analysis.id,
        "outcome": name_of(found, findings),
        "importance": "" if judged is None else judged.importance,
        "counted": counted_words(found),
        "measure": found.outcome.measure,
        "studies": found.studies,
        "patients": profile.patients,
        "events": profile.events,
        "certainty": profile.level if found.fit is not None else None,
    }
    if found.fit is None:
        yield SummaryRow(statement=NO_STUDY, **shared)
        return
    low, high = found.fit.interval()
    shown = found.measure.shown
    relative = {"relative": shown(found.fit.mu), "relative_low": shown(low), "relative_high": shown(high)}
    shared |= {name: _finite(value) for name, value in relative.items()}
    for place in profile.placed:
        said = statement(
            place,
            profile.level,
            treatment=findings.review.plan.treatment,
            counted=shared["counted"],
            measure=found.measure.name.lower(),
            confidence=found.analysis.level,
        )
        absolute_marks = tuple(notes.mark(text) for text in _on_absolute(place, judged))
        marks = tuple(notes.mark(text) for text in _on_certainty(judged)) if profile.level is not None else ()
        yield SummaryRow(statement=said, marks=marks, absolute_marks=absolute_marks, **shared, **_people(place))


def _people(place: PlacedEffect) -> dict[str, Any]:
    """The absolute columns of a row, of 1000."""
    effect, baseline = place.effect, place.baseline
    if effect is None or baseline is None:
        return (
            {}
            if place.logs or place.unit is not None
            else {name: _finite(1000 * getattr(place, of)) for name, of in BY_DIFFERENCE.items()}
        )
    low, high = effect.per_1000_interval
    return {
        "shows": effect.counted,
        "baseline": baseline.label,
        "at": baseline.at,
        "comparator": 1000 * effect.control,
        "treated": _finite(1000 * effect.treated),
        "treated_low": _finite(1000 * effect.treated_low),
        "treated_high": _finite(1000 * effect.treated_high),
        "difference": _finite(effect.per_1000),
        "low": _finite(low),
        "high": _finite(high),
        "nnt": effect.nnt_in_words,
    }


def _finite(number: Any) -> float | None:
    return float(number) if isfinite(number) else None


BY_DIFFERENCE = {"difference": "estimate", "low": "low", "high": "high"}  # of a risk difference without a baseline


def _on_absolute(place: PlacedEffect, judged: OutcomeCertainty | None) -> Iterator[str]:
    if place.baseline is not None:
        who = "" if place.stated else " Nobody stated a baseline risk."
        yield f"Risk with the comparator: {place.baseline.source.rstrip('.')}.{who}"
    if judged is not None and judged.mid is not None:
        mid = judged.mid
        size = _mid_size(place, mid)
        yield (
            f"Smallest difference that matters: {size}. {_sentence(mid.why)}"
            if mid.why
            else f"Smallest difference that matters: {size}."
        )


def _mid_size(place: PlacedEffect, mid: SmallestImportant) -> str:
    if mid.difference is not None:
        return f"{mid.difference:g} {place.unit}".rstrip()
    return f"{mid.per_1000:g} of 1000 people" if mid.per_1000 is not None else f"a ratio of {mid.ratio:g}"


def _on_certainty(judged: OutcomeCertainty | None) -> Iterator[str]:
    if judged is None:
        return
    for domain, made in judged.decisions:
        if made.levels:
            number = {1: "One level", 2: "Two levels", 3: "Three levels"}[abs(made.levels)]
            yield f"{number} {'down' if made.levels < 0 else 'up'} for {DOMAINS[domain]}: {_sentence(made.why)}"
    if judged.override is not None and judged.computed != judged.override.level:
        yield f"Set to {judged.override.level}, where the decisions add up to {judged.computed}: {_sentence(judged.override.why)}"
    if judged.note:
        yield _sentence(judged.note)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


__all__ = ["NOT_JUDGED", "Footnote", "SummaryOfFindings", "SummaryRow", "summary_of_findings"]
