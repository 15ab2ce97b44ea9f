"""Rows put to the end of a CSV file of a person's; what stands there stays, byte by byte."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from trialpool.errors import BadInput, Problem
from trialpool.formats.csv_table import separator_of, table_of
from trialpool.formats.whole_file import write_whole


def append_rows(
    path: Path, file: str, columns: Sequence[str], rows: Sequence[Mapping[str, str]], *, optional: Collection[str] = ()
) -> None:
    """Append rows, cells by column, in the columns, the separator and the line ends of the file; where there is none, make it.

    Parameters
    ----------
    file : what messages call it
    columns : of a file that is made
    optional : columns that are left out where the file does not have them

    Raises
    ------
    BadInput
        where the file is not in UTF-8, or lacks a column that a row fills and that is not optional
    """
    there = path.read_bytes() if path.exists() else b""
    if not there.strip():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, _csv([list(columns), *_cells(columns, rows)], ",", "\n"))
        return
    try:
        text = there.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput([Problem(file, 0, "", "the text is not UTF-8", "Save it as 'CSV UTF-8'; nothing was written")]) from None
    own = table_of(there, file).columns
    lacking = [name for name in columns if name not in (*own, *optional) and any(row.get(name) for row in rows)]
    if lacking:
        mend = "Add it to the header, and its comma to every row; nothing was written"
        raise BadInput(
            Problem(file, 1, name, "the column is missing, and a row that is to be added fills it", mend) for name in lacking
        )
    end = "\r\n" if "\r\n" in text else "\n"
    last = b"" if text.endswith(("\n", "\r")) else end.encode()
    write_whole(path, there + last + _csv(_cells(own, rows), separator_of(text), end))


def _cells(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> list[list[str]]:
    return [[row.get(name, "") for name in columns] for row in rows]


def _csv(rows: Sequence[Sequence[str]], separator: str, end: str) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    return out.getvalue().encode()
