"""A table on the terminal, as wide as the terminal is."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence


def print_table(
    columns: Mapping[str, Sequence[str]],
    *,
    numbers: Collection[str] = (),
    whole: Collection[str] = (),
    width: int | None = None,
) -> None:
    """Print columns of text, numbers to the right; long cells go on in the next line, but for columns that stay `whole`.

    It is as wide as the terminal, or as `width` says.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for name in columns:
        right = name in numbers
        table.add_column(name, justify="right" if right else "left", no_wrap=right or name in whole, overflow="fold")
    for row in zip(*columns.values(), strict=True):
        table.add_row(*(Text(cell) for cell in row))
    Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False).print(table)
