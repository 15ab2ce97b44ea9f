"""risk_ratio, odds_ratio and risk_difference: against metafor, laws, zero cells, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from tests.stats.reference_tables import EFFECTS_OF, Entry, columns, counted, each_of, near
from tests.stats.strategies import LAW, two_by_two_tables

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.effects.two_by_two import odds_ratio, risk_difference, risk_ratio
from trialpool.stats.effects.zero_cells import ZERO_CELLS
from trialpool.stats.pooling.pairwise import pool

MEASURES = pytest.mark.parametrize("make", EFFECTS_OF.values(), ids=EFFECTS_OF.keys())
RATIOS = pytest.mark.parametrize("make", [risk_ratio, odds_ratio], ids=["RR", "OR"])
FINE: dict[str, Any] = {"events_t": [4, 6], "n_t": [123, 306], "events_c": [11, 29], "n_c": [139, 303]}

SILENT = "left out: no events, or nothing but events, in both arms say nothing of a ratio"
UNUSABLE = "left out: an empty cell and no correction"
CORRECTED = "0.5 added to the four cells, one of which was empty"


@each_of("two_by_two", lambda entry: f"{entry['measure']}-{entry['zero_cells']}-double_zeros_{entry['double_zeros']}")
def test_effects_and_variances_agree_with_metafor(entry: Entry) -> None:
    arms, complete = counted(entry.data)
    found = EFFECTS_OF[entry["measure"]](**arms, zero_cells=entry["zero_cells"])
    yi, vi = (np.array(entry.result[name], dtype=float)[complete] for name in ("yi", "vi"))
    double_zero = np.array(arms["events_t"]) + arms["events_c"] == 0
    there = np.isfinite(yi)
    if entry["measure"] != "RD":
        # metafor keeps them with 0.5 added unless told not to; a trial without events says nothing of a ratio
        there &= ~double_zero
    elif entry["zero_cells"] == "none":
        # metafor gives them a variance of 0, which can't be a weight
        assert (vi[double_zero] == 0).all()
        there &= ~double_zero
    elif entry["double_zeros"] == "dropped":
        # a risk difference keeps them, with 0.5 added
        assert np.isnan(yi[double_zero]).all()
        assert np.isfinite(found.vi[double_zero]).all()
    assert np.isfinite(found.vi).tolist() == (there | double_zero_kept(entry, double_zero)).tolist()
    assert found.yi[there] == near(yi[there])
    assert found.vi[there] == near(vi[there])


def double_zero_kept(entry: Entry, double_zero: Any) -> Any:
    return double_zero & (entry["measure"] == "RD") & (entry["zero_cells"] == "only")


# Laws


@MEASURES
@given(arms=two_by_two_tables())
def test_swapped_arms_turn_the_sign(make: Callable[..., Any], arms: dict[str, Any]) -> None:
    back = {"events_t": arms["events_c"], "n_t": arms["n_c"], "events_c": arms["events_t"], "n_c": arms["n_t"]}
    one, other = make(**arms), make(**back)
    assert other.yi == pytest.approx(-one.yi, **LAW)
    assert other.vi == pytest.approx(one.vi, **LAW)
    assert other.notes == one.notes


@given(two_by_two_tables())
def test_non_events_for_events_turn_the_sign_of_odds_ratio_and_risk_difference(arms: dict[str, Any]) -> None:
    others = arms | {f"events_{arm}": np.array(arms[f"n_{arm}"]) - arms[f"events_{arm}"] for arm in "tc"}
    for make in (odds_ratio, risk_difference):
        assert make(**others).yi == pytest.approx(-make(**arms).yi, **LAW)
        assert make(**others).vi == pytest.approx(make(**arms).vi, **LAW)


@MEASURES
@given(arms=two_by_two_tables(min_events=1))
def test_ten_times_the_patients_have_a_tenth_of_the_variance(make: Callable[..., Any], arms: dict[str, Any]) -> None:
    large = make(**{name: 10 * np.array(counts) for name, counts in arms.items()})
    assert large.yi == pytest.approx(make(**arms).yi, **LAW)
    assert 10 * large.vi == pytest.approx(make(**arms).vi, **LAW)


@MEASURES
@given(arms=two_by_two_tables())
def test_a_trial_is_there_or_a_note_says_why_not(make: Callable[..., Any], arms: dict[str, Any]) -> None:
    for zero_cells in ("only", "none"):
        found = make(**arms, zero_cells=zero_cells)
        left_out = {label for label, note in found.notes.items() if note in {SILENT, UNUSABLE}}
        assert left_out == {label for label, _, vi in found if np.isinf(vi)}
        assert (found.vi > 0).all()
        assert np.isfinite(found.yi).all()


@MEASURES
@given(arms=two_by_two_tables(min_k=2, max_k=2))
def test_a_batch_is_its_parts(make: Callable[..., Any], arms: dict[str, Any]) -> None:
    batch = make(**{name: [counts, counts[::-1]] for name, counts in arms.items()})
    one, other = make(**arms), make(**{name: counts[::-1] for name, counts in arms.items()})
    assert batch.yi.tolist() == [one.yi.tolist(), other.yi.tolist()]
    assert batch.vi.tolist() == [one.vi.tolist(), other.vi.tolist()]


# Zero cells


@RATIOS
def test_a_trial_without_events_says_nothing_of_a_ratio_and_a_note_says_so(make: Callable[..., Any]) -> None:
    # pimeta drops it without a word and shifts the labels; others add 0.5 without a word
    found = make(events_t=[4, 0, 50], n_t=[100, 50, 50], events_c=[8, 0, 40], n_c=[100, 50, 40], study=["A", "B", "C"])
    assert found.vi.tolist()[1:] == [np.inf, np.inf]
    assert found.study == ("A", "B", "C")
    assert found.k == 1
    assert found.notes == {"B": SILENT, "C": SILENT}
    assert pool(found).notes[:2] == (f"B: {SILENT}", f"C: {SILENT}")


def test_a_trial_without_events_has_a_risk_difference() -> None:
    # pimeta drops it by default
    found = risk_difference(events_t=[0], n_t=[50], events_c=[0], n_c=[40], study=["B"])
    assert found.yi == pytest.approx([0.5 / 51 - 0.5 / 41])
    assert found.vi == pytest.approx([0.5 * 50.5 / 51**3 + 0.5 * 40.5 / 41**3])
    assert found.notes == {"B": CORRECTED}


@RATIOS
def test_only_trials_with_an_empty_cell_are_corrected(make: Callable[..., Any]) -> None:
    # statsmodels' zero_correction=0.5 corrects every table
    found = make(events_t=[4, 0], n_t=[100, 50], events_c=[8, 3], n_c=[100, 50], study=["A", "B"])
    alone = make(events_t=[4], n_t=[100], events_c=[8], n_c=[100])
    assert (found.yi[0], found.vi[0]) == (alone.yi[0], alone.vi[0])
    assert found.notes == {"B": CORRECTED}


def test_the_correction_by_hand() -> None:
    arms: dict[str, Any] = {"events_t": [0], "n_t": [50], "events_c": [3], "n_c": [40]}
    assert risk_ratio(**arms).yi == pytest.approx([np.log((0.5 / 51) / (3.5 / 41))])
    assert risk_ratio(**arms).vi == pytest.approx([1 / 0.5 - 1 / 51 + 1 / 3.5 - 1 / 41])
    assert odds_ratio(**arms).yi == pytest.approx([np.log((0.5 * 37.5) / (50.5 * 3.5))])
    assert odds_ratio(**arms).vi == pytest.approx([1 / 0.5 + 1 / 50.5 + 1 / 3.5 + 1 / 37.5])


@RATIOS
def test_without_a_correction_a_trial_with_no_event_in_one_arm_is_left_out(make: Callable[..., Any]) -> None:
    # statsmodels makes the whole pooled result nan
    found = make(events_t=[4, 0], n_t=[100, 50], events_c=[8, 3], n_c=[100, 50], study=["A", "B"], zero_cells="none")
    assert found.vi.tolist()[1] == np.inf
    assert found.notes == {"B": UNUSABLE}
    assert np.isfinite(pool(found).mu)


def test_without_a_correction_a_risk_ratio_is_there_where_all_have_an_event_in_one_arm() -> None:
    found = risk_ratio(events_t=[10], n_t=[10], events_c=[5], n_c=[10], zero_cells="none")
    assert found.yi == pytest.approx([np.log(2)])
    assert found.vi == pytest.approx([1 / 5 - 1 / 10])
    assert found.notes == {}


@RATIOS
def test_trials_that_say_nothing_can_not_be_pooled(make: Callable[..., Any]) -> None:
    # metafor, statsmodels and metapipe-kit have a risk ratio of 1.01 here
    silent = make(events_t=[0, 0], n_t=[100, 50], events_c=[0, 0], n_c=[100, 50])
    with pytest.raises(NotEstimable) as refusal:
        pool(silent)
    assert str(refusal.value) == "random effects, REML: no study is present (k = 0)."


# Columns of any kind


def frames() -> dict[str, Any]:
    plain = dict(zip(("events_t", "n_t", "events_c", "n_c"), (columns("bcg")[c] for c in FINE), strict=True))
    return {
        "lists": plain,
        "tuples": {name: tuple(column) for name, column in plain.items()},
        "int16": {name: np.array(column, dtype=np.int32).astype(">i4") for name, column in plain.items()},
        "pandas": pd.DataFrame(plain),
        "pandas-Int64": pd.DataFrame(plain).astype("Int64"),
        "pandas-arrow": pd.DataFrame(plain).astype("int64[pyarrow]"),
        "pandas-object": pd.DataFrame(plain).astype(object),
        "polars": pl.DataFrame(plain),
        "arrow": pa.table(plain),
        "arrow-chunks": pa.concat_tables([pa.table(plain).slice(0, 5), pa.table(plain).slice(5)]),
    }


@pytest.mark.parametrize("kind", ["tuples", "int16", "pandas", "pandas-Int64", "pandas-arrow", "pandas-object"])
@pytest.mark.parametrize("also", ["polars", "arrow", "arrow-chunks"])
def test_columns_of_any_kind_are_the_same_numbers(kind: str, also: str) -> None:
    made = frames()
    expected = odds_ratio(**made["lists"])
    for frame in (made[kind], made[also]):
        found = odds_ratio(**{name: frame[name] for name in FINE})
        assert found.yi.tolist() == expected.yi.tolist()
        assert found.vi.tolist() == expected.vi.tolist()


@pytest.mark.parametrize("make_frame", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "arrow"])
def test_labels_come_out_of_a_column_of_any_kind(make_frame: Callable[..., Any]) -> None:
    frame = make_frame(FINE | {"trial": ["Aronson", "Ferguson"]})
    found = risk_ratio(**{name: frame[name] for name in FINE}, study=frame["trial"])
    assert found.study == ("Aronson", "Ferguson")


@pytest.mark.parametrize("make_frame", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_a_missing_count_is_refused_whatever_it_looks_like(make_frame: Callable[..., Any]) -> None:
    frame = make_frame(FINE | {"events_t": [4, None]})
    with pytest.raises(BadArgument) as refusal:
        risk_ratio(**{name: frame[name] for name in FINE}, study=["A", "B"])
    assert str(refusal.value) == missing("events_t is nan for B")


# What is refused


NOT_A_NUMBER = "events_t holds something that is not a number (float() argument must be a string or a real number, not 'dict')."


def refused(*wrong: str) -> str:
    return f"Counts cannot be used: {'; '.join(wrong)}. Counts are whole, not negative, and fit in their arm."


def missing(*wrong: str) -> str:
    return f'Counts cannot be used: {"; ".join(wrong)}. Give what is missing, or leave its study out with missing="drop".'


@MEASURES
@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("events_t", [124, 6], refused("124 events among 123 patients for A (events_t, n_t)")),
        ("events_c", [11, 400], refused("400 events among 303 patients for B (events_c, n_c)")),
        ("events_t", [5.5, 6], refused("events_t is 5.5 for A")),
        ("events_c", [11, -1], refused("events_c is -1 for B")),
        ("n_t", [0, 306], refused("n_t is 0 for A", "4 events among 0 patients for A (events_t, n_t)")),
        ("n_c", [139, np.nan], missing("n_c is nan for B")),
        ("n_c", [139, np.inf], refused("n_c is inf for B")),
        ("events_t", ["4", "6"], "events_t holds text, '4'. Give numbers; None or nan where a value is missing."),
        ("events_t", [4, "n/a"], "events_t holds text, 'n/a'. Give numbers; None or nan where a value is missing."),
        ("events_t", [4, b"n/a"], "events_t holds text, b'n/a'. Give numbers; None or nan where a value is missing."),
        ("events_t", [4, {}], NOT_A_NUMBER),
        ("events_t", [4 + 1j, 6], "events_t holds complex128, not numbers."),
        ("events_t", [4], "Columns differ in length: events_t 1, n_t 2, events_c 2, n_c 2, study 2."),
        ("study", ["A"], "Columns differ in length: events_t 2, n_t 2, events_c 2, n_c 2, study 1."),
        ("zero_cells", "always", f"zero_cells='always' is not known. Choose one of {', '.join(map(repr, ZERO_CELLS))}."),
    ],
)
def test_counts_that_cannot_be(make: Callable[..., Any], column: str, values: Any, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        make(**(FINE | {"study": ["A", "B"]} | {column: values}))
    assert str(refusal.value) == message


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BadArgument) as refusal:
        risk_ratio(events_t=[-4, 6.5], n_t=[123, 306], events_c=[11, 400], n_c=[139, 303])
    assert str(refusal.value) == refused(
        "events_t is -4 for 1", "events_t is 6.5 for 2", "400 events among 303 patients for 2 (events_c, n_c)"
    )


@MEASURES
def test_no_trials_at_all_are_refused(make: Callable[..., Any]) -> None:
    with pytest.raises(BadArgument) as refusal:
        make(events_t=[], n_t=[], events_c=[], n_c=[])
    assert str(refusal.value) == "There are no studies: every column is empty."
