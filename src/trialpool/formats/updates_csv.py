"""updates.csv: the history of a living review."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from trialpool.errors import Problem
from trialpool.formats.cells import read_row, unknown_columns
from trialpool.formats.csv_table import read_table
from trialpool.review.update import Update

FILE = "updates.csv"


def read_updates(folder: Path, problems: list[Problem]) -> tuple[Update, ...]:
    """The rows of a review's updates.csv, the oldest first whatever their order in the file."""
    table = read_table(folder / FILE, FILE, required=("version", "date", "what"))
    problems += [*table.problems, *unknown_columns(table, Update)]
    updates = []
    for row in table.rows:
        values = read_row(row, table, Update, problems)
        if values is not None:
            updates.append(Update(**values, row=row.number))
    problems += _problems(updates)
    return tuple(sorted(updates, key=lambda update: (update.date, update.row)))


def _problems(updates: list[Update]) -> Iterator[Problem]:
    rows: dict[str, int] = {}
    for update in updates:
        if update.searched is not None and update.searched > update.date:
            mend = "Correct one of the two; leave the search date empty where it is not known"
            yield Problem(FILE, update.row, "searched", f"{update.searched} is after the version of {update.date}", mend)
        if update.version in rows:
            what = f"version {update.version!r} stands in row {rows[update.version]} already"
            yield Problem(FILE, update.row, "version", what, "Give each version its own name")
        rows[update.version] = update.row
