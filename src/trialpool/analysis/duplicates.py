"""The records of a review that are one publication: found by comparison, and as people decided in screening/duplicates.csv."""

from __future__ import annotations

from trialpool.review.review import Review
from trialpool.screening.deduplication.decided import decided
from trialpool.screening.deduplication.deduplicate import Deduplication


def duplicates_of(review: Review) -> Deduplication:
    """The duplicates among the records of a review's search."""
    return decided(review.search.records, review.duplicates)
