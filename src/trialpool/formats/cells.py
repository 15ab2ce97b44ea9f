"""From the text of cells to the types of a model: every bad cell becomes a problem with its mend."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date as Date  # noqa: N812
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from trialpool.errors import Problem
from trialpool.formats.csv_table import Row, Table
from trialpool.formats.quoted import quoted
from trialpool.review.report import Allocation, PValue, Series

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
GROUPED = re.compile(r"[+-]?\d{1,3}(?:([ ,'\u2019_])\d{3})(?:\1\d{3})*(?:\.\d+)?", re.ASCII)
BESIDE = re.compile(r"[+-]?\d[\d.]*[^\w.]", re.ASCII)  # a number, and something that is no part of a word after it
DECIMAL_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d*),\d+", re.ASCII)
BY_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)  # which may be a decimal comma, or not
WHOLE = "Counts are whole; a percentage has its own column"
MIDDLE_POINTS = str.maketrans({"\u00b7": ".", "\u2219": ".", "\u22c5": ".", "\u2212": "-"})
SPACES = str.maketrans(dict.fromkeys("\u00a0\u2009\u202f", " "))
WIDE = str.maketrans({"\uff0e": ".", "\uff0c": ",", "\uff0d": "-", "\uff0b": "+"})
LARGEST, SMALLEST, DIGITS = Decimal("1e12"), Decimal("1e-30"), 30  # beyond these no trial reports anything
MANY, LISTED = 20, "docs/review-folder.md lists those that there are"  # so many columns are not all named in a message
SET_BY_THE_READER = "(set by the reader)"  # so begins the description of a field that is no column


class BadCell(ValueError):
    """A cell that cannot be used: what is wrong, and the mend."""

    def __init__(self, what: str, mend: str) -> None:
        self.what, self.mend = what, mend
        super().__init__(what)


def decimal(cell: str) -> Decimal:
    """A number as printed, its last zeros kept; a decimal point in the middle of the line (Lancet) counts.

    >>> decimal("0.620"), decimal("0\u00b762"), decimal("\u22120.5")
    (Decimal('0.620'), Decimal('0.62'), Decimal('-0.5'))
    """
    text = cell.translate(MIDDLE_POINTS).strip()
    if not NUMBER.fullmatch(text):
        raise _no_number(cell, text.translate(SPACES))
    if len(text) > DIGITS:
        raise BadCell(f"{quoted(cell)} has more digits than anything reported", "Give it as it was printed")
    number = Decimal(text)
    if number.adjusted() > LARGEST.adjusted():
        raise BadCell(f"{cell} is larger than anything reported", "Correct it")
    if int(number.as_tuple().exponent) < SMALLEST.adjusted():
        raise BadCell(f"{cell} is smaller than anything reported", "Correct it; a P value may be given as <0.001")
    return number


def whole(cell: str) -> int:
    """A count."""
    text = cell.strip()
    if GROUPED.fullmatch(text) and "." not in text:
        raise _thousands(cell)
    if text.endswith("%"):
        raise BadCell(
            f"{quoted(cell)} is a percentage", "Give the number of patients here; a percentage has its own column, pct_t or pct_c"
        )
    if (found := _fraction_with_a_comma(text)) is not None:
        raise BadCell(f"{quoted(cell)} has a decimal comma, and {found} is not a whole number", WHOLE)
    number = decimal(cell)
    if number != number.to_integral_value():
        mend = WHOLE
        if re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", text):
            mend += f". Write {text.replace('.', '')} if the point separates thousands"
        raise BadCell(f"{cell} is not a whole number", mend)
    return int(number)


def _fraction_with_a_comma(text: str) -> Decimal | None:
    """The number that a text with a decimal comma means, where it is no whole one and no comma between thousands."""
    if not DECIMAL_COMMA.fullmatch(text) or BY_THOUSANDS.fullmatch(text):
        return None
    number = Decimal(text.replace(".", "").replace(",", "."))
    return number if number != number.to_integral_value() else None


def p_value(cell: str) -> PValue:
    """`0.03`, `= 0.03`, `<0.001`, `>0.05`; outside 0 to 1 is refused."""
    text = cell.replace("\u2264", "<").replace("\u2265", ">").strip().removeprefix("P").removeprefix("p").strip()
    operator, number = (text[0], text[1:].lstrip("=")) if text[:1] in ("<", ">", "=") else ("=", text)
    if number.endswith("%") and NUMBER.fullmatch(number[:-1].strip()):
        share = f"{decimal(number[:-1]).scaleb(-2):f}"
        raise BadCell(f"{quoted(cell)} holds a percent sign", f"Give P as a share: {text[: -len(number)]}{share}")
    try:
        value = decimal(number)
    except BadCell as bad:
        if "is not a number" in bad.what:
            mend = "Give P as 0.03, <0.001 or >0.05; leave the cell empty where it was not reported"
            raise BadCell(f"{quoted(cell)} is not a P value", mend) from None
        raise
    if not 0 <= value <= 1:
        raise BadCell(f"{cell} is outside 0 to 1", "Give P as a share, such as 0.03")
    return PValue(value=value, operator=operator)


def series(cell: str) -> Series:
    """Numbers with blanks between them: `100 83.5 70`."""
    return Series(values=tuple(map(decimal, cell.split())))


def allocation(cell: str) -> Allocation:
    """Sizes of two arms as a ratio: `2:1`."""
    sizes = cell.split(":")
    if len(sizes) != 2:
        raise BadCell(f"{quoted(cell)} is not a ratio of two arms", "Write 2:1 for two patients with treatment to one with control")
    treatment, control = map(decimal, sizes)
    if treatment <= 0 or control <= 0:
        raise BadCell(f"{cell} has an arm without patients", "Write 2:1 for two patients with treatment to one with control")
    return Allocation(treatment=treatment, control=control)


def date(cell: str) -> Date:
    """A day as `2026-11-28`: the one order of year, month and day that cannot be taken for another.

    >>> date("2026-11-28")
    datetime.date(2026, 11, 28)
    """
    try:
        return Date.fromisoformat(cell) if re.fullmatch(r"\d{4}-\d\d-\d\d", cell, re.ASCII) else Date.fromisoformat("")
    except ValueError:
        raise BadCell(f"{quoted(cell)} is no date", "Write year, month and day, such as 2026-11-28") from None


def choice(options: tuple[Any, ...]) -> Callable[[str], Any]:
    """One of the options of a Literal."""

    def parse(cell: str) -> Any:
        for option in options:
            if cell.lower() == str(option).lower():
                return option
        listed = ", ".join(str(option) for option in options if option != "")
        raise BadCell(f"{quoted(cell)} is not one of {listed}", "Use one of these")

    return parse


PARSERS: Mapping[Any, Callable[[str], Any]] = {
    str: str,
    Decimal: decimal,
    int: whole,
    PValue: p_value,
    Series: series,
    Allocation: allocation,
    Date: date,
}


@cache
def parser_of(model: type[BaseModel], field: str) -> Callable[[str], Any]:
    """What turns a cell of this column into the type of the model's field."""
    annotation = model.model_fields[field].annotation
    if get_origin(annotation) in (UnionType, Union):
        annotation = next(part for part in get_args(annotation) if part is not NoneType)
    if get_origin(annotation) is Literal:
        return choice(get_args(annotation))
    return PARSERS[annotation]


