"""Fragility index: against R step by step, laws, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.evidence.reference_results import one_study, perioperative_oxygen, risk_ratios, table

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.two_by_two import odds_ratio, risk_difference, risk_ratio
from trialpool.stats.evidence.fragility import fragility_index
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.peto import peto
from trialpool.stats.pooling.pooled_effect import PooledEffect

CASES = table("fragility")["cases"]


def fit_of(case: dict[str, Any]) -> PooledEffect:
    trials = risk_ratios(case["rows"])
    return mantel_haenszel(trials) if case["pooling"].startswith("Mantel") else pool(trials, tau2="DL", ci="Wald")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['data']}-{case['pooling'][:6]}")
def test_agrees_with_r(case: dict[str, Any]) -> None:
    found = fragility_index(fit_of(case))
    assert found.index == case["fi"]
    assert found.patients == sum(row["n1"] + row["n0"] for row in case["rows"])
    for ours, theirs in zip(found.steps, case.get("path", found.steps[:0]), strict="path" in case):
        assert (ours.study, f"e{'1' if ours.arm == 't' else '0'}", ours.change) == (
            str(theirs["study"]),
            theirs["arm"],
            theirs["change"],
        )
        assert np.exp([ours.mu, ours.low, ours.high]) == pytest.approx([theirs["est"], theirs["lo"], theirs["hi"]], rel=1e-9)
        assert ours.p == pytest.approx(theirs["p"], rel=1e-9)


def test_says_the_model() -> None:
    fits = [fit_of(case) for case in CASES[1:]]
    assert str(fragility_index(fits[0])) == (
        "It takes a change of the event status of 102 patients (0.37% of 27548) for the meta-analysis (RR, Mantel-Haenszel) "
        "to lose significance at the 5% level."
    )
    assert str(fragility_index(fits[1])) == (
        "It takes a change of the event status of 60 patients (0.22% of 27548) for the meta-analysis (RR, random effects "
        "by inverse variance, DL, Wald interval) to lose significance at the 5% level."
    )
    found = fragility_index(fits[0])
    assert found.cautions[0] == "the index is that of this model; another may give a very different one"
    assert repr(found) == "<Fragility: 102, RR, Mantel-Haenszel>"


@pytest.mark.parametrize("measure", [risk_ratio, odds_ratio, risk_difference])
@pytest.mark.parametrize("method", [mantel_haenszel, pool_common, pool, peto])
def test_each_model_gains_and_loses_significance(measure: Any, method: Any) -> None:
    if method is peto and measure is not odds_ratio:
        return
    weak: dict[str, Any] = {"events_t": [3, 12, 6], "n_t": [60, 90, 80], "events_c": [6, 11, 9], "n_c": [62, 88, 81]}
    strong = weak | {"events_c": [19, 38, 29]}
    for counts, verb in ((weak, "gain"), (strong, "lose")):
        fit = method(measure(**counts))
        found = fragility_index(fit)
        assert f" to {verb} significance at the 5% level." in str(found)
        outside = [step.low > 0 or step.high < 0 for step in found.steps]
        assert outside == [found.significant] * (found.index - 1) + [not found.significant]
        assert (found.steps[-1].p < 0.05) != found.significant


def test_the_last_step_is_the_model_on_the_changed_counts() -> None:
    counts: dict[str, Any] = {"events_t": [3, 8, 0], "n_t": [60, 90, 80], "events_c": [19, 20, 9], "n_c": [62, 88, 81]}
    found = fragility_index(pool_common(risk_ratio(**counts)))
    changed = {name: list(values) for name, values in counts.items()}
    for step in found.steps:
        changed[f"events_{step.arm}"][int(step.study) - 1] += step.change
    again = pool_common(risk_ratio(**changed))
    last = found.steps[-1]
    assert [last.mu, last.low, last.high, last.p] == pytest.approx([again.mu, *again.interval(), again.p], rel=1e-12)


def test_swapped_arms_have_the_same_index() -> None:
    trials = perioperative_oxygen()
    assert trials.counts is not None
    c = trials.counts
    swapped = risk_ratio(events_t=c.events_c, n_t=c.n_c, events_c=c.events_t, n_c=c.n_t)
    one, other = fragility_index(mantel_haenszel(trials)), fragility_index(mantel_haenszel(swapped))
    assert [(s.study, s.change) for s in other.steps] == [(s.study, s.change) for s in one.steps]
    assert [s.mu for s in other.steps] == pytest.approx([-s.mu for s in one.steps], rel=1e-12)


def test_a_wider_interval_is_more_fragile() -> None:
    trials = risk_ratios(CASES[1]["rows"])
    index = [fragility_index(mantel_haenszel(trials, level=level)).index for level in (0.9, 0.95, 0.99)]
    assert all(more > fewer for more, fewer in pairwise(index))


def without_a_study(trials: Effects) -> Effects:
    return replace(trials, vi=np.where(np.arange(len(trials.vi)) == 0, np.inf, trials.vi))


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        (
            one_study(0.1, 0.01, "HR"),
            (
                "fragility_index needs events and patients by arm, and these are effects (hazard ratio) without: "
                "make them by risk_ratio, odds_ratio or risk_difference."
            ),
        ),
        (
            pool_common(without_a_study(risk_ratios(CASES[1]["rows"]))),
            (
                "The pooled risk ratio is -0.161764, and from the counts by the default policy for empty cells -0.163429: "
                "fragility_index knows that policy only. Make the effects without options, and keep every study."
            ),
        ),
        (
            pool_common(risk_ratio(events_t=[[1, 2], [2, 3]], n_t=[9, 9], events_c=[2, 3], n_c=[9, 9])),
            "This takes one analysis at a time; the fit is a batch of shape (2,).",
        ),
    ],
)
def test_refusals(fit: PooledEffect, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        fragility_index(fit)
    assert str(refusal.value) == message


def test_gives_up() -> None:
    with pytest.raises(NotEstimable) as refusal:
        fragility_index(fit_of(CASES[1]), most=20)
    assert str(refusal.value) == "Fragility index of RR, Mantel-Haenszel, k = 4: 20 changes, or all there are, do not suffice."
    nothing = risk_ratio(events_t=[1], n_t=[2], events_c=[1], n_c=[2])
    with pytest.raises(NotEstimable) as refusal:
        fragility_index(pool_common(nothing))
    assert str(refusal.value) == (
        "Fragility index of RR, common effects by inverse variance, Wald interval, k = 1: 1000 changes, or all there are, "
        "do not suffice."
    )
