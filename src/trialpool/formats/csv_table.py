"""A CSV file as a person's spreadsheet leaves it: rows of text cells, with what was odd about the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trialpool.errors import Problem


@dataclass(frozen=True, slots=True)
class Row:
    """Cells by column, stripped; `number` counts as a spreadsheet does, the header being row 1."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file. `problems` with severity "warning" were overcome in reading; the others were not."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]


def read_table(path: Path, file: str, *, required: tuple[str, ...] = ()) -> Table:
    """Read a CSV file; `file` is what messages call it. What cannot be read stands in `problems`, nothing is raised."""
    problems: list[Problem] = []
    text = _text(path, file, problems)
    if text is None:
        return Table(file, (), (), tuple(problems))
    if not text.strip():
        problems.append(
            Problem(file, 0, "", "the file is empty", f"Give it a header row ({', '.join(required)}, ...) and the data")
        )
        return Table(file, (), (), tuple(problems))
    separator = _separator(text)
    if separator != ",":
        name = {";": "semicolons", "\t": "tabs"}[separator]
        problems.append(Problem(file, 1, "", f"columns are separated by {name}", "They were read so; save with commas", "warning"))
    records = _records(text, separator, file, problems)
    columns = tuple(name.strip() for name in records[0][1]) if records else ()
    problems += _header_problems(file, columns, required)
    rows = []
    for number, record in records[1:]:
        if len(record) > len(columns) and any(cell.strip() for cell in record[len(columns) :]):
            extra = next(cell for cell in record[len(columns) :] if cell.strip())
            what = f"{len(record)} cells under {len(columns)} columns; the first without a column is {extra.strip()!r}"
            problems.append(Problem(file, number, "", what, "Put quotes around a text that holds a comma"))
            continue
        cells = [cell.strip() for cell in record] + [""] * (len(columns) - len(record))
        rows.append(Row(number, dict(zip(columns, cells, strict=False))))
    if not rows and not any(p.severity == "error" for p in problems):
        problems.append(Problem(file, 0, "", "the file has a header and no rows", "Add the data"))
    return Table(file, columns, tuple(rows), tuple(problems))


def _text(path: Path, file: str, problems: list[Problem]) -> str | None:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        problems.append(Problem(file, 0, "", "the file is missing", "Every review folder needs it"))
        return None
    except OSError as error:
        problems.append(Problem(file, 0, "", f"the file cannot be read ({error.strerror})", "Check its permissions"))
        return None
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            problems.append(Problem(file, 0, "", "the text is UTF-16", "It was read so; save as UTF-8", "warning"))
            return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        what = f"byte 0x{data[error.start]:02x} is not UTF-8"
        mend = "The file was read as Windows-1252, as Excel writes it; save it as 'CSV UTF-8'"
        problems.append(Problem(file, row, "", what, mend, "warning"))
        return data.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    """What separates the names in the header: a comma unless there is none and there are semicolons or tabs."""
    header = next(line for line in text.splitlines() if line.strip())
    return max(",;\t", key=lambda mark: (header.count(mark), mark == ","))


def _records(text: str, separator: str, file: str, problems: list[Problem]) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records = []
    try:
        for number, record in enumerate(reader, start=1):
            if any(cell.strip() for cell in record):
                records.append((number, record))
    except csv.Error as error:
        mend = "Look for a quote that is not closed, near this row"
        problems.append(Problem(file, len(records) + 1, "", f"the row cannot be read ({error})", mend))
    return records


def _header_problems(file: str, columns: tuple[str, ...], required: tuple[str, ...]) -> list[Problem]:
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    missing = [name for name in required if name not in columns]
    problems = [Problem(file, 1, name, "the column stands twice", "Rename or remove one") for name in twice]
    if missing:
        found = ", ".join(columns)
        what = f"missing among the columns ({found})"
        problems += [Problem(file, 1, name, what, "Add the column") for name in missing]
    if "" in columns:
        problems.append(Problem(file, 1, "", f"column {columns.index('') + 1} has no name", "Name it or remove it"))
    return problems
