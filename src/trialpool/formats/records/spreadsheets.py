"""CSV exports: Scopus, Zotero, Covidence, Rayyan, PubMed, Embase, CENTRAL, ASReview, and tables that have a column for titles."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trialpool.errors import Problem
from trialpool.formats.records.entry import Entry, Format, Sheet, at_line, first_known, flags_of, linked_doi, nct_in, one_line
from trialpool.review.record import Flag, Kind

_KEYWORDS_PLUS = "id"  # of Web of Science; what others call ID is a number
LONGEST = 10_000_000  # a cell with the affiliations of a thousand authors is longer than Python's limit


@dataclass(frozen=True, slots=True)
class Dialect:
    """Whose export a header is of.

    marks : columns, in lower case, that only this one has together
    database : where its records were found; empty for what collects them from several
    """

    name: str
    label: str
    marks: frozenset[str]
    database: str = ""


DIALECTS = (
    Dialect("scopus-csv", "Scopus CSV", frozenset({"authors", "title", "source title", "eid"}), "Scopus"),
    Dialect("zotero-csv", "Zotero CSV", frozenset({"key", "item type", "publication title"})),
    Dialect("covidence-csv", "Covidence CSV", frozenset({"title", "covidence #"})),
    Dialect("rayyan-csv", "Rayyan CSV", frozenset({"key", "title", "authors", "notes", "year"})),
    Dialect("asreview-csv", "ASReview CSV", frozenset({"title", "asreview_label"})),
    Dialect("asreview-csv", "ASReview CSV", frozenset({"record_id", "title", "included"})),
    Dialect("pubmed-csv", "PubMed CSV", frozenset({"pmid", "title", "citation", "journal/book"}), "PubMed"),
    Dialect("embase-csv", "Embase CSV", frozenset({"title", "author names", "pui"}), "Embase"),
    Dialect("central-csv", "Cochrane CENTRAL CSV", frozenset({"accession number", "author(s)", "title"}), "CENTRAL"),
    Dialect("wos-tab", "Web of Science (tab-delimited)", frozenset({"pt", "au", "ti", "so", "ut"}), "Web of Science"),
    Dialect("csv", "CSV", frozenset({"title"})),
)
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "article title", "document title", "titles", "primary_title", "ti"),
    "author": ("author full names", "author", "authors", "author names", "author(s)", "af", "au"),
    "year": ("publication year", "published year", "year", "date of publication", "date", "publication_year", "py"),
    "journal": (
        "source title",
        "publication title",
        "journal",
        "journal/book",
        "source",
        "secondary_title",
        "conference name",
        "so",
    ),
    "volume": ("volume", "vl"),
    "issue": ("issue", "number", "is"),
    "pages": ("pages", "art. no."),
    "first page": ("page start", "first page", "start_page", "bp"),
    "last page": ("page end", "last page", "end_page", "ep"),
    "doi": ("doi", "di"),
    "pmid": ("pmid", "pubmed id", "pubmed_id", "medline pmid", "pm"),
    "abstract": ("abstract", "abstract note", "notes_abstract", "ab"),
    "keywords": ("author keywords", "manual tags", "keywords", "keyword", "index keywords", "automatic tags", "de", _KEYWORDS_PLUS),
    "language": ("language", "language of original document", "languages", "la"),
    "url": ("url", "link", "urls", "full text link"),
    "isbn": ("isbn", "bn"),
    "issn": ("issn", "sn"),
    "kind": ("item type", "document type", "publication type", "type of reference", "dt"),
}  # fmt: skip  # the columns that hold a field, the first of them that has a value; names in lower case
_KIND_OF: dict[str, Kind] = {
    "article": "article", "journalarticle": "article", "journal article": "article", "review": "review", "preprint": "preprint",
    "conference paper": "conference paper", "conferencepaper": "conference paper", "conference abstract": "abstract",
    "meeting abstract": "abstract",
    "book": "book", "book chapter": "chapter", "booksection": "chapter", "thesis": "thesis", "report": "report",
    "article in press": "article", "jour": "article", "trial registry record": "registration",
}  # fmt: skip
_FLAG_OF: dict[str, tuple[Flag, ...]] = {"retracted": ("retracted",), "erratum": ("erratum",), "correction": ("erratum",)}
_CITATION = re.compile(r";(\d+)(?:\(([^)]*)\))?:([^.;]+)\.")
_SEPARATOR = re.compile(r"sep=.$", re.IGNORECASE)  # a line by which Excel knows what separates cells
_INITIALS = re.compile(r"(?:[A-Z]\w?\.-?)+$")
_SCOPUS_ID = re.compile(r"\s*\(\d{6,}\)")


def dialect_of(head: str) -> Dialect | None:
    """Whose export a text is, by its header; None where no column of a spreadsheet is called title."""
    header, _, _ = _header(head)
    names = {name.casefold() for name in header}
    if len(names) > 1 and not names.isdisjoint(COLUMNS["title"]):
        names.add("title")  # whatever it is called
    return next((dialect for dialect in DIALECTS if dialect.marks <= names), None) if len(names) > 1 else None


def _header(text: str) -> tuple[list[str], str, int]:
    """The first line that holds anything, in cells; what separates them; and its number."""
    for number, line in enumerate(text.splitlines()[:20], start=1):
        if line.strip() and not _SEPARATOR.match(line):
            separator = max(",;\t", key=lambda mark: (line.count(mark), mark == ","))
            rows = _rows(text[text.index(line) :] if number > 1 else text, separator)
            first, _ = next(rows, ([], 0))
            return [cell.strip() for cell in first], separator, number
    return [], ",", 0


def _rows(text: str, separator: str) -> Iterator[tuple[list[str], int]]:
    """The rows of a table with the number of the line after each, cells of any length; the limit of others is left as it was."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    while True:
        limit = csv.field_size_limit(LONGEST)
        try:
            cells = next(reader)
        except StopIteration:
            return
        finally:
            csv.field_size_limit(limit)
        yield cells, reader.line_num + 1


