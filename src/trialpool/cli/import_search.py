"""`trialpool import`: exports of searches into a review."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

import typer

from trialpool.cli.terminal_table import print_table
from trialpool.errors import TrialpoolError
from trialpool.formats.search_import import Imported, import_exports
from trialpool.review.search import DatabaseSearch, Source


def sort_named(name: str) -> Source:
    """A sort of source by its name; empty where none is given."""
    found = next((sort for sort in get_args(Source) if sort == name), None)
    if found is None:
        raise TrialpoolError(f"--source {name} is not known. Use one of {', '.join(filter(None, get_args(Source)))}.")
    return cast(Source, found)


def import_searches(review: Path, files: Sequence[Path], about: DatabaseSearch, *, dated: bool) -> None:
    """Take the files in and print what was read of each; `dated` says whether the user gave the date."""
    if not review.is_dir():
        swapped = ". The review comes first, then the files" if files and files[-1].is_dir() else ""
        raise TrialpoolError(f"{review} is no review folder{swapped}.")
    if about.hits is not None and len(files) > 1:
        raise TrialpoolError("--hits is the number of one search. Import its file by itself.")
    taken = import_exports(review, files, about)
    _print(taken)
    for imported in taken:
        for problem in imported.found.problems:
            typer.echo(f"{problem.severity}: {problem}")
    _remarks(taken, dated)


def _print(taken: Sequence[Imported]) -> None:
    columns = {
        "file": [imported.name for imported in taken],
        "format": [imported.found.label for imported in taken],
        "database": [imported.search.database + (" (told from the file)" if imported.guessed else "") for imported in taken],
        "records": [str(len(imported.found)) for imported in taken],
        "problems": [str(len(imported.found.problems)) for imported in taken],
    }
    print_table(columns, numbers=("records", "problems"))


def _remarks(taken: Sequence[Imported], dated: bool) -> None:
    for imported in taken:
        if imported.name != imported.path.name and imported.path.parent != Path():
            typer.echo(f"{imported.path} is called {imported.name} in search/, for the name was taken.")
        if imported.search.hits not in (None, len(imported.found)):
            typer.echo(f"{imported.name}: {imported.search.hits} hits, but {len(imported.found)} records. Is the export whole?")
    lacking = [name for name, given in (("--date", dated), ("--query", all(i.search.query for i in taken))) if not given]
    said = {"--date": f"the date is {taken[0].search.date} (today)", "--query": "the query is empty"}
    if lacking:
        typer.echo(f"In search/searches.csv {' and '.join(said[name] for name in lacking)}. Correct it there.")
