"""A table on the terminal, as wide as the terminal is."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

GAP = "  "


def print_table(
    columns: Mapping[str, Sequence[str]],
    *,
    numbers: Collection[str] = (),
    whole: Collection[str] = (),
    width: int | None = None,
) -> None:
    """Print columns of text, numbers to the right; long cells go on in the next line, but for columns that stay `whole`.

    Words are broken only where the table is too narrow for the longest of each column. It is as wide as the terminal, or as
    `width` says.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
    words = [max(map(len, " ".join((name, *cells)).split())) for name, cells in columns.items()]
    fits = sum(words) + len(GAP) * (len(words) - 1) <= console.width
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for name, word in zip(columns, words, strict=True):
        right = name in numbers
        least = word if fits else None
        justify: Literal["left", "right"] = "right" if right else "left"
        table.add_column(name, justify=justify, no_wrap=right or name in whole, overflow="fold", min_width=least)
    for row in zip(*columns.values(), strict=True):
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
