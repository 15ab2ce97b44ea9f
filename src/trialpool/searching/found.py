"""What a search of a service found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trialpool.errors import TrialpoolError

Watch = Callable[[int, int], None]  # records so far, records in all


@dataclass(frozen=True, slots=True)
class Found:
    """The answers of a service, put into one file of its own format.

    hits : number of records that the service said it has
    records : number of records in `data`
    data : the file; suffix : what its name ends with
    note : how the service read the query, and what it did not understand
    """

    hits: int
    records: int
    data: bytes
    suffix: str
    note: str = ""


def hold_to(limit: int, hits: int, name: str) -> None:
    """Refuse a search that finds more than is wanted; nothing is fetched then."""
    if hits > limit:
        raise TrialpoolError(
            f"The search has {hits:,} hits in {name}, and --limit is {limit:,}. Narrow it, or raise the limit; nothing was fetched."
        )
