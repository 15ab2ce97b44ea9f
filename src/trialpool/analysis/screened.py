"""The screening of a review by the arms of its flow: what databases and registers found, and what only other methods did."""

from __future__ import annotations

from dataclasses import dataclass

from trialpool.review.record import Record
from trialpool.review.review import Review
from trialpool.review.screening import Stage
from trialpool.screening.deduplication.deduplicate import Deduplication
from trialpool.screening.publications import Publication
from trialpool.screening.publications_of_review import ScreenedRecords, screen_records
from trialpool.screening.state import Screened, ScreeningState

DATABASES = ("database", "register")  # sorts of source whose records go through screening; the others are other methods


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenedReview:
    """Where the screening of a review stands.

    review : the review
    screening : its publications and what was decided of them
    by_database : identifiers of publications of which a database or register has a record; the others came by other methods
    """

    review: Review
    screening: ScreenedRecords
    by_database: frozenset[str]

    @property
    def state(self) -> ScreeningState:
        return self.screening.state

    @property
    def duplicates(self) -> Deduplication:
        return self.screening.duplicates

    def at(self, stage: Stage, *, by_database: bool) -> tuple[Screened, ...]:
        """Where the publications of an arm of the flow stand at a stage."""
        return tuple(found for found in self.state.at(stage) if (found.publication.id in self.by_database) == by_database)

    def record_of(self, publication: Publication) -> Record:
        """What stands for a publication: the best field of its records."""
        return self.screening.shown[publication.id]


def screening_of(review: Review) -> ScreenedReview | None:
    """The screening of a review; None where it has no records."""
    records = review.search.records
    if not records:
        return None
    screening = screen_records(records, review.screening, review.plan.screening, duplicates=review.duplicates)
    by_database = frozenset(
        publication.id
        for publication in screening.state.publications
        if any(sort_of(review, review.search.by_id[id_]) in DATABASES for id_ in publication.records)
    )
    return ScreenedReview(review=review, screening=screening, by_database=by_database)


def sort_of(review: Review, record: Record) -> str:
    """The sort of source that a record is from."""
    search = review.search.search_of(record)
    return search.sort if search else "database"
