"""effects: columns of any kind in, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from trialpool.errors import BadArgument
from trialpool.stats.effects.effects import effects
from trialpool.stats.effects.measure import MEASURES

YI, VI = [-0.36, -0.73, 0.1], [0.02, 0.03, 0.01]
SE_FOR_VI = "A sampling variance is positive: check whether it is an SE or a sign was lost."
LEAVE_OUT = "Leave the study out, or give its value."


@pytest.mark.parametrize(
    "column",
    [
        list,
        tuple,
        np.array,
        lambda values: np.array(values, dtype=np.float32).astype(object),
        pd.Series,
        lambda values: pd.Series(values, dtype="Float64"),
        lambda values: pd.Series(values, dtype="float64[pyarrow]"),
        lambda values: pd.Series(values, index=[7, 7, 3]),
        pl.Series,
        pa.array,
        lambda values: pa.chunked_array([values[:1], values[1:]]),
    ],
    ids=["list", "tuple", "array", "object", "pandas", "Float64", "pandas-arrow", "index", "polars", "arrow", "chunks"],
)
def test_columns_of_any_kind_are_the_same_numbers(column: Callable[[list[Any]], Any]) -> None:
    found = effects(column(YI), column(VI), column(["A", "B", "C"]) if column in (list, tuple, pd.Series) else None)
    assert found.yi == pytest.approx(np.array(YI), rel=1e-7)
    assert found.vi == pytest.approx(np.array(VI), rel=1e-7)
    assert found.yi.dtype == found.vi.dtype == float
    assert found.study == (("A", "B", "C") if column in (list, tuple, pd.Series) else ("1", "2", "3"))


def test_whole_numbers_and_one_number_are_numbers_too() -> None:
    assert list(effects([1, 2], [1, 4])) == [("1", 1.0, 1.0), ("2", 2.0, 4.0)]
    assert list(effects(0.5, 0.25)) == [("1", 0.5, 0.25)]
    assert effects([1, 2], [1, 4]).sei.tolist() == [1.0, 2.0]


def test_what_went_in_is_not_changed_by_what_comes_out() -> None:
    yi = np.array(YI)
    found = effects(yi, VI)
    yi[0] = 99
    assert found.yi[0] == -0.36


def test_effects_say_what_they_are() -> None:
    assert repr(effects(YI, VI, measure="HR")) == "<Effects: hazard ratio, 3 studies>"
    assert repr(effects(YI, VI)) == "<Effects: effect, 3 studies>"


def unusable(name: str, found: str, mend: str) -> str:
    return f"{name} has values that cannot be used: {found}. {mend}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vi": [0.02, -0.03, 0.01]}, unusable("vi", "-0.03 (B)", SE_FOR_VI)),
        ({"vi": [0.02, 0.0, -1]}, unusable("vi", "0 (B), -1 (C)", SE_FOR_VI)),
        ({"vi": [0.02, np.inf, 0.01]}, unusable("vi", "inf (B)", LEAVE_OUT)),
        ({"vi": [np.nan, 0.03, np.nan]}, unusable("vi", "nan (A), nan (C)", LEAVE_OUT)),
        ({"yi": [-0.36, None, 0.1]}, unusable("yi", "nan (B)", LEAVE_OUT)),
        ({"yi": [-0.36, -np.inf, 0.1]}, unusable("yi", "-inf (B)", LEAVE_OUT)),
        ({"yi": pd.Series([-0.36, pd.NA, 0.1], dtype="Float64")}, unusable("yi", "nan (B)", LEAVE_OUT)),
        ({"yi": pd.Series([-0.36, pd.NA, 0.1], dtype=object)}, unusable("yi", "nan (B)", LEAVE_OUT)),
        ({"yi": pl.Series([-0.36, None, 0.1])}, unusable("yi", "nan (B)", LEAVE_OUT)),
        ({"yi": pa.array([-0.36, None, 0.1])}, unusable("yi", "nan (B)", LEAVE_OUT)),
        ({"yi": ["-0.36", "-0.73", "0.1"]}, "yi holds text, '-0.36'. Give numbers; None or nan where a value is missing."),
        ({"yi": [-0.36, "n/a", 0.1]}, "yi holds text, 'n/a'. Give numbers; None or nan where a value is missing."),
        ({"yi": pd.Series([-0.36, "n/a", 0.1])}, "yi holds text, 'n/a'. Give numbers; None or nan where a value is missing."),
        ({"yi": pl.Series(["a", "b", "c"])}, "yi holds text, 'a'. Give numbers; None or nan where a value is missing."),
        ({"vi": [0.02, 0.03]}, "Columns differ in length: yi 3, vi 2, study 3."),
        ({"study": ["A", "B"]}, "Columns differ in length: yi 3, vi 3, study 2."),
        ({"measure": "hr"}, f"measure='hr' is not known. Choose one of {', '.join(map(repr, MEASURES))}."),
        ({"yi": [], "vi": [], "study": []}, "There are no studies: every column is empty."),
    ],
)
def test_what_can_not_be_pooled_is_refused(arguments: dict[str, Any], message: str) -> None:
    usable: dict[str, Any] = {"yi": YI, "vi": VI, "study": ["A", "B", "C"]}
    with pytest.raises(BadArgument) as refusal:
        effects(**(usable | arguments))
    assert str(refusal.value) == message


def test_a_bad_value_in_a_batch_is_shown() -> None:
    with pytest.raises(BadArgument) as refusal:
        effects([YI, YI, YI], [VI, [0.02, -0.03, 0.01], VI], ["A", "B", "C"])
    assert str(refusal.value) == unusable("vi", "-0.03 (B)", SE_FOR_VI)


def test_a_missing_value_leaves_its_study_out_where_that_is_asked_for() -> None:
    found = effects([-0.36, None, -0.1, -0.2], [0.02, 0.03, np.nan, 0.01], ["A", "B", "C", "D"], missing="drop")
    assert found.vi.tolist() == [0.02, np.inf, np.inf, 0.01]
    assert found.notes == {"B": "left out: yi or vi is missing", "C": "left out: yi or vi is missing"}
    assert found.k == 2
    with pytest.raises(BadArgument) as refusal:
        effects([-0.36], [0.02], missing="omit")
    assert str(refusal.value) == "missing='omit' is not known. Choose one of 'raise', 'drop'."
