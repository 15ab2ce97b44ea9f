"""Curves cut into intervals: exact where hazards are constant, honest on simulated trials, and their range over rounding."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import exp, inf, log
from typing import Any

import numpy as np
import pytest
from tests.stats.effects_routes.reports import reason, report, route

from trialpool.stats.effects.curve import Curve
from trialpool.stats.effects.curve_intervals import (
    complementary_log_log,
    interval_risks,
    piecewise_poisson,
    with_numbers_at_risk,
    without_numbers_at_risk,
)
from trialpool.stats.effects.printed import Printed

TIMES = np.array([0.0, 12.0, 24.0, 36.0])
POISSON, RISKS = "curve by piecewise Poisson", "curve by interval risks"
OF_INTERVALS = (POISSON, "curve by complementary log-log", RISKS)


def curve(s_t: tuple[str, ...], s_c: tuple[str, ...], **more: Any) -> Curve:
    at_risk: dict[str, Any] = {"at_risk_t": (100, 80, 55, 30)[: len(s_t) + 1], "at_risk_c": (100, 70, 40, 20)[: len(s_c) + 1]}
    arms = {name: (Printed.exact(1), *map(Printed.of, s)) for name, s in (("s_t", s_t), ("s_c", s_c))}
    return Curve(times=tuple(TIMES[: len(s_t) + 1]), **(arms | at_risk | more))


@pytest.mark.parametrize("log_hr", [-1.0, -0.4, 0.0, 0.7])
def test_constant_hazards_are_recovered_without_error_and_interval_risks_shrink(log_hr: float) -> None:
    """Everybody is followed to the end, so that n S are at risk: nothing is left to be approximated but by ratios of risks."""
    S_c, S_t = np.exp(-0.03 * TIMES), np.exp(-0.03 * exp(log_hr) * TIMES)
    t, c = (with_numbers_at_risk(TIMES, S, 1000 * S) for S in (S_t, S_c))
    assert t.d.sum() == pytest.approx(1000 * (1 - S_t[-1]))
    assert piecewise_poisson(t, c).theta == pytest.approx(log_hr, abs=1e-12)
    assert complementary_log_log(t, c, S_t, S_c).theta == pytest.approx(log_hr, abs=1e-12)
    shrunk = float(interval_risks(t, c).theta)
    assert abs(shrunk) < abs(log_hr) or log_hr == shrunk == 0
    assert log_hr == 0 or 0.7 < shrunk / log_hr < 0.95


def test_parmar_without_censoring_is_the_interval_risks_of_all_patients() -> None:
    S = np.array([1.0, 0.8, 0.55, 0.3])
    arm = without_numbers_at_risk(TIMES, S, 200, 36.0, 60.0)
    assert arm.at_risk == pytest.approx(200 * S[:-1])
    assert arm.d == pytest.approx(-200 * np.diff(S))


def test_parmar_takes_the_censored_out_evenly_to_the_longest_follow_up() -> None:
    """Nobody has the event: of 120 patients followed for 12 to 48 months a third is gone at 24, two thirds at 36."""
    arm = without_numbers_at_risk(TIMES, np.ones(4), 120, 12.0, 48.0)
    assert arm.at_risk == pytest.approx([120, 100, 60])
    assert arm.d == pytest.approx([0, 0, 0])


def test_intervals_without_events_in_an_arm_count_for_poisson_alone() -> None:
    """Of 3 intervals the last has no event in the control arm."""
    silent, shorter = curve(("0.90", "0.80", "0.70"), ("0.80", "0.60", "0.60")), curve(("0.90", "0.80"), ("0.80", "0.60"))
    for name in OF_INTERVALS:
        whole, first = (route(name, curve=c) for c in (silent, shorter))
        assert (whole.yi == pytest.approx(first.yi)) == (name != POISSON)
        if name != POISSON:
            assert "1 of 3 intervals are passed over, as an arm has no event in them" in whole.assumptions
    assert route(POISSON, curve=silent).yi > route(POISSON, curve=shorter).yi


def test_an_arm_without_events_has_no_hazard_ratio() -> None:
    flat = curve(("1.00", "1.00", "1.00"), ("0.80", "0.60", "0.50"))
    for name in OF_INTERVALS:
        assert reason(name, curve=flat) == "an arm has no event at the times at which the curves were read"


def test_a_curve_that_reaches_0_is_no_obstacle() -> None:
    d = route(POISSON, curve=curve(("0.60", "0.30", "0.00"), ("0.40", "0.10", "0.00"), at_risk_c=(100, 40, 10, 0)))
    assert -1 < d.yi < 0
    assert 0.05 < d.se < 0.3


@pytest.mark.parametrize("name", OF_INTERVALS)
@pytest.mark.parametrize("decimals", [1, 2, 3])
def test_the_range_over_rounding_is_that_of_all_corners_of_the_coordinates(name: str, decimals: int) -> None:
    s_t, s_c = (0.853, 0.712), (0.741, 0.558)
    printed = curve(*(tuple(f"{s:.{decimals}f}" for s in arm) for arm in (s_t, s_c)))
    d = route(name, curve=printed)
    free = (*printed.s_t[1:], *printed.s_c[1:])
    corners = [
        route(name, curve=replace(printed, s_t=(Printed.exact(1), *s[:2]), s_c=(Printed.exact(1), *s[2:])))
        for s in (tuple(map(Printed.exact, point)) for point in product(*((f.low, f.high) for f in free)))
    ]
    yi, se = [c.yi for c in corners], [c.se for c in corners]
    assert (d.yi_low, d.yi_high) == pytest.approx((min(yi), max(yi)), rel=1e-9)
    assert d.se_low <= min(se) * (1 + 1e-9)
    assert d.se_high >= max(se) * (1 - 1e-9)
    assert (d.se_low, d.se_high) == pytest.approx((min(se), max(se)), rel=0.02)


def test_a_longest_follow_up_short_of_the_curve_is_refused() -> None:
    c = curve(("0.9", "0.8", "0.7"), ("0.8", "0.6", "0.5"), follow_up_min=6.0, follow_up_max=30.0)
    said = "a longest follow-up of 30 does not go with a shortest of 6 and this curve"
    assert reason("curve without numbers at risk", curve=c, n_t=100, n_c=100) == said


def test_curves_tell_the_direction_of_p() -> None:
    c = curve(("0.9", "0.8", "0.7"), ("0.8", "0.6", "0.5"))
    d = route("P and events", p="0.01", events_t=50, events_c=50, n_t=100, curve=c)
    assert d.yi < 0
    assert d.assumptions[1] == "treatment did better, by the curves"


# --- simulated trials


def read_curve(time: Any, event: Any, ticks: Any) -> tuple[Any, Any]:
    """Kaplan-Meier survival and numbers at risk of b trials at some times, (b, ticks)."""
    order = np.argsort(time, axis=-1)
    time, event = np.take_along_axis(time, order, -1), np.take_along_axis(event, order, -1)
    n = time.shape[-1]
    S = np.cumprod(1 - event / (n - np.arange(n)), axis=-1)
    before = (time[:, :, np.newaxis] < ticks).sum(1)
    return np.take_along_axis(np.concatenate([np.ones((len(S), 1)), S], -1), before, -1), n - before


@pytest.mark.parametrize("log_hr", [-0.5, 0.0])
def test_curves_of_simulated_trials_come_back_to_the_truth(log_hr: float) -> None:
    """300 trials of 300 and 300 patients, hazards that fall with time, followed for 24 to 60 months."""
    rng, trials, n, ticks = np.random.default_rng(2016), 300, 300, np.arange(0.0, 49.0, 6.0)
    arms = []
    for effect in (log_hr, 0.0):
        followed = rng.uniform(24, 60, (trials, n))
        survival = 30 * (rng.exponential(1, (trials, n)) / exp(effect)) ** (1 / 0.8)  # Weibull: proportional, not constant
        S, at_risk = read_curve(np.minimum(survival, followed), survival <= followed, ticks)
        arms.append((S.round(3), at_risk))
    each = [[with_numbers_at_risk(ticks, S[i], at_risk[i].astype(float)) for S, at_risk in arms] for i in range(trials)]
    poisson = np.array([piecewise_poisson(t, c) for t, c in each])
    risks = np.array([interval_risks(t, c) for t, c in each])
    scatter = poisson[:, 0].std() / np.sqrt(trials)
    assert poisson[:, 0].mean() == pytest.approx(log_hr, abs=0.01 + 3 * scatter)
    assert np.sqrt((poisson[:, 1] ** 2).mean()) / poisson[:, 0].std() == pytest.approx(1.0, abs=0.12)
    assert abs(risks[:, 0].mean()) < abs(poisson[:, 0].mean()) or log_hr == 0
    assert risks[:, 1].mean() < poisson[:, 1].mean()


# --- what else rounding leaves open


def test_the_rounding_of_medians_and_follow_up_enters_the_se_of_events_that_they_lead_to_expect() -> None:
    figures: dict[str, Any] = {"median_t": "46", "median_c": "27", "follow_up": "34", "n_t": 231, "n_c": 229, "estimate": "0.62"}
    for name in ("estimate and expected events", "medians and events"):
        d = route(name, **figures)
        ses = [
            route(name, **(figures | {"median_t": m_t, "median_c": m_c, "follow_up": f})).se
            for m_t, m_c, f in (("45.500000", "26.500000", "34.500000"), ("46.500000", "27.500000", "33.500000"))
        ]
        assert d.se_low == pytest.approx(ses[0], rel=1e-4)
        assert d.se_high == pytest.approx(ses[1], rel=1e-4)
        assert d.se_low < d.se < d.se_high


def test_the_rounding_of_landmark_survival_enters_the_se_of_the_least_events() -> None:
    d = route("P and expected events", p="0.0030", survival_t="0.66", survival_c="0.39", n_t=231, n_c=229)
    low, high = (1 / (231 * (0.34 + h)) + 1 / (229 * (0.61 + h)) for h in (0.005, -0.005))
    assert (d.se_low, d.se_high) == pytest.approx((low**0.5, high**0.5), rel=1e-9)
    assert d.yi_low < d.yi < d.yi_high < inf


def test_a_reduction_is_a_ratio_whose_limits_change_places() -> None:
    d = route("estimate and interval", reduction="25", reduction_low="10", reduction_high="37")
    assert d.yi == pytest.approx(log(0.75))
    assert d.inputs == {"estimate": "0.75", "ci_low": "0.63", "ci_high": "0.90", "ci_level": "95"}
    assert d.assumptions[-1] == "the hazard ratio 0.75 is 1 less a reduction of 25%"
    assert d.yi_high == pytest.approx(log(0.755))


def test_total_events_are_shared_out_by_patients_and_failing_these_by_allocation() -> None:
    by_ratio = report(events_total=150, allocation=(2.0, 1.0)).shared_events
    by_patients = report(events_total=150, allocation=(1.0, 1.0), n_t=200, n_c=100).shared_events
    assert by_ratio is not None
    assert by_ratio == by_patients
    assert by_ratio.information == pytest.approx(150 * 2 / 9)
    assert report(events_total=150).shared_events is None
