"""`trialpool export`: a review for other programs and for a journal."""

from __future__ import annotations

from pathlib import Path

import typer

from trialpool.analysis.run import analyse
from trialpool.formats.review_folder import read_review
from trialpool.reports import export


def export_review(folder: Path, *, to: Path, what: str) -> None:
    """Read, analyse, write; print what was written."""
    for path in export.export_review(analyse(read_review(folder)), folder, to, what=what):
        typer.echo(str(path))
