"""The searches of a review and the records that they found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trialpool.review.record import Record
from trialpool.review.records import records_table
from trialpool.stats.tables import Tabular

Source = Literal["database", "register", "website", "organisation", "citations", ""]
REGISTERS = (
    "clinicaltrials.gov", "ictrp", "eu clinical trials", "euctr", "isrctn", "anzctr", "chictr", "drks", "jrct", "umin", "ctis",
    "registry", "register of ongoing",
)  # fmt: skip


class DatabaseSearch(BaseModel):
    """A row of search/searches.csv: one search of one source, and the file with what it found."""

    model_config = ConfigDict(frozen=True)

    file: str = Field("", description="the export, as its path within `search/`; empty only where nothing was found")
    database: str = Field(description="what was searched: PubMed, Embase, CENTRAL, ClinicalTrials.gov")
    platform: str = Field("", description="by which door: Ovid, Embase.com, Web of Science")
    date: str = Field(description="the day of the search, `2026-03-01`")
    query: str = Field("", description="the whole search, as it was sent")
    hits: int | None = Field(None, description="number of records that the database said it found")
    source: Source = Field(
        "", description="sort of source, for the flow diagram; by itself `register` for registers that are known, else `database`"
    )
    note: str = Field("", description="anything else that a reader should know: limits, filters, who searched")
    row: int = Field(0, description="(set by the reader) row of searches.csv, the header being row 1")

    @property
    def sort(self) -> str:
        """`source`, or what the name of the database lets guess."""
        return self.source or ("register" if any(name in self.database.casefold() for name in REGISTERS) else "database")


@dataclass(frozen=True, repr=False)
class Search(Tabular):
    """The folder `search/` of a review: what was searched, and every record that was found, duplicates not removed.

    searches : the rows of searches.csv, in order
    records : those of every file, in the order of the searches; `id` is the file and the position in it (`pubmed.nbib#12`)
    """

    searches: tuple[DatabaseSearch, ...] = ()
    records: tuple[Record, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Record]:
        """The records by their identifiers."""
        return {record.id: record for record in self.records}

    @cached_property
    def found(self) -> dict[str, int]:
        """Number of records by file."""
        return dict(Counter(record.place.file for record in self.records))

    def search_of(self, record: Record) -> DatabaseSearch | None:
        """The search that found a record; None where its file is not listed."""
        return next((search for search in self.searches if search.file == record.place.file), None)

    def table(self) -> dict[str, list[Any]]:
        """A row a record."""
        return records_table(self.records)

    def __len__(self) -> int:
        return len(self.records)

    def __str__(self) -> str:
        return f"{len(self.records)} records of {len(self.searches)} searches in {len(self.found)} files"

    __repr__ = __str__
