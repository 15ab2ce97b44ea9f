"""EndNote XML, as EndNote, Zotero and Mendeley write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from trialpool.errors import Problem
from trialpool.formats.records.entry import Entry, Format, Sheet, first_known, flags_of, linked_doi, nct_in, one_line
from trialpool.formats.records.xml import Element, as_written, elements
from trialpool.review.record import Kind

_ROOT = re.compile(r"<xml>\s*<records>|<records>\s*<record>")
_KIND_OF: dict[str, Kind] = {
    "journal article": "article", "electronic article": "article", "book": "book", "edited book": "book", "electronic book": "book",
    "book section": "chapter", "electronic book section": "chapter", "conference proceedings": "conference paper",
    "conference paper": "conference paper", "thesis": "thesis", "report": "report", "generic": "",
}  # fmt: skip


def entries(text: str, file: str, problems: list[Problem]) -> Iterator[Entry]:
    """A pair an element that holds text, by its path; runs of one look are joined, and other looks stay as XML besides."""
    for record in elements(text, ("record",), file, problems):
        yield Entry(record.sourceline or 0, tuple(_leaves(record, "")))


def _leaves(element: Element, path: str) -> Iterator[tuple[str, str]]:
    for child in element:
        if not isinstance(child.tag, str):
            continue
        here = f"{path}/{child.tag}".lstrip("/")
        inner = [each for each in child if isinstance(each.tag, str) and each.tag != "style"]
        text = "".join(child.itertext()) if not inner else ""
        if text.strip():
            yield here, text.replace("\r\n", "\n").replace("\r", "\n").strip()
        yield from ((f"{here}@{name}", value) for name, value in child.attrib.items())
        if inner:
            yield from _leaves(child, here)
        elif any(style.get("face", "normal") != "normal" for style in child.findall("style")):
            yield f"{here}#styled", as_written(child)


def fields(sheet: Sheet) -> dict[str, Any]:
    title = sheet.take_line("titles/title")
    abstract = sheet.take("abstract")
    type_ = sheet.first("ref-type@name")
    numbers = sheet.look("accession-num")
    source = sheet.first("remote-database-name")
    return {
        "kind": first_known([type_], _KIND_OF, "other" if type_ else ""),
        "title": title,
        "authors": tuple(one_line(name) for name in sheet.take_every("contributors/authors/author")),
        "year": sheet.year("dates/year", "dates/pub-dates/date"),
        "journal": sheet.take_line("periodical/full-title", "titles/secondary-title", "titles/alt-title", "periodical/abbr-1"),
        "volume": sheet.take("volume"),
        "issue": sheet.take("number", "issue"),
        "pages": sheet.take("pages"),
        "doi": sheet.doi("electronic-resource-num") or linked_doi(_urls(sheet)),
        "pmid": next((v for v in numbers if re.fullmatch(r"\d{5,9}", v) and "embase" not in source.casefold()), ""),
        "nct": nct_in(numbers, abstract),
        **sheet.numbers("isbn"),
        "abstract": abstract,
        "keywords": tuple(word for value in sheet.take_every("keywords/keyword") for word in value.split("\n") if word),
        "language": sheet.take("language"),
        "url": next(iter(_urls(sheet)), ""),
        "database": source,
        "flags": flags_of(title),
        "related": (),
    }


def _urls(sheet: Sheet) -> list[str]:
    return sheet.look("urls/web-urls/url", "urls/related-urls/url")


ENDNOTE_XML = Format("endnote-xml", "EndNote XML", lambda head: bool(_ROOT.search(head)), entries, fields)
