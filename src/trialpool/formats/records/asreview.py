"""An ASReview project (`.asreview`): the records of its data set, with the labels and notes that were given."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from io import BytesIO

from trialpool.errors import Problem
from trialpool.formats.records.decoding import bad
from trialpool.review.record import Record

LARGEST = 1_000_000_000  # bytes, unpacked
MAGIC = b"PK\x03\x04"
Said = tuple[tuple[str, str], ...]
_LABELS = {0: "irrelevant", 1: "relevant"}
_SAID = {
    "asreview_note": ("note", "notes"),
    "asreview_time": ("time", "labeling_time"),
    "asreview_tags": ("tags",),
    "asreview_user_id": ("user_id",),
}  # in `further`: the column of its database, which had other names in its first version


def data_set_in(data: bytes, file: str) -> bytes:
    """The data set in a project, as it was imported there.

    Raises
    ------
    BadInput
        for a zip file that is no project
    """
    with _opened(data, file) as packed:
        names = packed.namelist()
        if "project.json" not in names:
            raise _no_project(file, names)
        sets = sorted(name for name in names if name.startswith("data/") and not name.endswith("/"))
        if not sets:
            raise bad(file, "the ASReview project has no data set", "Export it again from ASReview")
        return _read(packed, sets[0], file)


def _opened(data: bytes, file: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(BytesIO(data))
    except zipfile.BadZipFile:
        raise bad(file, "the file is a zip file that is damaged", "Download it again, and unpack it") from None


def _read(packed: zipfile.ZipFile, name: str, file: str) -> bytes:
    if packed.getinfo(name).file_size > LARGEST:
        raise bad(file, f"{name} in it is larger than {LARGEST // 1_000_000} MB", "Give a smaller export")
    try:
        return packed.read(name)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        raise bad(file, f"{name} in it cannot be unpacked", "Download the file again") from None


def _no_project(file: str, names: list[str]) -> Exception:
    if "[Content_Types].xml" in names:
        return bad(file, "the file is a spreadsheet or document of Microsoft Office", "Save it as 'CSV UTF-8'")
    inside = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return bad(file, f"the file is a zip file of {len(names)} files ({inside})", "Unpack it, and give the exports in it")


def labelled(records: list[Record], data: bytes, file: str, problems: list[Problem]) -> list[Record]:
    """The records with what the project says of each in `further`: label, time, tags, note and user, named as in its exports."""
    with _opened(data, file) as packed:
        names = [name for name in packed.namelist() if name.endswith((".db", ".sql"))]
        bases = [_read(packed, name, file) for name in names]
    rows: dict[int, int] = {}
    given: dict[int, Said] = {}
    for base in bases:
        try:
            rows |= _rows(base)
            given |= _given(base)
        except sqlite3.Error as error:
            what = f"the decisions in the ASReview project cannot be read ({error})"
            problems.append(Problem(file, 0, "", what, "The records were read", "warning"))
    by_row = {rows.get(record, record): said for record, said in given.items()}
    return [replace(record, further=(*record.further, *by_row.get(n, ()))) for n, record in enumerate(records)]


def _open(base: bytes) -> sqlite3.Connection:
    """A database in memory; its write-ahead mode, which needs a file, is switched off."""
    connection = sqlite3.connect(":memory:")
    connection.deserialize(base[:18] + b"\x01\x01" + base[20:])
    return connection


def _columns(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    return frozenset(row[1] for row in connection.execute(f"PRAGMA table_info({table})"))


def _rows(base: bytes) -> Mapping[int, int]:
    """Row of the data set by number of the record, where the project keeps them apart."""
    with closing(_open(base)) as connection:
        columns = _columns(connection, "record")
        own = "record_id" if "record_id" in columns else "id"
        if "dataset_row" not in columns or own not in columns:
            return {}
        return dict(connection.execute(f"SELECT {own}, dataset_row FROM record"))


def _given(base: bytes) -> Mapping[int, Said]:
    """What was said of a record, by its number."""
    with closing(_open(base)) as connection:
        columns = _columns(connection, "results")
        if not {"record_id", "label"} <= columns:
            return {}
        own = {name: next((column for column in named if column in columns), "''") for name, named in _SAID.items()}
        chosen = ", ".join(own.values())
        found = connection.execute(f"SELECT record_id, label, {chosen} FROM results WHERE label IS NOT NULL")
        return {record: tuple(_said(label, dict(zip(own, rest, strict=True)))) for record, label, *rest in found}


def _said(label: int, rest: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    yield "asreview_label", _LABELS.get(label, str(label))
    for name, value in rest.items():
        text = "" if value is None else str(value)
        if text and not (name == "asreview_tags" and text in ("[]", "null")):
            yield name, text
