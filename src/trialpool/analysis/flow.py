"""The flow of a review from its search to its synthesis: counted in its files, completed by what a person gives in `[flow]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from trialpool.analysis.flow_counted import counted_flow
from trialpool.analysis.screened import ScreenedReview, screening_of
from trialpool.errors import Problem
from trialpool.review.flow import FlowCounts, parts
from trialpool.review.flow_arithmetic import check_flow, completed
from trialpool.review.record import Record
from trialpool.review.review import Review
from trialpool.review.screening import STAGES, Stage

FILE, INCLUDED, SCREENING = "review.toml", "screening/included.csv", "screening/"
WORDS: dict[Stage, str] = {"title-abstract": "by title and abstract", "full-text": "by full text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedReport:
    """A full text that was read and excluded.

    record : the publication
    reason : one of the protocol's; empty where none was given
    notes : what those who decided wrote beside it
    """

    record: Record
    reason: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The flow of a review.

    counts : what the diagram shows
    counted : names of the counts that the files of the review gave; the others were given by hand, or follow from these
    excluded : full texts that were excluded, with the reasons, in the order of the records
    screening : what was counted; None where the review has no records
    note : what a reader must know of it
    problems : what does not add up, is given otherwise by hand than it is counted, or is not linked
    """

    counts: FlowCounts
    counted: tuple[str, ...]
    excluded: tuple[ExcludedReport, ...] = ()
    screening: ScreenedReview | None = None
    note: str = ""
    problems: tuple[Problem, ...] = ()


def flow_of(review: Review) -> Flow | None:
    """The flow of a review; None where it has neither records in search/ nor counts given by hand.

    What can be counted is counted: records, duplicates and decisions in search/ and screening/, studies in studies.csv, and those
    of them of which an effect is pooled. What is also given by hand is compared with that.
    """
    plan, screening = review.plan.flow, screening_of(review)
    if plan is None and screening is None:
        return None
    given = plan.counts if plan else FlowCounts()
    counted = counted_flow(review, screening, given)
    counts = given.with_counts(**counted.counts, boxes=(*counted.boxes, *given.boxes))
    going_on = plan is None and tuple(_going_on(review, screening))
    settled = going_on or (*_at_home(check_flow(counts, file=FILE)), *_not_linked(review, screening))
    problems = (*_otherwise(given, counted.counts), *settled)
    return Flow(
        counts=completed(counts),
        counted=tuple(counted.counts),
        excluded=tuple(_excluded(screening)) if screening else (),
        screening=screening,
        note=plan.note if plan else "",
        problems=problems,
    )


def _excluded(screening: ScreenedReview) -> Iterator[ExcludedReport]:
    for found in screening.state.at(STAGES[1]):
        if found.standing == "exclude":
            rows = (*found.votes, *((found.adjudication,) if found.adjudication else ()))
            notes = tuple(dict.fromkeys(row.note for row in rows if row.note))
            yield ExcludedReport(record=screening.record_of(found.publication), reason=found.reason, notes=notes)


def _otherwise(given: FlowCounts, counted: Mapping[str, Any]) -> Iterator[Problem]:
    """Counts given by hand that are counted otherwise; the latter are shown."""
    for name, value in counted.items():
        by_hand, here = given.total(name), sum(n for _, n in parts(value))
        if by_hand is not None and by_hand != here:
            what = f"{by_hand:,} by hand, and {here:,} in the files of the review, which are shown"
            yield Problem(FILE, 0, f"flow.{name}", what, "Remove it from [flow], or complete the files", "warning")


def _at_home(problems: Iterable[Problem]) -> Iterator[Problem]:
    for problem in problems:
        yield replace(problem, column=f"flow.{problem.column}")


def _going_on(review: Review, screening: ScreenedReview | None) -> Iterator[Problem]:
    """What is still to be decided, where the files tell all: until then nothing need add up."""
    if screening is None:
        return
    counts = {stage: screening.state.counts(stage) for stage in STAGES}
    left = {stage: each.pending + each.conflict for stage, each in counts.items()}
    if not any(left.values()):
        return
    said = " and ".join(f"{n:,} {WORDS[stage]}" for stage, n in left.items() if n)
    what = f"screening goes on: {said} {'is' if sum(left.values()) == 1 else 'are'} not decided yet"
    yield Problem(SCREENING, 0, "", what, "The flow of the review is looked at when all are", "note")


def _not_linked(review: Review, screening: ScreenedReview | None) -> Iterator[Problem]:
    """Reports that were included and are of no study, and studies of which no report was found."""
    if screening is None or not screening.state.included:
        return
    linked = {screening.state.publication_of(report.record).id: report for report in review.included}
    included = [publication.id for publication in screening.state.included]
    waiting = {screening.state.publication_of(record).id for record in review.unassigned}  # which is said of their file
    for id_ in (id_ for id_ in included if id_ not in linked and id_ not in waiting):
        what = f"{id_} was included, and is not said to be a report of a study"
        yield Problem(INCLUDED, 0, "", what, "Add a row with the study that it reports", "warning")
    for id_, report in linked.items():
        if id_ not in included:
            what = f"{report.record} is a report of {report.study}, and was not included"
            yield Problem(INCLUDED, 0, "", what, "Decide it, or remove the row", "warning")
    if waiting:  # any of them can be a report of any study
        return
    found = {report.study for report in review.included}
    for study in dict.fromkeys(study.study for study in review.studies):
        if study not in found and not (review.plan.flow and review.plan.flow.counts.is_update):
            what = f"no report of {study} is among those included"
            yield Problem(INCLUDED, 0, "", what, "Add a row, or say in [flow] where the study is from", "warning")
