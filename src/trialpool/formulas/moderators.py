"""Columns of moderators from whatever the caller keeps them in: a mapping, or a pandas, Polars or Arrow table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from trialpool.errors import BadArgument

SHOWN = 8  # names that a message lists


@dataclass(frozen=True, slots=True)
class Moderator:
    """A column: its values with None where one is missing, and its levels in their order where the table gives one."""

    name: str
    values: tuple[Any, ...]
    levels: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[bool, ...]:
        """Where there is no value."""
        return tuple(value is None for value in self.values)


def moderators(data: Any, names: Iterable[str], formula: str) -> dict[str, Moderator]:
    """The columns that a formula names.

    >>> moderators({"year": [1948, None], "setting": ["east", ""]}, ["setting"], "~ setting")["setting"].values
    ('east', None)
    >>> moderators({"year": [1948, 1950]}, ["years"], "~ years")
    Traceback (most recent call last):
    trialpool.errors.BadArgument: The formula '~ years' names 'years', which is no column of data. Did you mean 'year'?
    """
    wanted = sorted(set(names))
    if not wanted:
        return {}
    if data is None:
        raise BadArgument(f"The formula {formula!r} names {_listed(wanted)}, and there are no data. Give the columns as data.")
    table = data if isinstance(data, Mapping) else _frame(data)
    there = [str(name) for name in (table if isinstance(table, Mapping) else table.columns)]
    for name in wanted:
        if name not in there:
            near = get_close_matches(name, there, n=3, cutoff=0.5)
            mend = f"Did you mean {' or '.join(map(repr, near))}?" if near else f"The columns are {_listed(there)}."
            raise BadArgument(f"The formula {formula!r} names {name!r}, which is no column of data. {mend}")
    return {name: _moderator(name, table[name]) for name in wanted}


def _frame(data: Any) -> Any:
    import narwhals.stable.v2 as narwhals

    try:
        return narwhals.from_native(data, eager_only=True)
    except TypeError:
        what = type(data).__name__
        raise BadArgument(f"data is a {what}. Give a mapping of columns, or a pandas, Polars or Arrow table.") from None


def _moderator(name: str, column: Any) -> Moderator:
    import narwhals.stable.v2 as narwhals

    series = narwhals.from_native(column, series_only=True, pass_through=True)
    if not isinstance(series, narwhals.Series):
        values = [column] if np.ndim(column) == 0 else column.tolist() if isinstance(column, np.ndarray) else list(column)
        return Moderator(name, tuple(_value(value) for value in values))
    ordered = series.dtype in (narwhals.Categorical, narwhals.Enum)
    levels = tuple(str(level) for level in series.cat.get_categories().to_list()) if ordered else ()
    return Moderator(name, tuple(_value(value) for value in series.to_list()), levels)


def _value(value: Any) -> Any:
    """Plain Python, None where nothing is there."""
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or value != value or str(value) in {"", "<NA>", "NaT"}:
        return None
    return value


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:SHOWN])) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
