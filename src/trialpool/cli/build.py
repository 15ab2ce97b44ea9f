"""`trialpool build`: from a review folder to its report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trialpool.analysis.run import analyse
from trialpool.cli.problems import problems_json
from trialpool.errors import BadInput
from trialpool.figures.lettering import missing_letters
from trialpool.formats.review_folder import check_folder
from trialpool.reports.answers import answer, cautions
from trialpool.reports.build import Watch, write_report

if TYPE_CHECKING:
    from trialpool.analysis.findings import Findings
    from trialpool.review.review import Review


def build_review(folder: Path, *, as_json: bool) -> int:
    """Read, analyse, write; print the answers and where the report is. Progress goes to standard error."""
    review, problems = check_folder(folder)
    if review is None:
        if not as_json:
            raise BadInput(p for p in problems if p.severity == "error")
        typer.echo(problems_json(problems))
        return 1
    findings = analyse(review)
    report = _write(findings, folder)
    if as_json:
        paths = {"report": str(report / "index.html"), "findings": str(report / "findings.json")}
        answers = {found.analysis.id: list(answer(found)) for found in findings.analyses}
        typer.echo(problems_json(problems + findings.inconsistencies, **paths, answers=answers, cautions=list(cautions(review))))
        return 0
    for remark in review.remarks:
        typer.echo(f"warning: {remark}")
    if boxes := _in_boxes(review):
        typer.echo(f"warning: {boxes}")
    for found in findings.analyses:
        typer.echo(" ".join(answer(found)))
    for caution in cautions(review):
        typer.echo(f"caution: {caution}")
    if findings.inconsistencies:
        n = len(findings.inconsistencies)
        typer.echo(f"{n} thing{'s' if n > 1 else ''} in the rows to look at: trialpool check {folder}")
    typer.echo(f"Report: {report / 'index.html'}")
    return 0


def _in_boxes(review: Review) -> str:
    """Names in whose place the figures have boxes, for want of letters in their font."""
    plan, levels = review.plan, [level for study in review.studies for level in study.moderators.values()]
    names = (plan.treatment, plan.control, *(o.name for o in plan.outcomes), *(s.title for s in review.studies), *levels)
    found = [name for name in dict.fromkeys(names) if missing_letters(name)]
    if not found:
        return ""
    and_others = f" and {len(found) - 3} others" if len(found) > 3 else ""
    letters = missing_letters("".join(found))[:20]
    return (
        f"the figures show boxes in {', '.join(found[:3])}{and_others}, for their font has no {letters}. "
        "Write such names in Latin, Greek or Cyrillic letters."
    )


def _write(findings: Findings, folder: Path) -> Path:
    """Write the report, with a bar where somebody watches."""
    if not sys.stderr.isatty():
        return write_report(findings, folder)
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("report")

        def watch(what: str, done: int, of: int) -> None:
            progress.update(task, description=what, completed=done, total=of)

        shown: Watch = watch
        return write_report(findings, folder, watch=shown)
