"""JSON of Europe PMC, as its search service sends it (`resultType=core`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from trialpool.errors import Problem
from trialpool.formats.records.entry import Entry, Format, Sheet, flags_of, nct_in
from trialpool.formats.records.pubmed_links import flags_said, kind_of, link

_BEGINS = re.compile(r'\A\s*\{.*?"(?:hitCount|resultList)"\s*:', re.DOTALL)
_MARKUP = re.compile(r"</?(?:i|b|u|sup|sub|em|strong|h4|p|br)\s*/?>", re.IGNORECASE)


def entries(text: str, file: str, problems: list[Problem]) -> Iterator[Entry]:
    """A record a result: its texts by name, and as JSON what has parts."""
    try:
        results = json.loads(text)["resultList"]["result"]
    except (ValueError, KeyError, TypeError) as error:
        mend = "Fetch it again: `trialpool search --database europepmc`"
        problems.append(Problem(file, 0, "", f"the reply of Europe PMC cannot be read ({error})", mend))
        return
    for result in results:
        if isinstance(result, dict):
            yield Entry(0, tuple((name, _cell(value)) for name, value in result.items()))


def _cell(value: Any) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def fields(sheet: Sheet) -> dict[str, Any]:
    title = sheet.take("title", exact=lambda v: plain(v) == v)
    abstract = sheet.take("abstractText", exact=lambda v: plain(v) == v)
    journal = _parts(sheet, "journalInfo")
    types = list(_parts(sheet, "pubTypeList").get("pubType", []))
    listed = _parts(sheet, "commentCorrectionList").get("commentCorrection", [])
    links = tuple(_link(each) for each in listed if isinstance(each, dict))
    return {
        "kind": "preprint" if sheet.first("source") == "PPR" else kind_of(types),
        "title": plain(title),
        "authors": tuple(_names(sheet)),
        "year": sheet.year("pubYear", "firstPublicationDate"),
        "journal": str((journal.get("journal") or {}).get("title", "")),
        "volume": str(journal.get("volume", "")),
        "issue": str(journal.get("issue", "")),
        "pages": sheet.take("pageInfo"),
        "doi": sheet.doi("doi"),
        "pmid": sheet.take("pmid", exact=str.isdigit),
        "nct": nct_in((), plain(abstract)),
        "issn": str((journal.get("journal") or {}).get("issn", "")),
        "isbn": "",
        "abstract": plain(abstract),
        "keywords": tuple(map(str, _parts(sheet, "keywordList").get("keyword", []))),
        "language": sheet.take("language"),
        "url": "",
        "database": "Europe PMC",
        "flags": flags_of(plain(title), flags_said(links, map(str.title, types))),
        "related": links,
    }


def plain(text: str) -> str:
    """Text without the mark-up of Europe PMC; a heading in an abstract is followed by a colon.

    >>> plain("<h4>Methods</h4>We asked <i>in vivo</i>.")
    'Methods: We asked in vivo.'
    """
    return _MARKUP.sub("", re.sub(r"\s*</h4>\s*", ": ", re.sub(r"(?<=\S)\s*<h4>", "\n", text))) if "<" in text else text


def _parts(sheet: Sheet, name: str) -> dict[str, Any]:
    try:
        found = json.loads(sheet.first(name) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _names(sheet: Sheet) -> Iterator[str]:
    authors = _parts(sheet, "authorList").get("author", [])
    for author in authors if isinstance(authors, list) else ():
        family, given = author.get("lastName", ""), author.get("firstName", "") or author.get("initials", "")
        if name := f"{family}, {given}".strip(", ") or author.get("collectiveName", "") or author.get("fullName", ""):
            yield str(name)


def _link(each: dict[str, Any]) -> str:
    """`Retraction in` of Europe PMC is PubMed's `RetractionIn`."""
    kind = "".join(word[:1].upper() + word[1:] for word in str(each.get("type", "")).split())
    return link(kind, str(each.get("id", "")), str(each.get("reference", "")))


EUROPE_PMC = Format("europepmc-json", "Europe PMC JSON", lambda head: bool(_BEGINS.search(head)), entries, fields)
