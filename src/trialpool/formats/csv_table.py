"""A CSV file as a person's spreadsheet leaves it: rows of text cells, with what was odd about the file."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from trialpool.errors import Problem, Severity
from trialpool.formats.quoted import quoted


@dataclass(frozen=True, slots=True)
class Row:
    """Cells by column, stripped; `number` counts as a spreadsheet does, the header being row 1."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file. `problems` with severity "warning" were overcome in reading; the others were not.

    header : row that the names of the columns stand in
    whole  : whether every row of the file was read
    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    header: int = 1

    @property
    def whole(self) -> bool:
        return bool(self.columns) and all(p.severity != "error" for p in self.problems)


def read_table(path: Path, file: str, *, required: tuple[str, ...] = (), rows_needed: bool = False) -> Table:
    """Read a CSV file; `file` is what messages call it. What cannot be read stands in `problems`, nothing is raised."""
    problems: list[Problem] = []
    data = _bytes(path, file, problems)
    if data is None:
        return Table(file, (), (), tuple(problems))
    return table_of(data, file, required=required, rows_needed=rows_needed)


def table_of(data: bytes, file: str, *, required: tuple[str, ...] = (), rows_needed: bool = False) -> Table:
    """The table that the bytes of a CSV file hold; see `read_table`."""
    problems: list[Problem] = []
    text = _text(data, file, problems)
    if text is None:
        return Table(file, (), (), tuple(problems))
    if not text.strip():
        problems.append(
            Problem(file, 0, "", "the file is empty", f"Give it a header row ({', '.join(required)}, ...) and the data")
        )
        return Table(file, (), (), tuple(problems))
    separator = separator_of(text)
    if separator != ",":
        name = {";": "semicolons", "\t": "tabs"}[separator]
        problems.append(Problem(file, 1, "", f"columns are separated by {name}", "They were read so; save with commas", "warning"))
    records = _records(text, separator, file, problems)
    if not records:
        return Table(file, (), (), tuple(problems))
    header, names = records[0]
    columns = tuple(name.strip() for name in names)
    problems += _header_problems(file, header, columns, required)
    rows = [row for number, record in records[1:] if (row := _row(file, number, record, columns, problems))]
    if not rows and not any(p.severity == "error" for p in problems):
        severity: Severity = "error" if rows_needed else "warning"
        problems.append(Problem(file, 0, "", "the file has a header and no rows", "Add the data", severity))
    return Table(file, columns, tuple(rows), tuple(problems), header)


def _row(file: str, number: int, record: list[str], columns: tuple[str, ...], problems: list[Problem]) -> Row | None:
    """A record under its columns; None where it has more cells than there are columns."""
    cells, k = [cell.strip() for cell in record], len(columns)
    extra = next((cell for cell in cells[k:] if cell), None)
    if extra is not None:
        what = f"{len(record)} cells under {k} columns; the first without a column is {quoted(extra)}"
        problems.append(Problem(file, number, "", what, "Put quotes around a text that holds a comma"))
        return None
    if len(cells) < k:
        what, mend = f"{len(cells)} cells under {k} columns", "The rest was taken as empty; look whether a cell is lacking"
        problems.append(Problem(file, number, "", what, mend, "warning"))
    return Row(number, dict(zip(columns, cells + [""] * (k - len(cells)), strict=False)))


def _bytes(path: Path, file: str, problems: list[Problem]) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problems.append(Problem(file, 0, "", "the file is missing", "Every review folder needs it"))
    except OSError as error:
        problems.append(Problem(file, 0, "", f"the file cannot be read ({error.strerror})", "Check its permissions"))
    return None


def _text(data: bytes, file: str, problems: list[Problem]) -> str | None:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            problems.append(Problem(file, 0, "", "the text is UTF-16", "It was read so; save as UTF-8", "warning"))
            return data.decode(encoding, errors="replace")
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"\0" in data:
        problems.append(Problem(file, 0, "", "the file is not text (it holds zero bytes)", "Save it as 'CSV UTF-8'"))
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data.decode("cp1252", errors="replace")
        what = f"byte 0x{data[error.start]:02x} is not UTF-8"
        mend = "The file was read as Windows-1252, as Excel writes it; save it as 'CSV UTF-8'"
        problems.append(Problem(file, _row_at(text, error.start), "", what, mend, "warning"))
        return text


def _row_at(text: str, place: int) -> int:
    """The row of a spreadsheet that a place in the text stands in; line breaks within quotes do not count."""
    try:
        return sum(1 for _ in csv.reader(io.StringIO(text[: place + 1], newline=""), delimiter=separator_of(text)))
    except csv.Error:
        return text[:place].count("\n") + 1


def separator_of(text: str) -> str:
    """What separates the names in the header: a comma unless there is none and there are semicolons or tabs."""
    header = next(line for line in text.splitlines() if line.strip())
    return max(",;\t", key=lambda mark: (header.count(mark), mark == ","))


def _records(text: str, separator: str, file: str, problems: list[Problem]) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records, number = [], 0
    try:
        for number, record in enumerate(reader, start=1):
            if any(cell.strip() for cell in record):
                records.append((number, record))
    except csv.Error as error:
        mend = "Look for a quote that is not closed, or that stands within a text; the rows after it were not read"
        problems.append(Problem(file, number + 1, "", f"the row cannot be read ({error})", mend))
    return records


def _header_problems(file: str, row: int, columns: tuple[str, ...], required: tuple[str, ...]) -> list[Problem]:
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    problems = [Problem(file, row, name, "the column stands twice", "Rename or remove one") for name in twice]
    found = quoted(", ".join(columns)).strip("'")
    problems += [
        Problem(file, row, name, f"missing among the columns ({found})", _add_or_rename(name, columns))
        for name in required
        if name not in columns
    ]
    problems += [
        Problem(file, row, "", f"column {i} has no name", "Name it or remove it") for i, name in enumerate(columns, 1) if not name
    ]
    return problems


def _add_or_rename(name: str, columns: tuple[str, ...]) -> str:
    near = get_close_matches(name, [column.casefold() for column in columns], n=1, cutoff=0.75)
    same = next((column for column in columns if near and column.casefold() == near[0]), "")
    return f"Add the column, or rename {same} if that is meant" if same else "Add the column"
