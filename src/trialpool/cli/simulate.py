"""`trialpool simulate`: a finished screening done again in the order that the ranking proposes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from trialpool.cli.terminal_table import print_table
from trialpool.errors import BadArgument
from trialpool.figures.recall_curve import StopMark, middle_run, recall_curve
from trialpool.formats.labelled_records import LabelledRecords, read_labelled_records
from trialpool.formats.screening_folder import read_screening
from trialpool.review.screening import STAGES
from trialpool.screening.publications_of_review import screen_records
from trialpool.screening.ranking.metrics import METRICS, NOT_COUNTED
from trialpool.screening.ranking.models import DEFAULT
from trialpool.screening.ranking.simulation import SimulatedScreening, Watch, medians, simulate_screening
from trialpool.screening.stopping import stopping_advice
from trialpool.screening.stopping_rules import RULES, stopped

FIRST, SECOND = STAGES
PLACES = 200  # of the curve at which the lower limit of recall is computed


def simulate(records: Path, *, label: str, seeds: int, model: str, retrain: float, out: Path | None) -> None:
    """Simulate, print the metrics and what rules of stopping would have done, and draw the recall curve."""
    labelled, model = _read(records, label), model or DEFAULT
    with progress(f"screening {labelled.name} again") as watch:
        runs = simulate_screening(
            labelled.records, labelled.relevant, seeds=range(1, seeds + 1), model=model, retrain=retrain, watch=watch
        )
    typer.echo(_said(labelled, model))
    print_table(_metrics(runs), numbers=[*METRICS])
    typer.echo("")
    for name, (_, definition) in METRICS.items():
        typer.echo(f"{name}: {definition}.")
    typer.echo(NOT_COUNTED)
    middle = middle_run(runs)
    typer.echo(f"\nWhere rules would have stopped in the simulation of median loss (seed {middle.seed}):")
    print_table(_rules(middle), numbers=["Screened", "Share", "Recall"])
    last = stopping_advice([int(relevant) for relevant in middle.relevant[: _advised(middle)]], len(middle.order))
    typer.echo(f"\nWhen the advice is to stop: {last}")
    path = recall_curve(runs, at_least=_at_least(middle), stops=_stops(middle), title=f"{labelled.name}: screened again").save(
        out or Path(f"{labelled.name}-recall.svg")
    )
    typer.echo(f"Recall curve: {path}")


@contextmanager
def progress(what: str) -> Iterator[Watch | None]:
    """A bar on standard error, where somebody watches."""
    import sys

    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _read(path: Path, label: str) -> LabelledRecords:
    """A CSV file; or of a review folder what was decided at a stage (`label`), by title and abstract where none is named."""
    return _of_review(path, label or FIRST) if path.is_dir() else read_labelled_records(path, label)


def _of_review(folder: Path, stage: str) -> LabelledRecords:
    """The publications of a review that are decided; at the stage of full texts what was excluded before is irrelevant."""
    if stage not in STAGES:
        raise BadArgument(f"label is {stage!r}. Of a review folder it is one of {', '.join(STAGES)}.")
    read = read_screening(folder)
    found = screen_records(read.search.records, read.decisions, read.plan.screening, duplicates=read.duplicates)
    standing = {at.publication.id: at.standing for at in found.state.at(FIRST)}
    if stage != FIRST:
        second = {at.publication.id: at.standing for at in found.state.at(SECOND)}
        standing = {id_: second.get(id_, "pending") if first == "include" else first for id_, first in standing.items()}
    relevant = {id_: was == "include" for id_, was in standing.items() if was in ("include", "exclude")}
    records = tuple(found.shown[id_] for id_ in relevant)
    return LabelledRecords(folder.resolve().name, records, relevant, len(standing) - len(relevant))


def _said(labelled: LabelledRecords, model: str) -> str:
    left = f", {labelled.unlabelled} without a decision left out" if labelled.unlabelled else ""
    found = sum(labelled.relevant.values())
    return f"{labelled.name}: {len(labelled.records)} records, {found} relevant{left}; model {model}\n"


def _metrics(runs: Sequence[SimulatedScreening]) -> dict[str, list[str]]:
    """A row a simulation, and their medians."""
    rows = [(str(run.seed), run.metrics) for run in runs]
    if len(runs) > 1:
        rows.append(("median", medians(runs)))
    return {"Seed": [name for name, _ in rows]} | {name: [shown(name, row[name]) for _, row in rows] for name in METRICS}


def shown(metric: str, value: float) -> str:
    return f"{value:.0f}" if metric == "n@95" else f"{value:.4f}" if metric == "Loss" else f"{value:.3f}"


def _rules(run: SimulatedScreening) -> dict[str, list[str]]:
    found = {name: stopped(run.relevant, rule) for name, rule in RULES.items()}
    return {
        "Rule": list(found),
        "Screened": [str(stop.screened) for stop in found.values()],
        "Share": [f"{stop.screened / stop.total:.0%}" for stop in found.values()],
        "Recall": [f"{100 * stop.recall:.1f}%" for stop in found.values()],
    }


def _advised(run: SimulatedScreening) -> int:
    return stopped(run.relevant, RULES["advice, recall of 95%"]).screened


def _at_least(run: SimulatedScreening) -> list[tuple[int, float]]:
    """The lower limit of recall after at most so many decisions as the curve has room for."""
    total, y = len(run.order), [int(relevant) for relevant in run.relevant]
    steps = sorted({max(1, round(total * i / PLACES)) for i in range(1, PLACES + 1)})
    return [(step, stopping_advice(y[:step], total).recall_at_least) for step in steps]


def _stops(run: SimulatedScreening) -> list[StopMark]:
    found = stopped(run.relevant, RULES["advice, recall of 95%"])
    return [StopMark(name="Advice to stop", screened=found.screened, recall=found.recall)]
