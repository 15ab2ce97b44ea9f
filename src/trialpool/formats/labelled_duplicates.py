"""Sets of records whose duplicates are known: `records.csv` and `merged_record_ids.csv`, as the benchmark of BibDedupe has them."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trialpool.errors import BadInput, Problem
from trialpool.review.record import Kind, Place, Record

_CLUSTERS = "merged_record_ids.csv"
_KINDS: dict[str, Kind] = {
    "article": "article", "inproceedings": "conference paper", "proceedings": "conference paper", "incollection": "chapter"
}  # fmt: skip
_BETWEEN_AUTHORS = re.compile(r" and |;|(?<=\.)(?=[A-Z][a-z])")


@dataclass(frozen=True)
class LabelledDuplicates:
    """Records of one set, and the identifiers of those that are one publication."""

    name: str
    records: tuple[Record, ...]
    clusters: tuple[tuple[str, ...], ...]


def read_labelled_duplicates(folder: Path) -> LabelledDuplicates:
    """The set in a folder: clusters in merged_record_ids.csv, records in the other CSV file.

    Raises
    ------
    BadInput
        where a file is not there, or has not the columns
    """
    clusters, others = folder / _CLUSTERS, sorted(set(folder.glob("*.csv")) - {folder / _CLUSTERS})
    if not clusters.is_file() or len(others) != 1:
        raise BadInput(
            [Problem(str(folder), 0, "", f"a labelled set is {_CLUSTERS} and one CSV file of records", "Add what is missing")]
        )
    rows = _rows(others[0])
    name_of = {_label(row): f"{folder.name}#{position}" for position, row in enumerate(rows, start=1)}
    return LabelledDuplicates(
        name=folder.name,
        records=tuple(_record(row, Place(folder.name, position)) for position, row in enumerate(rows, start=1)),
        clusters=tuple(tuple(name_of[label] for label in row["merged_ids"].split(";")) for row in _rows(clusters)),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return [{name: value or "" for name, value in row.items() if name} for row in csv.DictReader(text.splitlines(keepends=True))]


def _label(row: Mapping[str, str]) -> str:
    return row["ID"] if "ID" in row else f"id_{int(row['record_id']):07d}"


def _record(row: Mapping[str, str], place: Place) -> Record:
    year = row.get("year", "")
    return Record(
        place,
        title=row.get("title", ""),
        authors=tuple(name.strip() for name in _BETWEEN_AUTHORS.split(row.get("author", "")) if name.strip()),
        year=int(year) if year.isdigit() else None,
        journal=row.get("journal") or row.get("booktitle", ""),
        volume=row.get("volume", ""),
        issue=row.get("number", ""),
        pages=row.get("pages", ""),
        doi=row.get("doi", ""),
        abstract=row.get("abstract", ""),
        kind=_KINDS.get(row.get("ENTRYTYPE", ""), ""),
    )
