"""`write_records`: records as RIS, BibTeX, MEDLINE or Refer, without loss where they were read from the same format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any

from trialpool.errors import BadArgument
from trialpool.formats.records.bibtex import BIBTEX
from trialpool.formats.records.entry import Format, Pairs, Sheet
from trialpool.formats.records.medline import MEDLINE
from trialpool.formats.records.refer import REFER
from trialpool.formats.records.ris import RIS
from trialpool.formats.whole_file import write_whole
from trialpool.review.record import Record

WRITTEN: dict[str, Format] = {format_.name: format_ for format_ in (RIS, BIBTEX, MEDLINE, REFER)}
_NOT_WRITTEN = frozenset({"place", "further", "format"})
_FIELDS = (*(field.name for field in fields_of(Record) if field.name not in {*_NOT_WRITTEN, "pmid"}), "pmid")  # its link comes last


def write_records(records: Iterable[Record], path: str | Path, *, format: str = "") -> None:  # noqa: A002
    """Write records to a file for a reference manager or a journal.

    Records that were read from the format that is written get every field back, those of no use here included.

    Parameters
    ----------
    records
        as `read_records` gives them, or those of a review or of merged duplicates
    path
        the file; it is replaced as a whole
    format
        "ris", "bib" (BibTeX), "nbib" (MEDLINE) or "enw" (EndNote); by itself the suffix of the path

    Raises
    ------
    BadArgument
        for another format
    """
    path = Path(path)
    chosen = format or path.suffix.lower().removeprefix(".")
    write_whole(path, records_text(records, chosen).encode("utf-8"))


def records_text(records: Iterable[Record], format: str) -> str:  # noqa: A002
    """The text of the file."""
    chosen = WRITTEN.get({"bibtex": "bib"}.get(format, format))
    if chosen is None or chosen.text is None:
        raise BadArgument(f"Records cannot be written as {format!r}. Choose one of {', '.join(map(repr, WRITTEN))}.")
    return chosen.text([_pairs(record, chosen) for record in records])


def _pairs(record: Record, format_: Format) -> Pairs:
    """The tags of a record; a field that what was kept says as well is not written twice."""
    values = {name: value for name in _FIELDS if (value := getattr(record, name))}
    kept = list(record.further) if record.format == format_.name else []
    if not kept:
        return _tags(values, format_)
    there = format_.fields(Sheet(kept))
    lean = {name: value for name, value in values.items() if there.get(name) != value}
    if _says(_tags(lean, format_) + kept, record, format_, exactly=True):
        return _tags(lean, format_) + kept
    for name in tuple(values):
        without = {other: value for other, value in values.items() if other != name}
        if _says(_tags(without, format_) + kept, record, format_, exactly=False):
            values = without
    return _tags(values, format_) + kept


def _tags(values: dict[str, Any], format_: Format) -> list[tuple[str, str]]:
    assert format_.written is not None
    return [tag for name, value in values.items() for tag in format_.written(name, value)]


def _says(pairs: Pairs, record: Record, format_: Format, *, exactly: bool) -> bool:
    """Whether these tags read back as the record, with nothing lost of what was kept, and nothing added to it."""
    sheet = Sheet(pairs)
    found = format_.fields(sheet)
    same = all(found.get(name) == getattr(record, name) for name in _FIELDS)
    before, after = Counter(record.further), Counter(sheet.rest())
    return same and not before - after and not (exactly and after - before)
