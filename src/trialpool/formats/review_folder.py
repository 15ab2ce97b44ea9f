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
from trialpool.formats.folder_rules import direction_problems, plan_problems, scope_problems, study_problems, use_problems
from trialpool.formats.plain_text import read_text
from trialpool.formats.quoted import quoted
from trialpool.formats.report_rules import problems_of, problems_of_published
from trialpool.formats.review_toml import read_plan
from trialpool.formats.risk_of_bias_csv import FILE as RISK_OF_BIAS_CSV
from trialpool.formats.risk_of_bias_csv import read_risk_of_bias
from trialpool.formats.risk_of_bias_rules import judgement_problems, repeated_rows, undecided_tools, unknown_tools
from trialpool.formats.screening_csv import read_decisions, read_included
from trialpool.formats.search_folder import read_search
from trialpool.formats.study_rules import misspelt_columns, problems_of_study, strata_problems
from trialpool.formats.tool_definition import read_tools
from trialpool.formats.updates_csv import FILE as UPDATES_CSV
from trialpool.formats.updates_csv import read_updates
from trialpool.review.claim_text import ClaimText
from trialpool.review.curve_file import CurveFile
from trialpool.review.plan import Plan
from trialpool.review.published import Published
from trialpool.review.report import Report
from trialpool.review.review import Review
from trialpool.review.risk_of_bias import RiskOfBiasRow
from trialpool.review.risk_of_bias_tool import Tool
from trialpool.review.search import Search
from trialpool.review.study import Study

NOTES = frozenset({".md", ".txt"})  # a person's own, beside the tables


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
    entries, problem = _entries(folder, str(folder), "Give the path of a review folder, or make one with `trialpool new`")
    if problem is not None:
        return None, (problem,)
    problems: list[Problem] = []
    plan = read_plan(folder, problems)
    studies, strata = _studies(folder, problems)
    reports = _reports(folder, strata, problems)
    curves, files = _curves(folder, problems)
    published = _published(folder, problems) if folder / "published.csv" in entries else ()
    certainty = read_certainty(folder / "certainty.toml", plan, problems) if folder / "certainty.toml" in entries else None
    claims = _claims(folder, problems) if folder / "claims" in entries else ()
    tools, judged = _risk_of_bias(folder, strata, plan, studies, problems) if folder / RISK_OF_BIAS_CSV in entries else ({}, ())
    search, found = _search(folder, problems) if folder / "search" in entries else (Search(), None)
    screened = folder / "screening" in entries
    decisions = read_decisions(folder, plan.screening if plan else None, found, problems) if screened else ()
    included = read_included(folder, found, strata, problems) if screened else ()
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
    review = Review(
        plan=plan,
        studies=studies,
        reports=reports,
        curves=curves,
        published=published,
        risk_of_bias=judged,
        tools=tools,
        certainty=certainty,
        claims=claims,
        screening=decisions,
        included=included,
        updates=updates,
    )
    problems += judgement_problems(review)
    if any(p.severity == "error" for p in problems):
        return None, tuple(problems)
    remarks = tuple(str(problem) for problem in problems if problem.severity != "note")
    return review.model_copy(update={"search": search, "duplicates": duplicates, "remarks": remarks}), tuple(problems)


def _entries(folder: Path, name: str, mend: str) -> tuple[list[Path], Problem | None]:
    """What is in a folder, by name; or why that can't be seen."""
    try:
        return sorted(folder.iterdir()), None
    except FileNotFoundError:
        return [], Problem(name, 0, "", "there is no such folder", mend)
    except NotADirectoryError:
        return [], Problem(name, 0, "", "this is a file, not a folder", mend)
    except OSError as error:
        return [], Problem(name, 0, "", f"the folder cannot be read ({error.strerror})", "Check its permissions")


Strata = dict[str, list[str]] | None  # the strata of each study, [""] where it has none; None where studies.csv is not whole


