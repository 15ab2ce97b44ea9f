"""Reconstruction: the reference cases within the accuracy that is claimed, laws on random curves, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.survival.reference_cases import ARMS, curves, patients

import trialpool as tp
from trialpool.errors import BadArgument
from trialpool.stats.survival.censoring_times import leaning, middle_ranks
from trialpool.stats.survival.life_table import life_table, survival_at
from trialpool.stats.survival.published_curve import PublishedCurve

CASES = ("ph_pfs", "small_coarse_risk_table")


@pytest.mark.parametrize("coordinates", ["km_exact", "km_pixel"])
@pytest.mark.parametrize("name", CASES)
def test_reference_trials(name: str, coordinates: str) -> None:
    truth, made = patients(name), tp.reconstruct(curves(name, coordinates))
    assert made.misses == ()
    assert tp.cox(made.patients).log_hr == pytest.approx(tp.cox(truth).log_hr, abs=0.014)
    tau = 36 if name == "small_coarse_risk_table" else 60
    assert tp.rmst(made.patients, tau).difference[0] == pytest.approx(tp.rmst(truth, tau).difference[0], abs=0.05)
    at = np.linspace(0, tau, 500)
    for arm in range(2):
        tables = [life_table(data.time[data.arm == arm], data.event[data.arm == arm]) for data in (truth, made.patients)]
        apart = np.abs(survival_at(tables[0], at) - survival_at(tables[1], at)).mean()
        assert apart < (0.0005 if coordinates == "km_exact" else 0.0025)


def test_every_step_is_within_its_box() -> None:
    made = tp.reconstruct(curves("small_coarse_risk_table", "km_exact"))
    assert max(fit.largest_miss for fit in made.fits.values()) <= 0.0005 + 1e-9
    assert made.patients.events == (53, 45)


def test_n_and_events_alone() -> None:
    truth = patients("ph_pfs")
    made = tp.reconstruct(curves("ph_pfs", "km_pixel", table=False))
    assert made.patients.events == truth.events
    assert made.patients.n == truth.n
    assert tp.cox(made.patients).log_hr == pytest.approx(tp.cox(truth).log_hr, abs=0.03)


def test_the_same_seed_gives_the_same_patients() -> None:
    one, two = (tp.reconstruct(curves("small_coarse_risk_table", "km_pixel")) for _ in range(2))
    assert one.patients.to_dict() == two.patients.to_dict()
    assert [draw.to_dict() for draw in one.draws] == [draw.to_dict() for draw in two.draws]


def test_the_standard_error_grows_by_what_the_figure_leaves_open() -> None:
    steps = tp.reconstructed_hazard_ratio(tp.reconstruct(curves("ph_pfs", "km_exact")))
    alone = tp.reconstructed_hazard_ratio(tp.reconstruct(curves("ph_pfs", "km_pixel", table=False)))
    assert 1 <= steps.inflation < alone.inflation < 1.05
    assert alone.draws == 200
    assert alone.se**2 == pytest.approx(alone.within**2 + (1 + 1 / 200) * alone.between**2)
    assert alone.within == pytest.approx(alone.fit.se, rel=0.01)
    assert alone.derivation().se == alone.se


@pytest.mark.parametrize("coordinates", ["km_exact", "km_pixel"])
def test_the_mean_over_the_draws_is_near_the_truth(coordinates: str) -> None:
    truth, made = patients("small_coarse_risk_table"), tp.reconstruct(curves("small_coarse_risk_table", coordinates))
    found = tp.reconstructed_hazard_ratio(made)
    each = [tp.cox(draw).log_hr for draw in made.draws]
    assert found.log_hr == pytest.approx(tp.cox(truth).log_hr, abs=0.010)
    assert found.log_hr == pytest.approx(np.mean(each), abs=1e-7)
    assert found.between == pytest.approx(np.std(each, ddof=1), abs=1e-7)
    assert tp.cox(made.patients).log_hr == pytest.approx(found.log_hr, abs=found.between / 2)


def test_small_trials_of_which_every_step_was_read() -> None:
    rng, errors = np.random.default_rng(31), []
    for _ in range(8):
        arm = np.repeat([0, 1], 60)
        event = rng.exponential(np.where(arm == 1, 24.0, 15.0))
        last = np.minimum(rng.uniform(16, 48, 120), rng.exponential(250, 120))
        time = np.maximum(np.minimum(event, last), 1e-3).round(4)
        truth = tp.patient_times(time, event <= last, [ARMS[i] for i in arm], arms=ARMS)
        read = {}
        for i, name in enumerate(ARMS):
            own, happened = truth.time[truth.arm == i], truth.event[truth.arm == i]
            table, end = life_table(own, happened), float(own.max())
            risk = np.arange(0, end, 12.0)
            counted = [(own >= t).sum() for t in risk]
            S = [1, *table.survival.round(3)]
            read[name] = tp.published_curve([0, *table.time.round(3)], S, risk_time=risk, at_risk=counted, end=end)
        made = tp.reconstruct(read)
        errors.append([tp.reconstructed_hazard_ratio(made).log_hr, tp.cox(made.patients).log_hr] - np.array(tp.cox(truth).log_hr))
    assert (np.abs(errors).mean(axis=0) < 0.006).all()
    assert np.abs(errors).max() < 0.02


def test_of_patients_censored_in_a_gap_more_are_early_the_higher_the_hazard() -> None:
    ranks = middle_ranks(np.array([4]))
    even, leant = leaning(ranks, np.zeros(4)), leaning(ranks, np.full(4, 2.0))
    assert even == pytest.approx(ranks)
    assert (leant < even).all()
    assert leaning(np.array([0.0, 1.0]), np.array([2.0, 2.0])) == pytest.approx([0, 1])


def test_the_draws_differ_by_about_as_much_as_the_truth() -> None:
    truth = tp.cox(patients("ph_pfs")).log_hr
    found = tp.reconstructed_hazard_ratio(tp.reconstruct(curves("ph_pfs", "km_pixel", table=False)))
    assert abs(found.log_hr - truth) < 3 * found.between


@st.composite
def figures(draw: st.DrawFn) -> tuple[PublishedCurve, int, int]:
    """A curve as a figure shows it, with the patients and the events behind it."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n = draw(st.sampled_from([1, 2, 5, 20, 60, 150]))
    times = np.maximum(np.round(np.minimum(rng.exponential(20, n), limits := rng.uniform(5, 40, n)), 3), 0.001)
    event = times < np.round(limits, 3)
    table, last = life_table(times, event), float(times.max())
    if draw(st.booleans()):
        at, S = np.concatenate([[0.0], table.time]), np.concatenate([[1.0], table.survival.round(3)])
    else:
        at = np.linspace(0, last, draw(st.sampled_from([12, 60])))
        S = survival_at(table, at).round(draw(st.sampled_from([2, 3])))
    if len(at) < 2:
        at, S = np.array([0.0, last]), np.array([1.0, 1.0])
    risk = np.arange(0, last, draw(st.sampled_from([4.0, 10.0]))) if draw(st.booleans()) else np.zeros(1)
    total = int(event.sum()) if draw(st.booleans()) else None
    counted = [(times >= t).sum() for t in risk]
    curve = tp.published_curve(at, S, risk_time=risk, at_risk=counted, events=total, end=max(last, float(at[-1])))
    return curve, n, int(event.sum())


