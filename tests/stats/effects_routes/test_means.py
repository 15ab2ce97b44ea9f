"""Mean differences, raw and standardised: by hand, and by escalc of metafor through the reference tables."""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from scipy import stats
from tests.stats.effects_routes.reports import order, reason, report, route

from trialpool.stats.effects.arm_summary import ArmSummary
from trialpool.stats.effects.mean_from_quantiles import mean_from_quantiles
from trialpool.stats.effects.printed import Printed
from trialpool.stats.effects.routes import derive

REFERENCE = Path(__file__).parents[2] / "reference"


def arm(**figures: str) -> ArmSummary:
    return ArmSummary(**{name: Printed.of(figure) for name, figure in figures.items()})


def columns(name: str, file: str) -> dict[str, list[float]]:
    sets: list[dict[str, Any]] = json.loads((REFERENCE / file).read_text(encoding="utf-8"))
    found: dict[str, list[float]] = next(s["columns"] for s in sets if s["data"] == name)
    return found


@pytest.mark.parametrize("measure", ["MD", "SMD"])
@pytest.mark.parametrize("i", range(9))
def test_agrees_with_escalc_on_normand_1999(measure: str, i: int) -> None:
    x = {name: f"{column[i]:g}" for name, column in columns("normand1999", "bias/means.json").items()}
    metafor = columns(f"normand1999.{measure}", "data_sets.json")
    d = route(
        "means and SDs",
        measure=measure,
        n_t=int(x["n_t"]),
        n_c=int(x["n_c"]),
        arm_t=arm(mean=x["mean_t"], sd=x["sd_t"]),
        arm_c=arm(mean=x["mean_c"], sd=x["sd_c"]),
    )
    assert (d.yi, d.vi) == pytest.approx((metafor["yi"][i], metafor["vi"][i]), rel=1e-10)


EDINBURGH: dict[str, Any] = {"measure": "MD", "n_t": 155, "n_c": 156}


def test_the_derivation_shows_formula_numbers_and_rounding() -> None:
    d = route("means and SDs", **EDINBURGH, arm_t=arm(mean="55", sd="47"), arm_c=arm(mean="75", sd="64"))
    assert d.worked == "55 - 75 = -20.0000; sqrt(47^2/155 + 64^2/156) = 6.3646"
    assert d.inputs == {"mean_t": "55", "sd_t": "47", "mean_c": "75", "sd_c": "64", "n_t": "155", "n_c": "156"}
    assert (d.yi_low, d.yi_high) == (-21, -19)
    assert d.se_low == pytest.approx(sqrt(46.5**2 / 155 + 63.5**2 / 156))
    assert d.se_high == pytest.approx(sqrt(47.5**2 / 155 + 64.5**2 / 156))


def test_standard_errors_and_limits_of_means_answer_to_standard_deviations() -> None:
    by_se = route("means and SEs", **EDINBURGH, arm_t=arm(mean="55", se="3.775"), arm_c=arm(mean="75", se="5.124"))
    assert by_se.se == pytest.approx(sqrt(3.775**2 + 5.124**2))
    t = stats.t.ppf(0.975, 154), stats.t.ppf(0.975, 155)
    limits = arm(mean="55", low="47.54", high="62.46"), arm(mean="75", low="64.88", high="85.12")
    by_limits = route("means and intervals", **EDINBURGH, arm_t=limits[0], arm_c=limits[1])
    assert by_limits.se == pytest.approx(sqrt((7.46 / t[0]) ** 2 + (10.12 / t[1]) ** 2))
    assert by_limits.inputs["mean_low_t"] == "47.54"
    assert by_limits.inputs["ci_level"] == "95"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("medians and quartiles", {"q1": "16", "median": "20", "q3": "26"}),
        ("medians and ranges", {"minimum": "5", "median": "20", "maximum": "41"}),
        ("medians, quartiles and ranges", {"minimum": "5", "q1": "16", "median": "20", "q3": "26", "maximum": "41"}),
    ],
)
def test_medians_become_means_as_mean_from_quantiles_has_them(name: str, given: dict[str, str]) -> None:
    made = mean_from_quantiles(**{column: [float(value)] for column, value in given.items()}, n=[100])
    d = route(name, measure="MD", n_t=100, n_c=50, arm_t=arm(**given), arm_c=arm(**given))
    other = mean_from_quantiles(**{column: [float(value)] for column, value in given.items()}, n=[50])
    assert d.yi == pytest.approx(made.mean[0] - other.mean[0])
    assert d.se == pytest.approx(sqrt(made.sd[0] ** 2 / 100 + other.sd[0] ** 2 / 50))
    assert "about normal" in d.assumptions[0]


def test_p_of_a_t_test_gives_back_the_standard_error_that_made_it() -> None:
    """Two arms of 30 with means 12.0 and 10.0 and SD 4: t = 2 / (4 sqrt(2/30)) with 58 degrees of freedom."""
    se = 4 * sqrt(2 / 30)
    p = f"{2 * stats.t.sf(2 / se, 58):.8f}"
    means = {"measure": "MD", "n_t": 30, "n_c": 30, "p": p, "arm_t": arm(mean="12.0"), "arm_c": arm(mean="10.0")}
    assert route("means and P", **means).se == pytest.approx(se, rel=1e-5)
    J = route("means and P", **means | {"measure": "SMD"}).yi / 0.5
    assert pytest.approx(1 - 3 / (4 * 58 - 1), abs=1e-4) == J


