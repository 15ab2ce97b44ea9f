"""`trialpool new`: a review folder to start from."""

from __future__ import annotations

import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

import typer

from trialpool.errors import TrialpoolError


def new_review(folder: Path) -> None:
    """Copy the template to `folder`, whole or not at all."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TrialpoolError(f"{folder} exists already and is not empty. Give another name; nothing was written.")
    place = folder.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    with as_file(files("trialpool.formats") / "template") as template, tempfile.TemporaryDirectory(dir=place.parent) as made:
        review = Path(made) / "review"
        shutil.copytree(template, review)
        if place.exists():  # an empty folder, perhaps the one that the caller stands in, is filled
            for entry in review.iterdir():
                entry.rename(place / entry.name)
        else:
            review.rename(place)
    typer.echo(f"Made {folder}. It holds an example that builds at once: trialpool build {folder}")
    typer.echo("Replace its rows by yours; README.md in it says what goes where.")