@given(figures())
@settings(max_examples=60)
def test_any_curve_gives_patients_that_meet_n_and_the_risk_table(figure: tuple[PublishedCurve, int, int]) -> None:
    curve, n, _ = figure
    made = tp.reconstruct({"arm": curve})
    fit = made.fits["arm"]
    assert made.patients.n == (n,)
    assert made.patients.time.min() >= 0
    assert made.patients.time.max() <= curve.end + 1e-9
    if curve.survival[-1] > curve.half_width:
        assert made.patients.time.max() == pytest.approx(curve.end)
    for t, wanted, got in fit.table_misses:  # a miss is said, and is a true one
        assert got == (made.patients.time >= t - 1e-9).sum() != wanted
    assert fit.table_misses == ()
    if fit.exact:
        assert fit.events == (curve.events if curve.events is not None else fit.events)


def test_marks_place_the_censoring() -> None:
    times = np.array([1.0, 2.0, 2.5, 3.0, 4.0, 4.5, 6.0, 7.0, 8.0, 9.0])
    event = np.array([1, 0, 1, 1, 0, 1, 0, 1, 1, 0], bool)
    table = life_table(times, event)
    curve = tp.published_curve([0, *table.time], [1, *table.survival.round(3)], n=10, censored=times[~event], end=9)
    made = tp.reconstruct({"arm": curve}).patients
    assert sorted(made.time[~made.event]) == pytest.approx(sorted(times[~event]))
    assert sorted(made.time[made.event]) == pytest.approx(sorted(times[event]))


