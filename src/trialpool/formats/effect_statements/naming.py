"""A measure as a sentence names it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Named:
    """A measure as it was named: its code, whether called adjusted, the method, and where.

    level : of a label that stands with the name (`HR (95% CI):`) or of an earlier statement
    after : the lexeme that follows the name and what belongs to it
    fresh : whether no estimate has been read for it yet
    many  : whether it was named in the plural
    cells : whether it heads a column of a table, its interval the next one
    p_cell : whether P heads the column after that
    """

    code: str
    adjusted: bool
    method: str
    start: int
    after: int
    level: Decimal | None = None
    fresh: bool = True
    many: bool = False
    cells: bool = False
    p_cell: bool = False
