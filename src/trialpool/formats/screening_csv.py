"""screening/: who decided what of which record and why, and which record is a report of which study; read and checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from trialpool.errors import Problem
from trialpool.formats.cells import nearest, read_row, unknown_columns
from trialpool.formats.csv_table import Row, Table, read_table
from trialpool.formats.decision_file import DecisionRow, cut_short, decision_table
from trialpool.formats.quoted import quoted
from trialpool.formats.row_numbers import rows_in_words
from trialpool.review.plan import ScreeningPlan
from trialpool.review.screening import FOLDER, REVIEWER, ReportOfStudy, ScreeningDecision

INCLUDED, DUPLICATES = "included.csv", "duplicates.csv"
NOTES = frozenset({".md", ".txt"})
TIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})?)?", re.ASCII)
Known = Collection[str] | None  # identifiers that there are; None where these could not be read
Finding = tuple[str, str, str]  # column, what, mend


class IncludedRow(BaseModel):
    """A row of screening/included.csv."""

    model_config = ConfigDict(frozen=True)

    record: str = Field(description="Identifier of any record of the publication")
    study: str = Field("", description="The study that it reports, as studies.csv identifies it; empty while it is open")
    title: str = Field("", description="Its title, for the reader; nothing is made of it")


def read_decisions(
    folder: Path, plan: ScreeningPlan | None, records: Known, problems: list[Problem]
) -> tuple[ScreeningDecision, ...]:
    """The rows of screening/decisions-*.csv, in the order of the files' names and of their rows."""
    decisions: list[ScreeningDecision] = []
    for path in _files(folder, problems):
        reviewer = _reviewer(path, problems)
        if reviewer:
            decisions += _of_reviewer(path, reviewer, plan, records, problems)
    return tuple(decisions)


def read_included(
    folder: Path, records: Known, studies: Known, problems: list[Problem]
) -> tuple[tuple[ReportOfStudy, ...], tuple[str, ...]]:
    """The rows of screening/included.csv, and the records of those that wait for their study; none where there is no such file."""
    if folder / FOLDER / INCLUDED not in _files(folder, []):
        return (), ()
    table = read_table(folder / FOLDER / INCLUDED, f"{FOLDER}/{INCLUDED}", required=("record", "study"))
    problems += [*table.problems, *unknown_columns(table, IncludedRow)]
    if "study" not in table.columns:  # which is said, and would leave every row open
        return (), ()
    reports: dict[ReportOfStudy, int] = {}
    unassigned: dict[int, str] = {}
    for row in table.rows:
        values = read_row(row, table, IncludedRow, problems)
        if values is None:
            continue
        problems += [Problem(table.file, row.number, *finding) for finding in _unknown(values["record"], records)]
        if not values.get("study"):
            unassigned[row.number] = values["record"]
            continue
        report = ReportOfStudy(record=values["record"], study=values["study"])
        if studies is not None and report.study not in studies:
            what = f"studies.csv has no study {quoted(report.study)}"
            problems.append(
                Problem(table.file, row.number, "study", what, nearest(report.study, list(studies), otherwise="It has"))
            )
        if report in reports:
            problems.append(
                Problem(table.file, row.number, "", f"it says the same as row {reports[report]}", "Remove it", "warning")
            )
        reports.setdefault(report, row.number)
    if unassigned:
        what = f"{rows_in_words(unassigned)} {'waits' if len(unassigned) == 1 else 'wait'} for the study that is reported"
        problems.append(Problem(table.file, 0, "study", what, "Fill in a study of studies.csv", "note"))
    return tuple(reports), tuple(unassigned.values())


def _files(folder: Path, problems: list[Problem]) -> list[Path]:
    """What is in screening/, by name; or why that can't be seen."""
    try:
        return sorted((folder / FOLDER).iterdir())
    except FileNotFoundError:
        return []
    except NotADirectoryError:
        problems.append(Problem(FOLDER, 0, "", "this is a file, not a folder", "Make it a folder, or remove it"))
    except OSError as error:
        problems.append(Problem(FOLDER, 0, "", f"the folder cannot be read ({error.strerror})", "Check its permissions"))
    return []


