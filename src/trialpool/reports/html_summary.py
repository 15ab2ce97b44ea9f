"""The top of the page: the answers, the table of results; and its foot: what was noticed, and what words mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.errors import Problem
from trialpool.reports.answers import answer
from trialpool.reports.html_certainty import certainty_line
from trialpool.reports.html_derivation import Noticed, effect_heading
from trialpool.reports.html_places import Places, part
from trialpool.reports.html_tables import Cell, Column, Row, Table, cell, row, table
from trialpool.reports.html_variations import NONE, spread, statuses_text
from trialpool.reports.wording import effect_text, name_of, prediction_text, studies_text


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """The sentences of an outcome, and where it is set out."""

    href: str
    name: str
    sentences: tuple[str, ...]
    certainty: str


def answers(findings: Findings) -> tuple[AnswerView, ...]:
    """The answer to each outcome."""
    return tuple(
        AnswerView(
            href=f"#{part(found, 'outcome')}",
            name=name_of(found, findings),
            sentences=answer(found),
            certainty=certainty_line(found, findings),
        )
        for found in findings.analyses
    )


def question(findings: Findings) -> tuple[tuple[str, str], ...]:
    """The parts of the question that are filled in."""
    asked = findings.review.plan.question
    parts = (
        ("Population", asked.population),
        ("Intervention", asked.intervention),
        ("Comparison", asked.comparison),
        ("Outcomes", asked.outcomes),
        ("Designs", asked.designs),
    )
    return tuple((name, text) for name, text in parts if text)


def summary(findings: Findings) -> Table:
    """A row an analysis."""
    columns = (
        Column("Outcome"),
        Column("k", "number"),
        Column("Effect (CI)", "number"),
        Column("Prediction interval", "number"),
        Column("I²", "number"),
        Column("τ²", "number"),
        Column("Rests on rows", "brief"),
        Column("From read rows alone", "number"),
    )
    return table("Summary of results", columns, tuple(_summary(found, findings) for found in findings.analyses), wide=True)


def _summary(found: AnalysisFindings, findings: Findings) -> Row:
    head, fit = cell(name_of(found, findings), f"#{part(found, 'outcome')}"), found.fit
    if fit is None:
        return row((head, cell(0), cell("no result", below=found.why), *(cell(NONE) for _ in range(3)), cell(NONE), cell("")))
    predicted = prediction_text(fit, found.analysis.prediction)
    pooled = cell(effect_text(fit), f"#{part(found, 'effects')}", below=effect_heading(found))
    return row(
        (
            head,
            cell(
                int(fit.k), below="" if found.studies == fit.k else studies_text(found.studies).replace(" ", "\N{NO-BREAK SPACE}")
            ),
            pooled,
            cell(NONE if predicted == "not estimable" else predicted),
            *map(cell, spread(fit)),
            cell(statuses_text(effect.report.status for effect in found.selection.effects)),
            _read_only(found),
        )
    )


def _read_only(found: AnalysisFindings) -> Cell:
    """The result from `read` rows alone, where not all rows are."""
    if all(effect.report.status == "read" for effect in found.selection.effects):
        return cell("the same")
    varied = found.variation("read-only")
    if varied is None:
        return cell("not in the plan")
    return cell("none", below=varied.why) if varied.fit is None else cell(effect_text(varied.fit), below=f"k = {int(varied.fit.k)}")


def noticed_in(findings: Findings) -> Noticed:
    """What was noticed in each row, by file and row."""
    by_row: dict[tuple[str, int], tuple[Problem, ...]] = {}
    for problem in findings.inconsistencies:
        key = (problem.file, problem.row)
        by_row[key] = (*by_row.get(key, ()), problem)
    return by_row


def inconsistencies(findings: Findings, places: Places) -> Table | None:
    """Every inconsistency; its place leads to the derivation that shows the row, where there is one."""
    if not findings.inconsistencies:
        return None
    shown = dict(reversed(list(_rows_shown(findings, places))))
    columns = (Column("Place"), Column("Kind"), Column("What was found", "long"), Column("What to do", "long"))
    rows = (
        row((cell(p.place, shown.get((p.file, p.row), "")), cell(p.severity), cell(_sentence(p.what)), cell(_sentence(p.mend))))
        for p in findings.inconsistencies
    )
    return table("Inconsistencies found", columns, rows)


def _rows_shown(findings: Findings, places: Places) -> Iterator[tuple[tuple[str, int], str]]:
    """Rows and the derivations they stand in, those that count before the others."""
    for found in findings.analyses:
        for effect in found.selection.effects:
            yield (effect.report.file, effect.report.row), f"#{places[(found.analysis.id, *effect.unit.key)]}"
    for found in findings.analyses:
        chosen = [(effect.unit, effect.others) for effect in found.selection.effects]
        for unit, others in chosen + [(missing.unit, missing.candidates) for missing in found.selection.missing]:
            for other in others:
                yield (other.report.file, other.report.row), f"#{places[(found.analysis.id, *unit.key)]}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
