"""A bibliographic record, as one database exported it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "article",
    "conference paper",
    "abstract",
    "preprint",
    "review",
    "registration",
    "book",
    "chapter",
    "thesis",
    "report",
    "other",
    "",
]
Flag = Literal["retracted", "retraction notice", "erratum", "corrected", "expression of concern", "updated", "comment"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: the file in `search/`, its position in it (1 is the first), and the line at which it begins."""

    file: str
    position: int
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}#{self.position}"


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of one search export. Nothing is lost: what has no field of its own stands in `further`, as it was written.

    place : where it was read; `id` is made from it and never changes, for exports are kept as downloaded
    database : where it was found (`PubMed`, `Embase`), from searches.csv, else from the file itself
    kind : sort of publication, empty where the export does not say
    authors : `Family, Given` or `Family G`, as exported, in order
    year : of publication; None where it is missing or cannot be read
    pages : as exported (`708-720`, `e12`, `183-92`)
    doi : without address, lower case; pmid, nct : digits; `NCT` and eight digits, `;` between several
    abstract : as one text; parts with a heading begin with it (`METHODS: ...`)
    keywords : author's keywords and index terms, in order
    flags : what the database says has happened to the publication (`retracted`)
    related : identifiers that it points to, with the kind of link (`RetractionIn 12345678`)
    further : every other field, (name in the export, value), in order; written back by the same format
    format : of the export (`ris`), which the names in `further` belong to
    """

    place: Place
    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    nct: str = ""
    isbn: str = ""
    issn: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    language: str = ""
    url: str = ""
    kind: Kind = ""
    database: str = ""
    flags: tuple[Flag, ...] = ()
    related: tuple[str, ...] = ()
    further: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    format: str = field(default="", repr=False)

    @property
    def id(self) -> str:
        """The record's identifier in the review: `pubmed.nbib#12`."""
        return str(self.place)
