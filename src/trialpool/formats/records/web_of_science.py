"""Web of Science's own tags (`.ciw`, plain text)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from trialpool.errors import Problem
from trialpool.formats.records.entry import Entry, Format, Sheet, first_known, flags_of, nct_in, one_line
from trialpool.formats.records.tagged import Layout, entries_of
from trialpool.review.record import Flag, Kind

_BEGINS = re.compile(r"\A(?:FN [^\n]*|VR [^\n]*|\s)*PT [A-Z]\s*$", re.MULTILINE)
_LAYOUT = Layout(
    re.compile(r"([A-Z][A-Z0-9])(?: (.*)|)$", re.DOTALL), begins="PT", ends="ER", outside=frozenset({"FN", "VR", "EF"})
)
_KIND_OF: dict[str, Kind] = {
    "article": "article", "review": "review", "meeting abstract": "abstract", "proceedings paper": "conference paper",
    "article; proceedings paper": "conference paper", "book chapter": "chapter", "article; book chapter": "chapter", "book": "book",
    "early access": "article", "article; early access": "article", "review; early access": "review",
}  # fmt: skip
_FLAG_OF: dict[str, Flag] = {
    "retracted publication": "retracted", "retracted article": "retracted", "retraction": "retraction notice",
    "correction": "erratum", "correction, addition": "erratum", "expression of concern": "expression of concern",
}  # fmt: skip


def entries(text: str, file: str, problems: list[Problem]) -> Iterator[Entry]:
    return entries_of(_LAYOUT, text, file, problems)


def fields(sheet: Sheet) -> dict[str, Any]:
    title = sheet.take_line("TI")
    abstract = sheet.take_line("AB")
    types = one_line(sheet.first("DT"))
    return {
        "kind": first_known([types, *_each(types)], _KIND_OF, "other" if types else ""),
        "title": title,
        "authors": sheet.take_lines("AF", "AU", "CA", "GP"),
        "year": sheet.year("PY", "EY"),
        "journal": sheet.take_line("SO", "J9", "JI", "SE"),
        "volume": sheet.take("VL"),
        "issue": sheet.take("IS"),
        "pages": sheet.pages(["BP"], ["EP"]) or sheet.take("AR"),
        "doi": sheet.doi("DI", "D2"),
        "pmid": sheet.take("PM", exact=str.isdigit),
        "nct": nct_in((), abstract),
        "isbn": sheet.take("BN", exact=lambda _: False).partition(";")[0],
        "issn": sheet.take("SN", "EI"),
        "abstract": abstract,
        "keywords": _keywords(sheet),
        "language": sheet.take("LA"),
        "url": "",
        "database": "Web of Science",
        "flags": flags_of(title, [flag for word, flag in _FLAG_OF.items() if word in _each(types.casefold())]),
        "related": (),
    }


def _each(types: str) -> list[str]:
    """The types of a record that has several: `Article; Retracted Publication`."""
    return [part.strip() for part in types.split(";")]


def _keywords(sheet: Sheet) -> tuple[str, ...]:
    """The author's, and those that Web of Science added; as lists, the fields stay besides."""
    listed = [one_line(value) for value in sheet.look("DE", "ID")]
    return tuple(part.strip() for value in listed for part in value.split(";") if part.strip())


WEB_OF_SCIENCE = Format("ciw", "Web of Science (.ciw)", lambda head: bool(_BEGINS.search(head)), entries, fields)