def entries(text: str, file: str, problems: list[Problem]) -> Iterator[Entry]:
    """A record a row, a pair a filled cell; `line` is that of the row's beginning, as an editor counts."""
    header, separator, _ = _header(text)
    names = header
    line, longest = 1, (0, 0)
    try:
        for cells, after in _rows(text, separator):
            begin, line = line, after
            longest = max(longest, (line - begin, begin))
            if (
                not any(cell.strip() for cell in cells)
                or _SEPARATOR.match(separator.join(cells))
                or [cell.strip() for cell in cells] == header
            ):
                continue
            if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
                what = f"the row has {len(cells)} cells under {len(names)} columns"
                problems.append(at_line(file, begin, what, "Look for a comma or quote that is not quoted; the cells were kept"))
            yield Entry(begin, tuple(_pairs(names, cells)))
        if text.count('"') % 2:
            what = f"a quote is not closed; the row goes on for {longest[0]} lines"
            mend = "Close it there: rows after it were taken for one text"
            problems.append(Problem(file, 0, f"line {longest[1]}", what, mend))
    except csv.Error as error:
        mend = "Look for a quote that is not closed; the rows after it were not read"
        problems.append(Problem(file, 0, f"line {line}", f"the row cannot be read ({error})", mend))


def _pairs(names: list[str], cells: list[str]) -> Iterator[tuple[str, str]]:
    for n, cell in enumerate(cells):
        if cell.strip():
            yield (names[n] if n < len(names) else f"column {n + 1}"), cell.replace("\r\n", "\n").replace("\r", "\n").strip()


