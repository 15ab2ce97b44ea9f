"""What is screened: publications, each of which may have several records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trialpool.errors import BadArgument


@dataclass(frozen=True, slots=True)
class Publication:
    """What is decided once: a record, or several that are duplicates of each other, by their identifiers."""

    records: tuple[str, ...]

    @property
    def id(self) -> str:
        """The identifier of its first record, which stands for it."""
        return self.records[0]


def publications_of(records: Iterable[str], groups: Iterable[Sequence[str]] = ()) -> tuple[Publication, ...]:
    """The publications, in the order of their first records; `groups` are records that are duplicates of each other.

    Raises
    ------
    BadArgument
        where a group names a record that is not there, or a record is in two groups

    >>> [publication.records for publication in publications_of(["a#1", "a#2", "b#1"], [("a#1", "b#1")])]
    [('a#1', 'b#1'), ('a#2',)]
    """
    ids = tuple(dict.fromkeys(records))
    known, group_of = set(ids), {}
    for group in groups:
        for record in group:
            if record not in known or record in group_of:
                what = "is in two groups of duplicates" if record in known else "is in a group of duplicates and is not there"
                raise BadArgument(f"The record {record} {what}. Take groups as `deduplicate` gives them, of these records.")
            group_of[record] = tuple(group)
    return tuple(Publication(group) for group in dict.fromkeys(group_of.get(record, (record,)) for record in ids))
