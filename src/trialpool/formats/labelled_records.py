"""Records with the decision that was made of each, in one CSV file: to try a ranking on a screening that is finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trialpool.errors import BadInput, Problem
from trialpool.formats.csv_table import Row, read_table
from trialpool.formats.quoted import quoted
from trialpool.review.record import Place, Record

LABELS = ("label_included", "included", "label", "relevant", "decision", "final_label")
TITLES, ABSTRACTS = ("title", "primary_title", "titles"), ("abstract", "abstracts", "notes_abstract")
RELEVANT = {"1": True, "1.0": True, "yes": True, "true": True, "include": True, "included": True, "relevant": True, "maybe": True}
IRRELEVANT = {"0": False, "0.0": False, "no": False, "false": False, "exclude": False, "excluded": False, "irrelevant": False}
_MEANING = RELEVANT | IRRELEVANT


@dataclass(frozen=True)
class LabelledRecords:
    """A finished screening.

    name : of the file, without suffix
    records : those that have a decision
    relevant : by identifier, whether it was included
    unlabelled : how many rows have no decision; they are left out
    """

    name: str
    records: tuple[Record, ...]
    relevant: Mapping[str, bool]
    unlabelled: int = 0


def read_labelled_records(path: Path, label: str = "") -> LabelledRecords:
    """The rows of a CSV file with the columns title, abstract, and a label (one of LABELS, or the column that is named).

    Raises
    ------
    BadInput
        the file cannot be read, lacks a column, or has a label that says neither yes nor no
    """
    if not path.is_file():
        raise BadInput([Problem(path.name, 0, "", "there is no such file", "Give a CSV file with records and decisions")])
    table = read_table(path, path.name)
    names = {name.casefold(): name for name in table.columns}
    of_label = _first(names, (label,) if label else LABELS)
    title, abstract = _first(names, TITLES), _first(names, ABSTRACTS)
    problems = [problem for problem in table.problems if problem.severity == "error"]
    if table.columns:
        problems += _lacking(path.name, table.columns, of_label, title, label)
    if problems:
        raise BadInput(problems)
    records, relevant, unlabelled = [], {}, 0
    for row in table.rows:
        said = row.cells[of_label].casefold()
        if said and said not in _MEANING:
            problems.append(_unclear(path.name, row, of_label))
        elif said:
            record = _record(row, path.name, names, title, abstract)
            records.append(record)
            relevant[record.id] = _MEANING[said]
        unlabelled += not said
    if problems:
        raise BadInput(problems)
    return LabelledRecords(path.stem, tuple(records), relevant, unlabelled)


def _first(names: Mapping[str, str], wanted: tuple[str, ...]) -> str:
    return next((names[name.casefold()] for name in wanted if name.casefold() in names), "")


def _lacking(file: str, columns: tuple[str, ...], of_label: str, title: str, label: str) -> list[Problem]:
    have = quoted(", ".join(columns)).strip("'")
    problems = []
    if not of_label:
        wanted = quoted(label) if label else " or ".join(LABELS)
        mend = "Name the column that says what was included: --label NAME"
        problems.append(Problem(file, 1, "", f"there is no column {wanted} among the columns ({have})", mend))
    if not title:
        problems.append(Problem(file, 1, "title", f"missing among the columns ({have})", "Add the column"))
    return problems


def _unclear(file: str, row: Row, column: str) -> Problem:
    mend = f"Write one of {', '.join(_MEANING)}, or leave it empty where nothing was decided"
    return Problem(file, row.number, column, f"{quoted(row.cells[column])} says neither yes nor no", mend)


def _record(row: Row, file: str, names: Mapping[str, str], title: str, abstract: str) -> Record:
    year = row.cells.get(names.get("year", ""), "").removesuffix(".0")
    return Record(
        Place(file, row.number - 1, row.number),
        title=row.cells[title],
        abstract=row.cells.get(abstract, ""),
        year=int(year) if year.isdecimal() else None,
    )
