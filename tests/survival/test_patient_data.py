"""Statistics of patient data: against R's survival, by hand, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from tests.survival.reference_cases import CASES, case, patients

import trialpool as tp
from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.survival.hazard_ratio import cox_of_each

CLOSED = {"rel": 1e-6, "abs": 1e-7}  # statistics in closed form, whose references are printed to eight figures
ITERATED = {"rel": 1e-6, "abs": 1e-8}


@pytest.mark.parametrize("name", CASES)
def test_cox_agrees_with_r(name: str) -> None:
    truth, fit = case(name)["truth"], tp.cox(patients(name))
    assert fit.log_hr == pytest.approx(truth["cox_log_hr"], **ITERATED)
    assert fit.se == pytest.approx(truth["cox_se"], **ITERATED)
    assert fit.interval == pytest.approx((truth["hr_lower"], truth["hr_upper"]), **ITERATED)
    assert (fit.events_t, fit.events_c) == (truth["events_research"], truth["events_control"])


@pytest.mark.parametrize("name", CASES)
def test_log_rank_agrees_with_r(name: str) -> None:
    truth, test = case(name)["truth"], tp.log_rank(patients(name))
    assert test.o_minus_e == pytest.approx(truth["logrank_o_minus_e"], **CLOSED)
    assert test.v == pytest.approx(truth["logrank_v"], **CLOSED)
    assert test.chi_squared == pytest.approx(truth["logrank_chisq"], **CLOSED)
    assert test.p == pytest.approx(truth["logrank_p"], **CLOSED)


@pytest.mark.parametrize("name", CASES)
def test_restricted_means_agree_with_r(name: str) -> None:
    truth = case(name)["truth"]
    found = tp.rmst(patients(name), truth["tau"])
    assert found.treated[0] == pytest.approx(truth["rmst_research"], **CLOSED)
    assert found.control[0] == pytest.approx(truth["rmst_control"], **CLOSED)
    assert found.difference[0] == pytest.approx(truth["rmst_diff"], **CLOSED)
    assert found.se[0] == pytest.approx(truth["rmst_diff_se"], **CLOSED)


@pytest.mark.parametrize("name", CASES)
def test_medians_and_milestones_agree_with_r(name: str) -> None:
    truth, curve = case(name)["truth"], tp.kaplan_meier(patients(name))
    for arm in ("control", "research"):
        median = truth[f"median_{arm}"]
        assert curve.median(arm) == (np.inf if median is None else pytest.approx(median, abs=1e-9))
        assert curve.survival(arm, truth["milestone_times"]) == pytest.approx(truth[f"milestone_{arm}"], abs=1e-7)
    found = tp.milestones(patients(name), truth["milestone_times"])
    difference = np.subtract(truth["milestone_research"], truth["milestone_control"])
    assert found.difference == pytest.approx(difference, abs=1e-7)


@pytest.mark.parametrize("name", CASES)
def test_proportional_hazards_test_agrees_with_r(name: str) -> None:
    found = tp.proportional_hazards_test(patients(name), clock="km")
    assert found.p == pytest.approx(case(name)["truth"]["cox_zph_p"], **CLOSED)


def test_cox_by_hand() -> None:
    # three deaths c, t, c among 2 v 2: U(0) = (0 - 2/4) + (1 - 2/3) + (0 - 1/2); the root solves a cubic, checked by its score
    fit = tp.cox(tp.patient_times([1, 2, 3, 4], [1, 1, 1, 0], ["c", "t", "c", "t"]))
    r = fit.hr
    score = -2 * r / (2 * r + 2) + (1 - 2 * r / (2 * r + 1)) - r / (r + 1)
    assert score == pytest.approx(0, abs=1e-9)


def test_ties_of_efron_by_hand() -> None:
    # two of four die together, one in each arm: ln L = b - ln(2r + 2) - ln(2r + 2 - (r + 1) / 2), whose maximum is at r = 1
    fit = tp.cox(tp.patient_times([1, 1, 2, 2], [1, 1, 0, 0], ["c", "t", "c", "t"]))
    assert fit.log_hr == pytest.approx(0, abs=1e-9)
    assert fit.se == pytest.approx((2 * 0.25) ** -0.5)


def test_swapping_the_arms_turns_the_sign() -> None:
    data = patients("ph_pfs")
    assert tp.cox(data, treatment="control", control="research").log_hr == pytest.approx(-tp.cox(data).log_hr, abs=1e-9)
    swapped = tp.log_rank(data, treatment="control", control="research")
    assert swapped.o_minus_e == pytest.approx(-tp.log_rank(data).o_minus_e)


def test_pieces_of_time_share_out_the_events() -> None:
    pieces = tp.piecewise_hazard_ratios(patients("delayed_effect"), [6, 12])
    assert sum(piece.events_t + piece.events_c for piece in pieces) == 429
    assert pieces[0].interval[0] < 1 < pieces[0].interval[1]  # the treatment works after six months
    assert pieces[2].interval[1] < 0.6


def test_horizons_have_their_exact_covariance() -> None:
    """Cov(mu(t1), mu(t2)) against a bootstrap of patients."""
    data, rng = patients("small_coarse_risk_table"), np.random.default_rng(3)
    found = tp.rmst(data, [12, 24])
    resampled = []
    for _ in range(400):
        own = np.concatenate([rng.choice(np.flatnonzero(data.arm == a), int((data.arm == a).sum())) for a in range(2)])
        resampled.append(
            tp.rmst(tp.patient_times(data.time[own], data.event[own], np.array(data.arms)[data.arm[own]]), [12, 24]).difference
        )
    assert np.corrcoef(np.array(resampled).T)[0, 1] == pytest.approx(found.covariance[0, 1] / found.se[0] / found.se[1], abs=0.05)


def test_log_log_limits_hold_the_curve() -> None:
    curve = tp.kaplan_meier(patients("ph_pfs"))
    low, high = curve.interval("control", [6.0, 24.0, 48.0])
    S = curve.survival("control", [6.0, 24.0, 48.0])
    assert (low < S).all()
    assert (high > S).all()
    assert curve.median_interval("control")[0] < curve.median("control") < curve.median_interval("control")[1]


def test_survival_is_not_known_after_the_last_follow_up() -> None:
    curve = tp.kaplan_meier(tp.patient_times([1, 2, 3], [1, 0, 0]))
    assert np.isnan(curve.survival("all", [3.5])[0])


def test_survival_gained_agrees_with_altman_and_andersen() -> None:
    gained = tp.survival_gained([24.0], [0.3], log_hr=float(np.log(0.62)), se=0.0412)
    assert gained.treated[0] == pytest.approx(0.474, abs=5e-4)  # 0.30 ^ 0.62


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: tp.patient_times([], []), "there is no patient. Give at least one time."),
        (lambda: tp.patient_times([1, -2], [1, 0]), "time of patient 2 is -2. Times are finite and not below 0."),
        (
            lambda: tp.patient_times([1, 2], [1, 2]),
            "event=2 is neither 0 nor 1. Give 1 for an event that was seen, and 0 for a censored time.",
        ),
        (lambda: tp.cox(tp.patient_times([1, 2], [1, 0])), "there is one arm, 'all', and nothing to compare it with."),
        (
            lambda: tp.rmst(patients("ph_pfs"), 71),
            "horizon 71 is after the last follow-up of 'research'. Choose at most 70.8079.",
        ),
        (
            lambda: tp.milestones(patients("ph_pfs"), 71),
            "time 71 is outside the follow-up of 'research'. Choose from 0 to 70.8079.",
        ),
        (lambda: tp.piecewise_hazard_ratios(patients("ph_pfs"), [12, 6]), "cuts=[12.0, 6.0] are not ascending times above 0."),
    ],
)
def test_says_what_cannot_be_used(call: object, says: str) -> None:
    assert callable(call)
    with pytest.raises(BadArgument) as refused:
        call()
    assert str(refused.value) == says


def test_an_infinite_hazard_ratio_is_refused() -> None:
    with pytest.raises(NotEstimable) as refused:
        tp.cox(tp.patient_times([1, 2, 3, 4], [1, 1, 0, 0], ["c", "c", "t", "t"]))
    assert str(refused.value) == "Cox model: the hazard ratio is 0 or infinite, since all events are on one side."


@pytest.mark.parametrize("seed", range(30))
def test_many_data_sets_at_once_have_the_hazard_ratios_of_each(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(6, 40))
    data = []
    for _ in range(5):
        arm = rng.permutation(np.arange(n) % 2)
        event = rng.random(n) < 0.6
        data.append(tp.patient_times(rng.integers(1, 12, n), event, [("c", "t")[i] for i in arm], arms=("c", "t")))
    fits = cox_of_each(data, "t", "c")
    for i, patients_of in enumerate(data):
        try:
            one = tp.cox(patients_of)
        except NotEstimable:
            assert np.isnan(fits.log_hr[i])
            continue
        assert (fits.log_hr[i], fits.se[i]) == pytest.approx((one.log_hr, one.se), abs=1e-6)
