"""The table over methods: against R, what it says, and its rows without an answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.exact.reference_results import odds_ratios, table
from tests.exact.test_beta_binomial import counts_of

from trialpool.errors import BadArgument
from trialpool.stats.effects.two_by_two import odds_ratio, risk_ratio
from trialpool.stats.exact.rare_event_sensitivity import RARE_EVENT_METHODS, RareEventSensitivity, rare_event_sensitivity

# our key -> the other side's, and what the two may differ by: closed forms, numerical Hessians, 7 nodes (tau2 by as much as 1.2%).
# test_glmm_truth has the integrals that bear ours out
THEIRS = {
    "MH": ("mh_or_no_cc", 1e-9),
    "Peto": ("peto", 1e-9),
    "IV": ("iv_or_cc_0.5_fe", 1e-9),
    "UM.FS common": ("glmm_UM.FS_EE", 1e-5),
    "UM.FS random": ("glmm_UM.FS_ML", 2e-3),
    "CM.EL common": ("glmm_CM.EL_EE", 4e-4),
    "CM.EL random": ("glmm_CM.EL_ML", 3e-3),
    "CM.AL common": ("glmm_CM.AL_EE", 1e-5),
    "CM.AL random": ("glmm_CM.AL_ML", 1e-3),
    "beta-binomial": ("beta_binomial_logit", 1e-6),
}


@pytest.fixture(scope="module", params=table("rare_events"), ids=lambda entry: entry["data"])
def case(request: pytest.FixtureRequest) -> tuple[RareEventSensitivity, dict[str, Any]]:
    return rare_event_sensitivity(odd_ratio_of(request.param)), request.param


def odd_ratio_of(entry: dict[str, Any]) -> Any:
    return odds_ratio(**counts_of(entry))


@pytest.mark.parametrize("method", THEIRS)
def test_each_row_agrees_with_r(case: tuple[RareEventSensitivity, dict[str, Any]], method: str) -> None:
    methods, expected = case
    theirs, tolerance = THEIRS[method]
    row = methods[method]
    assert [row.mu, row.se] == pytest.approx([expected[theirs]["log"], expected[theirs]["se"]], rel=tolerance)
    assert np.exp([row.low or 0, row.high or 0]) == pytest.approx(expected[theirs]["ci"], rel=max(5 * tolerance, 1e-8))
    if row.tau2:
        assert row.tau2 == pytest.approx(expected[theirs]["tau2"], rel=1.2e-2)
    assert row.converged


def test_the_trials_are_counted(case: tuple[RareEventSensitivity, dict[str, Any]]) -> None:
    methods, expected = case
    assert [methods.k, methods.double_zero, methods.single_zero] == [expected[name] for name in ("k", "double_zero", "single_zero")]
    assert (list(methods.events), list(methods.patients)) == (expected["events"], expected["total"])


def test_says_how_far_the_method_moves_the_answer() -> None:
    nielweise, made_up = (rare_event_sensitivity(odd_ratio_of(entry)) for entry in table("rare_events"))
    assert nielweise.statement == (
        "By method the odds ratio goes from 0.26 (CM.EL random) to 0.38 (IV), a factor of 1.47. All of the 11 intervals exclude 1."
    )
    assert made_up.statement == (
        "By method the odds ratio goes from 1.31 (IV) to 2.35 (CM.EL random), a factor of 1.79. "
        "6 of the 11 intervals exclude 1 (MH, Peto, UM.FS common, CM.EL common, CM.AL common, beta-binomial): the method decides."
    )
    assert made_up.factor == pytest.approx(2.3459509826 / 1.3108834969, rel=1e-4)
    assert str(nielweise).splitlines()[0] == "Mantel-Haenszel, nothing added (common): OR 0.30 (0.19 to 0.46), P < 0.001, k = 17"
    assert repr(nielweise) == "<RareEventSensitivity: 11 of 11 methods, factor 1.47>"


def test_a_row_names_the_trials_it_leaves_out_and_its_cautions() -> None:
    methods = rare_event_sensitivity(odds_ratios("nielweise2007"))
    assert dict(methods["MH"].left_out) == {"15": "left out: no events, or nothing but events, in both arms say nothing of a ratio"}
    assert dict(methods["CM.EL random"].left_out) == {"15": "left out: no events in either arm, which say nothing of a ratio"}
    assert (methods["beta-binomial"].k, dict(methods["beta-binomial"].left_out)) == (18, {})
    assert methods["Peto"].cautions == (
        "Peto: events in 3.5% of an arm are not rare (1% or less)",
        "Peto: the odds ratio, 0.33, is outside of 1/2 to 2, where the method is biased",
    )
    assert methods["CM.AL random"].cautions == (
        "CM.AL: events in 3.5% of an arm are not rare (1% or less), and the likelihood is approximate",
    )


def test_an_arm_without_any_event_leaves_peto_and_the_correction() -> None:
    methods = rare_event_sensitivity(odds_ratio(events_t=[0, 0], n_t=[500, 600], events_c=[3, 2], n_c=[500, 600]))
    assert [row.method for row in methods.estimated] == ["Peto", "IV"]
    assert methods.statement == (
        "By method the odds ratio goes from 0.13 (Peto) to 0.17 (IV), a factor of 1.24. 1 of the 2 intervals excludes 1 (Peto): "
        "the method decides. No estimate: MH, UM.FS common, UM.FS random, UM.RS random, CM.EL common, CM.EL random, CM.AL common, "
        "CM.AL random, beta-binomial."
    )
    assert {(row.mu, row.se, row.low, row.p, row.k, row.converged) for row in methods.rows if row not in methods.estimated} == {
        (None, None, None, None, 0, False)
    }
    assert str(methods["CM.EL common"]) == (
        "GLMM CM.EL (common): GLMM CM.EL common OR: an empty cell points the same way in every trial (k = 2), so the estimate is "
        "minus infinity."
    )


def test_no_event_at_all_leaves_nothing() -> None:
    methods = rare_event_sensitivity(odds_ratio(events_t=[0, 0], n_t=[50, 60], events_c=[0, 0], n_c=[50, 60]))
    assert methods.estimated == ()
    assert methods.statement == f"No method has an estimate. No estimate: {', '.join(RARE_EVENT_METHODS)}."
    assert np.isnan(methods.factor)
    assert all(row.why_not for row in methods.rows)


def test_the_correction_of_the_effects_plays_no_part() -> None:
    counts = {"events_t": [0, 2, 3], "n_t": [50, 60, 70], "events_c": [2, 3, 5], "n_c": [50, 60, 70]}
    one, other = (rare_event_sensitivity(odds_ratio(**counts, zero_cells=policy)) for policy in ("only", "none"))
    assert [row.mu for row in one.rows] == [row.mu for row in other.rows]


@pytest.mark.parametrize(
    ("trials", "message"),
    [
        (
            risk_ratio(events_t=[1], n_t=[9], events_c=[2], n_c=[9]),
            "rare_event_sensitivity needs odds ratios from events and patients by arm: make the effects by odds_ratio.",
        ),
        (
            odds_ratio(events_t=[[1, 2], [2, 3]], n_t=[9, 9], events_c=[2, 3], n_c=[9, 9]),
            "rare_event_sensitivity takes one analysis at a time; this is a batch of shape (2, 2).",
        ),
    ],
)
def test_refusals(trials: Any, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        rare_event_sensitivity(trials)
    assert str(refusal.value) == message
