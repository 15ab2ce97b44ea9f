"""The review folder: review.toml, studies.csv, results/*.csv and the files that may be there, read and checked as a whole."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from trialpool.errors import BadInput, Problem
from trialpool.formats.cells import read_row, unknown_columns
from trialpool.formats.certainty_toml import read_certainty
from trialpool.formats.csv_table import read_table
from trialpool.formats.curve_file_rules import curve_problems_of
from trialpool.formats.curves import FOLDER as CURVES
from trialpool.formats.curves import curves_in
from trialpool.formats.duplicates_csv import read_duplicates
from trialpool.formats.extraction_folder import FOLDER as EXTRACTION
from trialpool.formats.extraction_folder import extraction_of
from trialpool.formats.folder_rules import direction_problems, plan_problems, scope_problems, unreported_studies, use_problems
from trialpool.formats.plain_text import read_text
from trialpool.formats.report_rules import problems_of_published
from trialpool.formats.review_toml import read_plan
from trialpool.formats.risk_of_bias_csv import FILE as RISK_OF_BIAS_CSV
from trialpool.formats.risk_of_bias_csv import read_risk_of_bias
from trialpool.formats.risk_of_bias_rules import hidden_column, judgement_problems, repeated_rows, undecided_tools, unknown_tools
from trialpool.formats.screening_csv import read_decisions, read_included
from trialpool.formats.search_folder import read_search
from trialpool.formats.study_and_report_tables import Strata, entries_of, read_reports, read_studies
from trialpool.formats.tool_definition import read_tools
from trialpool.formats.updates_csv import FILE as UPDATES_CSV
from trialpool.formats.updates_csv import read_updates
from trialpool.review.claim_text import ClaimText
from trialpool.review.curve_file import CurveFile
from trialpool.review.plan import Plan
from trialpool.review.published import Published
from trialpool.review.review import Review
from trialpool.review.risk_of_bias import RiskOfBiasRow
from trialpool.review.risk_of_bias_tool import Tool
from trialpool.review.search import Search
from trialpool.review.study import Study


def read_review(folder: str | Path) -> Review:
    """Read a review folder and check every cell of it.

    Raises
    ------
    BadInput
        with every problem of every file at once, each with file, row, column, what was found and how to mend it

    >>> review = read_review("reviews/imid-maintenance")
    >>> len(review.studies), review.plan.outcomes[0].name
    (19, 'Progression-free survival')
    """
    review, problems = check_folder(folder)
    if review is None:
        raise BadInput(p for p in problems if p.severity == "error")
    return review


def check_folder(folder: str | Path) -> tuple[Review | None, tuple[Problem, ...]]:
    """The review, or None where it has errors; and every problem, those included that were overcome (warnings)."""
    folder = Path(folder)
    entries, problem = entries_of(folder, str(folder), "Give the path of a review folder, or make one with `trialpool new`")
    if problem is not None:
        return None, (problem,)
    problems: list[Problem] = []
    plan = read_plan(folder, problems)
    studies, strata = read_studies(folder, problems)
    reports = read_reports(folder, "results", strata, problems)
    curves, files = _curves(folder, problems)
    published = _published(folder, problems) if folder / "published.csv" in entries else ()
    certainty = read_certainty(folder / "certainty.toml", plan, problems) if folder / "certainty.toml" in entries else None
    claims = _claims(folder, problems) if folder / "claims" in entries else ()
    there = folder / RISK_OF_BIAS_CSV in entries
    tools, judged, unanswered = _risk_of_bias(folder, strata, plan, studies, problems) if there else ({}, (), ())
    search, found = _search(folder, problems) if folder / "search" in entries else (Search(), None)
    screened = folder / "screening" in entries
    decisions = read_decisions(folder, plan.screening if plan else None, found, problems) if screened else ()
    included, unassigned = read_included(folder, found, strata, problems) if screened else ((), ())
    extractors, adjudicated = extraction_of(folder) if folder / EXTRACTION in entries else ((), 0)
    updates = read_updates(folder, problems) if folder / UPDATES_CSV in entries else ()
    duplicates = read_duplicates(folder, found, problems) if screened else ()
    if plan is not None:
        problems += plan_problems(plan, studies, reports, judged=bool(judged))
    problems += (
        curve_problems_of(curves, reports, files)
        + direction_problems(reports)
        + use_problems(reports)
        + scope_problems(published, studies)
    )
    if any(p.severity == "error" for p in problems) or plan is None:
        return None, tuple(problems)
    problems += unreported_studies(studies, reports)  # where every row could be read
    review = Review(
        plan=plan,
        studies=studies,
        reports=reports,
        curves=curves,
        published=published,
        risk_of_bias=judged,
        unanswered=unanswered,
        tools=tools,
        certainty=certainty,
        claims=claims,
        screening=decisions,
        included=included,
        unassigned=unassigned,
        extractors=extractors,
        adjudicated=adjudicated,
        updates=updates,
    )
    problems += judgement_problems(review)
    if any(p.severity == "error" for p in problems):
        return None, tuple(problems)
    remarks = tuple(str(problem) for problem in problems if problem.severity != "note")
    return review.model_copy(update={"search": search, "duplicates": duplicates, "remarks": remarks}), tuple(problems)


def _curves(folder: Path, problems: list[Problem]) -> tuple[tuple[CurveFile, ...], list[str]]:
    """The curves of results/curves/ that can be used, and the names of all files there."""
    try:
        there = (folder / CURVES).is_dir()
    except OSError:  # results/ may not be opened, which is said of it
        there = False
    if not there:
        return (), []
    entries, problem = entries_of(folder / CURVES, CURVES.as_posix(), "Put coordinates of curves into it, or remove it")
    if problem is not None:
        problems.append(problem)
        return (), []
    return curves_in(folder / CURVES, f"{CURVES.as_posix()}/", problems), [path.stem for path in entries]


def _search(folder: Path, problems: list[Problem]) -> tuple[Search, Collection[str] | None]:
    """The search, and the identifiers of its records; None where not all of its files could be read, or there is no record."""
    said: list[Problem] = []
    search = read_search(folder, said)
    problems += said
    return search, None if any(p.severity == "error" for p in said) else search.by_id or None


def _published(folder: Path, problems: list[Problem]) -> tuple[Published, ...]:
    table = read_table(folder / "published.csv", "published.csv", required=("review", "outcome"))
    problems += [*table.problems, *unknown_columns(table, Published)]
    rows = []
    for row in table.rows:
        values = read_row(row, table, Published, problems)
        if values is not None:
            rows.append(Published(**values, row=row.number))
            problems += problems_of_published(rows[-1])
    return tuple(rows)


def _risk_of_bias(
    folder: Path, strata: Strata, plan: Plan | None, studies: tuple[Study, ...], problems: list[Problem]
) -> tuple[dict[str, Tool], tuple[RiskOfBiasRow, ...], tuple[RiskOfBiasRow, ...]]:
    """The tools that the rows of risk_of_bias.csv name, the rows, and those that wait for their answer."""
    tools = read_tools(folder, problems)
    rows, unanswered = read_risk_of_bias(folder, tools, strata, plan, problems)
    problems += repeated_rows(rows)
    if plan is not None:
        problems += unknown_tools(plan, tools)
        problems += hidden_column(studies)
        problems += undecided_tools(plan, studies, rows)
    return {id_: tools[id_] for id_ in dict.fromkeys(row.tool for row in rows)}, rows, unanswered


def _claims(folder: Path, problems: list[Problem]) -> tuple[ClaimText, ...]:
    """The texts of claims/; one that cannot be read is said, and the review stands without it."""
    entries, problem = entries_of(folder / "claims", "claims", "Make it a folder of texts, or remove it")
    if problem is not None:
        problems.append(problem)
    texts = []
    for path in entries:
        if path.name.startswith((".", "~")) or path.is_dir() or path.stem.upper() == "README":
            continue
        name = path.name.encode(errors="replace").decode()
        try:
            texts.append(ClaimText(name=name, text=read_text(path).text))
        except BadInput as bad:
            problems += [Problem(f"claims/{name}", 0, "", p.what, p.mend, "warning") for p in bad.problems]
    return tuple(texts)
