"""Embase's CSV with a field a row: the name of the field, then its values; a blank row between records."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from trialpool.errors import Problem
from trialpool.formats.records.entry import Entry, Format, Sheet, doi_in, first_known, flags_of, nct_in
from trialpool.review.record import Kind

_NAMES = frozenset({"TITLE", "SOURCE", "AUTHOR NAMES", "PUBLICATION YEAR", "ABSTRACT", "PUI", "DOI", "EMTREE DRUG INDEX TERMS"})
_KIND_OF: dict[str, Kind] = {
    "article": "article", "review": "review", "conference abstract": "abstract", "conference paper": "conference paper",
    "article in press": "article", "preprint": "preprint",
}  # fmt: skip
_TERMS = ("AUTHOR KEYWORDS", "EMTREE DRUG INDEX TERMS", "EMTREE MEDICAL INDEX TERMS")


def recognises(head: str) -> bool:
    """Whether the rows begin with names of fields."""
    rows = csv.reader(io.StringIO(head[:20_000], newline=""))
    return len({row[0].strip() for row in rows if row} & _NAMES) >= 3


def entries(text: str, file: str, problems: list[Problem]) -> Iterator[Entry]:
    """A record begins with TITLE; a pair a value."""
    reader = csv.reader(io.StringIO(text, newline=""))
    line, begin = 1, 1
    pairs: list[tuple[str, str]] = []
    try:
        for row in reader:
            here, line = line, reader.line_num + 1
            name = row[0].strip() if row else ""
            if name == "TITLE" and pairs:
                yield Entry(begin, tuple(pairs))
                pairs = []
            if not pairs:
                begin = here
            pairs += [(name or "row", value.strip()) for value in row[1:] if value.strip()]
    except csv.Error as error:
        mend = "Look for a quote that is not closed; the rows after it were not read"
        problems.append(Problem(file, 0, f"line {line}", f"the row cannot be read ({error})", mend))
    if pairs:
        yield Entry(begin, tuple(pairs))


def fields(sheet: Sheet) -> dict[str, Any]:
    title, abstract = sheet.take("TITLE"), sheet.take("ABSTRACT")
    type_ = sheet.first("PUBLICATION TYPE")
    return {
        "kind": first_known([type_], _KIND_OF, "other" if type_ else ""),
        "title": title,
        "authors": sheet.take_every("AUTHOR NAMES"),
        "year": sheet.year("PUBLICATION YEAR", "DATE OF PUBLICATION"),
        "journal": sheet.take("SOURCE TITLE", "SOURCE"),
        "volume": sheet.take("VOLUME"),
        "issue": sheet.take("ISSUE"),
        "pages": sheet.take("PAGE RANGE") or sheet.pages(["FIRST PAGE"], ["LAST PAGE"]),
        "doi": doi_in(sheet.first("DOI")),
        "pmid": sheet.take("MEDLINE PMID", exact=str.isdigit),
        "nct": nct_in(sheet.look("CLINICAL TRIAL NUMBERS"), abstract),
        **sheet.numbers("ISSN", "ISBN"),
        "abstract": abstract,
        "keywords": tuple(word for name in _TERMS for word in sheet.take_every(name)),
        "language": sheet.take("LANGUAGE OF ARTICLE"),
        "url": sheet.take("FULL TEXT LINK", "EMBASE LINK"),
        "database": "Embase",
        "flags": flags_of(title),
        "related": (),
    }


EMBASE_ROWS = Format("embase-rows", "Embase CSV, a field a row", recognises, entries, fields)
