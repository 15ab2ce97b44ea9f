"""A spreadsheet for extraction, with lists to choose from and help on every column; it comes back without loss."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from trialpool.errors import BadInput, Problem
from trialpool.formats.cells import BadCell, nearest_column
from trialpool.formats.extraction_folder import REPORT_COLUMNS
from trialpool.formats.reproducible_zip import reproducible_zip
from trialpool.review.plan import Plan
from trialpool.review.report import Report
from trialpool.review.study import Study

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SHEET, LISTS = "results", "lists"
ROWS = 1000  # to which lists and the format of text reach
HEAD, WIDTHS = "E3EAF2", {"study": 18, "outcome": 22, "analysis": 30, "source": 30, "locator": 18, "quote": 40, "note": 40}
COUNTS = ("events_t", "events_c", "pct_t", "pct_c")
MEANS = (
    *("se", "mean_t", "sd_t", "mean_c", "sd_c", "se_mean_t", "se_mean_c", "mean_low_t", "mean_high_t", "mean_low_c", "mean_high_c"),
    *("median_t", "median_c", "q1_t", "q3_t", "q1_c", "q3_c", "min_t", "max_t", "min_c", "max_c"),
)
BY_MEASURE: Mapping[str, tuple[str, ...]] = {
    "HR": (
        *("reduction", "reduction_low", "reduction_high", "coefficient", "se_log", "se_ratio"),
        *("events_t", "events_c", "events_total", "allocation", "time_t", "time_c", "median_t", "median_c"),
        *("landmark", "survival_t", "survival_c", "survival_se_t", "survival_se_c"),
        *("survival_low_t", "survival_high_t", "survival_low_c", "survival_high_c"),
        *("curve_times", "curve_t", "curve_c", "at_risk_t", "at_risk_c", "curve", "follow_up_min", "follow_up_max"),
        *("o_minus_e", "v", "chi2", "expected_t", "expected_c"),
    ),
    "RR": COUNTS,
    "OR": COUNTS,
    "RD": COUNTS,
    "IRR": ("events_t", "events_c", "time_t", "time_c", "se_log", "se_ratio"),
    "MD": MEANS,
    "SMD": MEANS,
}  # columns from which a route leads to the measure; those of no measure are for all
GIVEN = ("study", "stratum", "outcome")  # that the template fills; a row with nothing else says nothing


def extraction_workbook(plan: Plan, studies: Sequence[Study], rows: Sequence[Mapping[str, str]] = ()) -> bytes:
    """The spreadsheet as .xlsx: every cell is text, so that 0.60 stays 0.60 and 2:1 is no time of day.

    Parameters
    ----------
    plan, studies : of the review: what can be chosen
    rows : rows that stand in it already, cells by column; where there are none, one for each study (or stratum) and outcome
    """
    from openpyxl import Workbook

    columns = columns_for(plan, studies, rows)
    book = Workbook()
    sheet, lists = book.active, book.create_sheet(LISTS)
    sheet.title = SHEET
    _heads(sheet, columns)
    for r, row in enumerate(rows or _blank(plan, studies), start=2):
        for c, column in enumerate(columns, start=1):
            _put(sheet, r, c, row.get(column, ""))
    _choices(sheet, lists, columns, plan, studies)
    lists.sheet_state = "hidden"
    book.properties.creator = ""
    written = io.BytesIO()
    book.save(written)
    return reproducible_zip(written.getvalue(), without_dates=True)


def columns_for(plan: Plan, studies: Sequence[Study], rows: Sequence[Mapping[str, str]] = ()) -> tuple[str, ...]:
    """The columns that the measures of a review's outcomes use, and whatever rows that are there fill."""
    of_some = {column for columns in BY_MEASURE.values() for column in columns}
    wanted = {column for outcome in plan.outcomes for column in BY_MEASURE[outcome.measure]}
    wanted |= {column for row in rows for column, cell in row.items() if cell}
    wanted |= {"stratum"} if any(study.stratum for study in studies) else set()
    return tuple(column for column in REPORT_COLUMNS if column in wanted or column not in {*of_some, "stratum"})


def _blank(plan: Plan, studies: Sequence[Study]) -> Iterator[dict[str, str]]:
    for study in studies:
        for outcome in plan.outcomes:
            yield {"study": study.study, "stratum": study.stratum, "outcome": outcome.reported_as[0]}