def _studies(folder: Path, problems: list[Problem]) -> tuple[tuple[Study, ...], Strata]:
    table = read_table(folder / "studies.csv", "studies.csv", required=("study", "label", "year"), rows_needed=True)
    problems += [*table.problems, *misspelt_columns(table.columns, table.header)]
    own = [name for name in Study.model_fields if name != "moderators"]
    studies: list[Study] = []
    rows: dict[tuple[str, str], int] = {}
    for row in table.rows:
        values = read_row(row, table, Study, problems)
        if values is None:
            continue
        values["moderators"] = {name: cell for name, cell in row.cells.items() if name not in own}
        study = Study.model_construct(**values)  # of the right types; what breaks a rule is said with its mend
        problems += problems_of_study(study, row.number)
        if study.key in rows:
            name = quoted(study.study) + (f", stratum {study.stratum!r}," if study.stratum else "")
            mend = "Give each study its own identifier, or strata their names"
            problems.append(Problem(table.file, row.number, "study", f"{name} stands in row {rows[study.key]} already", mend))
            continue
        rows[study.key] = row.number
        studies.append(study)
    problems += strata_problems(tuple(studies), rows)
    strata: dict[str, list[str]] = {}
    for row in table.rows:
        strata.setdefault(row.cells.get("study", ""), []).append(row.cells.get("stratum", ""))
    return tuple(studies), strata if table.whole else None


def _reports(folder: Path, strata: Strata, problems: list[Problem]) -> tuple[Report, ...]:
    reports = []
    for path in _results(folder, problems):
        name = path.name.encode(errors="replace").decode()  # POSIX lets a name be no text
        table = read_table(path, f"results/{name}", required=("study", "outcome", "status"))
        problems += [*table.problems, *unknown_columns(table, Report)]
        for row in table.rows:
            values = read_row(row, table, Report, problems)
            if values is None:
                continue
            report = Report(**values, file=table.file, row=row.number)
            reports.append(report)
            problems += problems_of(report)
            if strata is not None:
                problems += study_problems(report, strata)
    return tuple(reports)


def _results(folder: Path, problems: list[Problem]) -> list[Path]:
    """The CSV files of results/; other files than hidden ones and notes are said not to be read."""
    mend = "Put what the studies report into results/*.csv"
    entries, problem = _entries(folder / "results", "results", mend)
    if problem is not None:
        problems.append(problem)
        return []
    entries = [path for path in entries if not path.name.startswith((".", "~"))]
    tables = [path for path in entries if path.suffix.lower() == ".csv"]
    if not tables:
        problems.append(Problem("results", 0, "", "there is no CSV file in it", mend))
    problems += [
        Problem(f"results/{path.name}", 0, "", "it is not read", "Save it as CSV, or put it elsewhere", "warning")
        for path in entries
        if path not in tables and path.suffix.lower() not in NOTES and path.name != CURVES.name
    ]
    return tables


def _curves(folder: Path, problems: list[Problem]) -> tuple[tuple[CurveFile, ...], list[str]]:
    """The curves of results/curves/ that can be used, and the names of all files there."""
    try:
        there = (folder / CURVES).is_dir()
    except OSError:  # results/ may not be opened, which is said of it
        there = False
    if not there:
        return (), []
    entries, problem = _entries(folder / CURVES, CURVES.as_posix(), "Put coordinates of curves into it, or remove it")
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
) -> tuple[dict[str, Tool], tuple[RiskOfBiasRow, ...]]:
    """The tools that the rows of risk_of_bias.csv name, and the rows."""
    tools = read_tools(folder, problems)
    rows = read_risk_of_bias(folder, tools, strata, plan, problems)
    problems += repeated_rows(rows)
    if plan is not None:
        problems += unknown_tools(plan, tools)
        problems += undecided_tools(plan, studies, rows)
    return {id_: tools[id_] for id_ in dict.fromkeys(row.tool for row in rows)}, rows


def _claims(folder: Path, problems: list[Problem]) -> tuple[ClaimText, ...]:
    """The texts of claims/; one that cannot be read is said, and the review stands without it."""
    entries, problem = _entries(folder / "claims", "claims", "Make it a folder of texts, or remove it")
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
