"""The review folder: review.toml, studies.csv, results/*.csv and published.csv, read and checked as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from trialpool.errors import BadInput, Problem
from trialpool.formats.cells import read_row, unknown_columns
from trialpool.formats.csv_table import read_table
from trialpool.formats.folder_rules import direction_problems, plan_problems, study_problems
from trialpool.formats.report_rules import problems_of
from trialpool.formats.review_toml import read_plan
from trialpool.review.published import Published
from trialpool.review.report import Report
from trialpool.review.review import Review
from trialpool.review.study import Study

Model = TypeVar("Model", bound=BaseModel)


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
    if not folder.is_dir():
        mend = "Give the path of a review folder, or make one with `trialpool new`"
        return None, (Problem(str(folder), 0, "", "there is no such folder", mend),)
    problems: list[Problem] = []
    plan = read_plan(folder, problems)
    studies = _studies(folder, problems)
    reports = _reports(folder, studies, problems)
    published = _published(folder, problems)
    if plan is not None:
        problems += plan_problems(plan, studies)
        problems += direction_problems(plan, reports)
    if any(p.severity == "error" for p in problems) or plan is None:
        return None, tuple(problems)
    remarks = tuple(map(str, problems))
    return Review(plan=plan, studies=studies, reports=reports, published=published, remarks=remarks), tuple(problems)


def _studies(folder: Path, problems: list[Problem]) -> tuple[Study, ...]:
    table = read_table(folder / "studies.csv", "studies.csv", required=("study", "label", "year"))
    problems += table.problems
    own = [name for name in Study.model_fields if name != "moderators"]
    studies: list[Study] = []
    seen: dict[tuple[str, str], int] = {}
    for row in table.rows:
        values = read_row(row, table, Study, problems)
        if values is None:
            continue
        values["moderators"] = {name: cell for name, cell in row.cells.items() if name not in own}
        study = _made(Study, values, table.file, row.number, problems)
        if study is None:
            continue
        if study.key in seen:
            name = f"{study.study!r}" + (f", stratum {study.stratum!r}," if study.stratum else "")
            mend = "Give each study its own identifier, or strata their names"
            problems.append(Problem(table.file, row.number, "study", f"{name} stands in row {seen[study.key]} already", mend))
            continue
        seen[study.key] = row.number
        studies.append(study)
    return tuple(studies)


def _reports(folder: Path, studies: tuple[Study, ...], problems: list[Problem]) -> tuple[Report, ...]:
    paths = sorted((folder / "results").glob("*.csv"))
    if not paths:
        problems.append(Problem("results", 0, "", "there is no CSV file in it", "Put what the studies report into results/*.csv"))
    reports = []
    for path in paths:
        table = read_table(path, f"results/{path.name}", required=("study", "outcome", "status"))
        problems += table.problems
        problems += unknown_columns(table, Report) if table.columns else []
        for row in table.rows:
            values = read_row(row, table, Report, problems)
            if values is None:
                continue
            values |= {"file": table.file, "row": row.number}
            report = _made(Report, values, table.file, row.number, problems)
            if report is not None:
                reports.append(report)
                problems += problems_of(report) + study_problems(report, studies)
    return tuple(reports)


def _published(folder: Path, problems: list[Problem]) -> tuple[Published, ...]:
    if not (folder / "published.csv").exists():
        return ()
    table = read_table(folder / "published.csv", "published.csv", required=("review", "outcome"))
    problems += table.problems
    problems += unknown_columns(table, Published) if table.columns else []
    rows = []
    for row in table.rows:
        values = read_row(row, table, Published, problems)
        made = _made(Published, values | {"row": row.number}, table.file, row.number, problems) if values is not None else None
        if made is not None:
            rows.append(made)
            if made.ci_low is not None and made.ci_high is not None and made.ci_low > made.ci_high:
                what = f"the lower limit {made.ci_low} is above the upper limit {made.ci_high}"
                problems.append(
                    Problem(table.file, row.number, "ci_low", what, "Swap the two, or correct the one that was mistyped")
                )
    return tuple(rows)


def _made(model: type[Model], values: Any, file: str, row: int, problems: list[Problem]) -> Model | None:
    try:
        return model(**values)
    except ValidationError as error:
        for detail in error.errors():
            column = str(detail["loc"][0]) if detail["loc"] else ""
            problems.append(Problem(file, row, column, f"{detail.get('input')!r} cannot be used", detail["msg"]))
        return None
