"""From the text of cells to the types of a model: every bad cell becomes a problem with its mend."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from trialpool.errors import Problem
from trialpool.formats.csv_table import Row, Table
from trialpool.review.report import PValue


class BadCell(ValueError):
    """A cell that cannot be used: what is wrong, and the mend."""

    def __init__(self, what: str, mend: str) -> None:
        self.what, self.mend = what, mend
        super().__init__(what)


def decimal(cell: str) -> Decimal:
    """A number as printed, its last zeros kept; a decimal point in the middle of the line (Lancet) counts."""
    text = cell.replace("\u2212", "-").replace("\u00b7", ".").strip()
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _no_number(cell, text) from None
    if not number.is_finite():
        raise BadCell(f"{cell!r} is not a finite number", "Leave the cell empty where nothing was reported")
    return number


def whole(cell: str) -> int:
    """A count."""
    number = decimal(cell)
    if number != number.to_integral_value():
        raise BadCell(f"{cell} is not a whole number", "Counts are whole; a percentage has its own column")
    return int(number)


def p_value(cell: str) -> PValue:
    """`0.03`, `= 0.03`, `<0.001`, `>0.05`; outside 0 to 1 is refused."""
    text = cell.replace("\u2264", "<").replace("\u2265", ">").strip().removeprefix("P").removeprefix("p").strip()
    operator, number = (text[0], text[1:].lstrip("=")) if text[:1] in ("<", ">", "=") else ("=", text)
    value = decimal(number.strip())
    if not 0 <= value <= 1:
        raise BadCell(f"{cell} is outside 0 to 1", "Give P as a share, such as 0.03")
    return PValue(value=value, operator=operator)


def choice(options: tuple[Any, ...]) -> Callable[[str], Any]:
    """One of the options of a Literal."""

    def parse(cell: str) -> Any:
        for option in options:
            if cell.lower() == str(option).lower():
                return option
        listed = ", ".join(str(option) for option in options if option != "")
        raise BadCell(f"{cell!r} is not one of {listed}", "Use one of these")

    return parse


PARSERS: Mapping[Any, Callable[[str], Any]] = {str: str, Decimal: decimal, int: whole, PValue: p_value}


@cache
def parser_of(model: type[BaseModel], field: str) -> Callable[[str], Any]:
    """What turns a cell of this column into the type of the model's field."""
    annotation = model.model_fields[field].annotation
    if get_origin(annotation) in (UnionType, Union):
        annotation = next(part for part in get_args(annotation) if part is not NoneType)
    if get_origin(annotation) is Literal:
        return choice(get_args(annotation))
    return PARSERS[annotation]


def read_row(row: Row, table: Table, model: type[BaseModel], problems: list[Problem]) -> dict[str, Any] | None:
    """The values of the model's fields in a row; None, with every bad cell in `problems`, where one cannot be used."""
    values: dict[str, Any] = {}
    sound = True
    for field, info in model.model_fields.items():
        cell = row.cells.get(field, "")
        if cell == "":
            if info.is_required() and field in table.columns:
                problems.append(Problem(table.file, row.number, field, "the cell is empty", _needed(model, field)))
                sound = False
            continue
        try:
            values[field] = parser_of(model, field)(cell)
        except BadCell as bad:
            problems.append(Problem(table.file, row.number, field, bad.what, bad.mend))
            sound = False
    return values if sound else None


def unknown_columns(table: Table, model: type[BaseModel]) -> list[Problem]:
    """Columns that the model does not have, each with the nearest name that it does."""
    own = set(model.model_fields) - {"file", "row"}
    problems = []
    for name in table.columns:
        if name and name not in own:
            near = get_close_matches(name, own, n=1)
            mend = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(f for f in model.model_fields if f in own)}"
            problems.append(Problem(table.file, 1, name, "there is no such column", mend.rstrip("?")))
    return problems


def _needed(model: type[BaseModel], field: str) -> str:
    annotation = model.model_fields[field].annotation
    if get_origin(annotation) is Literal:
        return f"Give one of {', '.join(map(str, get_args(annotation)))}"
    return "Every row needs it"


def _no_number(cell: str, text: str) -> BadCell:
    if re.fullmatch(r"[+-]?\d*,\d+", text):
        return BadCell(f"{cell!r} has a decimal comma", f"Write {text.replace(',', '.')}")
    if text.endswith("%"):
        return BadCell(f"{cell!r} holds a percent sign", f"Write {text.removesuffix('%').strip()}")
    if text[:1] in ("<", ">", "="):
        return BadCell(f"{cell!r} is not a number", "Only a P value takes a sign")
    return BadCell(f"{cell!r} is not a number", "Leave the cell empty where nothing was reported")
