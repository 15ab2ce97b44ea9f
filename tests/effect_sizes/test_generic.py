"""Effects from an estimate and its standard error, variance, limits or P value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trialpool.errors import BadArgument
from trialpool.stats.effects.generic import generic

Z = stats.norm.ppf(0.975)
SE_AND_LIMITS = "the standard error or variance is taken, and the limits answer to another one"
UNEVEN = "the estimate is not in the middle of its limits: check scale, level and figures"


@given(estimate=st.floats(-3, 3), se=st.floats(0.01, 2), level=st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_every_route_to_a_difference_gives_the_same(estimate: float, se: float, level: float) -> None:
    z = stats.norm.ppf((1 + level) / 2)
    routes: list[dict[str, Any]] = [
        {"se": [se]},
        {"variance": [se**2]},
        {"ci_low": [estimate - z * se], "ci_high": [estimate + z * se]},
        {"ci_low": [estimate - z * se]},
        {"ci_high": [estimate + z * se]},
    ]
    p = 2 * stats.norm.sf(abs(estimate) / se)
    if 1e-200 < p < 0.999:
        routes.append({"p": [p]})
    for route in routes:
        found = generic(estimate=[estimate], level=level, measure="MD", **route)
        assert found.yi == pytest.approx([estimate], abs=1e-12)
        assert found.sei == pytest.approx([se], rel=1e-6)


def test_ratios_are_analysed_as_logarithms() -> None:
    natural = generic(estimate=[0.5], ci_low=[0.3], ci_high=[0.5**2 / 0.3], measure="OR")
    logs = generic(estimate=np.log([0.5]), ci_low=np.log([0.3]), ci_high=np.log([0.5**2 / 0.3]), measure="OR", scale="analysis")
    assert natural.yi == pytest.approx([np.log(0.5)])
    assert natural.sei == pytest.approx([np.log(0.5 / 0.3) / Z])
    assert logs.yi == pytest.approx(natural.yi)
    assert logs.vi == pytest.approx(natural.vi)
    assert natural.notes == {}


def test_standard_errors_and_p_values_of_ratios_are_of_the_logarithm() -> None:
    assert generic(estimate=[0.8], se=[0.1], measure="HR").sei == pytest.approx([0.1])
    assert generic(estimate=[0.8], p=[0.05], measure="HR").sei == pytest.approx([abs(np.log(0.8)) / Z])


def test_degrees_of_freedom_make_t_of_z() -> None:
    t = stats.t.ppf(0.975, 10)
    found = generic(estimate=[2, 2], ci_low=[1, 1], ci_high=[3, 3], df=[10, None])
    assert found.sei == pytest.approx([1 / t, 1 / Z])
    assert generic(estimate=[2], p=[0.04], df=10).sei == pytest.approx([2 / stats.t.isf(0.02, 10)])


def test_the_first_route_there_is_is_taken_study_by_study() -> None:
    found = generic(
        estimate=[1, 1, 1, 1],
        se=[0.5, None, None, None],
        variance=[None, 0.16, None, None],
        ci_low=[None, None, 1 - 0.3 * Z, None],
        ci_high=[None, None, 1 + 0.3 * Z, None],
        p=[None, None, None, 2 * stats.norm.sf(5)],
    )
    assert found.sei == pytest.approx([0.5, 0.4, 0.3, 0.2])
    assert found.notes == {}


def test_limits_that_do_not_fit_are_noted() -> None:
    found = generic(estimate=[0.8, 1.0, 1.0], ci_low=[0.5, 0.9, 0.8], ci_high=[0.9, 1.1, 1.25], se=[None, 0.5, None], measure="HR")
    assert found.notes == {"1": UNEVEN, "2": SE_AND_LIMITS}
    # limits of a ratio printed as if they were of a difference
    assert generic(estimate=[0.5], ci_low=[0.1], ci_high=[0.9], measure="OR").notes == {"1": UNEVEN}


def test_a_study_without_a_route_is_left_out_where_asked_for() -> None:
    found = generic(estimate=[1, 2, None], se=[0.1, None, 0.2], missing="drop", study=["A", "B", "C"])
    assert np.isfinite(found.vi).tolist() == [True, False, False]
    assert found.notes == {
        "B": "left out: no standard error, variance, limits or P value",
        "C": "left out: estimate is missing",
    }


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BadArgument) as refusal:
        generic(
            estimate=[0.8, 0.8, -1, 1.0, 0.7, None],
            ci_low=[0.9, 0.5, 0.5, None, None, None],
            ci_high=[1.2, 0.7, 2.0, None, None, None],
            se=[None, 0, None, None, None, 0.1],
            p=[None, None, None, 0.3, None, None],
            measure="HR",
            study=["A", "B", "C", "D", "E", "F"],
        )
    assert str(refusal.value) == (
        "Effects cannot be used: estimate is -1 for C; estimate is nan for F; se is 0 for B; "
        "limit 0.9 not below 0.8 for A (ci_low, estimate); limit 0.5 not below -1 for C (ci_low, estimate); "
        "limit 0.7 not above 0.8 for B (ci_high, estimate); no standard error, variance, limits or P value for E; "
        "an effect of none with a P value alone for D. "
        'A ratio and its limits are above 0. Give scale="analysis" if these are logarithms. '
        'Give what is missing, or leave its study out with missing="drop". '
        "A standard error or variance is above 0: leave it empty where it was not reported. "
        "Limits lie on both sides of the estimate. Give its standard error, variance or limits."
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"estimate": ["0.8"]}, "estimate holds text, '0.8'. Give numbers; None or nan where a value is missing."),
        ({"se": [0.1, 0.2]}, "Columns differ in length: estimate 1, se 2."),
        ({"measure": "hr"}, None),
        ({"scale": "log"}, "scale='log' is not known. Choose one of 'natural', 'analysis'."),
        ({"level": 95}, "level=95 is not between 0 and 1. For a 95% interval give 0.95."),
        ({"missing": "skip"}, "missing='skip' is not known. Choose one of 'raise', 'drop'."),
        (
            {"p": [1.2]},
            (
                "Effects cannot be used: p is 1.2 for 1. "
                "A P value lies between 0 and 1: an effect with P = 1, or 0, has no standard error."
            ),
        ),
        ({"df": [0]}, "Effects cannot be used: df is 0 for 1. Degrees of freedom are 1 or more."),
    ],
)
def test_what_is_refused(arguments: dict[str, Any], message: str | None) -> None:
    usable: dict[str, Any] = {"estimate": [0.8], "se": [0.1], "measure": "HR"}
    with pytest.raises(BadArgument) as refusal:
        generic(**(usable | arguments))
    assert message is None or str(refusal.value) == message


def test_a_batch_is_its_parts() -> None:
    batch = generic(estimate=[[1, 2], [3, 4]], se=[0.1, 0.2])
    assert batch.yi.tolist() == [[1, 2], [3, 4]]
    assert batch.vi == pytest.approx(np.array([[0.01, 0.04], [0.01, 0.04]]))
