"""`trialpool diff`: what changed between two versions of a review, and what that did to its results."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trialpool.analysis.versions import compare_versions
from trialpool.errors import BadInput, Problem, TrialpoolError
from trialpool.formats.git_revision import folder_at, tree_into
from trialpool.formats.review_folder import read_review
from trialpool.reports.difference import difference_data, difference_lines
from trialpool.reports.html_claims import write_whole
from trialpool.reports.html_difference import difference_page

if TYPE_CHECKING:
    from trialpool.review.review import Review

SIDES = "Give two folders (or REVISION:PATH), or one folder with --rev OLD NEW"


def diff_reviews(old: str, new: str | None, *, revisions: tuple[str, str] | None, html: Path | None, as_json: bool) -> None:
    """Print the difference; each side is a folder or what git calls REVISION:PATH."""
    if (new is None) == (revisions is None):
        raise TrialpoolError(f"Two versions are needed. {SIDES}.")
    with tempfile.TemporaryDirectory(prefix="trialpool-diff-") as made:
        if revisions is not None:
            names = tuple(f"{revision}:{old}" for revision in revisions)
            folders = [folder_at(revision, Path(old), _empty(made, i)) for i, revision in enumerate(revisions)]
        else:
            names = (old, str(new))
            folders = [_folder(name, _empty(made, i)) for i, name in enumerate(names)]
        before, after = (_read(folder, name) for folder, name in zip(folders, names, strict=True))
    found = compare_versions(before, after)
    if html is not None:
        write_whole(html, difference_page(found, title=after.plan.title, old=names[0], new=names[1]))
    if as_json:
        typer.echo(json.dumps(difference_data(found), ensure_ascii=False, indent=1, allow_nan=False))
        return
    for line in difference_lines(found):
        typer.echo(line)
    if html is not None:
        typer.echo(f"Page: {html}")


def _empty(made: str, i: int) -> Path:
    folder = Path(made, str(i))
    folder.mkdir()
    return folder


def _folder(name: str, into: Path) -> Path:
    """A folder as it stands, or one out of git."""
    if Path(name).exists() or ":" not in name:
        return Path(name)
    return tree_into(name, Path(), into)


def _read(folder: Path, name: str) -> Review:
    """The review; problems are told with the version that they stand in."""
    try:
        return read_review(folder)
    except BadInput as bad:
        told = (Problem(_told(p.file, folder, name), p.row, p.column, p.what, p.mend) for p in bad.problems)
        raise BadInput(told) from None


def _told(file: str, folder: Path, name: str) -> str:
    return name if file == str(folder) else f"{name}: {file}"
