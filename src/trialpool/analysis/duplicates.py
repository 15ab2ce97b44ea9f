"""The records of a review that are one publication: found by comparison, and as people decided in screening/duplicates.csv."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trialpool.review.record import Record
from trialpool.review.review import Review
from trialpool.review.screening import DuplicateDecision
from trialpool.screening.deduplication.deduplicate import Decision, Deduplication, deduplicate


def duplicates_of(review: Review) -> Deduplication:
    """The duplicates among the records of a review's search."""
    return decided(review.search.records, review.duplicates)


def decided(records: Sequence[Record], decisions: Iterable[DuplicateDecision]) -> Deduplication:
    """The duplicates among records, with what people decided."""
    return deduplicate(records, [Decision(d.record, d.duplicate_of, d.decision, d.reviewer, d.reason) for d in decisions])
