"""Refer tags: EndNote's `.enw`, as journals and Google Scholar offer them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from trialpool.errors import Problem
from trialpool.formats.records.entry import Entry, Format, Pairs, Sheet, first_known, flags_of, linked_doi, nct_in
from trialpool.formats.records.tagged import Layout, entries_of
from trialpool.review.record import Kind

_BEGINS = re.compile(r"\A\s*%[0A-Z] \S")
_LAYOUT = Layout(re.compile(r"(%[0-9A-Z@!#$&()*+<=>?\[\\\]^~])(?: (.*)|)$", re.DOTALL), begins="%0", parted=frozenset({"%T"}))
_KIND_OF: dict[str, Kind] = {
    "journal article": "article", "electronic article": "article", "book": "book", "edited book": "book", "book section": "chapter",
    "conference proceedings": "conference paper", "conference paper": "conference paper", "thesis": "thesis", "report": "report",
    "generic": "", "unpublished work": "other",
}  # fmt: skip
_TYPE_OF = {str(kind): name.title() for name, kind in reversed(_KIND_OF.items()) if kind}
_TAGS = {
    "title": "%T", "authors": "%A", "year": "%D", "journal": "%J", "volume": "%V", "issue": "%N", "pages": "%P", "doi": "%R",
    "isbn": "%@", "issn": "%@", "abstract": "%X", "keywords": "%K", "language": "%G", "url": "%U", "database": "%~",
}  # fmt: skip


def entries(text: str, file: str, problems: list[Problem]) -> Iterator[Entry]:
    return entries_of(_LAYOUT, text, file, problems)


def fields(sheet: Sheet) -> dict[str, Any]:
    title = sheet.take_line("%T")
    abstract = sheet.take("%X")
    type_ = sheet.first("%0")
    kind = first_known([type_], _KIND_OF, "other" if type_ else "")
    sheet.take("%0", exact=lambda value: _TYPE_OF.get(kind) == value)
    return {
        "kind": kind,
        "title": title,
        "authors": sheet.take_lines("%A"),
        "year": sheet.year("%D", "%8"),
        "journal": sheet.take_line("%J", "%B"),
        "volume": sheet.take("%V"),
        "issue": sheet.take("%N"),
        "pages": sheet.take("%P"),
        "doi": sheet.doi("%R", "%M") or linked_doi(sheet.look("%U")),
        "pmid": next((value for value in sheet.look("%M") if re.fullmatch(r"\d{5,9}", value)), ""),
        "nct": nct_in(sheet.look("%M"), abstract),
        **sheet.numbers("%@"),
        "abstract": abstract,
        "keywords": sheet.take_lines("%K"),
        "language": sheet.take("%G"),
        "url": sheet.take("%U"),
        "database": sheet.first("%~"),
        "flags": flags_of(title),
        "related": (),
    }


def written(field: str, value: Any) -> list[tuple[str, str]]:
    """The tags of a field; none for what Refer has no tag for."""
    if field == "kind":
        return [("%0", _TYPE_OF.get(value, "Generic"))]
    if field == "pmid":
        return [("%M", value)]
    if field == "keywords":
        return [("%K", "\n".join(value))]
    listed = value if isinstance(value, tuple) else (str(value),)
    return [(_TAGS[field], str(each)) for each in listed] if field in _TAGS else []


def text(records: Sequence[Pairs]) -> str:
    """%0 first in each record."""
    return "\n".join(_text_of(pairs) for pairs in records)


def _text_of(pairs: Pairs) -> str:
    kind = next((value for tag, value in pairs if tag == "%0"), "Generic")
    rest = [pair for pair in pairs if pair[0] != "%0"]
    return "".join(f"{tag} {value}\n" for tag, value in [("%0", kind), *rest])


REFER = Format("enw", "EndNote Refer (.enw)", lambda head: bool(_BEGINS.search(head)), entries, fields, written, text)