@cache
def columns_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields that a row gives; the others are the reader's own, or every further column (`moderators`)."""
    return tuple(
        name
        for name, info in model.model_fields.items()
        if name != "moderators" and not (info.description or "").startswith(SET_BY_THE_READER)
    )


def read_row(row: Row, table: Table, model: type[BaseModel], problems: list[Problem]) -> dict[str, Any] | None:
    """The values of the model's fields in a row; None, with every bad cell in `problems`, where one cannot be used.

    A required column that the table lacks is said once, with the header; no row can be used then.
    """
    values: dict[str, Any] = {}
    sound = True
    for field in columns_of(model):
        info = model.model_fields[field]
        cell = row.cells.get(field, "")
        if cell == "":
            if info.is_required():
                sound = False
                if field in table.columns:
                    problems.append(Problem(table.file, row.number, field, "the cell is empty", _needed(model, field)))
            continue
        try:
            values[field] = parser_of(model, field)(cell)
        except BadCell as bad:
            problems.append(Problem(table.file, row.number, field, bad.what, bad.mend))
            sound = False
    return values if sound else None


def unknown_columns(table: Table, model: type[BaseModel]) -> list[Problem]:
    """Columns that the model does not have, each with the nearest name that it does."""
    own = columns_of(model)
    return [
        Problem(table.file, table.header, name, "there is no such column", nearest_column(name, own))
        for name in dict.fromkeys(table.columns)
        if name and name not in own
    ]


