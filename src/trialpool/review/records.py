"""The records of one export, with what was odd about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trialpool.errors import Problem
from trialpool.review.record import Record
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, repr=False)
class Records(Tabular):
    """What was read from one export, in its order.

    records : each knows its file, position and line; `further` holds the fields that it has no place for
    problems : what was odd, with its line; what was overcome has the severity "warning"
    file, format, label : the name of the file; its format (`ris`), and that for people (`RIS`)
    """

    records: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()
    file: str = ""
    format: str = ""
    label: str = ""

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __getitem__(self, at: int) -> Record:
        return self.records[at]

    @property
    def database(self) -> str:
        """The database that most of those records are from that say so; empty where none does."""
        said = [record.database for record in self.records if record.database]
        most = max(dict.fromkeys(said), key=said.count, default="")
        return most if said.count(most) * 2 > len(said) else ""

    def table(self) -> dict[str, list[Any]]:
        """A row a record; lists are joined by `; `."""
        return records_table(self.records)

    def __str__(self) -> str:
        n, odd = len(self.records), len(self.problems)
        database = f" of {self.database}" if self.database else ""
        return f"{self.file}: {n} record{'' if n == 1 else 's'}{database} ({self.label}), {odd} problem{'' if odd == 1 else 's'}"

    __repr__ = __str__


COLUMNS = (
    "id", "title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "nct", "kind", "database", "language",
    "url", "keywords", "flags", "related", "abstract",
)  # fmt: skip


def records_table(records: tuple[Record, ...]) -> dict[str, list[Any]]:
    """The fields of records as columns, for a frame or a CSV file."""

    def cell(value: Any) -> Any:
        return "; ".join(value) if isinstance(value, tuple) else value

    return {name: [cell(getattr(record, name)) for record in records] for name in COLUMNS}
