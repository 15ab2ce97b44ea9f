"""E-values: against published numbers, laws, what they say and what they refuse."""

from __future__ import annotations

from math import exp, inf, isnan, log, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.reference_results import CLOSED, one_study, table

from trialpool.errors import BadArgument
from trialpool.stats.evidence.e_value import e_of, e_value, e_value_of

CASES = table("e_values")["cases"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_agrees_with_r(case: dict[str, Any]) -> None:
    measure = "HR" if "hr" in case else "RR"
    options = {"measure": measure, "rare": case.get("rare", False if measure == "HR" else None)}
    found = e_value_of(case.get("hr", case.get("rr")), case.get("lower", nan), case.get("upper", nan), **options)
    assert found.risk_ratio == pytest.approx(case["rr"], **CLOSED)
    assert found.e == pytest.approx(case.get("e", 7.2630343442), **CLOSED)
    assert isnan(found.e_limit) == ("e_limit" not in case)
    if "e_limit" in case:
        assert found.e_limit == pytest.approx(case["e_limit"], **CLOSED)


def test_of_a_fit_is_that_of_its_shown_limits() -> None:
    fit = one_study(log(0.56), 0.1034, "HR")
    low, high = (float(x) for x in fit.interval())
    one, other = e_value(fit, rare=False), e_value_of(0.56, exp(low), exp(high), measure="HR", rare=False)
    assert (one.e, one.e_limit) == pytest.approx((other.e, other.e_limit), rel=1e-12)
    assert repr(one) == "<EValue: 2.35, limit 1.92>"


def test_smd_and_odds_ratio() -> None:
    smd = e_value(one_study(0.5, 0.1, "SMD"))
    assert smd.risk_ratio == pytest.approx(1.5761735)  # exp(0.455)
    assert e_value_of(4, measure="OR", rare=False).risk_ratio == 2
    assert e_value_of(4, measure="OR", rare=True).risk_ratio == 4


@given(st.floats(0.01, 100))
def test_the_inverse_has_the_same_value(ratio: float) -> None:
    assert e_of(ratio) == pytest.approx(e_of(1 / ratio), rel=1e-7)
    common = e_value_of(ratio, measure="HR", rare=False).risk_ratio
    assert common * e_value_of(1 / ratio, measure="HR", rare=False).risk_ratio == pytest.approx(1, rel=1e-9)


@given(st.floats(1.0, 100))
def test_solves_the_bounding_factor(ratio: float) -> None:
    e = e_of(ratio)
    assert e * e / (2 * e - 1) == pytest.approx(ratio, rel=1e-7)  # Ding & VanderWeele's bounding factor at two equal ratios


def test_says_what_it_means() -> None:
    found = e_value_of(3.9, 1.8, inf)
    assert str(found) == (
        "An unmeasured confounder would have to go with both treatment and outcome by risk ratios of 7.26 each, beyond the "
        "measured ones, to explain the risk ratio of 3.90 away, and by 3.00 each to move the interval to include no effect."
    )
    assert found.cautions == (
        "E-values are for observational evidence; in randomised trials the baseline is balanced by chance alone",
    )
    assert e_value_of(0.93, 0.85, 1.01, measure="HR", rare=False).cautions[1] == "the risk ratio, 0.95, is an approximation"
    assert str(e_value_of(2.0)).endswith("to explain the risk ratio of 2.00 away.")


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((2.0,), {"measure": "RD"}, "measure='RD' is not known. Choose one of 'RR', 'IRR', 'OR', 'HR', 'SMD'."),
        ((-0.3,), {}, "estimate=-0.3 is no ratio. Give the RR itself, not its logarithm."),
        ((nan,), {}, "estimate=nan is no finite number. Give the effect as shown."),
        ((2.0, 2.5, 3.0), {}, "The limits 2.5 to 3 do not include the estimate 2. Give low, then high."),
        (
            (2.0,),
            {"measure": "OR"},
            "OR is near a risk ratio only where the outcome is rare. Say rare=True (below 15% by the end) or rare=False.",
        ),
    ],
)
def test_refusals(arguments: tuple[float, ...], options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        e_value_of(*arguments, **options)
    assert str(refusal.value) == message
