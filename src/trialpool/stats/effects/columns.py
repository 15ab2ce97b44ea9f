"""The border of the Python API: columns of any kind (list, array, pandas, Polars, Arrow) become arrays, or are refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats


def numbers(name: str, values: Any) -> Floats:
    """`values` as floats of shape (..., k), missing ones as nan; text is refused, with the first piece of it shown.

    >>> numbers("events_t", [4, None, 6])
    array([ 4., nan,  6.])
    """
    array = np.asarray(values)
    if array.dtype.kind in "US":  # numbers beside text have become text
        array = np.asarray(values, dtype=object)
    if array.dtype.kind in "OUS":
        text = next((v for v in array.ravel().tolist() if isinstance(v, str | bytes)), None)
        if text is not None:
            raise BadArgument(f"{name} holds text, {text!r}. Give numbers; None or nan where a value is missing.")
        try:
            array = np.array([_number(v) for v in array.ravel().tolist()]).reshape(array.shape)
        except (TypeError, ValueError) as error:
            raise BadArgument(f"{name} holds something that is not a number ({error}).") from None
    if array.dtype.kind not in "iufb":
        raise BadArgument(f"{name} holds {array.dtype}, not numbers.")
    return np.atleast_1d(array.astype(float))


def labels_of(study: Sequence[str] | None, columns: Mapping[str, Floats]) -> tuple[str, ...]:
    """The k labels of the studies; columns of unequal length are refused, with the lengths shown."""
    lengths = {name: column.shape[-1] for name, column in columns.items()}
    if study is not None:
        lengths["study"] = len(study)
    if len(set(lengths.values())) > 1:
        raise BadArgument("Columns differ in length: " + ", ".join(f"{n} {k}" for n, k in lengths.items()) + ".")
    k = next(iter(lengths.values()))
    if k == 0:
        raise BadArgument("There are no studies: every column is empty.")
    return tuple(map(str, study)) if study is not None else tuple(str(i + 1) for i in range(k))


def _number(value: Any) -> float:
    return float("nan") if value is None or str(value) in {"<NA>", "NaT"} else float(value)
