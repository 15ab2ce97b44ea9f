"""Trials whose hazard ratio is known: each route comes back to it, with an SE that is as large as its error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from tests.stats.effects_routes.trials import Design, printed_trials

from trialpool.stats.effects.reported import Reported
from trialpool.stats.effects.routes import derive

TRIALS = 500
DESIGNS = {
    "1:1": Design(),
    "2:1": Design(n_t=400, n_c=200, log_hr=-0.3),
    "no effect": Design(log_hr=0.0),
    "landmark at 12 of 66 months": Design(n_t=200, n_c=200, median_c=30, landmark=12, after_accrual=48),
}
NO_EVENTS: dict[str, Any] = {"events_t": None, "events_c": None}
NO_FOLLOW_UP: dict[str, Any] = NO_EVENTS | {"follow_up": None}
ABSTRACT: dict[str, Any] = NO_FOLLOW_UP | {"median_t": None, "median_c": None, "estimate": None, "o_minus_e": None}


class Limits(NamedTuple):
    """How far the mean of a route may be from the truth (beyond simulation error), and its SE from the scatter of its effects.

    500 trials tell a scatter to 3%, so that 8% are within simulation error.
    """

    bias: float = 0.01
    low: float = 0.92
    high: float = 1.08


# what needs more room than that, and why
LIMITS = defaultdict(
    Limits,
    {
        "O - E and V": Limits(bias=0.03),  # it goes too far from 0 where arms differ in size
        "medians and events": Limits(low=0.9, high=1.1),  # 2 / n for 2.08 / n, and medians are not yet normal
        "medians and patients": Limits(low=0.9, high=1.1),
    },
)
# an SE from P swells without limit where an effect from a landmark or medians meets a P near 1
NOT_HONEST = {"landmark survival and P", "medians and P"}


@cache
def trials(design: str) -> tuple[Reported, ...]:
    return tuple(printed_trials(DESIGNS[design], TRIALS, np.random.default_rng(2016)))


@cache
def by_route(design: str, without: str = "") -> dict[str, tuple[Any, Any]]:
    """Effects and SEs by route, of the trials that the route can be taken from."""
    dropped = {"": {}, "no events": NO_EVENTS, "no follow-up": NO_FOLLOW_UP}[without]
    found: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for trial in trials(design):
        for d in derive(replace(trial, **dropped)).feasible:
            found[d.route].append((d.yi, d.se))
    return {route: tuple(np.array(values).T) for route, values in found.items()}


def honest(yi: Any, se: Any) -> float:
    """SE over the scatter of the effects that it is of."""
    return float(np.sqrt((se**2).mean()) / yi.std())


def check(design: str, routes: dict[str, tuple[Any, Any]], names: Collection[str]) -> None:
    assert set(names) <= routes.keys()
    for name in names:
        (yi, se), limits, truth = routes[name], LIMITS[name], DESIGNS[design].log_hr
        assert len(yi) > 0.9 * TRIALS, name
        assert yi.mean() == pytest.approx(truth, abs=limits.bias + 3 * yi.std() / np.sqrt(TRIALS)), name
        assert limits.low < honest(yi, se) < limits.high, name


@pytest.mark.parametrize("design", ["1:1", "2:1", "no effect"])
def test_every_route_that_is_preferred_to_p_with_a_rough_effect_is_honest(design: str) -> None:
    routes = by_route(design)
    check(design, routes, routes.keys() - NOT_HONEST)
    assert len(routes) == 13


@pytest.mark.parametrize("design", ["1:1", "2:1", "no effect"])
def test_events_expected_by_follow_up_do_nearly_as_well_as_reported_ones(design: str) -> None:
    check(design, by_route(design, "no events"), ["P and expected events", "estimate and expected events"])


@pytest.mark.parametrize("design", ["1:1", "2:1"])
def test_the_least_number_of_events_makes_ses_too_large_and_effects_of_p_go_too_far(design: str) -> None:
    """With three quarters of the patients having the event where half are counted on, by up to the root of that: 22%."""
    routes, truth = by_route(design, "no follow-up"), DESIGNS[design].log_hr
    assert 1.0 < honest(*routes["estimate and expected events"]) < 1.22
    yi, se = routes["P and expected events"]
    assert 1.0 < yi.mean() / truth < 1.22
    assert 0.88 < honest(yi, se) < 1.08  # a median that some trials do not reach makes their effects larger still


def test_p_keeps_its_weight_of_evidence_whatever_events_are_counted_on() -> None:
    for without in ("", "no events"):
        yi, se = by_route("1:1", without)["P and expected events"]
        exact, exact_se = by_route("1:1")["P and events"]
        assert yi / se == pytest.approx(exact / exact_se, rel=1e-9)


def test_medians_with_all_events_reported_would_be_told_too_exactly() -> None:
    """sqrt(1/d_t + 1/d_c) is the SE of a Cox estimate; medians scatter more, and the route says so."""
    yi, se = by_route("no effect")["medians and events"]
    cox = by_route("no effect")["estimate and events"][1]
    assert honest(yi, cox) < 0.9 < honest(yi, se)


def test_an_early_landmark_without_follow_up_is_not_led_astray_by_p() -> None:
    """Most events came later: P on the early ones alone would make -0.7 of -0.4."""
    design = DESIGNS["landmark at 12 of 66 months"]
    best = [derive(replace(trial, **ABSTRACT)).best for trial in trials("landmark at 12 of 66 months")]
    yi, se = (np.array([getattr(d, name) for d in best]) for name in ("yi", "se"))
    assert yi.mean() == pytest.approx(design.log_hr, abs=0.03)
    assert np.mean(np.abs(yi - design.log_hr) < 1.96 * se) > 0.93


@pytest.mark.parametrize("design", ["1:1", "2:1", "no effect"])
def test_the_chosen_route_covers_the_truth_whatever_is_left_of_a_report(design: str) -> None:
    truth = DESIGNS[design].log_hr
    for dropped in ({}, NO_EVENTS, {"estimate": None}, {"estimate": None, "o_minus_e": None} | NO_EVENTS):
        best = [derive(replace(trial, **dropped)).best for trial in trials(design)]
        covered = [abs(d.yi - truth) < 1.959964 * d.se for d in best if d]
        assert len(covered) == TRIALS
        assert np.mean(covered) == pytest.approx(0.95, abs=0.035)
