"""`trialpool check`: what in a review folder cannot be used, and what does not agree."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import typer

from trialpool.analysis.certainty import certainty_notes
from trialpool.analysis.flow import flow_of
from trialpool.analysis.inconsistencies import check_review as numbers_of
from trialpool.cli.problems import problems_json
from trialpool.cli.terminal_lines import print_line
from trialpool.errors import Problem
from trialpool.formats.review_folder import check_folder


def check_review(folder: Path, *, as_json: bool) -> int:
    """Print the problems, cells that cannot be used before numbers that disagree; the exit code is 1 where there is an error."""
    review, problems = check_folder(folder)
    if review is not None:
        problems += (*numbers_of(review).findings, *certainty_notes(review))
        flow = flow_of(review)
        problems += flow.problems if flow else ()
    failed = any(p.severity == "error" for p in problems)
    if as_json:
        typer.echo(problems_json(problems))
        return int(failed)
    for problem in problems:
        print_line(f"{problem.severity}: {problem}")
    typer.echo(_summary(problems))
    return int(failed)


def _summary(problems: tuple[Problem, ...]) -> str:
    counts = Counter(p.severity for p in problems)
    if not problems:
        return "No problems."
    return ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in counts.items()) + "."
