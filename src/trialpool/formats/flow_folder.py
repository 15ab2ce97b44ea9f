"""As much of a review folder as its flow needs: a review has a flow long before it has results."""

from __future__ import annotations

from pathlib import Path

from trialpool.errors import BadInput, Problem
from trialpool.formats.duplicates_csv import read_duplicates
from trialpool.formats.review_folder import read_review
from trialpool.formats.review_toml import read_plan
from trialpool.formats.screening_csv import read_decisions, read_included
from trialpool.formats.search_folder import read_search
from trialpool.formats.study_and_report_tables import read_studies
from trialpool.review.review import Review


def read_for_flow(folder: Path) -> Review:
    """The review; where no results were extracted yet, what there is without them.

    Raises
    ------
    BadInput
        with every problem of the files that were read
    """
    if not folder.is_dir() or any((folder / "results").glob("*.csv")):
        return read_review(folder)
    problems: list[Problem] = []
    plan = read_plan(folder, problems)
    studies, strata = read_studies(folder, problems) if (folder / "studies.csv").exists() else ((), {})
    search = read_search(folder, problems)
    found = search.by_id or None
    decisions = read_decisions(folder, plan.screening if plan else None, found, problems)
    included, unassigned = read_included(folder, found, strata, problems)
    duplicates = read_duplicates(folder, found, problems)
    if plan is None or any(problem.severity == "error" for problem in problems):
        raise BadInput(problem for problem in problems if problem.severity == "error")
    review = Review(plan=plan, studies=studies, reports=(), screening=decisions, included=included, unassigned=unassigned)
    return review.model_copy(update={"search": search, "duplicates": duplicates})
