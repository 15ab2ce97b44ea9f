"""`trialpool bench`: how well duplicates are found and records ranked, on labelled sets, beside the published figures of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Measure on labelled sets, beside the published figures of others.", no_args_is_help=True, rich_markup_mode=None
)
Data = Annotated[Path, typer.Option("--data", help="A folder of labelled sets, a folder each", show_default=False)]


@app.command()
def dedup(data: Data) -> None:
    """Find the duplicates of labelled sets: sensitivity, false merges, pairs left to a person, seconds."""
    from trialpool.cli.bench_dedup import bench_dedup

    bench_dedup(data)


@app.command()
def screening(
    data: Annotated[Path, typer.Option("--data", help="A folder of finished screenings, a CSV file each", show_default=False)],
    model: Annotated[str, typer.Option(help="The model to rank by [default: the one that is used in screening]")] = "",
    retrain: Annotated[
        float, typer.Option(help="0 learns after every decision; 0.05 when there are 5% more, which is faster", min=0, max=1)
    ] = 0.0,
) -> None:
    """Screen finished screenings again in the order of the ranking, and try rules of stopping on these orders."""
    from trialpool.cli.bench_screening import bench_screening

    bench_screening(data, model=model, retrain=retrain)