def nearest_column(name: str, known: Sequence[str]) -> str:
    """The mend of a wrong column: the nearest right one; failing this all of them, or where they are listed if they are many."""
    return _near(name, known) or (LISTED if len(known) > MANY else f"Known are {', '.join(known)}")


def nearest(name: str, known: Sequence[str], *, otherwise: str) -> str:
    """The mend of a wrong name: the nearest right one, or all of them."""
    return _near(name, known) or f"{otherwise} {', '.join(known)}"


def _near(name: str, known: Sequence[str]) -> str:
    by_folded = {right.casefold(): right for right in known}
    near = get_close_matches(name.casefold(), by_folded, n=1)
    return f"Did you mean {by_folded[near[0]]}?" if near else ""


def _needed(model: type[BaseModel], field: str) -> str:
    annotation = model.model_fields[field].annotation
    if get_origin(annotation) is Literal:
        return f"Give one of {', '.join(map(str, get_args(annotation)))}"
    return "Every row needs it"


def _no_number(cell: str, text: str) -> BadCell:
    """What is wrong with a text that is no number, as exactly as can be told."""
    found = quoted(cell)
    if DECIMAL_COMMA.fullmatch(text) and not BY_THOUSANDS.fullmatch(text):
        return BadCell(f"{found} has a decimal comma", f"Write {text.replace('.', '').replace(',', '.')}")
    if GROUPED.fullmatch(text):
        return _comma(found, text) if text.count(",") == 1 and "." not in text else _thousands(cell)
    if text.endswith("%"):
        return BadCell(f"{found} holds a percent sign", f"Write {text.removesuffix('%').strip()}")
    if text[:1] in ("<", ">", "="):
        return BadCell(f"{found} is not a number", "Only a P value takes a sign")
    if text.lstrip("+-").casefold() in ("nan", "inf", "infinity"):
        return BadCell(f"{found} is not a finite number", "Correct it, or leave the cell empty where nothing was reported")
    if NUMBER.fullmatch(_plain_digits(text)):
        return BadCell(f"{found} is not written in plain digits", f"Write {_plain_digits(text)}")
    if BESIDE.match(text):
        return BadCell(
            f"{found} is not a number alone", "Keep the number; what stands beside it has its own column, or goes into the note"
        )
    return BadCell(f"{found} is not a number", "Correct it, or leave the cell empty where nothing was reported")


def _comma(found: str, text: str) -> BadCell:
    mend = f"Write {text.replace(',', '.')} if it is the decimal point, {text.replace(',', '')} if it separates thousands"
    return BadCell(f"{found} holds a comma", mend)


def _thousands(cell: str) -> BadCell:
    return BadCell(f"{quoted(cell)} separates thousands", f"Write {re.sub(r'[^0-9.+-]', '', cell)}")


def _plain_digits(text: str) -> str:
    """Digits of other scripts, wide punctuation and a leading dash as ASCII writes them."""
    dash = text[:1].replace("\u2013", "-").replace("\u2014", "-")
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in (dash + text[1:]).translate(WIDE))
