"""The tables of a report as one XLSX file: a sheet a table, numbers as numbers, the same bytes each time."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from trialpool.figures.svg import NOT_XML
from trialpool.formats.reproducible_zip import reproducible_zip
from trialpool.reports.tables import TITLES, Row, columns_of

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

HEAD, WIDEST, LEAST, MOST_LETTERS = "E3EAF2", 60.0, 8.0, 32_767


def workbook(tables: Mapping[str, Iterable[Row]], *, title: str) -> bytes:
    """The tables as .xlsx, after a sheet that says what each holds; tables without rows are left out.

    Parameters
    ----------
    tables : rows by the name of the table
    title : of the review
    """
    from openpyxl import Workbook

    book = Workbook()
    filled = {name: list(rows) for name, rows in tables.items()}
    filled = {name: rows for name, rows in filled.items() if rows}
    contents: list[Row] = [{"sheet": name, "holds": TITLES.get(name, ""), "rows": len(rows)} for name, rows in filled.items()]
    _fill(book.active, "tables", contents)
    for name, rows in filled.items():
        _fill(book.create_sheet(), name, rows)
    book.properties.title, book.properties.creator = clean(title)[:255], ""
    return saved(book)


def saved(book: Any) -> bytes:
    """A workbook as bytes that no clock has touched."""
    written = io.BytesIO()
    book.save(written)
    return reproducible_zip(written.getvalue(), without_dates=True)


def _fill(sheet: Worksheet, name: str, rows: list[Row]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet.title = name[:31]
    columns = columns_of(rows)
    bold, grey = Font(bold=True), PatternFill("solid", fgColor=HEAD)
    for i, column in enumerate(columns, start=1):
        head = sheet.cell(1, i, clean(column))
        head.font, head.fill, head.alignment = bold, grey, Alignment(vertical="top", wrap_text=True)
        widest = max((len(_shown(row.get(column))) for row in rows), default=0)
        sheet.column_dimensions[get_column_letter(i)].width = min(WIDEST, max(LEAST, len(column) + 2, widest + 1))
    for r, row in enumerate(rows, start=2):
        for i, column in enumerate(columns, start=1):
            _put(sheet, r, i, row.get(column))
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"


def _put(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    """A number as a number, everything else as text, never as a formula."""
    if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, bool | int | float):
        sheet.cell(row, column, value)
        return
    cell = sheet.cell(row, column)
    cell.value = clean(str(value))[:MOST_LETTERS]
    cell.data_type = "s"  # also where it begins with =


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str("" if value is None else value)


def clean(text: str) -> str:
    """Text without characters that a spreadsheet cannot hold."""
    return NOT_XML.sub("", text)
