"""mantel_haenszel: against metafor, laws, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests.stats.reference_tables import EFFECTS_OF, TAIL_AREA, Entry, counted, each_of, near, table
from tests.stats.strategies import LAW, two_by_two_tables

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.effects.effects import effects
from trialpool.stats.effects.two_by_two import odds_ratio, risk_difference, risk_ratio
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel
from trialpool.stats.pooling.pooled_effect import PooledEffect

UNCORRECTED = [entry for entry in table("mantel_haenszel") if entry["added_to"] == "none"]
CORRECTED = [entry for entry in table("mantel_haenszel") if entry["added_to"] == "only"]

# metafor leaves double-zero trials out of Q and k of a risk difference; we keep them, as their difference is known
KEEPS_DOUBLE_ZEROS = [e for e in UNCORRECTED if e["measure"] == "RD" and e.result["k"] != e.result["k.yi"]]


def fit_of(entry: Entry) -> PooledEffect:
    arms, _ = counted(entry.data)
    return mantel_haenszel(EFFECTS_OF[entry["measure"]](**arms), level=entry["level"])


def label(entry: Entry) -> str:
    return f"{entry['measure']}-{entry['level']:.0%}"


@each_of("mantel_haenszel", label, UNCORRECTED)
def test_effect_and_interval_agree_with_metafor(entry: Entry) -> None:
    fit, expected = fit_of(entry), entry.result
    assert [fit.mu, fit.se, fit.statistic] == near([expected[name] for name in ("beta", "se", "stat")])
    assert [*fit.interval()] == near([expected["ci.lb"], expected["ci.ub"]])
    assert fit.p == near(expected["pval"], **TAIL_AREA)
    assert (fit.model, fit.method, fit.tau2) == ("common", "MH", 0.0)


@each_of("mantel_haenszel", label, [entry for entry in UNCORRECTED if entry not in KEEPS_DOUBLE_ZEROS])
def test_heterogeneity_agrees_with_metafor(entry: Entry) -> None:
    fit, expected = fit_of(entry), entry.result
    assert fit.k == expected["k.yi"]
    assert fit.Q == near(expected["QE"])
    assert fit.Q_p == near(expected["QEp"], **TAIL_AREA)
    # metafor does not cut H2 = Q / df at 1
    assert [100 * fit.I2, fit.H2] == near([expected["I2"], max(expected["H2"], 1.0)])


@each_of("mantel_haenszel", label, KEEPS_DOUBLE_ZEROS)
def test_q_differs_from_metafor_by_the_double_zero_trials(entry: Entry) -> None:
    arms, _ = counted(entry.data)
    fit, expected = fit_of(entry), entry.result
    double_zero = (np.array(arms["events_t"]) + arms["events_c"]) == 0
    theirs = ((fit.effects.yi - fit.mu) ** 2 / fit.effects.vi)[double_zero].sum()
    assert fit.k - double_zero.sum() == expected["k.yi"]
    assert fit.Q - theirs == near(expected["QE"])


@each_of("mantel_haenszel", label, CORRECTED)
def test_nothing_is_added_to_a_trial_with_an_empty_cell(entry: Entry) -> None:
    # metapipe-kit adds 0.5 and has the odds ratio 0.3205 instead of 0.2986 (nielweise2007)
    arms, _ = counted(entry.data)
    zeros = any(0 in {a, n - a, c, m - c} for a, n, c, m in zip(*arms.values(), strict=True))
    assert (fit_of(entry).mu != near(entry.result["beta"])) == zeros


def test_the_odds_ratio_of_nielweise_is_that_without_a_correction() -> None:
    arms, _ = counted("nielweise2007")
    assert np.exp(mantel_haenszel(odds_ratio(**arms)).mu).round(4) == 0.2986


def test_the_formulas_by_hand() -> None:
    # a, b, c, d = 4, 96, 8, 92 (N 200) and 1, 9, 2, 8 (N 20)
    arms: dict[str, Any] = {"events_t": [4, 1], "n_t": [100, 10], "events_c": [8, 2], "n_c": [100, 10]}
    assert np.exp(mantel_haenszel(odds_ratio(**arms)).mu) == pytest.approx((4 * 92 / 200 + 8 / 20) / (96 * 8 / 200 + 18 / 20))
    assert np.exp(mantel_haenszel(risk_ratio(**arms)).mu) == pytest.approx((400 / 200 + 10 / 20) / (800 / 200 + 20 / 20))
    assert mantel_haenszel(risk_difference(**arms)).mu == pytest.approx((-400 / 200 - 10 / 20) / (50 + 5))


# Laws


@given(two_by_two_tables(min_k=1, max_k=1, min_events=1))
def test_one_trial_is_its_crude_ratio(arms: dict[str, Any]) -> None:
    for make in (risk_ratio, odds_ratio, risk_difference):
        one = make(**arms)
        assert mantel_haenszel(one).mu == pytest.approx(one.yi[0], **LAW)


@given(two_by_two_tables(min_k=1, max_k=1, min_events=1))
def test_one_trial_has_the_crude_variance_of_its_ratio(arms: dict[str, Any]) -> None:
    for make in (risk_ratio, odds_ratio):
        one = make(**arms)
        assert mantel_haenszel(one).se == pytest.approx(np.sqrt(one.vi[0]), **LAW)


@given(two_by_two_tables(min_events=1))
def test_swapped_arms_turn_the_sign(arms: dict[str, Any]) -> None:
    for make in (risk_ratio, odds_ratio, risk_difference):
        there, back = mantel_haenszel(make(**arms)), mantel_haenszel(make(**swapped(arms)))
        assert [back.mu, back.se, back.Q] == pytest.approx([-there.mu, there.se, there.Q], **LAW)


@given(two_by_two_tables(min_events=1))
def test_non_events_for_events_turn_the_sign_of_the_odds_ratio(arms: dict[str, Any]) -> None:
    others = arms | {f"events_{arm}": np.array(arms[f"n_{arm}"]) - arms[f"events_{arm}"] for arm in "tc"}
    there, back = mantel_haenszel(odds_ratio(**arms)), mantel_haenszel(odds_ratio(**others))
    assert [back.mu, back.se] == pytest.approx([-there.mu, there.se], **LAW)


@given(two_by_two_tables(min_events=1))
def test_a_trial_twice_halves_the_variance(arms: dict[str, Any]) -> None:
    twice: dict[str, Any] = {name: [*counts, *counts] for name, counts in arms.items()}
    for make in (risk_ratio, odds_ratio, risk_difference):
        once, double = mantel_haenszel(make(**arms)), mantel_haenszel(make(**twice))
        assert [double.mu, 2 * double.se**2, double.Q] == pytest.approx([once.mu, once.se**2, 2 * once.Q], **LAW)


@given(two_by_two_tables(min_events=1))
def test_a_trial_without_events_changes_no_ratio(arms: dict[str, Any]) -> None:
    more: dict[str, Any] = {name: [*counts, 0 if name.startswith("events") else 40] for name, counts in arms.items()}
    for make in (risk_ratio, odds_ratio):
        without, with_it = mantel_haenszel(make(**arms)), mantel_haenszel(make(**more))
        assert [with_it.mu, with_it.se, with_it.Q] == pytest.approx([without.mu, without.se, without.Q], **LAW)
        assert with_it.k == without.k


@given(two_by_two_tables(min_k=3, max_k=3, min_events=1))
def test_a_batch_is_its_parts(arms: dict[str, Any]) -> None:
    parts = [arms, swapped(arms), {name: counts[::-1] for name, counts in arms.items()}]
    batch: dict[str, Any] = {name: [part[name] for part in parts] for name in arms}
    for make in (risk_ratio, odds_ratio, risk_difference):
        together = mantel_haenszel(make(**batch))
        each = [mantel_haenszel(make(**part)) for part in parts]
        for name in ("mu", "se", "Q", "k", "p", "I2"):
            assert getattr(together, name) == pytest.approx(np.array([getattr(one, name) for one in each]), **LAW)


def swapped(arms: dict[str, Any]) -> dict[str, Any]:
    return {
        "events_t": arms["events_c"],
        "n_t": arms["n_c"],
        "events_c": arms["events_t"],
        "n_c": arms["n_t"],
    }


# The edges, and what is refused


def test_an_empty_cell_in_one_trial_needs_no_correction() -> None:
    rr = risk_ratio(events_t=[4, 0], n_t=[100, 50], events_c=[8, 3], n_c=[100, 50])
    fit = mantel_haenszel(rr)
    assert np.exp(fit.mu) == pytest.approx((4 * 100 / 200) / (8 * 100 / 200 + 3 * 50 / 100))
    assert fit.notes == ("2: 0.5 added to the four cells, one of which was empty",)


NO_ODDS = "the same arm has no event, or nothing but events, so the ratio of the weighted sums does not exist"
NO_RISK = "the same arm has no event, so the ratio of the weighted sums does not exist"
NO_SPREAD = "both arms have no event, or nothing but events, so the difference has no variance"


@pytest.mark.parametrize(
    ("make", "events_t", "events_c", "why"),
    [
        (risk_ratio, [0, 0], [3, 5], NO_RISK),
        (risk_ratio, [3, 5], [0, 0], NO_RISK),
        (risk_ratio, [0, 0], [0, 0], NO_RISK),
        (odds_ratio, [0, 0], [3, 5], NO_ODDS),
        (odds_ratio, [3, 5], [0, 0], NO_ODDS),
        (odds_ratio, [0, 0], [0, 0], NO_ODDS),
        (odds_ratio, [3, 5], [50, 50], NO_ODDS),
        (risk_difference, [0, 0], [0, 0], NO_SPREAD),
        (risk_difference, [50, 50], [50, 50], NO_SPREAD),
    ],
)
def test_what_has_too_few_events_is_not_estimable(make: Any, events_t: list[int], events_c: list[int], why: str) -> None:
    trials = make(events_t=events_t, n_t=[50, 50], events_c=events_c, n_c=[50, 50])
    with pytest.raises(NotEstimable) as refusal:
        mantel_haenszel(trials)
    assert str(refusal.value) == f"Mantel-Haenszel {trials.measure}, k = 2: in every trial {why}."


def test_in_a_batch_what_is_not_estimable_is_nan() -> None:
    batch = risk_ratio(events_t=[[0, 0], [3, 5]], n_t=[50, 50], events_c=[[3, 5], [3, 5]], n_c=[50, 50])
    assert np.isnan(mantel_haenszel(batch).mu).tolist() == [True, False]
    assert np.isnan(mantel_haenszel(batch).se).tolist() == [True, False]


def test_effects_that_are_not_from_counts_are_refused() -> None:
    message = "mantel_haenszel needs events and patients by arm: make the effects by risk_ratio, odds_ratio or risk_difference."
    no_counts = effects([0.1, 0.2], [0.01, 0.02], measure="RR")
    no_such_measure = replace(risk_ratio(events_t=[4], n_t=[100], events_c=[8], n_c=[100]), measure="HR")
    for wrong in (no_counts, no_such_measure):
        with pytest.raises(BadArgument) as refusal:
            mantel_haenszel(wrong)
        assert str(refusal.value) == message


@pytest.mark.parametrize("level", [95, 0, 1, -0.95])
def test_a_level_outside_0_to_1_is_refused(level: float) -> None:
    rr = risk_ratio(events_t=[4], n_t=[100], events_c=[8], n_c=[100])
    with pytest.raises(BadArgument) as refusal:
        mantel_haenszel(rr, level=level)
    assert str(refusal.value) == f"level={level!r} is not between 0 and 1. For a 95% interval give 0.95."