def _heads(sheet: Worksheet, columns: Sequence[str]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for c, column in enumerate(columns, start=1):
        head = sheet.cell(1, c, column)
        head.font, head.fill, head.alignment = Font(bold=True), PatternFill("solid", fgColor=HEAD), Alignment(vertical="top")
        head.comment = Comment((Report.model_fields[column].description or "").replace("`", ""), "trialpool", height=120, width=320)
        dimension = sheet.column_dimensions[get_column_letter(c)]
        dimension.number_format = "@"
        dimension.width = WIDTHS.get(column, max(10, len(column) + 2))
    sheet.freeze_panes = sheet.cell(2, columns.index("outcome") + 2)


def _put(sheet: Worksheet, row: int, column: int, value: str) -> None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = sheet.cell(row, column)
    cell.number_format = "@"
    if value:
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "s"


def _choices(sheet: Worksheet, lists: Worksheet, columns: Sequence[str], plan: Plan, studies: Sequence[Study]) -> None:
    """Lists in the columns that have choices. What is not on the list of outcomes may be typed too; elsewhere it is refused."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    options: dict[str, Sequence[str]] = {
        "study": list(dict.fromkeys(study.study for study in studies)),
        "stratum": list(dict.fromkeys(study.stratum for study in studies if study.stratum)),
        "outcome": list(dict.fromkeys(name for outcome in plan.outcomes for name in outcome.reported_as)),
        **{column: found for column in columns if (found := _options(column))},
    }
    for i, (column, values) in enumerate(((c, v) for c, v in options.items() if v), start=1):
        letter = get_column_letter(i)
        for r, value in enumerate((column, *values), start=1):
            _put(lists, r, i, value)
        where = f"={LISTS}!${letter}$2:${letter}${len(values) + 1}"
        rule = DataValidation(type="list", formula1=where, allow_blank=True, showErrorMessage=True)
        rule.errorTitle, rule.error = column, f"Choose one of the list, or leave the cell empty ({column})."
        rule.errorStyle = "warning" if column == "outcome" else "stop"
        at = get_column_letter(columns.index(column) + 1)
        rule.add(f"{at}2:{at}{ROWS}")
        sheet.add_data_validation(rule)


def _options(column: str) -> list[str]:
    """What a column with choices can hold."""
    annotation: Any = Report.model_fields[column].annotation
    inner = next((part for part in get_args(annotation) if get_origin(part) is Literal), annotation)
    return [str(option) for option in get_args(inner) if option != ""] if get_origin(inner) is Literal else []


# --- and back


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledWorkbook:
    """The rows of a filled spreadsheet, cells by column as text; the number of each there; and what a person should look at."""

    rows: tuple[dict[str, str], ...]
    numbers: tuple[int, ...]
    remarks: tuple[Problem, ...]


def read_extraction_workbook(path: Path) -> FilledWorkbook:
    """Read a filled spreadsheet; rows that say nothing but study and outcome are left out.

    Raises
    ------
    BadInput
        with every cell in which a spreadsheet made something else of what was typed (dates, times, formulas, errors), every unknown
        column, and every cell without a column
    """
    grid = [list(cells) for cells in _opened(path).iter_rows()]
    columns = ["" if cell.value is None else str(cell.value).strip() for cell in grid[0]] if grid else []
    problems, remarks = list(_column_problems(path.name, columns)), []
    rows: list[tuple[int, dict[str, str]]] = []
    for cells in grid[1:]:
        row: dict[str, str] = {}
        for cell, column in zip(cells, columns, strict=False):
            try:
                row[column] = _text(cell)
            except BadCell as bad:
                problems.append(Problem(path.name, cell.row, column, bad.what, bad.mend))
            if column in row and isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
                what, mend = f"{row[column]} is a number and not text", "Look whether its last zeros are there"
                remarks.append(Problem(path.name, cell.row, column, what, mend, "warning"))
        row = {column: text for column, text in row.items() if text}
        if "" in row:
            mend = "Give the column its name, or empty the cell"
            problems.append(Problem(path.name, cells[0].row, "", f"{row['']!r} has no column", mend))
        if set(row) - set(GIVEN):
            rows.append((cells[0].row, row))
    if problems:
        raise BadInput(problems)
    numbers, filled = tuple(number for number, _ in rows), tuple(row for _, row in rows)
    return FilledWorkbook(rows=filled, numbers=numbers, remarks=tuple(remarks))


def _opened(path: Path) -> Worksheet:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    mend = "Give a file that `trialpool template` made, or save it as .xlsx"
    try:
        book = load_workbook(path)
    except FileNotFoundError:
        raise BadInput([Problem(str(path), 0, "", "there is no such file", mend)]) from None
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError):
        raise BadInput([Problem(str(path), 0, "", "this is no spreadsheet that can be read", mend)]) from None
    if SHEET not in book.sheetnames:
        raise BadInput([Problem(str(path), 0, "", f"it has no sheet {SHEET!r}, but {', '.join(book.sheetnames)}", mend)])
    sheet: Worksheet = book[SHEET]
    return sheet


def _column_problems(file: str, columns: Sequence[str]) -> Iterator[Problem]:
    for name in dict.fromkeys(columns):
        if name and name not in REPORT_COLUMNS:
            yield Problem(file, 1, name, "there is no such column", nearest_column(name, REPORT_COLUMNS))
        if name and columns.count(name) > 1:
            yield Problem(file, 1, name, "the column stands twice", "Rename or remove one")
    for name in GIVEN[::2]:
        if name not in columns:
            yield Problem(file, 1, name, "the column is missing", "Put it back")


def _text(cell: Any) -> str:
    """What a cell says, as text; BadCell where it is not what was typed."""
    from openpyxl.cell.cell import MergedCell

    if isinstance(cell, MergedCell):
        raise BadCell("it is merged with another cell, which alone has a value", "Unmerge the cells, and fill each")
    value, again = cell.value, "Format the cell as text and type it again"
    if value is None:
        return ""
    if cell.data_type == "f":
        raise BadCell("it holds a formula", "Put its value there")
    if cell.data_type == "e":
        raise BadCell(f"it holds the error {value}", again)
    if isinstance(value, datetime | date | time | timedelta):
        raise BadCell(f"the spreadsheet made a date or time of what was typed ({value})", again)
    if isinstance(value, bool):
        raise BadCell(f"the spreadsheet made {str(value).upper()} of what was typed", again)
    if isinstance(value, int | float) and "%" in cell.number_format:
        shown = format(100 * Decimal(repr(value)), "f").rstrip("0").rstrip(".")
        raise BadCell(f"the spreadsheet made {value} of what was typed, and shows it as {shown}%", again)
    if isinstance(value, int | float):
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    return str(value).strip()
