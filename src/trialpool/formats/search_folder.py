"""The folder `search/` of a review: exports as they were downloaded, and searches.csv."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from trialpool.errors import BadInput, Problem
from trialpool.formats.cells import read_row, unknown_columns
from trialpool.formats.csv_table import read_table
from trialpool.formats.quoted import quoted
from trialpool.formats.records.reading import read_records
from trialpool.review.record import Record
from trialpool.review.records import Records
from trialpool.review.search import DatabaseSearch, Search

FOLDER, TABLE = "search", "searches.csv"
_NOTES = frozenset({".md", ".txt", ".pdf", ".docx"})  # a person's own, where they are no exports
_SHOWN = 20  # remarks of one file; read_records has them all


def read_search(review: Path, problems: list[Problem]) -> Search:
    """The searches and their records; an empty value where the review has no such folder."""
    folder = review / FOLDER
    if not folder.is_dir():
        return Search()
    searches = _searches(folder, problems)
    listed = [search.file for search in searches if search.file]
    files = exports_in(folder)
    records: list[Record] = []
    seen: dict[bytes, str] = {}
    by_file = {search.file: search for search in searches}
    for name in [*(name for name in dict.fromkeys(listed) if name in files), *(name for name in files if name not in by_file)]:
        _say_if_twice(folder, name, seen, problems)
        records += _read(folder, name, by_file.get(name), problems)
    mend = "Put the export there, as it was downloaded; decisions on its records need it"
    problems += [
        Problem(f"{FOLDER}/{TABLE}", search.row, "file", f"there is no file {quoted(search.file)} in {FOLDER}/", mend)
        for search in searches
        if search.file and search.file not in files
    ]
    return Search(searches, tuple(records))


def exports_in(folder: Path) -> list[str]:
    """The files of the folder and its folders, by name; hidden ones and searches.csv left aside."""
    paths = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    shown = [path for path in paths if not any(part.startswith((".", "~")) for part in path.parts)]
    return sorted(path.as_posix() for path in shown if path.as_posix() != TABLE)


def _searches(folder: Path, problems: list[Problem]) -> tuple[DatabaseSearch, ...]:
    file = f"{FOLDER}/{TABLE}"
    if not (folder / TABLE).exists():
        mend = "Add it with the columns file, database, date, query, hits; `trialpool import` writes it"
        problems.append(Problem(file, 0, "", "the file is missing", mend, "warning"))
        return ()
    table = read_table(folder / TABLE, file, required=("file", "database", "date"))
    problems += [*table.problems, *unknown_columns(table, DatabaseSearch)]
    searches: list[DatabaseSearch] = []
    rows: dict[str, int] = {}
    for row in table.rows:
        values = read_row(row, table, DatabaseSearch, problems)
        if values is None:
            continue
        search = DatabaseSearch(**values, row=row.number)
        problems += _problems_of(search, file, rows)
        rows.setdefault(search.file, row.number)
        searches.append(search)
    return tuple(searches)


def _problems_of(search: DatabaseSearch, file: str, rows: dict[str, int]) -> Iterable[Problem]:
    if not is_date(search.date):
        mend = "Write year, month and day as 2026-03-01"
        yield Problem(file, search.row, "date", f"{quoted(search.date)} is not a date", mend)
    if search.file in rows and search.file:
        what = f"{quoted(search.file)} stands in row {rows[search.file]} already"
        yield Problem(file, search.row, "file", what, "Give each search a file of its own")
    if not search.file and search.hits != 0:
        yield Problem(file, search.row, "file", "the cell is empty", "Name the export; only a search with 0 hits has none")


def is_date(text: str) -> bool:
    """Whether a text is a day as `2026-03-01`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _say_if_twice(folder: Path, name: str, seen: dict[bytes, str], problems: list[Problem]) -> None:
    try:
        digest = sha256((folder / name).read_bytes()).digest()
    except OSError:
        return  # which is said where it is read
    if other := seen.get(digest):
        what = f"the file holds the same as {other}"
        problems.append(Problem(f"{FOLDER}/{name}", 0, "", what, "Remove one: its records count twice", "warning"))
    seen.setdefault(digest, name)


def _read(folder: Path, name: str, search: DatabaseSearch | None, problems: list[Problem]) -> list[Record]:
    """The records of one file, called by the database of searches.csv; unlisted notes are passed over."""
    file = f"{FOLDER}/{name}"
    try:
        found = read_records(folder / name, name=name)
    except BadInput as bad:
        if search is not None or Path(name).suffix.lower() not in _NOTES:
            problems += [replace(problem, file=file) for problem in bad.problems]
        return []
    problems += _said(found, file)
    if search is None:
        mend = f"Its records were read; add a row to {TABLE} with database, date, query and hits"
        problems.append(Problem(file, 0, "", f"the file is not listed in {TABLE}", mend, "warning"))
        return list(found)
    if search.hits is not None and search.hits != len(found):
        what = f"{search.hits} hits, but {file} has {len(found)} records"
        mend = "Look whether the export is whole, or correct the number"
        problems.append(Problem(f"{FOLDER}/{TABLE}", search.row, "hits", what, mend, "warning"))
    return [replace(record, database=search.database) for record in found]


def _said(found: Records, file: str) -> list[Problem]:
    """What was odd about a file; of many remarks the first, and how many there are."""
    said = [replace(problem, file=file) for problem in found.problems]
    errors, others = [p for p in said if p.severity == "error"], [p for p in said if p.severity != "error"]
    if len(others) > _SHOWN:
        what = f"there are {len(others) - _SHOWN} remarks more on this file"
        others = [*others[:_SHOWN], Problem(file, 0, "", what, "`trialpool.read_records` lists all of them", "warning")]
    return errors + others
