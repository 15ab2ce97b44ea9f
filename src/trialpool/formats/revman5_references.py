"""Studies and their references out of RevMan 5."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from xml.etree.ElementTree import Element

from trialpool.review.record import Kind, Place, Record
from trialpool.review.revman import RevManStudy

SECTIONS = {
    "INCLUDED_STUDIES": "included",
    "EXCLUDED_STUDIES": "excluded",
    "AWAITING_STUDIES": "awaiting",
    "ONGOING_STUDIES": "ongoing",
}
KINDS: dict[str, Kind] = {
    "JOURNAL_ARTICLE": "article",
    "CONFERENCE_PROC": "conference paper",
    "BOOK": "book",
    "BOOK_SECTION": "chapter",
    "CORRESPONDENCE": "other",
    "THESIS": "thesis",
    "COCHRANE_REVIEW": "review",
    "COCHRANE_PROTOCOL": "review",
    "UNPUBLISHED": "other",
}
FIELDS = {"AU": "authors", "TI": "title", "SO": "journal", "YR": "year", "VL": "volume", "NO": "issue", "PG": "pages"}


def studies_of(root: Element, file: str) -> tuple[RevManStudy, ...]:
    """Every study, included or not, with its references as records; these are counted through the file."""
    described = _characteristics(root)
    studies: list[RevManStudy] = []
    position = 0
    for tag, section in SECTIONS.items():
        for element in root.findall(f"STUDIES_AND_REFERENCES/STUDIES/{tag}/STUDY"):
            references = sorted(element.findall("REFERENCE"), key=lambda r: r.get("PRIMARY") != "YES")
            records = [_record(r, Place(file, position + i)) for i, r in enumerate(references, start=1)]
            position += len(records)
            id_, year = element.get("ID", ""), element.get("YEAR", "")
            parts = described.get(id_, [])
            studies.append(
                RevManStudy(
                    id=id_,
                    name=element.get("NAME", id_),
                    year=int(year) if re.fullmatch(r"\d{4}", year) else next((r.year for r in records if r.year), None),
                    section=section,
                    reason=" ".join(words for name, words in parts if name == "reason for exclusion"),
                    described=tuple(part for part in parts if part[0] != "reason for exclusion"),
                    records=tuple(records),
                )
            )
    return tuple(studies)


def _characteristics(root: Element) -> dict[str, list[tuple[str, str]]]:
    """By study, what the tables of characteristics say."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table in root.findall("CHARACTERISTICS_OF_STUDIES/*/*"):
        parts = [(child.tag.removeprefix("CHAR_").replace("_", " ").lower(), _words(child)) for child in table]
        found.setdefault(table.get("STUDY_ID", ""), []).extend((name, words) for name, words in parts if words)
    return found


def _words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _record(reference: Element, place: Place) -> Record:
    fields = {child.tag: _words(child) for child in reference if child.tag != "IDENTIFIERS"}
    identifiers = [(i.get("TYPE", ""), i.get("VALUE", "")) for i in reference.iter("IDENTIFIER")]
    named = dict(identifiers)
    year = re.search(r"\d{4}", fields.get("YR", ""))
    return Record(
        place=place,
        title=fields.get("TI", "") or fields.get("TO", ""),
        authors=tuple(name.strip() for name in fields.get("AU", "").split(",") if name.strip()),
        year=int(year.group()) if year else None,
        journal=fields.get("SO", ""),
        volume=fields.get("VL", ""),
        issue=fields.get("NO", ""),
        pages=fields.get("PG", ""),
        doi=re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", named.get("DOI", ""), flags=re.IGNORECASE).lower(),
        pmid=re.sub(r"\D", "", named.get("PUBMED", named.get("MEDLINE", ""))),
        nct=";".join(v for k, v in identifiers if k in ("CTG", "OTHER") and re.fullmatch(r"NCT\d{8}", v)),
        kind=KINDS.get(reference.get("TYPE", ""), ""),
        database="RevMan",
        further=tuple(_further(reference, fields, identifiers)),
        format="revman",
    )


def _further(reference: Element, fields: dict[str, str], identifiers: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for tag, words in fields.items():
        if words and (tag not in FIELDS or (tag == "YR" and not re.fullmatch(r"\d{4}", words))):
            yield tag, words
    for name, value in reference.attrib.items():
        cleaned = " ".join(unescape(re.sub(r"<[^>]+>", " ", value)).split())
        if cleaned:
            yield name, cleaned
    for kind, value in identifiers:
        yield f"IDENTIFIER {kind}", value
