"""Duplicates as a review has them: found by comparison, and as people decided of pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trialpool.review.record import Record
from trialpool.review.screening import DuplicateDecision
from trialpool.screening.deduplication.deduplicate import Decision, Deduplication, deduplicate


def decided(records: Sequence[Record], decisions: Iterable[DuplicateDecision]) -> Deduplication:
    """The duplicates among records, with what people decided."""
    return deduplicate(records, [Decision(d.record, d.duplicate_of, d.decision, d.reviewer, d.reason) for d in decisions])
