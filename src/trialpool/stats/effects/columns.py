"""The border of the Python API: columns of any kind (list, array, pandas, Polars, Arrow) become arrays, or are refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.pooling.choices import choose
from trialpool.stats.tables import library_of

MISSING = {
    "raise": "a missing value is refused",
    "drop": "a study with a missing value is left out, and a note says so",
}
NOT_MISSING = 'Give what is missing, or leave its study out with missing="drop"'


@dataclass(frozen=True, slots=True)
class Rule:
    """What each value of a column has to be: a test of the values, and the sentence that says so."""

    holds: Callable[[Floats], Any]
    says: str


@dataclass(frozen=True, slots=True)
class Pair:
    """What two columns have to be to each other: a test, what is printed where it fails, and the sentence that says so."""

    columns: tuple[str, str]
    holds: Callable[[Floats, Floats], Any]
    found: str
    says: str


@dataclass(frozen=True, slots=True)
class Row:
    """What the values of a study have to be together: a test of all columns, what is printed where it fails, and the mend."""

    holds: Callable[[Mapping[str, Floats]], Any]
    found: str
    says: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns that have passed the border.

    values  : name -> (..., k); nan where a study lacks a value and is to be left out
    study   : (k,) labels
    missing : name -> (..., k) where the value is missing
    library : the data-frame library that the columns came from, if any
    """

    values: Mapping[str, Floats]
    study: tuple[str, ...]
    missing: Mapping[str, Bools]
    library: str = ""

    def __getitem__(self, name: str) -> Floats:
        return self.values[name]

    def labels_where(self, where: Any) -> Iterator[str]:
        """The studies for which `where` (..., k) holds in any analysis, told apart."""
        labels = told_apart(self.study)
        return (labels[i] for i in np.flatnonzero(np.asarray(where).reshape(-1, len(self.study)).any(0)))


FINITE = Rule(np.isfinite, "Values are finite numbers")
POSITIVE = Rule(lambda x: x > 0, "Means have to be above 0 for a logarithm")
SD = Rule(lambda x: x > 0, "A standard deviation is above 0")
SIZE = Rule(lambda n: (n >= 2) & (n == np.floor(n)), "A group with a standard deviation has 2 patients or more, in whole numbers")
TIME = Rule(lambda t: t > 0, "Time at risk is above 0")
CORRELATION = Rule(lambda r: np.abs(r) < 1, "A correlation lies between -1 and 1")
SHARE = Rule(lambda p: (p > 0) & (p < 1), "A share lies between 0 and 1")
EVENTS = Rule(lambda x: (x >= 0) & (x == np.floor(x)), "Events are whole numbers, 0 or more")


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


def told_apart(study: Sequence[str]) -> tuple[str, ...]:
    """The labels; one that stands more than once with its place among the studies.

    >>> told_apart(["Attal", "Palumbo", "Attal"])
    ('Attal (study 1)', 'Palumbo', 'Attal (study 3)')
    """
    times = Counter(study)
    return tuple(f"{label} (study {i + 1})" if times[label] > 1 else label for i, label in enumerate(study))


def columns_of(
    subject: str,
    given: Mapping[str, Any],
    rules: Mapping[str, Rule],
    *pairs: Pair,
    rows: Sequence[Row] = (),
    optional: Collection[str] = (),
    study: Sequence[str] | None = None,
    missing: str = "raise",
) -> Columns:
    """The columns of a call as arrays; everything that is wrong with them is said at once.

    A plain number stands for a column of it. `missing` is a key of MISSING; a value that is there has to keep its rule. A value of
    an `optional` column may be missing.

    >>> columns_of("Means", {"mean": [1, 2], "sd": [0.5, -1]}, {"sd": SD}, study=["A", "B"])
    Traceback (most recent call last):
    trialpool.errors.BadArgument: Means cannot be used: sd is -1 for B. A standard deviation is above 0.
    """
    choose("missing", missing, MISSING)
    read = {name: numbers(name, values) for name, values in given.items()}
    full = {name: column for name, column in read.items() if np.ndim(given[name]) > 0}
    library = library_of(*given.values(), study)
    study = labels_of(study, full or read)
    values = {name: column if name in full else np.full(len(study), column[0]) for name, column in read.items()}
    absent = {name: np.isnan(column) for name, column in values.items()}
    labels = told_apart(study)
    wrong: dict[str, str] = {}  # what is printed -> the sentence that says what would be right
    for name, column in values.items():
        rule = rules.get(name, FINITE)
        bad = ~absent[name] & ~(rule.holds(column) & np.isfinite(column))
        wrong |= {f"{name} is {column[*at]:g} for {labels[at[-1]]}": rule.says for at in np.argwhere(bad)}
        if missing == "raise" and name not in optional:
            wrong |= {f"{name} is nan for {labels[at[-1]]}": NOT_MISSING for at in np.argwhere(absent[name])}
    for pair in pairs:
        one, other = np.broadcast_arrays(*(values[name] for name in pair.columns))
        bad = ~(pair.holds(one, other) | np.isnan(one) | np.isnan(other))
        for at in np.argwhere(bad):
            found = pair.found.format(one[*at], other[*at])
            wrong[f"{found} for {labels[at[-1]]} ({', '.join(pair.columns)})"] = pair.says
    for row in rows:
        wrong |= {f"{row.found} for {labels[at[-1]]}": row.says for at in np.argwhere(~row.holds(values))}
    if wrong:
        raise BadArgument(f"{subject} cannot be used: {'; '.join(wrong)}. {'. '.join(dict.fromkeys(wrong.values()))}.")
    return Columns(values, study, {name: where for name, where in absent.items() if name not in optional}, library)


def _number(value: Any) -> float:
    return float("nan") if value is None or str(value) in {"<NA>", "NaT"} else float(value)
