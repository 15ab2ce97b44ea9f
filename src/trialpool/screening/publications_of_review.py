"""The publications of a review: its records, brought together where they are duplicates, and what is shown of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trialpool.review.plan import ScreeningPlan
from trialpool.review.record import Record
from trialpool.review.screening import DuplicateDecision, ScreeningDecision
from trialpool.screening.deduplication.decided import decided
from trialpool.screening.deduplication.deduplicate import Deduplication
from trialpool.screening.state import ScreeningState, screening_state


@dataclass(frozen=True)
class ScreenedRecords:
    """Records under screening.

    state : where it stands
    shown : by publication (its identifier) the record that is shown: of several, the best of every field
    duplicates : which records were brought together, and why
    """

    state: ScreeningState
    shown: Mapping[str, Record]
    duplicates: Deduplication


def screen_records(
    records: Sequence[Record],
    decisions: Iterable[ScreeningDecision] = (),
    plan: ScreeningPlan | None = None,
    *,
    duplicates: Iterable[DuplicateDecision] = (),
) -> ScreenedRecords:
    """Where the screening of these records stands, duplicates among them found and decided once.

    Parameters
    ----------
    records
        of all searches; identifiers must differ
    decisions
        every row of every reviewer
    plan
        the protocol
    duplicates
        what persons decided of pairs of records

    Raises
    ------
    BadArgument
        where a decision names a record that is not there
    """
    found = decided(records, duplicates)
    merged = {group[0]: one.record for group, one in zip(found.groups, found.merged, strict=True)}
    state = screening_state([record.id for record in records], decisions, plan, groups=found.groups)
    by_id = {record.id: record for record in records}
    shown = {publication.id: merged.get(publication.id, by_id[publication.id]) for publication in state.publications}
    return ScreenedRecords(state, shown, found)
