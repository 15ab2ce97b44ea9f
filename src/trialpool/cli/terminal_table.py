"""A table on the terminal, as wide as the terminal is."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells
from rich.console import Console

GAP, INDENT = "  ", "    "
TALLEST = 4  # lines that a cell may take beside the others of its row; a longer one goes below it


def print_table(
    columns: Mapping[str, Sequence[str]],
    *,
    numbers: Collection[str] = (),
    whole: Collection[str] = (),
    width: int | None = None,
) -> None:
    """Print columns of text, numbers to the right; no word is broken that a line could hold.

    The table is as wide as the terminal, or as `width` says. Where there is room, long cells go on in the next line, but for those
    of columns that stay `whole`. A column of sentences that would be a thin pillar goes below each row, and where even the
    longest words do not fit beside each other, each row is printed as a list of its cells.
    """
    room = width or Console(file=sys.stdout).width
    sized = [Column.of(name, cells, whole=name in whole or name in numbers) for name, cells in columns.items()]
    below = _pillar(sized, room)
    beside = [column for column in sized if column is not below]
    widths = _widths(beside, room)
    lines = _as_lists(columns, room) if widths is None else _as_table(beside, widths, below, set(numbers), room)
    print("\n".join(lines), file=sys.stdout)


def fits(columns: Mapping[str, Sequence[str]], room: int, *, whole: Collection[str] = ()) -> bool:
    """Whether the longest words of all columns have room beside each other."""
    return _widths([Column.of(name, cells, whole=name in whole) for name, cells in columns.items()], room) is not None


@dataclass(frozen=True)
class Column:
    """Cells under a name; `least` is the narrowest and `natural` the widest that they can be, in cells of the terminal."""

    name: str
    cells: tuple[str, ...]
    least: int
    natural: int

    @classmethod
    def of(cls, name: str, cells: Sequence[str], *, whole: bool) -> Column:
        shown = [name, *cells]
        natural = max(cell_len(line) for text in shown for line in text.split("\n"))
        words = max((cell_len(word) for text in shown for word in text.split()), default=0)
        return cls(name, tuple(cells), natural if whole else words, natural)


def _widths(columns: Sequence[Column], room: int) -> list[int] | None:
    """The width of each column; None where the longest words do not fit.

    Short columns get what they need, and the long ones share what is left.
    """
    left = room - len(GAP) * (len(columns) - 1)
    if not columns or sum(column.least for column in columns) > left:
        return None
    widths = [column.least for column in columns]
    left -= sum(widths)
    while left and (wanting := [i for i, column in enumerate(columns) if widths[i] < column.natural]):
        widths[min(wanting, key=lambda i: widths[i])] += 1
        left -= 1
    return widths


def _pillar(columns: Sequence[Column], room: int) -> Column | None:
    """The column that goes below each row: the longest, where it has sentences that would not fit or be a thin pillar."""
    longest = max(columns, key=lambda column: column.natural)
    if len(columns) < 2 or longest.least == longest.natural:
        return None
    widths = _widths(columns, room)
    if widths is None:
        return longest
    return longest if longest.natural > TALLEST * widths[columns.index(longest)] else None


def _as_table(
    columns: Sequence[Column], widths: Sequence[int], below: Column | None, numbers: set[str], room: int
) -> Iterator[str]:
    sides = [column.name in numbers for column in columns]
    yield from _row([column.name for column in columns], widths, sides)
    if below:
        yield f"{INDENT}{below.name}"
    yield "─" * (room if below else sum(widths) + len(GAP) * (len(widths) - 1))
    for i in range(len(columns[0].cells)):
        yield from _row([column.cells[i] for column in columns], widths, sides)
        if below:
            yield from (f"{INDENT}{line}" for line in _wrapped(below.cells[i], room - len(INDENT)) if line)


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    wrapped = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for n in range(max(map(len, wrapped))):
        pieces = []
        for lines, width, to_right in zip(wrapped, widths, right, strict=True):
            pieces.append(_padded(lines[n] if n < len(lines) else "", width, right=to_right))
        yield GAP.join(pieces).rstrip()


def _as_lists(columns: Mapping[str, Sequence[str]], width: int) -> Iterator[str]:
    """Each row as `name  cell` lines; empty cells are left out."""
    label = max(map(cell_len, columns))
    room = max(width - label - len(GAP), 1)
    for i, row in enumerate(zip(*columns.values(), strict=True)):
        if i:
            yield ""
        for name, cell in zip(columns, row, strict=True):
            for n, line in enumerate(_wrapped(cell, room)):
                if line:
                    yield _padded("" if n else name, label) + GAP + line


def _padded(text: str, width: int, *, right: bool = False) -> str:
    room = " " * (width - cell_len(text))
    return room + text if right else text + room


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most this width, broken between words; a word that is longer than a line is broken."""
    lines: list[str] = []
    for given in text.split("\n"):
        line = ""
        for word in given.split():
            for piece in _pieces(word, width):
                if line and cell_len(line) + 1 + cell_len(piece) > width:
                    lines.append(line)
                    line = piece
                else:
                    line = f"{line} {piece}" if line else piece
        lines.append(line)
    return lines


def _pieces(word: str, width: int) -> list[str]:
    return [word] if cell_len(word) <= width else chop_cells(word, width)
