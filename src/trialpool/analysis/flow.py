"""The flow of a review from its search to its synthesis: counted in its files, completed by what a person gives in `[flow]`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from trialpool.analysis.selection import select
from trialpool.errors import Problem
from trialpool.review.flow import Counted, FlowCounts
from trialpool.review.flow_arithmetic import check_flow, completed
from trialpool.review.review import Review

FILE = "review.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The flow of a review.

    counts : what the diagram shows
    counted : names of the counts that the files of the review gave; the others were given by hand, or follow from these
    note : what a reader must know of it
    problems : what does not add up, or is given otherwise by hand than it is counted
    """

    counts: FlowCounts
    counted: tuple[str, ...]
    note: str = ""
    problems: tuple[Problem, ...] = ()


def flow_of(review: Review) -> Flow | None:
    """The flow of a review; None where it has neither a search nor counts given by hand.

    What can be counted is counted: records, duplicates and decisions in search/ and screening/, studies in studies.csv, and those
    of them of which an effect is pooled. What is also given by hand is compared with that.
    """
    plan = review.plan.flow
    if plan is None:
        return None
    given = plan.counts
    counted = _counted(review, given)
    counts = given.with_counts(**counted)
    problems = (*_otherwise(given, counted), *_at_home(check_flow(counts)))
    return Flow(counts=completed(counts), counted=tuple(counted), note=plan.note, problems=problems)


def _counted(review: Review, given: FlowCounts) -> Mapping[str, Counted]:
    """What the files say."""
    studies = {study.study for study in review.studies}
    return {"total_studies" if given.is_update else "new_studies": len(studies), "pooled_studies": len(_pooled(review))}


def _pooled(review: Review) -> set[str]:
    """The studies that have an effect in an analysis of the plan."""
    outcomes = dict.fromkeys(analysis.outcome for analysis in review.plan.analyses)
    return {effect.unit.study for id_ in outcomes for effect in select(review, review.outcome(id_)).effects}


def _otherwise(given: FlowCounts, counted: Mapping[str, Counted]) -> Iterable[Problem]:
    """Counts given by hand that are counted otherwise; the latter are shown."""
    for name, value in counted.items():
        by_hand, here = given.total(name), FlowCounts().with_counts(**{name: value}).total(name)
        if by_hand is not None and by_hand != here:
            what = f"{by_hand:,} by hand, and {here:,} in the files of the review, which are shown"
            yield Problem(FILE, 0, f"flow.{name}", what, "Remove it from [flow], or complete the files", "warning")


def _at_home(problems: Iterable[Problem]) -> Iterable[Problem]:
    return (replace(problem, file=FILE, column=f"flow.{problem.column}") for problem in problems)
