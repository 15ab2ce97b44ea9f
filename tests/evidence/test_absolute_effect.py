"""Absolute effects: against published numbers and simulation, laws, what they say and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from tests.evidence.reference_results import CLOSED, one_study, table

from trialpool.errors import BadArgument
from trialpool.stats.effects.effects import effects
from trialpool.stats.evidence.absolute_effect import BACK, TREATED, absolute_effect, absolute_survival, survival_difference
from trialpool.stats.pooling.pairwise import pool
from trialpool.stats.pooling.pooled_effect import PooledEffect

REFERENCE = table("absolute")


class _Printed(PooledEffect):
    """A pooled ratio with the limits that were printed, which rounding has left lopsided."""

    __slots__ = ()
    limits: tuple[float, float]

    def interval(self, level: float | None = None) -> tuple[float, float]:
        return PRINTED[self.mu]


PRINTED: dict[float, tuple[float, float]] = {}


def printed(ratio: float, ci: list[float], measure: str) -> PooledEffect:
    fit = one_study(float(np.log(ratio)), 0.1, measure)
    PRINTED[fit.mu] = (float(np.log(ci[0])), float(np.log(ci[1])))
    return _Printed(**{name: getattr(fit, name) for name in PooledEffect.__slots__})


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: f"{case['hr']}-{case['baseline_survival']}")
def test_survival_agrees_with_altman_and_andersens_formulas(case: dict[str, Any]) -> None:
    found = absolute_survival(printed(case["hr"], case["ci"], "HR"), baseline_survival=case["baseline_survival"])
    assert found.treated == pytest.approx(case["s_research"], **CLOSED)
    assert [found.treated_low, found.treated_high] == pytest.approx(case["s_research_ci"], **CLOSED)
    assert found.per_1000 == pytest.approx(case["per_1000"], **CLOSED)
    assert found.per_1000_interval == pytest.approx(case["per_1000_ci"], **CLOSED)
    assert found.nnt == pytest.approx(case["nnt"], **CLOSED)
    ends = case["nnt_ci"]
    if isinstance(ends, dict):
        assert found.nnt_interval == pytest.approx((ends["nntb"], -ends["nnth"]), **CLOSED)
    else:
        assert found.nnt_interval == pytest.approx(ends, **CLOSED)


@pytest.mark.parametrize("case", REFERENCE["rr"], ids=lambda case: str(case["rr"]))
def test_events_agree_with_arithmetic(case: dict[str, Any]) -> None:
    found = absolute_effect(printed(case["rr"], case["ci"], "RR"), baseline_risk=case["baseline_risk"])
    assert [found.treated, found.per_1000, -found.nnt] == pytest.approx([case["risk"], case["per_1000"], case["nnh"]], **CLOSED)
    assert found.per_1000_interval == pytest.approx(case["per_1000_ci"], **CLOSED)


def test_the_flagships_words() -> None:
    pfs, os = (printed(case["hr"], case["ci"], "HR") for case in (REFERENCE["cases"][0], REFERENCE["cases"][2]))
    assert str(absolute_survival(pfs, baseline_survival=0.30, at="4 years")) == (
        "Of 1000 patients, 174 more event-free at 4 years: 474 with treatment and 300 without (difference +146 to +203); "
        "NNTB 6 (5 to 7)."
    )
    found = absolute_survival(os, baseline_survival=0.60)
    assert str(found) == (
        "Of 1000 patients, 22 more event-free: 622 with treatment and 600 without (difference -3 to +48); "
        "NNTB 46 (NNTB 21 to infinity to NNTH 328)."
    )
    assert repr(found) == "<AbsoluteEffect: +22 per 1000, NNTB 46 (NNTB 21 to infinity to NNTH 328)>"


def test_a_trial_with_survival_shares_only() -> None:
    case = REFERENCE["altman_andersen_survival_only"]
    (n_t, n_c), s_t, s_c = case["n"], case["s_research"], case["s_control"]
    found = survival_difference(survival_t=s_t, n_t=n_t, survival_c=s_c, n_c=n_c, at="3 years")
    assert [found.difference, found.nnt] == pytest.approx([case["ard"], case["nnt"]], **CLOSED)
    assert (found.low, found.high) == pytest.approx(case["ci"], **CLOSED)
    assert (found.high - found.low) / 2 / 1.959963984540054 == pytest.approx(case["se_binomial"], **CLOSED)


@pytest.mark.parametrize(
    ("measure", "mu", "risk", "treated"),
    [
        ("OR", np.log(0.5), 0.2, 1 / 9),  # odds 1/4 -> 1/8
        ("PETO", np.log(2), 0.5, 2 / 3),
        ("HR", np.log(2), 0.5, 0.75),
        ("RR", np.log(3), 0.5, 1.0),  # no risk is above 1
        ("RD", -0.1, 0.25, 0.15),
        ("RD", -0.3, 0.25, 0.0),
    ],
)
def test_each_measure_by_hand(measure: str, mu: float, risk: float, treated: float) -> None:
    found = absolute_effect(one_study(mu, 0.2, measure), baseline_risk=risk)
    assert found.treated == pytest.approx(treated, rel=1e-12)


@given(st.sampled_from(["RR", "OR", "HR", "RD"]), st.floats(0.02, 0.9), st.floats(0.02, 0.9))
def test_the_effect_that_takes_one_risk_to_another_is_the_inverse(measure: str, risk: float, treated: float) -> None:
    assert TREATED[measure](risk, BACK[measure](risk, treated)) == pytest.approx(treated, rel=1e-9)


@given(st.floats(-1, 1), st.floats(0.05, 0.9))
def test_survival_and_risk_are_two_sides(mu: float, survival: float) -> None:
    fit = one_study(mu, 0.2, "HR")
    alive, dead = absolute_survival(fit, baseline_survival=survival), absolute_effect(fit, baseline_risk=1 - survival)
    assert (alive.difference, alive.low, alive.high) == pytest.approx(
        (-dead.difference, -dead.high, -dead.low), rel=1e-9, abs=1e-12
    )
    assert alive.nnt_in_words == dead.nnt_in_words


@pytest.mark.parametrize(
    ("difference", "low", "high", "words"),
    [
        (0.10, 0.05, 0.20, "NNTB 10 (5 to 20)"),
        (-0.10, -0.20, -0.05, "NNTH 10 (5 to 20)"),
        (0.10, -0.05, 0.25, "NNTB 10 (NNTB 4 to infinity to NNTH 20)"),
        (-0.10, -0.25, 0.05, "NNTH 10 (NNTB 20 to infinity to NNTH 4)"),
        (0.10, 0.0, 0.20, "NNTB 10 (NNTB 5 to infinity)"),
        (-0.10, -0.20, 0.0, "NNTH 10 (infinity to NNTH 5)"),
        (0.0, -0.05, 0.05, "infinity (NNTB 20 to infinity to NNTH 20)"),
        (0.0, 0.0, 0.0, "infinity (infinity)"),
    ],
)
def test_the_number_needed_to_treat_goes_through_infinity(difference: float, low: float, high: float, words: str) -> None:
    sample = absolute_survival(one_study(-0.1, 0.1, "HR"), baseline_survival=0.5)
    found = replace(sample, difference=difference, low=low, high=high)
    assert found.nnt_in_words == words
    bad = replace(found, good=False)
    swap = {"NNTB": "NNTH", "NNTH": "NNTB", "infinity": "infinity"}
    assert bad.nnt_in_words.split(maxsplit=1)[0] == swap[words.split(maxsplit=1)[0]]


@pytest.mark.parametrize(("difference", "words"), [(-0.12, "NNTB 9"), (-0.22, "NNTB 5"), (-0.3 * (1 - 0.92), "NNTB 42")])
def test_it_is_rounded_up_as_in_the_cochrane_handbook(difference: float, words: str) -> None:
    """Cochrane Handbook 5.1, 12.5.4.1 (risk differences of 0.12 and 0.22) and 12.5.4.2 (a risk ratio of 0.92 at 30%)."""
    found = absolute_effect(one_study(difference, 0.01, "RD"), baseline_risk=0.3)
    assert found.nnt_in_words.startswith(f"{words} (")
    assert found.nnt == pytest.approx(-1 / difference)


def test_a_wished_for_event() -> None:
    found = absolute_effect(one_study(np.log(1.5), 0.1, "RR"), baseline_risk=0.2, good=True, at="week 12")
    assert str(found) == (
        "Of 1000 patients, 100 more with the event at week 12: 300 with treatment and 200 without (difference +47 to +165); "
        "NNTB 10 (7 to 22)."
    )
    none = absolute_effect(one_study(0.0, 0.1, "RR"), baseline_risk=0.2)
    assert str(none).startswith("Of 1000 patients, as many with the event: 200 with treatment and 200 without")


@pytest.mark.parametrize(("measure", "mu"), [("RR", -0.4), ("OR", 0.7), ("HR", -0.5), ("RD", -0.1)])
@pytest.mark.parametrize("interval", [(0.2, 0.42), (0.29, 0.31)])
def test_an_uncertain_baseline_agrees_with_simulation(measure: str, mu: float, interval: tuple[float, float]) -> None:
    fit = one_study(mu, 0.05 if measure == "RD" else 0.2, measure)
    found = absolute_effect(fit, baseline_risk=0.30, baseline_interval=interval)
    rng = np.random.default_rng(3)
    n = 2_000_000
    sd = (logit(interval[1]) - logit(interval[0])) / 2 / 1.959963984540054
    p = expit(logit(0.30) + sd * rng.normal(size=n))
    simulated = np.quantile(TREATED[measure](p, rng.normal(fit.mu, fit.se, size=n)) - p, [0.025, 0.975])
    assert [found.low, found.high] == pytest.approx(simulated, abs=4e-4)


def test_a_baseline_known_exactly_is_the_limits_of_the_fit() -> None:
    fit = pool(effects([-0.3, -0.5, -0.2], [0.02, 0.03, 0.01], measure="HR"))
    known = absolute_survival(fit, baseline_survival=0.4)
    nearly = absolute_survival(fit, baseline_survival=0.4, baseline_interval=(0.4 - 1e-9, 0.4 + 1e-9))
    assert (nearly.low, nearly.high) == pytest.approx((known.low, known.high), abs=1e-8)
    wide = absolute_survival(fit, baseline_survival=0.4, baseline_interval=(0.2, 0.63))
    assert wide.control_interval == (0.2, 0.63)
    assert wide.difference == known.difference
    assert (wide.treated_low, wide.treated_high) == (known.treated_low, known.treated_high)


def test_another_level() -> None:
    fit = one_study(-0.3, 0.1, "HR")
    found = absolute_survival(fit, baseline_survival=0.4, level=0.9)
    assert found.low == pytest.approx(0.4 ** np.exp(-0.3 + 1.6448536269514722 * 0.1) - 0.4, rel=1e-9)
    assert found.level == 0.9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: absolute_effect(one_study(0.1, 0.1, "SMD"), baseline_risk=0.1),
            "Absolute effects are had from RR, OR, PETO, HR, RD, not from a pooled standardised mean difference (SMD).",
        ),
        (
            lambda: absolute_effect(one_study(0.1, 0.1, "RR"), baseline_risk=15),
            "baseline_risk=15 is not between 0 and 1. Give a share: 0.8 for 80%.",
        ),
        (
            lambda: absolute_survival(one_study(0.1, 0.1, "HR"), baseline_survival=60),
            "baseline_survival=60 is not between 0 and 1. Give a share: 0.8 for 80%.",
        ),
        (
            lambda: absolute_survival(one_study(0.1, 0.1, "HR"), baseline_survival=0.6, baseline_interval=(0.61, 0.7)),
            (
                "baseline_interval=(0.61, 0.7) does not include baseline_survival=0.6, or does not lie between 0 and 1. "
                "Give (low, high) as shares."
            ),
        ),
        (
            lambda: absolute_effect(one_study(0.1, 0.1, "RR"), baseline_risk=0.15, level=95),
            "level=95 is not between 0 and 1. For a 95% interval give 0.95.",
        ),
        (
            lambda: survival_difference(survival_t=0.5, n_t=0, survival_c=0.4, n_c=100),
            "n_t=0 is no number of patients. Give 1 or more.",
        ),
    ],
)
def test_refusals(call: Any, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        call()
    assert str(refusal.value) == message
