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
