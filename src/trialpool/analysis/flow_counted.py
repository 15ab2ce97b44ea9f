"""What of the flow of a review its files say: counted from records, duplicates, decisions, studies and effects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trialpool.analysis.screened import DATABASES, ScreenedReview, sort_of
from trialpool.analysis.selection import select
from trialpool.review.flow import ARMS, FlowBox, FlowCounts, Step
from trialpool.review.review import Review
from trialpool.review.screening import STAGES, Stage
from trialpool.screening.state import Screened

FIRST, SECOND = STAGES
NO_REASON = "no reason given"
OPEN_FIRST, OPEN_SECOND = "Records not decided yet", "Full texts not decided yet"
SOURCES = {"website": "websites", "organisation": "organisations", "citations": "citations"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedFlow:
    """Counts by their name in FlowCounts, and boxes for what is still open."""

    counts: Mapping[str, Any]
    boxes: tuple[FlowBox, ...] = ()


def counted_flow(review: Review, screening: ScreenedReview | None, given: FlowCounts) -> CountedFlow:
    """Everything that the files of a review say of its flow; `given` by hand says whether it is an update."""
    counts: dict[str, Any] = {}
    boxes: tuple[FlowBox, ...] = ()
    if screening is not None:
        counts |= dict(_identified(review)) | dict(_duplicates(screening, given))
        if review.screening:
            counts |= _decided(screening)
            counts |= _of_other_methods(screening)
            boxes = tuple(_open(screening))
    return CountedFlow(counts=counts | dict(_included(review, screening, given)), boxes=boxes)


def _identified(review: Review) -> Iterator[tuple[str, Any]]:
    """Records by source; of databases and registers by name."""
    found = Counter((sort_of(review, record), record.database or "not named") for record in review.search.records)
    none = {(search.sort, search.database): 0 for search in review.search.searches if search.hits == 0}
    for sort, name in (("database", "databases"), ("register", "registers")):
        by_name = {database: n for (of, database), n in {**none, **found}.items() if of == sort}
        if by_name:
            yield name, by_name
    for sort, name in SOURCES.items():
        if n := sum(n for (of, _), n in found.items() if of == sort):
            yield name, n


def _duplicates(screening: ScreenedReview, given: FlowCounts) -> Iterator[tuple[str, int]]:
    """Where nobody has screened the publications here, duplicates that were removed elsewhere are as they are given."""
    if screening.review.screening or given.duplicates is None:
        review = screening.review
        records = sum(sort_of(review, record) in DATABASES for record in review.search.records)
        yield "duplicates", records - len(screening.by_database)


def _decided(screening: ScreenedReview) -> Mapping[str, Any]:
    first, second = (screening.at(stage, by_database=True) for stage in STAGES)
    return {
        "screened": _number(first, "include") + _number(first, "exclude"),
        "excluded": _by_reason(first, screening) if screening.state.plan.title_abstract_reasons else _number(first, "exclude"),
        "sought": _number(first, "include"),
        "not_retrieved": _number(second, "unavailable"),
        "assessed": _number(second, "include") + _number(second, "exclude"),
        "excluded_reports": _by_reason(second, screening),
    }


def _of_other_methods(screening: ScreenedReview) -> Mapping[str, Any]:
    first, second = (screening.at(stage, by_database=False) for stage in STAGES)
    if not first:
        return {}
    return {
        "other_sought": _number(first, "include"),
        "other_not_retrieved": _number(second, "unavailable"),
        "other_assessed": _number(second, "include") + _number(second, "exclude"),
        "other_excluded_reports": _by_reason(second, screening),
    }


def _open(screening: ScreenedReview) -> Iterator[FlowBox]:
    """What is not decided yet, or in conflict."""
    steps: tuple[tuple[Stage, str, Step], ...] = ((FIRST, OPEN_FIRST, "identified"), (SECOND, OPEN_SECOND, "sought"))
    for arm in ARMS:
        for stage, text, step in steps:
            found = screening.at(stage, by_database=arm == "databases")
            if n := _number(found, "pending") + _number(found, "conflict"):
                yield FlowBox(text=text, n=n, beside=step, arm=arm, leaves=True)


def _included(review: Review, screening: ScreenedReview | None, given: FlowCounts) -> Iterator[tuple[str, int]]:
    """Studies of studies.csv, and reports of them; of an update these are all, and the new ones are those that were found now."""
    studies = len({study.study for study in review.studies})
    if given.is_update:
        yield "total_studies", studies
        if new := {report.study for report in review.included}:
            yield "new_studies", len(new)
    else:
        yield "new_studies", studies
    if screening is not None and review.screening:
        yield "new_reports", len(screening.state.included)
    if review.reports:
        yield "pooled_studies", len(pooled_studies(review))


def pooled_studies(review: Review) -> frozenset[str]:
    """The studies that have an effect in an analysis of the plan."""
    outcomes = dict.fromkeys(analysis.outcome for analysis in review.plan.analyses)
    return frozenset(effect.unit.study for id_ in outcomes for effect in select(review, review.outcome(id_)).effects)


def _number(found: Iterable[Screened], standing: str) -> int:
    return sum(each.standing == standing for each in found)


def _by_reason(found: Iterable[Screened], screening: ScreenedReview) -> dict[str, int]:
    """Those excluded by reason, in the protocol's order; reasons that nobody has need no line."""
    counted = Counter(each.reason or NO_REASON for each in found if each.standing == "exclude")
    protocol = (*screening.state.plan.title_abstract_reasons, *screening.state.plan.reasons)
    return {reason: counted[reason] for reason in (*protocol, *sorted(set(counted) - set(protocol))) if counted[reason]}
