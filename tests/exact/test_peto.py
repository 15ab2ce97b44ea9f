"""Peto's method: against metafor, by hand, laws, its cautions, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests.exact.reference_results import CLOSED, columns, odds_ratios, table
from tests.exact.trials import LAW, relabelled, swapped, trials, with_more

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.effects.two_by_two import odds_ratio, peto_odds_ratio, risk_ratio
from trialpool.stats.pooling.mantel_haenszel_tests import mantel_haenszel_tests
from trialpool.stats.pooling.pairwise import pool_common
from trialpool.stats.pooling.peto import peto, peto_hazard_ratio

NAMES = ("beta", "se", "stat", "pval", "ci.lb", "ci.ub", "QE", "QEp", "I2")


@pytest.mark.parametrize(
    "entry", [e for e in table("mantel_haenszel_peto") if "rma.peto" in e["call"]], ids=lambda e: f"{e['data']}-{'90' in e['call']}"
)
def test_agrees_with_metafor(entry: dict[str, Any]) -> None:
    fit, expected = peto(odds_ratios(entry["data"]), level=0.9 if "level=90" in entry["call"] else 0.95), entry["result"]
    ours = [fit.mu, fit.se, fit.statistic, fit.p, *fit.interval(), fit.Q, fit.Q_p, 100 * fit.I2]
    assert ours == pytest.approx([expected[name] for name in NAMES], rel=1e-8, abs=1e-12)
    assert (fit.k, fit.method, fit.model) == (expected["k.yi"], "Peto", "common")
    assert fit.H2 == pytest.approx(max(1.0, expected["H2"]), rel=1e-9)


def test_log_rank_results_agree_with_metafor() -> None:
    entry = next(e for e in table("mantel_haenszel_peto") if e["data"] == "pignon2000")
    fit, expected = peto_hazard_ratio(**columns("pignon2000")), entry["result"]
    ours = [fit.mu, fit.se, fit.statistic, fit.p, *fit.interval(), fit.Q, fit.Q_p, 100 * fit.I2]
    first = [value[0] if isinstance(value, list) else value for value in (expected[name] for name in NAMES)]
    assert ours == pytest.approx(first, **CLOSED)
    assert (fit.k, fit.effects.measure) == (65, "HR")


def test_the_formulas_by_hand() -> None:
    fit = peto(odds_ratio(events_t=[4, 0], n_t=[100, 50], events_c=[8, 2], n_c=[100, 50]))
    V = 100 * 100 * 12 * 188 / (200**2 * 199) + 50 * 50 * 2 * 98 / (100**2 * 99)
    assert [fit.o_minus_e, fit.V, fit.mu, fit.se] == pytest.approx([-3.0, V, -3 / V, V**-0.5])


@given(trials())
def test_is_the_pooled_effect_of_the_one_step_estimates(counts: dict[str, Any]) -> None:
    fit, pooled = peto(odds_ratio(**counts)), pool_common(peto_odds_ratio(**counts))
    assert [fit.mu, fit.se, fit.Q, fit.k] == pytest.approx([pooled.mu, pooled.se, pooled.Q, pooled.k], **LAW)


@given(trials())
def test_z_squared_is_the_cochran_mantel_haenszel_test(counts: dict[str, Any]) -> None:
    trials_ = odds_ratio(**counts)
    assert peto(trials_).statistic ** 2 == pytest.approx(mantel_haenszel_tests(trials_).cmh, **LAW)


@given(trials())
def test_swapped_arms_and_relabelled_events_turn_the_sign(counts: dict[str, Any]) -> None:
    here = peto(odds_ratio(**counts))
    for other in (swapped(counts), relabelled(counts)):
        there = peto(odds_ratio(**other))
        assert [there.mu, there.se, there.Q] == pytest.approx([-here.mu, here.se, here.Q], **LAW)


@given(trials())
def test_a_trial_without_events_changes_nothing(counts: dict[str, Any]) -> None:
    here = peto(odds_ratio(**counts))
    more = peto(odds_ratio(**with_more(counts, events_t=0, n_t=50, events_c=0, n_c=70)))
    assert [more.mu, more.se, more.Q, more.k] == pytest.approx([here.mu, here.se, here.Q, here.k], **LAW)


@given(trials(min_k=3, max_k=3))
def test_a_batch_is_its_parts(counts: dict[str, Any]) -> None:
    parts = [counts, swapped(counts)]
    batch = peto(odds_ratio(**{name: [part[name] for part in parts] for name in counts}))
    for i, part in enumerate(parts):
        alone = peto(odds_ratio(**part))
        for name in ("mu", "se", "Q", "k", "o_minus_e", "V"):
            assert getattr(batch, name)[i] == pytest.approx(getattr(alone, name), rel=1e-12, abs=1e-13)


def test_an_arm_without_events_has_an_estimate() -> None:
    fit = peto(odds_ratio(events_t=[0, 0], n_t=[500, 600], events_c=[3, 2], n_c=[500, 600]))
    assert np.isfinite([fit.mu, fit.se]).all()


RARE = {"events_t": [4, 3], "n_t": [1000, 1000], "events_c": [5, 4], "n_c": [1000, 1000]}
NOT_RARE = "Peto: events in 6.0% of an arm are not rare (1% or less)"
UNBALANCED = "Peto: 52% of the information is from trials with arms of more than 2:1"
LARGE = "Peto: the odds ratio, 0.39, is outside of 1/2 to 2, where the method is biased"


@pytest.mark.parametrize(
    ("changed", "cautions"),
    [
        ({}, ()),
        ({"events_t": [50, 60], "events_c": [55, 65]}, (NOT_RARE,)),
        ({"n_t": [1000, 3000], "events_t": [4, 9]}, (UNBALANCED,)),
        ({"n_t": [1000, 2000], "events_t": [4, 9]}, ()),
        ({"events_t": [2, 2], "events_c": [6, 5]}, (LARGE,)),
    ],
)
def test_cautions(changed: dict[str, Any], cautions: tuple[str, ...]) -> None:
    fit = peto(odds_ratio(**RARE | changed))
    assert fit.cautions == cautions
    assert fit.notes == cautions


BAD_LOG_RANK = (
    "Log-rank results cannot be used: o_minus_e is nan for B; v is 0 for A. "
    'Give what is missing, or leave its study out with missing="drop". V, the variance of O - E, is above 0.'
)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: peto(risk_ratio(events_t=[1], n_t=[9], events_c=[2], n_c=[9])),
            BadArgument,
            "peto needs odds ratios from events and patients by arm: make the effects by odds_ratio.",
        ),
        (
            lambda: peto(odds_ratio(events_t=[0, 9], n_t=[9, 9], events_c=[0, 9], n_c=[9, 9])),
            NotEstimable,
            "Peto: no trial has both events and non-events (k = 2).",
        ),
        (
            lambda: peto_hazard_ratio(o_minus_e=[1.0, None], v=[0, 2], study=["A", "B"]),
            BadArgument,
            BAD_LOG_RANK,
        ),
        (
            lambda: peto_hazard_ratio(o_minus_e=[1.0], v=[2.0, 3.0]),
            BadArgument,
            "Columns differ in length: o_minus_e 1, v 2.",
        ),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as refusal:
        call()
    assert str(refusal.value) == message
