"""The tables that a review is made of: studies.csv, and rows of reports in results/ or in an extractor's folder."""

from __future__ import annotations

from pathlib import Path

from trialpool.errors import Problem
from trialpool.formats.cells import read_row, unknown_columns
from trialpool.formats.csv_table import read_table
from trialpool.formats.curves import FOLDER as CURVES
from trialpool.formats.folder_rules import study_problems
from trialpool.formats.quoted import quoted
from trialpool.formats.report_rules import problems_of
from trialpool.formats.study_rules import misspelt_columns, problems_of_study, strata_problems
from trialpool.review.report import Report
from trialpool.review.study import Study

NOTES = frozenset({".md", ".txt"})  # a person's own, beside the tables


def entries_of(folder: Path, name: str, mend: str) -> tuple[list[Path], Problem | None]:
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


def read_studies(folder: Path, problems: list[Problem]) -> tuple[tuple[Study, ...], Strata]:
    """The rows of studies.csv, and the strata of each study; None for the latter where the file is not whole."""
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


def read_reports(folder: Path, place: str, strata: Strata, problems: list[Problem], *, rules: bool = True) -> tuple[Report, ...]:
    """The rows of every CSV file in a subfolder of the review that is laid out as results/.

    Parameters
    ----------
    folder : the review folder
    place : the subfolder
    strata : the strata of each study; None where studies.csv could not be read as a whole
    problems : what was found is added to it
    rules : whether the cells of a row are held against each other too
    """
    reports = []
    for path in _tables(folder, place, problems):
        name = path.name.encode(errors="replace").decode()  # POSIX lets a name be no text
        table = read_table(path, f"{place}/{name}", required=("study", "outcome", "status"))
        problems += [*table.problems, *unknown_columns(table, Report)]
        for row in table.rows:
            values = read_row(row, table, Report, problems)
            if values is None:
                continue
            report = Report(**values, file=table.file, row=row.number)
            reports.append(report)
            problems += problems_of(report) if rules else []
            if strata is not None:
                problems += study_problems(report, strata)
    return tuple(reports)


def _tables(folder: Path, place: str, problems: list[Problem]) -> list[Path]:
    """The CSV files of a subfolder; other files than hidden ones and notes are said not to be read."""
    mend = f"Put what the studies report into {place}/*.csv"
    entries, problem = entries_of(folder / place, place, mend)
    if problem is not None:
        problems.append(problem)
        return []
    entries = [path for path in entries if not path.name.startswith((".", "~"))]
    tables = [path for path in entries if path.suffix.lower() == ".csv"]
    if not tables:
        problems.append(Problem(place, 0, "", "there is no CSV file in it", mend))
    problems += [
        Problem(f"{place}/{path.name}", 0, "", "it is not read", "Save it as CSV, or put it elsewhere", "warning")
        for path in entries
        if path not in tables and path.suffix.lower() not in NOTES and path.name != CURVES.name
    ]
    return tables
