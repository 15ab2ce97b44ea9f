"""`trialpool template`: a spreadsheet for extraction, out and back."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from trialpool.analysis.row_changes import cells_of
from trialpool.errors import BadInput, Problem, TrialpoolError
from trialpool.formats.extraction_folder import FOLDER, checked_rows, rows_csv
from trialpool.formats.extraction_workbook import extraction_workbook, read_extraction_workbook
from trialpool.formats.review_toml import read_plan
from trialpool.formats.study_and_report_tables import read_reports, read_studies
from trialpool.formats.whole_file import write_whole

NAME = re.compile(r"[\w.-]+")


def write_template(folder: Path, file: Path, *, extractor: str, replace: bool) -> None:
    """Write a spreadsheet for the review; with an extractor who has rows already, with these."""
    problems: list[Problem] = []
    plan, (studies, strata) = read_plan(folder, problems), read_studies(folder, problems)
    place = _place(folder, extractor) if extractor else ""
    there = place and (folder / place).is_dir()
    rows = [cells_of(report) for report in read_reports(folder, place, strata, problems)] if there else []
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise BadInput(errors)
    assert plan is not None
    _refuse_to_replace(file, replace)
    write_whole(file, extraction_workbook(plan, studies, rows))
    filled = f"with the {len(rows)} rows of {place}" if rows else f"for {len(studies)} studies"
    typer.echo(f"Made {file}, {filled}. Bring it back: trialpool template {folder} --read {file} --extractor NAME")


def read_template(folder: Path, file: Path, *, extractor: str, replace: bool) -> None:
    """Bring the rows of a spreadsheet into extraction/EXTRACTOR/, or into results/ where there is no extractor."""
    filled = read_extraction_workbook(file)
    rows = filled.rows
    if not rows:
        raise TrialpoolError(f"{file} holds no row with a figure; nothing was written.")
    place = f"{_place(folder, extractor) if extractor else 'results'}/{file.stem}.csv"
    text, target = rows_csv(rows), folder / place
    if problems := checked_rows(folder, text, place):
        numbers = dict(enumerate(filled.numbers, start=2))
        raise BadInput(Problem(file.name, numbers.get(p.row, p.row), p.column, p.what, p.mend) for p in problems)
    if not target.exists() or target.read_bytes() != text.encode():
        _refuse_to_replace(target, replace)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, text.encode())
    for remark in filled.remarks:
        typer.echo(f"{remark.severity}: {remark}")
    typer.echo(f"{len(rows)} row{'' if len(rows) == 1 else 's'} in {target}.")


def _place(folder: Path, extractor: str) -> str:
    if not NAME.fullmatch(extractor) or extractor.startswith("."):
        raise TrialpoolError(f"{extractor!r} is no name of an extractor. Use letters, digits, - and _.")
    if not folder.is_dir():
        raise BadInput([Problem(str(folder), 0, "", "there is no such folder", "Give the path of a review folder")])
    return f"{FOLDER}/{extractor}"


def _refuse_to_replace(target: Path, replace: bool) -> None:
    if target.exists() and not replace:
        raise TrialpoolError(f"{target} exists already, and nothing is overwritten. Give another name, or --replace.")
