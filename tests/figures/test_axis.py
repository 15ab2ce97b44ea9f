"""Axes: round ticks that don't crowd, the null always on them, very long intervals cut."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis.strategies import floats, lists, tuples

from trialpool.figures import style
from trialpool.figures.axis import MOST_TICKS, difference_ticks, effect_axis, ratio_ticks, shown_range
from trialpool.figures.lettering import text_width

DIGITS = {"1", "15", "2", "25", "3", "4", "5", "7", "8", "16", "32"}  # of ticks on a wide ratio axis
INTERVALS = lists(tuples(floats(-5, 5), floats(0.01, 4)), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.22, 4.5, "0.25 0.5 1 2 4"),
        (0.09, 11, "0.1 0.2 0.5 1 2 5 10"),
        (0.18, 1.6, "0.2 0.3 0.5 0.7 1 1.5"),
        (0.75, 1.25, "0.8 0.9 1 1.1 1.2"),
        (0.001, 1000, "0.001 0.01 0.1 1 10 100 1000"),
        (0.9, 60, "1 2 5 10 20 50"),
        (0.98, 1.03, "0.98 0.99 1 1.01 1.02 1.03"),
    ],
)
def test_ratio_ticks(low, high, labels):
    assert [tick.label for tick in ratio_ticks(math.log(low) - 1e-9, math.log(high) + 1e-9)] == labels.split()


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (-0.12, 0.05, "−0.10 −0.05 0 0.05"),
        (-21, 18, "−20 −10 0 10"),
        (-0.3, 0.9, "−0.2 0 0.2 0.4 0.6 0.8"),
        (0, 0.52, "0 0.1 0.2 0.3 0.4 0.5"),
    ],
)
def test_difference_ticks(low, high, labels):
    assert [tick.label for tick in difference_ticks(low, high)] == labels.split()


@given(floats(-6.9, 0), floats(0, 6.9))
def test_ratio_ticks_are_familiar_numbers_and_1_is_among_them(low, high):
    assume(high - low > math.log(1.2))
    ticks = ratio_ticks(low, high)
    values = [float(tick.label) for tick in ticks]
    assert 1 in values
    assert all(math.log(value) == pytest.approx(tick.value, abs=1e-9) for value, tick in zip(values, ticks, strict=True))
    if high - low > math.log(2.6):
        assert {f"{value:e}".partition("e")[0].rstrip("0").replace(".", "") for value in values} <= DIGITS


@given(floats(-1000, 0), floats(0, 1000))
def test_difference_ticks_are_equally_far_apart_and_0_is_among_them(low, high):
    assume(high - low > 1e-3)
    ticks = difference_ticks(low, high)
    steps = [b.value - a.value for a, b in pairwise(ticks)]
    assert "0" in [tick.label for tick in ticks]
    assert steps == pytest.approx([steps[0]] * len(steps))
    assert f"{steps[0]:.6e}"[:8] in {"1.000000", "2.000000", "5.000000"}
    assert [float(tick.label.replace("−", "-")) for tick in ticks] == pytest.approx([tick.value for tick in ticks])


@pytest.mark.parametrize("log", [True, False])
@given(found=INTERVALS)
def test_every_axis_is_in_order(log, found):
    intervals = [(y - half, y + half) for y, half in found]
    axis = effect_axis(intervals, log=log, left=100, right=290)
    places = [axis.at(tick.value) for tick in axis.ticks]
    widths = [text_width(tick.label, style.SMALL) for tick in axis.ticks]
    assert axis.low < 0 < axis.high
    assert 1 <= len(axis.ticks) <= MOST_TICKS
    assert all(100 <= x <= 290 for x in places)
    gaps = zip(pairwise(places), pairwise(widths), strict=True)
    assert all(x1 - x0 > (w0 + w1) / 2 + 2 for (x0, x1), (w0, w1) in gaps)


@given(INTERVALS)
def test_most_intervals_are_shown_whole(found):
    intervals = [(y - half, y + half) for y, half in found]
    low, high = shown_range(intervals, log=False)
    whole = sum(low <= a and b <= high for a, b in intervals)
    assert whole >= len(intervals) / 2


def test_a_very_long_interval_does_not_decide_the_range():
    usual = [(-0.6, 0.1), (-0.5, 0.2), (-0.7, 0.3)]
    assert shown_range([*usual, (-8.0, 9.5)], log=True) == shown_range(usual, log=True) == (-0.7, 0.3)


def test_a_somewhat_longer_interval_is_shown_whole():
    assert shown_range([(-0.6, 0.1), (-0.5, 0.2), (-0.9, 0.4)], log=True) == (-0.9, 0.4)


def test_what_must_be_shown_is_shown():
    assert shown_range([(-0.1, 0.1)], always=(1.5, math.nan, math.inf), log=True) == (-0.1, 1.5)


def test_no_interval_at_all_leaves_the_null_in_the_middle():
    axis = effect_axis([(-math.inf, math.nan)], log=True, left=0, right=100)
    assert axis.at(0) == pytest.approx(50, abs=5)
