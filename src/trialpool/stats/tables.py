"""A result as a table of named columns: for a data-frame library, for a notebook, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib import import_module
from typing import Any

import numpy as np

from trialpool.errors import BadArgument

FRAMES = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "table"}
Columns = Mapping[str, Sequence[Any]]


class Tabular:
    """What a result with a `table()` of columns can do besides: frames, plain values, HTML for a notebook."""

    __slots__ = ()

    def table(self) -> dict[str, list[Any]]:
        """The columns of the result by name."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, list[Any]]:
        """The columns of `table`, as plain lists."""
        return self.table()

    def to_frame(self, library: str = "pandas") -> Any:
        """The columns of `table` as a frame of a library: "pandas", "polars" or "pyarrow"."""
        return frame(self.table(), library)

    def _repr_html_(self) -> str:
        return html_table(self.table(), caption=str(self).splitlines()[0])


def library_of(*columns: Any) -> str:
    """The data-frame library that the first column of any comes from; empty for lists and arrays.

    >>> library_of([1, 2], np.array([1, 2]))
    ''
    """
    names = (type(column).__module__.partition(".")[0] for column in columns)
    return next((name for name in names if name in FRAMES), "")


def frame(columns: Columns, library: str) -> Any:
    """The columns as a frame (or Arrow table) of the library; it must be installed, as it is where its columns came from.

    Raises
    ------
    BadArgument
        for a library that is not known, or not installed
    """
    if library not in FRAMES:
        options = ", ".join(map(repr, FRAMES))
        found = f"library={library!r} is not known" if library else "The data came as lists or arrays, so no library is implied"
        raise BadArgument(f"{found}. Choose one of {options}.")
    try:
        make = getattr(import_module(library), FRAMES[library])
    except ImportError:
        raise BadArgument(f"{library} is not installed. Install it, or choose another library.") from None
    return make({name: list(values) for name, values in columns.items()})


def html_table(columns: Columns, *, caption: str = "") -> str:
    """An HTML table, numbers to four significant figures.

    >>> html_table({"study": ["A & B"], "yi": [0.123456]})
    '<table><thead><tr><th>study</th><th>yi</th></tr></thead><tbody><tr><td>A &amp; B</td><td>0.1235</td></tr></tbody></table>'
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    cells = ("".join(f"<td>{escape(cell_text(value))}</td>" for value in row) for row in zip(*columns.values(), strict=True))
    rows = "".join(f"<tr>{row}</tr>" for row in cells)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def text_table(columns: Columns) -> str:
    """A plain table, text to the left and numbers to the right.

    >>> print(text_table({"study": ["Attal", "McCarthy"], "yi": [-0.4326, -0.734]}))
    study          yi
    Attal     -0.4326
    McCarthy   -0.734
    """
    cells = {name: [cell_text(value) for value in values] for name, values in columns.items()}
    texts = {name: any(isinstance(value, str) for value in values) for name, values in columns.items()}
    widths = {name: max(map(len, [name, *values])) for name, values in cells.items()}
    lines = [cells_line({name: name for name in cells}, texts, widths)]
    lines += [cells_line(dict(zip(cells, row, strict=True)), texts, widths) for row in zip(*cells.values(), strict=True)]
    return "\n".join(lines)


def cells_line(row: Mapping[str, str], texts: Mapping[str, bool], widths: Mapping[str, int]) -> str:
    """One line of a plain table."""
    padded = (value.ljust(widths[name]) if texts[name] else value.rjust(widths[name]) for name, value in row.items())
    return "  ".join(padded).rstrip()


def cell_text(value: Any) -> str:
    """A value as a cell: four significant figures, nothing where there is none."""
    if value is None:
        return ""
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.4g}"
    return str(value)
