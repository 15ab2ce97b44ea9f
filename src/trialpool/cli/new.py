"""`trialpool new`: a review folder to start from."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from importlib.resources import as_file, files
from pathlib import Path

import typer

from trialpool.errors import TrialpoolError


def new_review(folder: Path) -> None:
    """Copy the template to `folder`, whole or not at all."""
    with as_file(files("trialpool.formats") / "template") as template:
        _make(folder, lambda review: shutil.copytree(template, review))
    typer.echo(f"Made {folder}. It holds an example that builds at once: trialpool build {folder}")
    typer.echo("Replace its rows by yours; README.md in it says what goes where.")


def review_from_revman(folder: Path, source: Path) -> None:
    """Make `folder` from a review out of RevMan, whole or not at all; say how its stored results compare with ours."""
    from trialpool.analysis.revman import check_revman
    from trialpool.formats.revman5 import read_revman
    from trialpool.formats.revman_folder import revman_folder

    _refuse_what_is_there(folder)
    review = read_revman(source)
    made = revman_folder(review)
    numbers = check_revman(review)
    _make(folder, lambda place: _write(made.files, place))
    typer.echo(f"Made {folder} from {source.name}: {review.title}.")
    for remark in made.remarks:
        typer.echo(f"  {remark}")
    wrong = [number for number in numbers if not number.agrees]
    if numbers:
        typer.echo(f"{len(numbers)} numbers that RevMan had stored were computed again; {len(wrong) or 'none'} differ.")
    for number in wrong:
        typer.echo(f"  {number.where} {number.name}, {number.what}: RevMan {number.stored:.6g}, here {number.ours:.6g}")
    typer.echo(f"Look at review.toml, then: trialpool build {folder}")


def _write(texts: Mapping[str, str], place: Path) -> None:
    for name, text in texts.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(text.encode())


def _refuse_what_is_there(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TrialpoolError(f"{folder} exists already and is not empty. Give another name; nothing was written.")


def _make(folder: Path, fill: Callable[[Path], object]) -> None:
    """Fill a folder beside the place where it shall be, and put it there when it is whole."""
    _refuse_what_is_there(folder)
    place = folder.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as made:
        review = Path(made) / "review"
        fill(review)
        if place.exists():  # an empty folder, perhaps the one that the caller stands in, is filled
            for entry in review.iterdir():
                entry.rename(place / entry.name)
        else:
            review.rename(place)
