"""`trialpool flow`: the flow diagram alone, of a review or of counts in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trialpool.analysis.flow import flow_of
from trialpool.errors import BadArgument, BadInput, Problem
from trialpool.figures.flow_diagram import flow_diagram
from trialpool.formats.flow_csv import read_flow
from trialpool.formats.flow_folder import read_for_flow
from trialpool.formats.toml_model import read_toml
from trialpool.review.flow_arithmetic import check_flow
from trialpool.review.flow_plan import FlowPlan

if TYPE_CHECKING:
    from trialpool.review.flow import FlowCounts


def draw_flow(folder: Path | None, *, counts: Path | None, out: Path, title: str, width: float | None, letters: bool) -> int:
    """Write the diagram; print where it is, and what in the counts is not in order; 1 where something cannot be."""
    found, problems = _counts(folder, counts)
    written = flow_diagram(found, title=title, width=width).save(out, letters=letters)
    for problem in problems:
        typer.echo(f"{problem.severity}: {problem}")
    typer.echo(f"Flow diagram: {written}")
    return int(any(problem.severity == "error" for problem in problems))


def _counts(folder: Path | None, counts: Path | None) -> tuple[FlowCounts, tuple[Problem, ...]]:
    if (folder is None) == (counts is None):
        raise BadArgument("Give a review folder, or --counts with a file.")
    if counts is not None:
        found = _read(counts)
        return found, check_flow(found, file=counts.name)
    assert folder is not None
    flow = flow_of(read_for_flow(folder))
    if flow is None:
        raise BadArgument(f"{folder} has neither a search/ nor counts under [flow] in review.toml. Give one of them.")
    return flow.counts, flow.problems


def _read(path: Path) -> FlowCounts:
    """A CSV of the R package, or a TOML file with the keys of `[flow]`."""
    if path.suffix.lower() != ".toml":
        return read_flow(path)
    problems: list[Problem] = []
    plan = read_toml(path, path.name, FlowPlan, problems)
    if plan is None:
        raise BadInput(problems)
    return plan.counts
