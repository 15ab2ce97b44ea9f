"""A long line on the terminal: broken between words there, and whole in a file or a pipe."""

from __future__ import annotations

import shutil
import sys
import textwrap

import typer

INDENT = "  "


def print_line(text: str) -> None:
    """Print one line; a terminal shows what does not fit indented below it, its words whole."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        text = textwrap.fill(text, width, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False)
    typer.echo(text)