def _reviewer(path: Path, problems: list[Problem]) -> str:
    """Whose decisions a file holds; empty where it is none of decisions, which is said of a CSV that nothing else reads."""
    name = path.name.encode(errors="replace").decode()
    if name.startswith((".", "~")) or name in (INCLUDED, DUPLICATES) or path.suffix.lower() in NOTES:
        return ""
    reviewer = name.removeprefix("decisions-").removesuffix(".csv")
    if name == f"decisions-{reviewer}.csv" and REVIEWER.fullmatch(reviewer):
        return reviewer
    mend = "Decisions stand in decisions-REVIEWER.csv, such as decisions-mk.csv; put anything else elsewhere"
    problems.append(Problem(f"{FOLDER}/{name}", 0, "", "it is not read", mend, "warning"))
    return ""


def _of_reviewer(
    path: Path, reviewer: str, plan: ScreeningPlan | None, records: Known, problems: list[Problem]
) -> Iterator[ScreeningDecision]:
    file = f"{FOLDER}/{path.name}"
    try:
        table, torn = decision_table(path.read_bytes(), file)
    except OSError as error:
        problems.append(Problem(file, 0, "", f"the file cannot be read ({error.strerror})", "Check its permissions"))
        return
    unfinished = {row.number for row in table.rows if cut_short(row.cells.get("role", ""))}
    unfinished |= {p.row for p in table.problems if " cells under " in p.what and p.severity == "warning"}
    problems += [p for p in (*table.problems, *unknown_columns(table, DecisionRow)) if p.row not in unfinished]
    for row in table.rows:
        if row.number in unfinished:
            problems.append(_not_counted(file, row.number, row.cells["record"]))
            continue
        values = read_row(row, table, DecisionRow, problems)
        if values is not None:
            decision = ScreeningDecision(**values, row=row.number)
            problems += [Problem(file, row.number, *finding) for finding in _findings(decision, reviewer, plan, records)]
            yield decision
    if torn:
        problems.append(_not_counted(file, _next_row(table), torn.partition(",")[0]))


def _next_row(table: Table) -> int:
    last: Row | None = table.rows[-1] if table.rows else None
    return 1 + (last.number if last else table.header)


def _not_counted(file: str, row: int, record: str) -> Problem:
    what = f"the row was not written to its end, and is not counted (record {quoted(record)})"
    return Problem(file, row, "", what, "Decide the record again, and remove the row", "warning")


def _findings(decision: ScreeningDecision, reviewer: str, plan: ScreeningPlan | None, records: Known) -> Iterator[Finding]:
    """Everything in a row that breaks a rule."""
    yield from _unknown(decision.record, records)
    if decision.reviewer != reviewer:
        what = f"a decision of {quoted(decision.reviewer)} in the file of {quoted(reviewer)}"
        yield "reviewer", what, "Correct it, or move the row to the file of that reviewer; each has one"
    if decision.decision == "unavailable" and decision.stage != "full-text":
        yield "decision", "'unavailable' says that the full text is not to be had", "Use it at the stage full-text"
    if not _is_time(decision.time):
        yield "time", f"{quoted(decision.time)} is no time", "Write 2026-03-01T09:30:00Z, or a date as 2026-03-01"
    if plan is not None:
        yield from _reason(decision, plan.reasons_at(decision.stage))


def _unknown(record: str, records: Known) -> Iterator[Finding]:
    if records is not None and record not in records:
        file = record.rpartition("#")[0]
        same = [known for known in records if known.rpartition("#")[0] == file]
        mend = f"{file} has {same[0]} to {same[-1]}" if same else "Write the file in search/ and the place in it, as pubmed.nbib#12"
        yield "record", f"there is no record {quoted(record)}", mend


def _reason(decision: ScreeningDecision, reasons: tuple[str, ...]) -> Iterator[Finding]:
    if decision.reason and decision.decision != "exclude":
        yield "reason", f"a reason of exclusion with the decision {decision.decision!r}", "Leave it empty; use note"
    elif decision.reason and reasons and decision.reason not in reasons:
        mend = nearest(decision.reason, reasons, otherwise="They are")
        mend += " Or add it there" if mend.endswith("?") else ", or add it there"
        yield "reason", f"{quoted(decision.reason)} is not among the reasons in review.toml", mend
    elif decision.decision == "exclude" and decision.stage == "full-text" and reasons and not decision.reason:
        yield "reason", "a full text is excluded without a reason", f"Give one of {', '.join(reasons)}"


def _is_time(text: str) -> bool:
    try:
        return bool(TIME.fullmatch(text)) and datetime.fromisoformat(text) is not None
    except ValueError:
        return False
