"""What is said of the accuracy of routes is what was measured: tests/reference/route_accuracy.json, made in R."""

from __future__ import annotations

import json
from math import log
from pathlib import Path
from typing import Any

import pytest

from trialpool.stats.effects.accuracy import LOG_RANK_INFORMATION, SHARED_INFORMATION, WALD_AND_LOG_RANK, accuracy, gap
from trialpool.stats.effects.derivation import Derivation

MEASURED: dict[str, Any] = json.loads((Path(__file__).parents[2] / "reference" / "route_accuracy.json").read_text(encoding="utf-8"))
NAMED = {
    "medians": ["medians and events", "medians and patients", "medians and P"],
    "landmark_mid_follow_up": ["landmark survival and patients", "landmark survival and its SE", "landmark survival and intervals"],
    "km_intervals_at_risk (Williamson/Tierney)": ["curve by interval risks"],
    "km_intervals_cloglog": ["curve by complementary log-log"],
    "km_intervals_piecewise_poisson": ["curve by piecewise Poisson"],
    "p_total_events_n (exact p)": ["P and total events", "chi-squared and total events"],
    "oe_v": ["O - E and V", "O - E and chi-squared"],
    "p_events_by_arm (exact p)": ["chi-squared and events"],
}


@pytest.mark.parametrize("measured", NAMED)
def test_errors_are_those_that_were_measured(measured: str) -> None:
    for route in NAMED[measured]:
        assert accuracy(route).median == pytest.approx(MEASURED["routes"][measured]["median"], abs=6e-5), route
        assert accuracy(route).p95 == pytest.approx(MEASURED["routes"][measured]["p95"], abs=6e-5), route


def test_p_is_taken_as_printed_for_its_median_and_as_exact_for_its_tail() -> None:
    printed, exact = (MEASURED["routes"][f"p_events_by_arm ({how})"] for how in (
        "p printed to 3 decimals, 2 from .1 up, p>=.001", "exact p",
    ))  # fmt: skip
    assert accuracy("P and events").median == pytest.approx(printed["median"], abs=6e-5)
    assert accuracy("P and events").p95 == pytest.approx(max(printed["p95"], exact["p95"]), abs=6e-5)


def test_information_differs_as_it_was_measured_to() -> None:
    ratios = MEASURED["ratios"]
    assert pytest.approx(-log(ratios["v_cox/(Or*Oc/O)"]["p01"]) / 2, abs=5e-4) == LOG_RANK_INFORMATION
    assert pytest.approx(-log(ratios["v_cox/(O*R*C/N^2)"]["p01"]) / 2, abs=5e-4) == SHARED_INFORMATION
    assert pytest.approx(-log(ratios["z_wald/z_logrank (abs z>0.5)"]["p01"]), abs=5e-4) == WALD_AND_LOG_RANK


def of(route: str, yi: float, se: float, half: float = 0.0, se_half: float = 0.0) -> Derivation:
    return Derivation(
        route=route,
        yi=yi,
        se=se,
        formula="",
        worked="",
        yi_low=yi - half,
        yi_high=yi + half,
        se_low=se - se_half,
        se_high=se + se_half,
    )


def test_ranges_that_meet_are_no_gap() -> None:
    found = gap(of("estimate and interval", -0.5, 0.1, 0.02, 0.01), of("P and events", -0.46, 0.12, 0.02, 0.01))
    assert (found.effect, found.se, found.beyond_rounding, found.beyond_method) == (pytest.approx(0, abs=1e-12), 0, False, False)


def test_an_effect_of_medians_may_scatter_as_far_as_its_larger_se_allows() -> None:
    """In a small trial more than in those measured: 1.96 sqrt(0.5^2 - 0.3^2) = 0.784 against 0.3485."""
    found = gap(of("estimate and interval", -0.5, 0.3), of("medians and patients", 0.2, 0.5))
    assert found.effect_allowed == pytest.approx(0.784, abs=5e-4)
    assert found.beyond_rounding
    assert not found.beyond_method


def test_a_gap_is_the_same_from_both_sides() -> None:
    a, b = of("P and events", -0.5, 0.1, 0.01, 0.005), of("curve by piecewise Poisson", -0.2, 0.13, 0.02, 0.01)
    assert gap(a, b)[2:] == gap(b, a)[2:]
    assert gap(a, b).effect == pytest.approx(0.27)
    assert gap(a, b).se == pytest.approx(log(0.12 / 0.105))
