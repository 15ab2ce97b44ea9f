"""Rows of a table whose head names the measure, its interval and P: `| HR | 95% CI | P |`, then `| 0.62 | 0.57-0.67 | <.001 |`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from trialpool.formats.effect_statements.lexemes import Lexeme
from trialpool.formats.effect_statements.naming import Named
from trialpool.formats.effect_statements.phrases import CLOSES, OPENS, Interval, P, at, interval_label, limits_at

WALL = "|"


class Head(NamedTuple):
    """Columns that follow the one of a measure: the level of the interval, whether P has one too, the place after them."""

    level: Decimal | None
    p: bool
    end: int


def head_at(of: Sequence[Lexeme], i: int) -> Head | None:
    """`| 95% CI | P value`, after the name of a measure; None where it is not that."""
    label = interval_label(of, i + 1) if at(of, i).kind == WALL else None
    if label is None or limits_at(of, label[2]) or (at(of, label[2]).kind == WALL and limits_at(of, label[2] + 1)):
        return None
    end = p_head(of, label[2])
    return Head(label[0], end > label[2], end)


def p_head(of: Sequence[Lexeme], i: int, mark: str = WALL) -> int:
    """The place after `| P value`; `i` where it is not there."""
    if at(of, i).kind != mark or at(of, i + 1).text != "p":
        return i
    end = i + 2
    end += at(of, end).kind == "-"
    return end + (at(of, end).text in ("value", "values"))


def cells_at(of: Sequence[Lexeme], k: int, named: Named) -> tuple[P | None, Interval | None, int] | None:
    """The cells after that of an estimate: its interval and P, as the head of the table names them."""
    if not named.cells or at(of, k).kind != WALL:
        return None
    opened = at(of, k + 1).kind in OPENS
    limits = limits_at(of, k + 1 + opened)
    if limits is None:
        return None
    interval, end = Interval(limits.low, limits.high, named.level, "confidence", limits.end), limits.end
    end += at(of, end).kind in CLOSES
    return None, interval, end


def p_cell(of: Sequence[Lexeme], k: int) -> P | None:
    """`| <0.001`, `| = .04`, `| 0.082`."""
    if at(of, k).kind != WALL:
        return None
    k += 1
    operator = at(of, k).kind if at(of, k).kind in ("<", ">", "=") else ""
    k += bool(operator)
    number = at(of, k)
    if number.kind != "number" or not number.decimals or number.value > 1:
        return None
    return P(operator or "=", number.value, None, True, k + 1)
