"""One record of several: the best of every field, and which record it is from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from trialpool.review.record import Record

_LONGEST = ("title", "abstract", "journal", "authors", "keywords", "pages")
_JOINED = ("flags", "related")
_KEPT = ("place", "database", "further", "format")


@dataclass(frozen=True)
class Merged:
    """The record that stands for a group.

    record : its fields; `place` is that of the first member, by which decisions name the group
    origin : which member each field is from, by identifier; only fields that have a value
    """

    record: Record
    origin: dict[str, str]


def merge(members: Sequence[Record]) -> Merged:
    """The best field of the members: the longest title, abstract, journal and lists; else the first that has one.

    Flags and links are those of all members, so that a retraction which one database knows of is not lost.
    """
    best = {name: max(members, key=_value_of(name)) for name in _fields()}
    values: dict[str, Any] = {name: getattr(record, name) for name, record in best.items()}
    for name in _JOINED:
        values[name] = tuple(dict.fromkeys(value for record in members for value in getattr(record, name)))
    first = members[0]
    return Merged(replace(first, **values), {name: record.id for name, record in best.items() if getattr(record, name)})


def _fields() -> list[str]:
    return [field.name for field in fields(Record) if field.name not in (*_KEPT, *_JOINED)]


def _value_of(name: str) -> Callable[[Record], int]:
    """What makes one member's field better than another's; of equals the first is taken."""
    if name in _LONGEST:
        return lambda record: len(getattr(record, name))
    return lambda record: bool(getattr(record, name))