class _Cells:
    """The cells of a row by the field that they hold, whatever their column is called."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.by_name: dict[str, list[str]] = {}
        for name, _ in sheet.pairs:
            self.by_name.setdefault(name.casefold(), []).append(name)

    def names(self, field: str) -> list[str]:
        return [own for name in COLUMNS[field] for own in self.by_name.get(name, ())]

    def take(self, field: str) -> str:
        return self.sheet.take(*self.names(field))

    def first(self, field: str) -> str:
        return self.sheet.first(*self.names(field))


def fields_in(dialect: Dialect) -> Any:
    """The reader of the fields of this dialect."""

    def fields(sheet: Sheet) -> dict[str, Any]:
        cells = _Cells(sheet)
        title = one_line(cells.take("title"))
        abstract = sheet.take(*cells.names("abstract"), where=lambda value: value.strip("[]") != "No abstract available")
        type_ = cells.first("kind")
        if dialect.name != "wos-tab":
            cells.by_name.pop(_KEYWORDS_PLUS, None)
        cited = _CITATION.search(sheet.first("Citation"))
        volume, issue, pages = cited.groups() if cited else ("", "", "")
        return {
            "kind": first_known([type_], _KIND_OF, "other" if type_ else ""),
            "title": title,
            "authors": authors_of(cells.first("author")),
            "year": sheet.year(*cells.names("year")),
            "journal": one_line(cells.take("journal")),
            "volume": cells.take("volume") or volume,
            "issue": cells.take("issue") or issue or "",
            "pages": sheet.pages(cells.names("first page"), cells.names("last page")) or cells.take("pages") or pages,
            "doi": sheet.doi(*cells.names("doi")) or linked_doi(sheet.look(*cells.names("url"))),
            "pmid": _pmid(cells),
            "nct": nct_in([*sheet.look(*cells.names("url")), *_identifiers(sheet)], abstract),
            "isbn": cells.take("isbn"),
            "issn": cells.take("issn"),
            "abstract": abstract,
            "keywords": tuple(word for value in sheet.look(*cells.names("keywords")) for word in _words(value)),
            "language": cells.take("language"),
            "url": cells.take("url"),
            "database": dialect.database or sheet.first("Database", "database", "Source Database"),
            "flags": flags_of(title, _FLAG_OF.get(type_.casefold(), ())),
            "related": (),
        }

    return fields


def _pmid(cells: _Cells) -> str:
    found = cells.first("pmid") or next(iter(re.findall(r"PMID: ?(\d{5,9})", cells.sheet.first("Extra"))), "")
    return found if found.isdigit() else ""


def _identifiers(sheet: Sheet) -> list[str]:
    return sheet.look("Accession Number", "accession number", "NCT Number", "Ref", "Extra")


def authors_of(text: str) -> tuple[str, ...]:
    """Names of a cell, whichever way they are put together.

    >>> authors_of("Rotter, Carina; Whittaker, Danielle"), authors_of("Attal M, Lauwers-Cances V.")
    (('Rotter, Carina', 'Whittaker, Danielle'), ('Attal M', 'Lauwers-Cances V.'))
    >>> authors_of("Palumbo, Antonio and Cavallo, Federica"), authors_of("Smith J., Doe A.B.")
    (('Palumbo, Antonio', 'Cavallo, Federica'), ('Smith J.', 'Doe A.B.'))
    >>> authors_of("Smith, J., Doe, A.B.")
    ('Smith, J.', 'Doe, A.B.')
    """
    text = _SCOPUS_ID.sub("", one_line(text))
    if ";" in text:
        between = ";"
    elif " and " in text:
        return tuple(name.strip() for name in text.split(" and ") if name.strip())
    elif _family_and_given(text):
        return (text.strip(),)
    elif pairs := _families_and_initials(text):
        return pairs
    else:
        between = ","
    return tuple(name.strip() for name in text.split(between) if name.strip())


def _family_and_given(text: str) -> bool:
    """Whether a comma stands within one name (`Palumbo, Antonio`) and not between two (`Attal M, Cances V`)."""
    family, comma, given = text.partition(",")
    return bool(comma) and "," not in given and " " not in family.strip()


def _families_and_initials(text: str) -> tuple[str, ...]:
    """Names of which every second part is initials (`Smith, J., Doe, A.B.`), as Scopus wrote them up to 2023; else empty."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) % 2 or not all(map(_INITIALS.match, parts[1::2])):
        return ()
    return tuple(f"{family}, {initials}" for family, initials in zip(parts[::2], parts[1::2], strict=True))


def _words(value: str) -> Iterator[str]:
    return (word.strip() for word in value.split(";" if ";" in value else ",") if word.strip())


def _recogniser(dialect: Dialect) -> Any:
    return lambda head: (found := dialect_of(head)) is not None and found.name == dialect.name


SPREADSHEETS = tuple(
    Format(dialect.name, dialect.label, _recogniser(dialect), entries, fields_in(dialect))
    for dialect in {dialect.name: dialect for dialect in DIALECTS}.values()
)
