"""`trialpool`: its commands, and the promise that bad input ends in a sentence and not in a traceback."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from trialpool import __version__
from trialpool.errors import BadInput, TrialpoolError

app = typer.Typer(
    name="trialpool",
    help="From the published results of clinical trials to a pooled answer that anyone can trace, check and rebuild.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Folder = Annotated[Path, typer.Argument(help="A review folder", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"trialpool {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version")] = False,
) -> None:
    pass


@app.command()
def new(folder: Annotated[Path, typer.Argument(help="Where to make it; it must not exist yet", show_default=False)]) -> None:
    """Make a commented review folder that builds at once."""
    from trialpool.cli.new import new_review

    new_review(folder)


@app.command()
def check(folder: Folder, json: Json = False) -> None:
    """List every cell that cannot be used and every number that disagrees with others, with the mend."""
    from trialpool.cli.check import check_review

    raise typer.Exit(check_review(folder, as_json=json))


@app.command()
def build(folder: Folder, json: Json = False) -> None:
    """Run the plan of a review and write its report: index.html, findings.json, figures, tables."""
    from trialpool.cli.build import build_review

    raise typer.Exit(build_review(folder, as_json=json))


@app.command()
def schema() -> None:
    """Print the JSON Schema of review.toml, by which editors complete and check it."""
    from trialpool.cli.schema import print_schema

    print_schema()


def run() -> None:
    """The entry point: 0 when fine, 1 for problems in the input, 2 for misuse of the command."""
    for stream in (sys.stdout, sys.stderr):  # what a terminal has no letter for is shown as ?
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except BadInput as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        sys.exit(1)
    except TrialpoolError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        typer.echo(f"{place}{error.strerror or error}.", err=True)
        sys.exit(1)
