"""What screening needs of a review folder: the protocol, the records and the decisions; the rest need not exist yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trialpool.errors import BadInput, Problem
from trialpool.formats.duplicates_csv import read_duplicates
from trialpool.formats.review_toml import read_plan
from trialpool.formats.screening_csv import read_decisions
from trialpool.formats.search_folder import read_search
from trialpool.review.plan import Plan
from trialpool.review.screening import DuplicateDecision, ScreeningDecision
from trialpool.review.search import Search


@dataclass(frozen=True)
class ScreeningFolder:
    """The part of a review folder that screening goes by.

    remarks : what was odd and could be read, as sentences
    """

    plan: Plan
    search: Search
    duplicates: tuple[DuplicateDecision, ...]
    decisions: tuple[ScreeningDecision, ...]
    remarks: tuple[str, ...]


def read_screening(folder: Path) -> ScreeningFolder:
    """Read review.toml, search/ and screening/ of a review folder.

    Raises
    ------
    BadInput
        with every problem of these files at once
    """
    problems: list[Problem] = []
    if not folder.is_dir():
        mend = "Give the path of a review folder, or make one with `trialpool new`"
        raise BadInput([Problem(str(folder), 0, "", "there is no such folder", mend)])
    plan = read_plan(folder, problems)
    search = read_search(folder, problems)
    ids = search.by_id
    duplicates = read_duplicates(folder, ids, problems)
    decisions = read_decisions(folder, plan.screening if plan else None, ids, problems)
    if plan is None or any(problem.severity == "error" for problem in problems):
        raise BadInput(problem for problem in problems if problem.severity == "error")
    return ScreeningFolder(plan, search, duplicates, decisions, tuple(map(str, problems)))
