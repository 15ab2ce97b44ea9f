"""`trialpool prepare`: rows for a person to fill, of whatever is still open; rows that are there stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from trialpool.errors import BadInput, Problem
from trialpool.formats.appended_rows import append_rows
from trialpool.formats.cells import columns_of, nearest
from trialpool.formats.quoted import quoted
from trialpool.formats.review_toml import read_plan
from trialpool.formats.risk_of_bias_csv import FILE as RISK_OF_BIAS
from trialpool.formats.risk_of_bias_csv import read_risk_of_bias
from trialpool.formats.screening_csv import INCLUDED, IncludedRow, read_included
from trialpool.formats.screening_folder import read_screening
from trialpool.formats.study_and_report_tables import read_reports, read_studies
from trialpool.formats.tool_definition import read_tools
from trialpool.review.assessments import tools_about
from trialpool.review.plan import Plan
from trialpool.review.report import Report
from trialpool.review.risk_of_bias import RiskOfBiasRow, is_about, open_questions
from trialpool.review.screening import FOLDER
from trialpool.review.study import Study
from trialpool.screening.publications_of_review import screen_records

TOOL = "rob2-assignment"  # where nothing says which


def prepare_included(folder: Path) -> None:
    """Add a row to screening/included.csv for every publication that was included and has none."""
    read, problems = read_screening(folder), list[Problem]()
    reports, unassigned = read_included(folder, read.search.by_id or None, None, problems)
    _refuse(problems)
    screened = screen_records(read.search.records, read.decisions, read.plan.screening, duplicates=read.duplicates)
    there = {screened.state.publication_of(id_).id for id_ in (*(report.record for report in reports), *unassigned)}
    new = [publication.id for publication in screened.state.included if publication.id not in there]
    file = f"{FOLDER}/{INCLUDED}"
    rows = [{"record": id_, "study": "", "title": screened.shown[id_].title} for id_ in new]
    none = "Every publication that was included has its row." if screened.state.included else "No publication is included yet."
    _add(folder, file, columns_of(IncludedRow), rows, empty="study", none=none)


def prepare_risk_of_bias(folder: Path, *, tool: str, reviewer: str) -> None:
    """Add a row to risk_of_bias.csv for every question of every result that is asked and has no answer."""
    problems: list[Problem] = []
    if not folder.is_dir():
        raise BadInput([Problem(str(folder), 0, "", "there is no such folder", "Give the path of a review folder")])
    plan, (studies, strata) = read_plan(folder, problems), read_studies(folder, problems)
    reports, tools = read_reports(folder, "results", strata, problems), read_tools(folder, problems)
    there = (folder / RISK_OF_BIAS).exists()
    rows, unanswered = read_risk_of_bias(folder, tools, strata, plan, problems) if there else ((), ())
    _refuse(problems)
    assert plan is not None
    for name in (tool, *plan.risk_of_bias.tools):
        if name and name not in tools:
            mend = nearest(name, list(tools), otherwise="Put its definition into tools/, or use one of")
            raise BadInput([Problem(RISK_OF_BIAS, 0, "tool", f"there is no tool {quoted(name)}", mend)])
    judged = (*rows, *unanswered)
    if reviewer:
        rows, unanswered = (tuple(row for row in of if row.reviewer == reviewer) for of in (rows, unanswered))
    new = dict.fromkeys(
        (unit.study, "" if domain.whole_study else outcome, by.id, domain.id, question)
        for unit, outcome in _results(plan, studies, reports)
        for by in [tools[tool or _tool_of(unit, outcome, plan, judged)]]
        for domain, question in open_questions(unit, outcome, by, rows)
        if (by.id, domain.id, question)
        not in {(row.tool, row.domain, row.question) for row in unanswered if is_about(row, unit, outcome)}
    )
    names = ("study", "outcome", "tool", "domain", "question")
    made = [dict(zip(names, key, strict=True)) | {"reviewer": reviewer} for key in new]
    found = bool(list(_results(plan, studies, reports)))
    none = (
        "Every open question has its row."
        if found
        else "No outcome of review.toml has a row in results/ yet, so that there is nothing to judge."
    )
    _add(folder, RISK_OF_BIAS, columns_of(RiskOfBiasRow), made, empty="answer", none=none)


def _results(plan: Plan, studies: Sequence[Study], reports: Sequence[Report]) -> Iterator[tuple[Study, str]]:
    """Every study (or stratum) with every outcome that it reports."""
    reported = {(report.study, report.outcome) for report in reports}
    for unit in studies:
        for outcome in plan.outcomes:
            if any((unit.study, name) in reported for name in outcome.reported_as):
                yield unit, outcome.id


def _tool_of(unit: Study, outcome: str, plan: Plan, rows: Sequence[RiskOfBiasRow]) -> str:
    """The tool by which a result is judged already; else the plan's first, else RoB 2."""
    judged_by, preferred = tools_about(unit, outcome, rows), plan.risk_of_bias.tools
    return next((name for name in preferred if name in judged_by), [*judged_by, *preferred, TOOL][0])


def _refuse(problems: Sequence[Problem]) -> None:
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise BadInput(errors)


def _add(folder: Path, file: str, columns: Sequence[str], rows: Sequence[dict[str, str]], *, empty: str, none: str) -> None:
    if not rows:
        typer.echo(none)
        return
    append_rows(folder / file, file, columns, rows, optional=("title",))
    typer.echo(f"{len(rows)} row{'s' if len(rows) > 1 else ''} added to {folder / file}. Fill in `{empty}`.")