def test_a_printed_difference_has_limits_of_t_where_the_patients_are_known() -> None:
    printed = {"measure": "MD", "estimate": "-3.2", "ci_low": "-5.4", "ci_high": "-1.0", "inverted": False}
    alone = route("estimate and interval", **printed)
    assert alone.se == pytest.approx(4.4 / (2 * stats.norm.ppf(0.975)))
    assert alone.assumptions == ("the interval is a 95% Wald interval: the patients by arm, and so t, are not known",)
    small = route("estimate and interval", **printed, n_t=8, n_c=9)
    assert small.se == pytest.approx(4.4 / (2 * stats.t.ppf(0.975, 15)))
    assert small.assumptions == ("the interval is a 95% t interval with 15 degrees of freedom",)
    turned = route("estimate and interval", **printed | {"inverted": True})
    assert (turned.yi, turned.se) == (3.2, alone.se)
    assert turned.worked == (
        "3.2000, with its sign turned, since it is control against treatment; ((-1.0) - (-5.4)) / (2 x 1.9600) = 1.1225"
    )


def test_other_printed_precision() -> None:
    printed = {"measure": "MD", "estimate": "-3.2", "inverted": False}
    assert route("estimate and SE", **printed, se="1.1").se == 1.1
    assert route("difference and P", **printed, p="0.004").se == pytest.approx(3.2 / stats.norm.isf(0.002))
    assert route("difference and P", **printed, p="0.004", n_t=10, n_c=10).se == pytest.approx(3.2 / stats.t.isf(0.002, 18))
    middle = route("interval alone", measure="MD", ci_low="-5.4", ci_high="-1.0", inverted=False)
    assert middle.yi == pytest.approx(-3.2)
    g = {"measure": "SMD", "estimate": "-0.40", "inverted": False}
    assert route("standardised estimate and interval", **g, ci_low="-0.70", ci_high="-0.10").se == pytest.approx(0.15306, abs=1e-5)
    assert route("standardised estimate and SE", **g, se="0.15").yi == -0.4


def test_the_order_of_preference() -> None:
    arms = {"arm_t": arm(mean="55", sd="47"), "arm_c": arm(mean="75", sd="64"), "n_t": 155, "n_c": 156, "p": "0.002"}
    printed = {"estimate": "-20", "ci_low": "-32", "ci_high": "-8", "inverted": False}
    assert order(measure="MD", **arms, **printed) == ["estimate and interval", "means and SDs", "means and P", "difference and P"]
    assert order(measure="SMD", **arms, **printed) == ["means and SDs", "means and P", "standardised estimate and interval"]


def test_the_means_tell_which_way_a_difference_is_printed() -> None:
    arms = {"arm_t": arm(mean="55"), "arm_c": arm(mean="75")}
    best = derive(report(measure="MD", estimate="20", se="6", inverted=None, **arms)).best
    assert best is not None
    assert best.yi == -20
    assert best.assumptions[-1] == "the estimate is control against treatment, by the means"
    assert reason("estimate and SE", measure="MD", estimate="20", se="6", inverted=None) == (
        "the orientation is not stated and nothing else in the row tells it"
    )


@pytest.mark.parametrize(
    ("name", "figures", "why"),
    [
        ("means and SDs", {"arm_t": arm(mean="5", sd="1")}, "needs means, standard deviations and patients of both arms"),
        (
            "means and SDs",
            {"arm_t": arm(mean="5", sd="0.0"), "arm_c": arm(mean="5", sd="1"), "n_t": 9, "n_c": 9},
            "needs standard deviations or errors above 0",
        ),
        (
            "means and SDs",
            {"arm_t": arm(mean="5", sd="1"), "arm_c": arm(mean="5", sd="1"), "n_t": 1, "n_c": 9},
            "an arm of 1 is too small for a standard deviation",
        ),
        (
            "medians and quartiles",
            {"arm_t": arm(q1="9", median="5", q3="7"), "arm_c": arm(q1="3", median="5", q3="7"), "n_t": 9, "n_c": 9},
            "needs quantiles that rise",
        ),
        (
            "means and intervals",
            {"arm_t": arm(mean="5", low="6", high="7"), "arm_c": arm(mean="5", low="4", high="6"), "n_t": 9, "n_c": 9},
            "needs means between their limits",
        ),
        (
            "means and P",
            {"arm_t": arm(mean="5"), "arm_c": arm(mean="5"), "n_t": 9, "n_c": 9, "p": "0.9"},
            "5 and 5 as printed leave no difference for P to measure",
        ),
        ("difference and P", {"estimate": "0", "p": "0.9"}, "0 as printed leaves no effect for P to measure"),
        ("estimate and interval", {"estimate": "1", "ci_low": "2", "ci_high": "0"}, "needs a lower limit below the upper"),
    ],
)
def test_says_why_a_route_leads_nowhere(name: str, figures: dict[str, Any], why: str) -> None:
    assert reason(name, measure="MD", **figures) == why


def test_a_standard_deviation_that_rounds_to_nothing_is_refused() -> None:
    arms = {"arm_t": arm(mean="5", low="4.6", high="5.4"), "arm_c": arm(mean="5", low="4.9", high="5.1"), "n_t": 9, "n_c": 9}
    assert "means and intervals" in order(measure="MD", **arms)
    arms["arm_c"] = arm(mean="5", low="4.9", high="5.0")
    assert reason("means and intervals", measure="MD", **arms) == "needs means between their limits"
    arms["arm_c"] = arm(mean="5", low="4", high="6")
    arms["arm_t"] = ArmSummary(mean=Printed.of("5"), low=Printed(4.9, 0.5), high=Printed(5.1, 0.5))
    assert reason("means and intervals", measure="MD", **arms) == "a standard deviation prints as 0 within its rounding"
