"""The screening of a review where it stands: records, duplicates and decisions put together."""

from __future__ import annotations

from dataclasses import dataclass

from trialpool.review.record import Record
from trialpool.review.review import Review
from trialpool.review.screening import Stage
from trialpool.screening.deduplication.deduplicate import Deduplication, deduplicate
from trialpool.screening.deduplication.merging import merge
from trialpool.screening.publications import Publication
from trialpool.screening.state import Screened, ScreeningState, screening_state

DATABASES = ("database", "register")  # sorts of source whose records go through screening; the others are other methods


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewScreening:
    """Where the screening of a review stands.

    duplicates : which records are one publication
    state : what was decided of these
    by_database : identifiers of publications of which a database or register has a record; the others came by other methods
    """

    review: Review
    duplicates: Deduplication
    state: ScreeningState
    by_database: frozenset[str]

    def at(self, stage: Stage, *, by_database: bool) -> tuple[Screened, ...]:
        """Where the publications of an arm of the flow stand at a stage."""
        return tuple(found for found in self.state.at(stage) if (found.publication.id in self.by_database) == by_database)

    def record_of(self, publication: Publication) -> Record:
        """What stands for a publication: the best field of its records."""
        return merge([self.review.search.by_id[id_] for id_ in publication.records]).record


def screening_of(review: Review) -> ReviewScreening | None:
    """The screening of a review; None where it has no records."""
    records = review.search.records
    if not records:
        return None
    duplicates = deduplicate(records)
    state = screening_state([record.id for record in records], review.screening, review.plan.screening, groups=duplicates.groups)
    by_database = frozenset(
        publication.id
        for publication in state.publications
        if any(sort_of(review, review.search.by_id[id_]) in DATABASES for id_ in publication.records)
    )
    return ReviewScreening(review=review, duplicates=duplicates, state=state, by_database=by_database)


def sort_of(review: Review, record: Record) -> str:
    """The sort of source that a record is from."""
    search = review.search.search_of(record)
    return search.sort if search else "database"
