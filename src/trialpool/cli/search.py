"""`trialpool search`: a search of a public service, saved with what was asked, when, and how many hits there were."""

from __future__ import annotations

import sys
import time
from datetime import date
from pathlib import Path

import typer

from trialpool import __version__
from trialpool.errors import TrialpoolError
from trialpool.formats.search_import import add_search
from trialpool.review.search import DatabaseSearch
from trialpool.searching.found import Found
from trialpool.searching.polite import connection
from trialpool.searching.search import SERVICES, Request, search


def search_service(review: Path, request: Request, *, today: date) -> None:
    """Send the search, save what it found in `search/`, and list it in searches.csv."""
    if not review.is_dir():
        raise TrialpoolError(f"{review} is no review folder. Make one with: trialpool new {review}.")
    found = _fetched(request, today)
    known = SERVICES[request.database]
    row = DatabaseSearch(
        file=f"{request.database}-{today.isoformat()}{found.suffix}" if found.records else "",
        database=known.name,
        platform=known.platform,
        date=today.isoformat(),
        query=request.query,
        hits=found.hits,
        note=found.note,
    )
    name = add_search(review, row, found.data)
    _say(known.name, found, name)


def _fetched(request: Request, today: date) -> Found:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=sys.stderr), transient=True) as progress, connection(f"trialpool/{__version__}") as send:
        task = progress.add_task("records", total=None)
        return search(
            request,
            send,
            today=today,
            clock=time.monotonic,
            sleep=time.sleep,
            watch=lambda done, total: progress.update(task, completed=done, total=total),
        )


def _say(database: str, found: Found, name: str) -> None:
    typer.echo(f"{database}: {found.hits} hit{'' if found.hits == 1 else 's'}.")
    if found.note:
        typer.echo(f"The query was {found.note}.")
    if found.records != found.hits:
        typer.echo(f"{found.records} records came. The service may have withdrawn some meanwhile; search again to be sure.")
    typer.echo(f"Saved as search/{name} and listed in search/searches.csv." if name else "Listed in search/searches.csv.")
