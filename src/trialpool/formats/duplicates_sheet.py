"""A sheet of pairs for a person to decide: both records side by side, and a column for the decision."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from trialpool.errors import BadInput, Problem
from trialpool.formats.csv_table import Row, read_table
from trialpool.formats.duplicates_csv import findings
from trialpool.formats.quoted import quoted
from trialpool.formats.whole_file import write_whole
from trialpool.review.record import Record
from trialpool.review.screening import DuplicateDecision, SameOrNot

OPTIONS: dict[str, SameOrNot] = {option: option for option in get_args(SameOrNot)}
_SHOWN = ("title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "kind", "database", "abstract")
_LONGEST = 500  # characters of a cell; a person compares beginnings
COLUMNS = (
    "record", "duplicate_of", "decision", "reason", "found", *(f"{name} {n}" for name in _SHOWN for n in (1, 2))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenPair:
    """Two records that may be one publication, with what speaks for it and against it."""

    record: Record
    other: Record
    found: str


def write_sheet(pairs: Sequence[OpenPair], path: Path) -> None:
    """Write the pairs, `decision` and `reason` empty.

    Raises
    ------
    BadInput
        where the file is there already: it may hold decisions
    """
    if path.exists():
        raise BadInput([Problem(str(path), 0, "", "the file is there already, and may hold decisions", "Give another name")])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_cells(pair) for pair in pairs)
    write_whole(path, text.getvalue().encode("utf-8-sig"))  # with the mark by which Excel knows UTF-8


def _cells(pair: OpenPair) -> list[str]:
    fields = (_cell(getattr(record, name)) for name in _SHOWN for record in (pair.record, pair.other))
    return [pair.record.id, pair.other.id, "", "", pair.found, *fields]


def _cell(value: object) -> str:
    text = "; ".join(map(str, value)) if isinstance(value, tuple) else "" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def read_sheet(path: Path, records: Collection[str], *, reviewer: str, time: str) -> tuple[DuplicateDecision, ...]:
    """The decisions in a sheet; rows without one are left open.

    Raises
    ------
    BadInput
        with every row that cannot be used
    """
    table = read_table(path, path.name, required=("record", "duplicate_of", "decision"))
    problems = [problem for problem in table.problems if problem.severity == "error"]
    decisions = []
    for row in table.rows:
        if row.cells.get("decision", ""):
            decision = _decision(row, reviewer, time, path.name, problems)
            if decision is not None:
                problems += [Problem(path.name, row.number, *finding) for finding in findings(decision, records)]
                decisions.append(decision)
    if problems:
        raise BadInput(problems)
    return tuple(decisions)


def _decision(row: Row, reviewer: str, time: str, file: str, problems: list[Problem]) -> DuplicateDecision | None:
    said = row.cells["decision"].casefold().replace(" ", "-")
    if said not in OPTIONS:
        what = f"{quoted(row.cells['decision'])} is not one of {', '.join(OPTIONS)}"
        problems.append(Problem(file, row.number, "decision", what, "Use one of these, or leave the cell empty"))
        return None
    pair = row.cells.get("record", ""), row.cells.get("duplicate_of", "")
    return DuplicateDecision(*pair, OPTIONS[said], row.cells.get("reason", ""), reviewer, time)
