"""Exports into the folder `search/` of a review, with their rows of searches.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from trialpool.errors import BadInput, Problem
from trialpool.formats.csv_table import Table, read_table
from trialpool.formats.records.reading import records_in
from trialpool.formats.search_folder import FOLDER, TABLE, exports_in, is_date
from trialpool.formats.whole_file import write_whole
from trialpool.review.records import Records
from trialpool.review.search import DatabaseSearch

COLUMNS = tuple(name for name in DatabaseSearch.model_fields if name != "row")


@dataclass(frozen=True, slots=True)
class Imported:
    """An export that was taken in.

    path, name : where it was, and what it is called in `search/`
    search : its row of searches.csv; guessed : whether the database was told from the file
    found : what was read from it
    """

    path: Path
    name: str
    search: DatabaseSearch
    guessed: bool
    found: Records


def import_exports(review: Path, files: Sequence[Path], about: DatabaseSearch) -> tuple[Imported, ...]:
    """Copy exports into `search/`, byte by byte, and add their rows to searches.csv; everything or nothing.

    Parameters
    ----------
    review
        the folder of the review
    files
        the exports, as they were downloaded; one that is in `search/` already is listed
    about
        what is known of the searches; a database that is empty is told from each file

    Raises
    ------
    BadInput
        with every reason against it: a file that cannot be read, or not to its end, or is there already; a database that nothing
        tells
    """
    folder = review / FOLDER
    problems = [] if is_date(about.date) else [Problem("--date", 0, "", f"{about.date!r} is not a date", "Write it as 2026-03-01")]
    table = _table(folder, problems)
    names = exports_in(folder) if folder.is_dir() else []
    there = {sha256((folder / name).read_bytes()).digest(): name for name in names}
    taken, contents = set(names), list[tuple[Imported, bytes]]()
    for path in files:
        try:
            imported, data = _imported(path, folder, about, taken, there, table)
        except BadInput as bad:
            problems += bad.problems
            continue
        there[sha256(data).digest()] = imported.name
        taken.add(imported.name)
        contents.append((imported, data))
    if problems:
        raise BadInput(problems)
    folder.mkdir(exist_ok=True)
    for imported, data in contents:
        if imported.name not in names:
            write_whole(folder / imported.name, data)
    write_whole(folder / TABLE, _with_rows(table, [imported.search for imported, _ in contents]))
    return tuple(imported for imported, _ in contents)


def add_search(review: Path, search: DatabaseSearch, data: bytes) -> str:
    """Put what a search found into `search/`, under a name that is free, with its row; the name that it got.

    A search that found nothing has no file, and only its row is added.
    """
    folder = review / FOLDER
    problems: list[Problem] = []
    table = _table(folder, problems)
    if problems:
        raise BadInput(problems)
    folder.mkdir(exist_ok=True)
    name = _free(search.file, set(exports_in(folder))) if search.file else ""
    if name:
        write_whole(folder / name, data)
    write_whole(folder / TABLE, _with_rows(table, [search.model_copy(update={"file": name})]))
    return name


def _table(folder: Path, problems: list[Problem]) -> Table | None:
    """searches.csv as it is; None where there is none."""
    if not (folder / TABLE).exists():
        return None
    table = read_table(folder / TABLE, f"{FOLDER}/{TABLE}", required=("file", "database", "date"))
    problems += [problem for problem in table.problems if problem.severity == "error"]
    return table


def _imported(
    path: Path, folder: Path, about: DatabaseSearch, taken: set[str], there: dict[bytes, str], table: Table | None
) -> tuple[Imported, bytes]:
    """One export, read, with its name and row."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _bad(path, f"the file cannot be read ({error.strerror})", "Give the path of an export") from None
    own = _name_within(path, folder)
    listed = {row.cells.get("file", "") for row in table.rows} if table else set()
    same = there.get(sha256(data).digest())
    if same is not None and (same != own or own in listed):
        raise _bad(path, f"it is in {FOLDER}/ already, as {same}", "Leave it out")
    name = own or _free(path.name.encode(errors="replace").decode(), taken)
    found = records_in(data, name)
    if broken := [problem for problem in found.problems if problem.severity == "error"]:
        raise BadInput(broken)  # no command could read the review after that
    database = about.database or found.database
    if not database:
        raise _bad(path, f"nothing in it tells its database (it was read as {found.label})", "Say it with --database")
    search = about.model_copy(update={"file": name, "database": database})
    return Imported(path, name, search, not about.database, replace(found, file=name)), data


def _bad(path: Path, what: str, mend: str) -> BadInput:
    return BadInput([Problem(str(path), 0, "", what, mend)])


def _name_within(path: Path, folder: Path) -> str:
    """The name in `search/` of a file that stands there; empty for others."""
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return ""


def _free(name: str, taken: set[str]) -> str:
    """The name, or with a number the first that is free: identifiers of records never come to mean others."""
    stem, dot, suffix = name.rpartition(".")
    n, free = 1, name
    while free in taken or free == TABLE:
        n += 1
        free = f"{stem}-{n}.{suffix}" if dot and stem else f"{name}-{n}"
    return free


def _with_rows(table: Table | None, searches: Sequence[DatabaseSearch]) -> bytes:
    """The table with rows added: its cells stay as they are, and columns that it lacks come behind."""
    columns = list(table.columns) if table else []
    columns += [name for name in COLUMNS if name not in columns]
    rows = [row.cells for row in table.rows] if table else []
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    writer.writerows(_cells(search) for search in searches)
    return text.getvalue().encode("utf-8")


def _cells(search: DatabaseSearch) -> dict[str, str]:
    values = {name: getattr(search, name) for name in COLUMNS}
    return {name: "" if value is None else str(value) for name, value in values.items()}
