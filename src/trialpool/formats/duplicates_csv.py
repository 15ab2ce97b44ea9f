"""screening/duplicates.csv: what people decided of pairs of records."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from trialpool.errors import BadInput, Problem
from trialpool.formats.cells import read_row, unknown_columns
from trialpool.formats.csv_table import read_table
from trialpool.formats.quoted import quoted
from trialpool.formats.whole_file import write_whole
from trialpool.review.screening import FOLDER, DuplicateDecision, SameOrNot

NAME = "duplicates.csv"
FILE = f"{FOLDER}/{NAME}"


class DuplicateRow(BaseModel):
    """A row of screening/duplicates.csv."""

    model_config = ConfigDict(frozen=True)

    record: str = Field(description="Identifier of a record (`embase.ris#7`)")
    duplicate_of: str = Field(description="Identifier of the other record")
    decision: SameOrNot = Field(description="one publication, two, or two reports of one study")
    reason: str = Field("", description="Why")
    reviewer: str = Field("", description="Who decided")
    time: str = Field("", description="When, in UTC (`2026-03-01T09:30:00Z`), or a date")


COLUMNS = tuple(DuplicateRow.model_fields)


def read_duplicates(review: Path, records: Collection[str] | None, problems: list[Problem]) -> tuple[DuplicateDecision, ...]:
    """The rows in their order, the last of a pair being what holds; none where there is no such file.

    records : the identifiers that there are; None where that is not known
    """
    if not (review / FOLDER / NAME).exists():
        return ()
    table = read_table(review / FOLDER / NAME, FILE, required=("record", "duplicate_of", "decision"))
    problems += [*table.problems, *unknown_columns(table, DuplicateRow)]
    decisions = []
    for row in table.rows:
        values = read_row(row, table, DuplicateRow, problems)
        if values is None:
            continue
        decision = DuplicateDecision(**values)
        problems += [Problem(FILE, row.number, *finding) for finding in findings(decision, records)]
        decisions.append(decision)
    return tuple(decisions)


def findings(decision: DuplicateDecision, records: Collection[str] | None) -> list[tuple[str, str, str]]:
    """What in a decision cannot be: column, what, mend."""
    mend = "Correct the identifier: the file in search/, and the record's position in it (pubmed.nbib#12)"
    pair = (("record", decision.record), ("duplicate_of", decision.duplicate_of))
    found = [
        (column, f"search/ has no record {quoted(id_)}", mend) for column, id_ in pair if records is not None and id_ not in records
    ]
    if decision.record == decision.duplicate_of:
        found.append(("duplicate_of", "a record is compared with itself", "Name the other record"))
    return found


def add_duplicates(review: Path, decisions: Sequence[DuplicateDecision]) -> None:
    """Add rows at the end of the file, which is made where there is none.

    Raises
    ------
    BadInput
        where the file that is there cannot be read
    """
    path = review / FOLDER / NAME
    problems: list[Problem] = []
    before = read_duplicates(review, None, problems)
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise BadInput(errors)
    path.parent.mkdir(exist_ok=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([getattr(decision, name) for name in COLUMNS] for decision in (*before, *decisions))
    write_whole(path, text.getvalue().encode("utf-8"))