def test_arms_of_any_number() -> None:
    read = curves("small_coarse_risk_table", "km_exact")
    made = tp.reconstruct({"low": read["research"], "high": read["research"], "none": read["control"]}).patients
    assert made.n == (58, 58, 60)
    assert tp.cox(made, treatment="low", control="none").log_hr < 0


def test_arms_of_thousands_are_reconstructed_without_draws() -> None:
    rng = np.random.default_rng(4)
    times, limits = rng.exponential(30, 6000), rng.uniform(10, 40, 6000)
    table = life_table(np.minimum(times, limits), times <= limits)
    at = np.linspace(0, 39, 200)
    risk = np.arange(0, 39, 6.0)
    counted = [(np.minimum(times, limits) >= t).sum() for t in risk]
    curve = tp.published_curve(at, survival_at(table, at).round(3), risk_time=risk, at_risk=counted, error=0.0015)
    made = tp.reconstruct({"arm": curve})
    assert made.misses == ()
    assert not made.fits["arm"].exact
    assert made.patients.events[0] == pytest.approx((times <= limits).sum(), rel=0.01)


def test_a_contradiction_is_met_as_far_as_it_can_be_and_said() -> None:
    curve = tp.published_curve([0, 2, 4, 6], [1, 0.5, 0.4, 0.3], risk_time=[0, 3, 5], at_risk=[20, 19, 18], events=2)
    made = tp.reconstruct({"arm": curve})
    assert made.patients.n == (20,)
    assert not made.fits["arm"].exact
    assert made.fits["arm"].largest_miss > 0.1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"survival": [100, 80, 60]}, "survival goes up to 100: it is in percent. Divide by 100."),
        (
            {"survival": [1, 0.6, 0.8]},
            "survival rises from 0.6 to 0.8 at time 4. A survival curve does not rise; correct the reading or its arm.",
        ),
        (
            {"survival": [0.9, 0.8, 0.6]},
            (
                "the curve starts at time 0 with survival 0.9, below 1. Read it from time 0; where the figure shows events rather "
                "than survival, give 1 minus the reading."
            ),
        ),
        ({"time": [0, 4, 2]}, "the times are out of order: 2 comes after 4. Sort the rows of the arm by time."),
        (
            {"risk_time": [0, 6], "at_risk": [5, 2]},
            "the curve ends at 4, and 2 are at risk at 6. Read the curve to its end: add a last coordinate where its line stops.",
        ),
        (
            {"risk_time": [0, 3], "at_risk": [5, 6]},
            "the risk table rises from 5 to 6 at time 3. Numbers at risk do not rise; correct the number or its arm.",
        ),
        ({"events": 7}, "events=7 among 5 patients. Correct one of the two."),
        ({"n": None}, "nobody says how many patients there are at time 0. Add a row for time 0."),
    ],
)
def test_says_what_is_no_curve(changes: dict[str, object], says: str) -> None:
    given_: dict[str, object] = {"time": [0, 2, 4], "survival": [1, 0.8, 0.6], "n": 5} | changes
    with pytest.raises(BadArgument) as refused:
        tp.published_curve(given_.pop("time"), given_.pop("survival"), **given_)  # type: ignore[arg-type]
    assert str(refused.value) == says


def test_all_problems_are_said_at_once() -> None:
    with pytest.raises(BadArgument) as refused:
        tp.published_curve([0, 4, 2], [1, 0.6, 0.8], risk_time=[0, 3], at_risk=[5, 6])
    assert len(str(refused.value).splitlines()) == 3


def test_small_rises_are_errors_of_reading() -> None:
    curve = tp.published_curve([0, 1, 2, 3, 4, 5], [1, 0.9, 0.905, 0.8, 0.8, 0.7], n=20)
    assert curve.half_width == pytest.approx(0.005)
    assert (np.diff(curve.monotone) <= 0).all()
