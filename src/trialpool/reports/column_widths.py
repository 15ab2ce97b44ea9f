"""How wide the columns of a table become on paper, from what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from trialpool.figures.lettering import text_width
from trialpool.reports.html_tables import Cell, Table

BREAKS = re.compile(r"(?<=[\s/;,\u2013-])")
LONGEST = 12.0  # of a word, in font sizes: longer ones are broken
FIGURES = 15.0  # of a number with its interval, in font sizes: it stays on one line
SPACE = 0.32
PADDING = 1.1  # of a cell, in font sizes
MOST = 30.0  # that a column asks for, in font sizes: from there on its text goes on in the next line


def column_widths(table: Table, width: float, *, size: float) -> tuple[float, ...]:
    """Widths in points that together are `width`.

    Each column first gets what its longest word needs; what is left goes to each by how much more its longest line asks for.

    Parameters
    ----------
    table : the table
    width : points that there are
    size : of its letters, in points
    """
    least, wanted = [], []
    for i, column in enumerate(table.columns):
        lines = [line for group in table.groups for row in group.rows for line in lines_of(row.cells[i])]
        unbroken = lines if column.kind == "number" else [word for line in lines for word in BREAKS.split(line)]
        needed = max(_ems(word.strip()) for word in (*unbroken, *column.head.split(), ""))
        least.append((min(needed, FIGURES if column.kind == "number" else LONGEST) + PADDING) * size)
        wanted.append((min(max(map(_ems, (column.head, *lines))), MOST) + PADDING) * size)
    left = width - sum(least)
    if left < 0:
        return tuple(width * each / sum(least) for each in least)
    more = [max(want - each, 0.0) for want, each in zip(wanted, least, strict=True)]
    if sum(more) <= left:
        return tuple(width * max(want, each) / (sum(least) + sum(more)) for want, each in zip(wanted, least, strict=True))
    return tuple(each + left * extra / sum(more) for each, extra in zip(least, more, strict=True))


def _ems(line: str) -> float:
    """The width of a line in font sizes, letter by letter."""
    return sum(map(_em, line))


@cache
def _em(letter: str) -> float:
    """How far a letter moves the next one on, which is more than its ink is wide."""
    return text_width(letter * 2, 1.0) - text_width(letter, 1.0) if letter != " " else SPACE


def lines_of(cell: Cell) -> Iterator[str]:
    """The lines of a cell before any is broken: its words with their mark, then what stands below."""
    mark = f"{cell.tag.sign} {cell.tag.text}".strip() if cell.tag is not None else ""
    words = " · ".join(link.text for link in cell.links if link.text)
    yield " ".join(filter(None, (words, mark)))
    if cell.below:
        yield cell.below
