"""MEDLINE tags, as PubMed saves them (`.nbib`, `.txt`)."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from trialpool.errors import Problem
from trialpool.formats.records.entry import Entry, Format, Pairs, Sheet, doi_in, flags_of, nct_in
from trialpool.formats.records.pubmed_links import LINK_OF_TAG, flags_said, kind_of, link
from trialpool.formats.records.tagged import Layout, entries_of

_BEGINS = re.compile(r"^PMID- ", re.MULTILINE)
_ONCE = frozenset({"OWN", "STAT", "TI", "BTI", "AB", "JT", "TA"})
_LAYOUT = Layout(re.compile(r"([A-Z]{2,4}) {0,2}-(?: (.*)|)$", re.DOTALL), begins="PMID", joined=" ", parted=_ONCE)
_TAGS = {
    "pmid": "PMID", "title": "TI", "authors": "FAU", "year": "DP", "journal": "JT", "volume": "VI", "issue": "IP", "pages": "PG",
    "abstract": "AB", "keywords": "OT", "language": "LA",
}  # fmt: skip
_TYPES = {
    "article": "Journal Article", "review": "Review", "preprint": "Preprint", "book": "Book", "chapter": "Book Chapter",
    "abstract": "Congress", "thesis": "Academic Dissertation", "report": "Technical Report",
}  # fmt: skip
_WIDTH = 90


def entries(text: str, file: str, problems: list[Problem]) -> Iterator[Entry]:
    return entries_of(_LAYOUT, text, file, problems)


def fields(sheet: Sheet) -> dict[str, Any]:
    title = sheet.take("TI", "BTI", "CTI", "TT")
    types = sheet.look("PT")
    links = tuple(link(name, "", value) for tag, name in LINK_OF_TAG.items() for value in sheet.look(tag))
    abstract = sheet.take("AB")
    return {
        "kind": kind_of(types),
        "title": title,
        "authors": sheet.take_every("FAU", "AU", "CN"),
        "year": sheet.year("DP", "DEP", "EDAT"),
        "journal": sheet.take("JT", "TA", "BTI", "CTI"),
        "volume": sheet.take("VI"),
        "issue": sheet.take("IP"),
        "pages": sheet.take("PG"),
        "doi": next((doi_in(v) for v in sheet.look("LID", "AID", "SO") if doi_in(v) and ("[doi]" in v or "doi:" in v)), ""),
        "pmid": sheet.take("PMID", exact=str.isdigit).strip(),
        "nct": nct_in(sheet.look("SI"), abstract),
        "isbn": next((value.partition(" ")[0] for value in sheet.look("ISBN")), ""),
        "issn": next((value.partition(" ")[0] for value in sheet.look("IS")), ""),
        "abstract": abstract,
        "keywords": (*sheet.take_every("OT"), *sheet.take_every("MH")),
        "language": sheet.take("LA"),
        "url": "",
        "database": "PubMed",
        "flags": flags_of(title, flags_said(links, types)),
        "related": links,
    }


def written(field: str, value: Any) -> list[tuple[str, str]]:
    """The tags of a field; none for what MEDLINE has no tag for."""
    if field == "doi":
        return [("AID", f"{value} [doi]")]
    if field == "nct":
        return [("SI", f"ClinicalTrials.gov/{number}") for number in value.split(";")]
    if field == "issn":
        return [("IS", value)]
    if field == "isbn":
        return [("ISBN", value)]
    if field == "kind":
        return [("PT", _TYPES[value])] if value in _TYPES else []
    if field == "related":
        tag_of = {name: tag for tag, name in LINK_OF_TAG.items()}
        return [(tag_of[kind], f"PMID: {of}") for kind, _, of in (each.partition(" ") for each in value) if kind in tag_of]
    listed = value if isinstance(value, tuple) else (str(value),)
    return [(_TAGS[field], str(each)) for each in listed] if field in _TAGS else []


def text(records: Sequence[Pairs]) -> str:
    """The PMID first in each record; long values go on, indented, in the next line."""
    return "\r\n".join(_text_of(pairs) for pairs in records)


def _text_of(pairs: Pairs) -> str:
    pmid = next((value for tag, value in pairs if tag == "PMID"), "")
    rest = [pair for pair in pairs if pair[0] != "PMID"]
    return "".join(line + "\r\n" for tag, value in [("PMID", pmid), *rest] for line in _lines(tag, value))


def _lines(tag: str, value: str) -> list[str]:
    lines = textwrap.wrap(value, _WIDTH - 6, break_long_words=False, break_on_hyphens=False) or [""]
    return [f"{tag:<4}- {lines[0]}", *(f"      {line}" for line in lines[1:])]


MEDLINE = Format("nbib", "MEDLINE (.nbib)", lambda head: bool(_BEGINS.search(head)), entries, fields, written, text)
