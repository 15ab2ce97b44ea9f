"""Numbers as journals print them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis.strategies import floats

from trialpool.figures.numerals import decimals_for, difference_text, level_text, range_text, ratio_text, share_text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0.0001, "<0.001"),
        (0.0123, "0.012"),
        (0.0994, "0.099"),
        (0.0996, "0.10"),
        (0.1, "0.10"),
        (0.62, "0.62"),
        (1, "1.00"),
        (9.994, "9.99"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (99.96, "100"),
        (1234, "1234"),
        (2e5, ">99999"),
    ],
)
def test_ratios(ratio, text):
    assert ratio_text(math.log(ratio)) == text


def test_ratios_that_are_no_numbers():
    assert [ratio_text(x) for x in (-math.inf, math.inf, math.nan, 5000.0)] == ["0.00", "∞", "NE", ">99999"]


@pytest.mark.parametrize(
    ("x", "decimals", "text"),
    [
        (-0.05, 2, "−0.05"),
        (-0.004, 2, "0.00"),
        (-0.004, 3, "−0.004"),
        (0, 2, "0.00"),
        (-math.inf, 2, "−∞"),
        (1e9, 0, "1.0e+09"),
    ],
)
def test_differences(x, decimals, text):
    assert difference_text(x, decimals) == text


def test_a_huge_difference_stays_short():
    assert difference_text(-1e9, 0) == "−1.0e+09"


def test_limits():
    assert range_text(math.log(0.57), math.log(0.67), log=True) == "0.57–0.67"
    assert range_text(-0.1, 0.01, log=False) == "−0.10 to 0.01"
    assert range_text(-math.inf, math.inf, log=False) == "−∞ to ∞"


@pytest.mark.parametrize(("values", "decimals"), [([], 2), ([math.nan], 2), ([0.09], 3), ([0.1], 2), ([150], 1), ([1500], 0)])
def test_decimals_suit_the_largest(values, decimals):
    assert decimals_for(values) == decimals


def test_shares_and_levels():
    assert [share_text(x) for x in (None, 0, 0.0834, 1)] == ["", "0.0%", "8.3%", "100.0%"]
    assert [level_text(x) for x in (0.95, 0.975, 0.999)] == ["95%", "97.5%", "99.9%"]


@given(floats(-6.5, 6.5))
def test_a_printed_ratio_is_the_ratio_rounded(x):
    printed = float(ratio_text(x))
    assert printed == pytest.approx(math.exp(x), rel=0.055, abs=0.0005)


@given(floats(allow_nan=True, allow_infinity=True))
def test_no_hyphen_stands_for_a_minus_and_zero_has_no_sign(x):
    text = difference_text(x)
    assert not text.startswith("-")
    assert text != "−0.00"
