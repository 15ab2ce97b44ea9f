"""What other programs were found to do wrong, one test an error; those of a formula stand beside the tests of the formula."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import trialpool as tp

RATIOS = tp.effects([-0.19, -0.53, -0.39, 0.15, -0.90], [0.02, 0.10, 0.02, 0.04, 0.06], ["A", "B", "C", "D", "E"], measure="OR")


def test_intervals_after_hartung_knapp_are_by_t() -> None:
    # pimeta predicts with the normal quantile beside df = 17
    fit = tp.pool(RATIOS)
    assert fit.df == 4
    assert fit.interval()[1] == pytest.approx(fit.mu + 2.7764451051977987 * fit.se)
    assert fit.prediction_interval()[1] == pytest.approx(fit.mu + 2.7764451051977987 * np.sqrt(fit.tau2 + fit.se**2))


def test_a_trial_without_events_keeps_its_place_beside_labels_and_moderators() -> None:
    # pimeta's escalc returns shorter arrays without labels
    arms = {"events_t": [4, 0, 3, 6], "n_t": [30, 30, 30, 40], "events_c": [8, 0, 9, 9], "n_c": [30, 30, 30, 40]}
    rr = tp.risk_ratio(**arms, study=["A", "none", "C", "D"])
    assert rr.study == ("A", "none", "C", "D")
    assert np.isfinite(rr.vi).tolist() == [True, False, True, True]
    whole = tp.regress(rr, "~ x", {"x": [1.0, 99.0, 3.0, 2.0]}, ci="Wald")
    three = tp.risk_ratio(**{name: [column[i] for i in (0, 2, 3)] for name, column in arms.items()})
    assert whole.beta == pytest.approx(tp.regress(three, "~ x", {"x": [1.0, 3.0, 2.0]}, ci="Wald").beta, rel=1e-12)


def test_a_small_p_value_is_not_printed_as_zero() -> None:
    # metapipe-kit's report ends "p = 0.0000"
    strong = tp.effects([-2.0, -2.2, -1.9, -2.6], [0.01, 0.02, 0.01, 0.09], measure="OR")
    tests = (tp.excess_significance(strong), tp.egger(strong), tp.limit_meta_analysis(strong))
    printed = [str(tp.pool_common(strong)), *map(str, tests)]
    assert "P < 0.001" in printed[0]
    assert [text for text in printed if "= 0.000" in text] == []


def test_the_import_sets_up_no_log() -> None:
    # PythonMeta logs to a file inside the installed package
    code = "import logging, trialpool; trialpool.pool, trialpool.forest, trialpool.regress; print(logging.root.handlers)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
    assert logging.getLogger("trialpool").handlers == []


def test_three_hundred_trials_with_numbers_for_names_are_all_there() -> None:
    # PythonMeta drops trials whose name is a number, or whose line is short, and those after the 200th
    many = tp.effects(np.linspace(-0.5, 0.5, 300), np.full(300, 0.1), [str(i) for i in range(300)])
    assert tp.pool_common(many).k == 300
    assert many.study[7] == "7"


@pytest.mark.parametrize(
    ("vi", "message"),
    [
        # PyMARE reads a negative variance as data; metafor sets it to 0, which gives that trial the largest weight
        (-0.02, "-0.02 (B). A sampling variance is positive: check whether it is an SE or a sign was lost."),
        (0.0, "0 (B). A sampling variance is positive: check whether it is an SE or a sign was lost."),
        # metafor takes it without a word
        (np.inf, "inf (B). Leave the study out, or give its value."),
    ],
)
def test_a_variance_that_cannot_be_is_refused(vi: float, message: str) -> None:
    with pytest.raises((tp.BadInput, tp.BadArgument)) as refusal:
        tp.effects([0.1, 0.2], [0.02, vi], ["A", "B"])
    assert str(refusal.value) == f"vi has values that cannot be used: {message}"


NOBODY = "n_t is 0 for A; 1 events among 0 patients for A (events_t, n_t)"
# metafor, meta and all others take an arm without patients, and most take limits that do not hold the estimate, or are swapped
IMPOSSIBLE: list[tuple[Any, str]] = [
    (
        lambda: tp.risk_ratio(events_t=[1], n_t=[0], events_c=[1], n_c=[10], study=["A"]),
        f"Counts cannot be used: {NOBODY}. Counts are whole, not negative, and fit in their arm.",
    ),
    (
        lambda: tp.generic(estimate=[0.8], ci_low=[0.9], ci_high=[1.2], measure="HR", study=["A"]),
        "Effects cannot be used: limit 0.9 not below 0.8 for A (ci_low, estimate). Limits lie on both sides of the estimate.",
    ),
    (
        lambda: tp.hazard_ratio(hr=["0.8"], ci_low=["0.9"], ci_high=["1.2"], study=["A"]),
        "Some figures cannot be used: the interval 0.9 to 1.2 does not hold the hazard ratio 0.8 for A.",
    ),
    (
        lambda: tp.hazard_ratio(hr=["0.8"], ci_low=["1.2"], ci_high=["0.6"], study=["A"]),
        "Some figures cannot be used: the interval 1.2 to 0.6 does not hold the hazard ratio 0.8 for A.",
    ),
]


@pytest.mark.parametrize(("call", "message"), IMPOSSIBLE)
def test_figures_that_cannot_be_are_refused(call: Any, message: str) -> None:
    with pytest.raises((tp.BadInput, tp.BadArgument)) as refusal:
        call()
    assert str(refusal.value) == message


def test_no_study_is_no_estimate() -> None:
    # PyMARE answers 0.0 with a standard error of 0.0, statsmodels 0.0 with one of infinity
    with pytest.raises(tp.BadArgument) as refusal:
        tp.effects([], [])
    assert str(refusal.value) == "There are no studies: every column is empty."
