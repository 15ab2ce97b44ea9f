"""Trial sequential analysis: against published numbers, laws, what it says and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.evidence.reference_results import one_study, perioperative_oxygen, table

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.effects.effects import effects
from trialpool.stats.effects.two_by_two import odds_ratio
from trialpool.stats.evidence.boundaries import sequential_boundaries
from trialpool.stats.evidence.information import diversity, required_events, required_information, required_patients
from trialpool.stats.evidence.sequential_analysis import sequential_analysis
from trialpool.stats.influence.leave_one_out import cumulative
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.peto import peto

TRIALS = effects(
    [-0.31, 0.12, -0.25, -0.10, -0.22, -0.05],
    [0.05, 0.03, 0.04, 0.02, 0.015, 0.01],
    ["A", "B", "C", "D", "E", "F"],
    measure="HR",
)
YEARS = [2008, 2006, 2010, 2010, 2012, 2015]


@pytest.mark.parametrize("entry", table("tsa")["required_information"], ids=lambda entry: str(entry["hr"]))
def test_required_information_of_a_hazard_ratio(entry: dict[str, float]) -> None:
    found = required_information(np.log(entry["hr"]), level=1 - entry["alpha"], power=1 - entry["beta"])
    assert found == pytest.approx(entry["v"], rel=1e-10)
    assert required_events(found) == pytest.approx(entry["events_1to1"], rel=1e-10)
    assert required_events(found, allocation=2) == pytest.approx(4.5 * entry["v"], rel=1e-10)
    assert required_events(found, allocation=0.5) == pytest.approx(4.5 * entry["v"], rel=1e-10)


def test_the_flagships_overall_survival_is_inconclusive() -> None:
    expected = table("tsa")["flagship_os"]
    fit = one_study(np.log(expected["hr"]), expected["se"], "HR")
    found = sequential_analysis(fit, [2016], smallest_effect=0.90)
    assert found.information[-1] == pytest.approx(expected["v"], rel=1e-9)
    assert found.required == pytest.approx(expected["v_required_hr_0.90_power_80"], rel=1e-9)
    assert found.information_fraction == pytest.approx(expected["information_fraction"], rel=1e-9)
    assert found.z == pytest.approx([expected["z"]], rel=1e-9)
    assert found.boundary == pytest.approx(expected["obf_bound_single_look"], abs=1e-8)
    c_se = expected["obf_bound_single_look"] * expected["se"]
    assert found.interval() == pytest.approx((np.log(0.93) - c_se, np.log(0.93) + c_se), rel=1e-8)
    assert found.verdict == "inconclusive"
    assert found.cautions == (
        "the required information is not reached: the result is inconclusive and must not be read as 'no effect'",
    )
    assert str(found) == (
        "73% of the information that HR 0.9 takes at 80% power; z = -1.65, boundary 2.38 (adjusted 95% CI 0.84 to 1.03): no "
        "boundary is crossed and the required information is not reached: inconclusive, which is not 'no effect'."
    )


def test_perioperative_oxygen_agrees_with_rtsa() -> None:
    expected = table("tsa")["rtsa_perioOxy"]
    trials = perioperative_oxygen()
    fit = pool(trials, tau2="DL", ci="Wald")
    assert np.exp([fit.mu, *fit.interval()]) == pytest.approx([expected["random_dl_rr"], *expected["random_ci"]], abs=0.0055)
    assert diversity(fit) == pytest.approx(expected["D2"], abs=5e-4)
    assert trials.counts is not None
    n_t, n_c, events_c = (float(getattr(trials.counts, name).sum()) for name in ("n_t", "n_c", "events_c"))
    risk, D2 = events_c / n_c, diversity(fit)
    # RTSA rounds up by arm
    needed = required_patients(risk, 0.8 * risk, power=0.9, diversity=D2) - n_t - n_c
    assert needed == pytest.approx(expected["ris_additional"]["diversity"], abs=3)
    by_I2 = required_patients(risk, 0.8 * risk, power=0.9, diversity=float(fit.I2)) - n_t - n_c
    assert by_I2 == pytest.approx(expected["ris_additional"]["inconsistency"], rel=0.002)


def test_diversity_is_the_growth_of_the_variance() -> None:
    fit = pool(TRIALS, tau2="DL", ci="Wald")
    spread = replace(TRIALS, yi=4 * TRIALS.yi)
    heterogeneous = pool(spread, tau2="DL", ci="Wald")
    assert heterogeneous.tau2 > 0
    assert diversity(heterogeneous) == pytest.approx(1 - pool_common(spread).se ** 2 / heterogeneous.se**2, rel=1e-12)
    assert diversity(pool_common(TRIALS)) == 0
    assert (fit.tau2, diversity(fit)) == (0, 0)


def test_looks_are_the_cumulative_analyses_at_the_end_of_each_year() -> None:
    fit = pool(TRIALS, ci="Wald")
    found = sequential_analysis(fit, YEARS, smallest_effect=0.85)
    assert found.looks == (2006, 2008, 2010, 2012, 2015)
    assert found.k.tolist() == [1, 2, 4, 5, 6]
    so_far = cumulative(fit, YEARS).fits
    last = [0, 1, 3, 4, 5]
    assert found.mu == pytest.approx(so_far.mu[last], rel=1e-12)
    assert found.z == pytest.approx(so_far.statistic[last], rel=1e-9)
    assert found.information == pytest.approx(np.cumsum(1 / TRIALS.vi[[1, 0, 2, 3, 4, 5]])[last], rel=1e-12)
    assert found.required == pytest.approx(required_information(np.log(0.85), diversity=diversity(fit)), rel=1e-12)
    assert found.boundaries.z == pytest.approx(sequential_boundaries(found.t).z, rel=1e-12)


def test_with_hartung_knapp_the_adjusted_interval_goes_out_to_the_same_tail_area() -> None:
    fit = pool(TRIALS, ci="HK")
    found = sequential_analysis(fit, YEARS, smallest_effect=0.85)
    from scipy.stats import norm, t

    q = t.isf(norm.sf(found.boundary), 5)
    assert found.interval() == pytest.approx((fit.mu - q * fit.se, fit.mu + q * fit.se), rel=1e-9)
    assert 2 * norm.sf(abs(found.z[-1])) == pytest.approx(fit.p, rel=1e-9)


def test_a_look_beyond_the_required_information_is_the_last_that_counts() -> None:
    trials = effects([-0.3, -0.4, -0.2, 0.3], [0.04, 0.025, 0.025, 0.01], measure="HR")
    found = sequential_analysis(pool_common(trials), [1, 2, 3, 4], smallest_effect=0.75)
    assert len(found.boundaries.t) == 3
    assert found.t[1] < 1 < found.t[2] < found.t[3]
    assert found.crossed == (2, 3)
    assert found.verdict == "reached"
    assert found.cautions == (
        "a boundary was crossed at 2, 3, and no longer is",
        "heterogeneity (I2 = 84%) does not enter a common-effect model; give its diversity",
    )


def test_a_crossed_boundary() -> None:
    trials = effects([-0.3, -0.4, -0.35], [0.02, 0.02, 0.02], measure="HR")
    found = sequential_analysis(pool_common(trials), [1, 2, 3], smallest_effect=0.75)
    assert (found.verdict, found.crossed, found.cautions) == ("crossed", (2,), ())
    assert found.interval()[1] < 0


def test_futility() -> None:
    trials = effects([0.01, -0.02, 0.0, 0.01], [0.06, 0.06, 0.06, 0.06], measure="HR")
    found = sequential_analysis(pool_common(trials), [1, 2, 3, 4], smallest_effect=0.75, futility=True)
    assert found.boundaries.futility is not None
    assert found.boundaries.t[-1] == 1
    assert len(found.boundaries.t) == 5
    assert found.verdict == "futile"
    assert found.required == pytest.approx(required_information(np.log(0.75)) * found.boundaries.inflation, rel=1e-8)
    assert found.t == pytest.approx(found.information / found.required, rel=1e-12)
    assert found.boundaries.t[:-1] == pytest.approx(found.t, rel=1e-8)
    plain = sequential_analysis(pool_common(trials), [1, 2, 3, 4], smallest_effect=0.75)
    assert (plain.verdict, np.isnan(plain.futility)) == ("inconclusive", True)


def test_futility_where_the_information_is_reached_or_all_but() -> None:
    for scale in (1.0, 0.99999, 0.5):
        trials = effects([0.01, -0.02], np.array([2, 2]) / required_information(np.log(0.75)) * scale, measure="HR")
        found = sequential_analysis(pool_common(trials), [1, 2], smallest_effect=0.75, futility=True)
        assert found.verdict in ("futile", "reached")
        assert found.boundaries.t[-1] >= 1


def test_scale_and_sign_of_a_difference_change_nothing() -> None:
    years = [1, 2, 3, 4, 5, 6]
    one = sequential_analysis(pool(replace(TRIALS, measure="MD"), ci="Wald"), years, smallest_effect=-0.2)
    other = sequential_analysis(
        pool(replace(TRIALS, measure="MD", yi=-10 * TRIALS.yi, vi=100 * TRIALS.vi), ci="Wald"), years, smallest_effect=2
    )
    assert other.z == pytest.approx(-one.z, rel=1e-7)
    assert other.t == pytest.approx(one.t, rel=1e-7)
    assert other.boundaries.z == pytest.approx(one.boundaries.z, rel=1e-7)


def test_an_absent_study_changes_nothing() -> None:
    padded = replace(TRIALS, yi=np.append(TRIALS.yi, 9.0), vi=np.append(TRIALS.vi, np.inf), study=(*TRIALS.study, "none"))
    one = sequential_analysis(pool(TRIALS, ci="Wald"), YEARS, smallest_effect=0.85)
    other = sequential_analysis(pool(padded, ci="Wald"), [*YEARS, 2001], smallest_effect=0.85)
    assert (other.looks, other.z.tolist(), other.t.tolist()) == (one.looks, one.z.tolist(), one.t.tolist())


@pytest.mark.parametrize("method", [mantel_haenszel, peto])
def test_counts_pooled_without_a_correction(method: Any) -> None:
    trials = odds_ratio(events_t=[0, 1, 4, 9], n_t=[90, 80, 200, 300], events_c=[2, 3, 9, 14], n_c=[90, 85, 190, 310])
    fit = method(trials)
    found = sequential_analysis(fit, [2001, 2002, 2003, 2004], smallest_effect=0.6)
    assert found.information[-1] == pytest.approx(1 / fit.se**2, rel=1e-12)
    assert found.z[-1] == pytest.approx(fit.statistic, rel=1e-9)


def test_looks_that_add_next_to_nothing_are_merged() -> None:
    trials = effects([-0.3, -0.2, -0.1], [0.02, 1e4, 0.02], measure="HR")
    found = sequential_analysis(pool_common(trials), [2001, 2002, 2003], smallest_effect=0.8)
    assert found.looks == (2002, 2003)
    assert found.notes == ("looks that add next to nothing were merged with the next: 2001",)


@pytest.mark.parametrize(
    ("by", "options", "message"),
    [
        (YEARS[:2], {"smallest_effect": 0.9}, "`by` has 2 values for 6 studies. Give one for each."),
        ([*YEARS[:5], None], {"smallest_effect": 0.9}, "`by` has no value for F. Give one for each, or leave the study out."),
        (YEARS, {"smallest_effect": 1}, "smallest_effect=1 is no effect on a ratio. Give a ratio such as 0.9, which is not 1."),
        (
            YEARS,
            {"smallest_effect": -0.1},
            "smallest_effect=-0.1 is no effect on a ratio. Give a ratio such as 0.9, which is not 1.",
        ),
        (YEARS, {"smallest_effect": 0.9, "power": 1}, "power=1 is not between 0 and 1. Give a share: 0.8 for 80%."),
        (YEARS, {"smallest_effect": 0.9, "diversity": 1.0}, "diversity=1.0 is not between 0 and 1. Give a share: 0.8 for 80%."),
        (YEARS, {"smallest_effect": 0.9, "spending": "x"}, "spending='x' is not known. Choose one of 'OF', 'Pocock'."),
    ],
)
def test_refusals(by: list[Any], options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        sequential_analysis(pool(TRIALS), by, **options)
    assert str(refusal.value) == message


def test_refusals_of_what_was_pooled() -> None:
    batch = pool(replace(TRIALS, vi=np.stack([TRIALS.vi, TRIALS.vi])))
    nobody = replace(pool(TRIALS), effects=replace(TRIALS, vi=np.full(6, np.inf)))
    cases: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
        (batch, {}, BadArgument, "This takes one analysis at a time; the fit is a batch of shape (2,)."),
        (nobody, {}, NotEstimable, "Sequential analysis: no study is present (k = 0)."),
        (
            pool(replace(TRIALS, measure="MD")),
            {"smallest_effect": 0},
            BadArgument,
            "smallest_effect=0 is no effect on a difference. Give one that is not 0.",
        ),
        (
            pool(replace(TRIALS, measure="PLO")),
            {},
            BadArgument,
            "sequential_analysis plans for ratios and differences, not for proportion (PLO).",
        ),
    ]
    for fit, options, error, message in cases:
        with pytest.raises(error) as refusal:
            sequential_analysis(fit, YEARS, **{"smallest_effect": 0.9, **options})
        assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: required_information(0.0),
            "effect=0.0 cannot be planned for. Give the smallest effect that matters, which is not 0.",
        ),
        (
            lambda: required_events(100, allocation=0),
            "allocation=0 is not above 0. Give patients with treatment per patient with control.",
        ),
        (lambda: required_patients(15, 0.1), "risk_c=15 is not between 0 and 1. Give a share: 0.8 for 80%."),
    ],
)
def test_refusals_of_plans(call: Any, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        call()
    assert str(refusal.value) == message
