"""A result as a table of named columns: for a data-frame library, for a notebook, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar

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

    def to_frame(self, library: str = "") -> Any:
        """The columns of `table` as a frame of the caller's library, or of `library`: "pandas", "polars" or "pyarrow".

        Where the data came as lists or arrays, the first of these that is installed.
        """
        return frame(self.table(), library or library_behind(self))

    def _repr_html_(self) -> str:
        return html_table(self.table(), caption=str(self).splitlines()[0])


class Summary(Tabular):
    """A result that is a row of numbers an analysis: those named in COLUMNS.

    "interval" stands for ci_low and ci_high, at the level that `interval` has by itself; several texts are put in one cell.
    """

    __slots__ = ()
    COLUMNS: ClassVar[tuple[str, ...]] = ()

    def table(self) -> dict[str, list[Any]]:
        """A row an analysis."""
        columns = {name: np.asarray(value) for name, value in self._values().items()}
        return dict(zip(columns, (each.ravel().tolist() for each in np.broadcast_arrays(*columns.values())), strict=True))

    def to_dict(self) -> dict[str, Any]:
        """The columns of `table`: of a single analysis plain values, of a batch lists."""
        single = all(np.ndim(value) == 0 for value in self._values().values())
        return {name: values[0] if single else values for name, values in self.table().items()}

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name in self.COLUMNS:
            value = getattr(self, name)
            if name == "interval":
                values |= dict(zip(("ci_low", "ci_high"), value(), strict=True))
            else:
                values[name] = "; ".join(value) if isinstance(value, tuple) else value
        return values


def library_behind(result: Any) -> str:
    """The data-frame library in which the data of a result came; empty for lists and arrays."""
    if hasattr(result, "library"):
        return str(result.library)
    if isinstance(result, tuple | dict):
        return next((library_behind(part) for part in (result.values() if isinstance(result, dict) else result)), "")
    inner = (getattr(result, name, None) for name in ("effects", "fit", "fits", "pet", "larger"))
    return next((library_behind(part) for part in inner if part is not None), "")


def library_of(*columns: Any) -> str:
    """The data-frame library that the first column of any comes from; empty for lists and arrays.

    >>> library_of([1, 2], np.array([1, 2]))
    ''
    """
    names = (type(column).__module__.partition(".")[0] for column in columns)
    return next((name for name in names if name in FRAMES), "")


def frame(columns: Columns, library: str) -> Any:
    """The columns as a frame (or Arrow table) of the library; without a library, of the first of FRAMES that is installed.

    Raises
    ------
    BadArgument
        for a library that is not known, or not installed
    """
    library = library or next((name for name in FRAMES if find_spec(name)), "")
    if not library:
        raise BadArgument("No data-frame library is installed. Install pandas or polars, or use table(), which gives plain lists.")
    if library not in FRAMES:
        raise BadArgument(f"library={library!r} is not known. Choose one of {', '.join(map(repr, FRAMES))}.")
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
