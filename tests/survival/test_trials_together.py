"""Patient data of several trials: against R, on five trials of valve replacement in aortic stenosis, and laws on made-up trials."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trialpool as tp
from trialpool.errors import BadArgument
from trialpool.stats.survival.patient_times import PatientTimes
from trialpool.stats.survival.rmst import RestrictedMeans

DATA = Path(__file__).parents[2].parent / "shared" / "reference" / "aortic_stenosis_ipd.csv"
REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "reference" / "survival" / "rmst_ma.json").read_text(encoding="utf-8")
)
CLOSED = {"rel": 1e-7, "abs": 1e-9}
SEARCHED = {"rel": 1e-4, "abs": 1e-5}  # a likelihood of six parameters, searched by two programs
MODELS = {"stratified": "stratified_cox", "piecewise exponential": "piecewise_exponential"}


@pytest.fixture(scope="module")
def trials() -> dict[str, PatientTimes]:
    if not DATA.exists():
        pytest.skip(f"{DATA.name} is not beside the project: it is not ours to hand on")
    with DATA.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    found = {}
    for name in ("1", "2", "3", "4", "5"):
        own = [row for row in rows if row["trial"] == name]
        columns = [[float(row["time"]) for row in own], [int(row["event"]) for row in own], [row["arm"] for row in own]]
        found[name] = tp.patient_times(*columns, arms=("0", "1"), unit="months")
    return found


@pytest.fixture(scope="module")
def means(trials: dict[str, PatientTimes]) -> dict[str, RestrictedMeans]:
    return {name: tp.rmst(trials[name], case["taus"]) for name, case in zip(trials, REFERENCE["trials"], strict=True)}


def test_each_trial_agrees(trials: dict[str, PatientTimes], means: dict[str, RestrictedMeans]) -> None:
    for (name, patients), case in zip(trials.items(), REFERENCE["trials"], strict=True):
        assert means[name].difference == pytest.approx(case["diff"], **CLOSED)
        assert means[name].covariance == pytest.approx(np.array(case["cov"]), **CLOSED)
        assert tp.cox(patients).log_hr == pytest.approx(case["cox_log_hr"], **CLOSED)
        assert tp.proportional_hazards_test(patients).p == pytest.approx(case["zph_p"], **CLOSED)
        milestones = tp.milestones(patients, [m["t"] for m in case["milestones"]])
        assert milestones.difference == pytest.approx([m["diff"] for m in case["milestones"]], **CLOSED)
        assert milestones.se == pytest.approx([m["se"] for m in case["milestones"]], **CLOSED)


@pytest.mark.parametrize("row", REFERENCE["univariate"], ids=lambda row: f"{row['tau']} months")
@pytest.mark.parametrize("tau2", ["DL", "REML"])
def test_one_horizon_agrees(means: dict[str, RestrictedMeans], row: dict[str, Any], tau2: str) -> None:
    fit = tp.pool(tp.rmst_effects(means, row["tau"]), tau2=tau2, ci="Wald")
    assert (fit.mu, fit.se) == pytest.approx((row[tau2]["est"], row[tau2]["se"]), rel=1e-6)


@pytest.mark.parametrize(("tau2", "key"), [("REML", "reml"), ("MM", "mm"), ("common", "fixed")])
def test_all_horizons_agree(means: dict[str, RestrictedMeans], tau2: str, key: str) -> None:
    fit, expected = tp.pool_rmst(means, tau2=tau2), REFERENCE["multivariate"][key]
    assert fit.mu == pytest.approx(expected["est"], **SEARCHED)
    assert fit.se == pytest.approx(expected["se"], **SEARCHED)
    assert fit.k == (5, 5, 2)


@pytest.mark.parametrize("model", MODELS)
def test_one_stage_agrees(trials: dict[str, PatientTimes], model: str) -> None:
    expected = REFERENCE["one_stage"][MODELS[model]]
    fit = tp.pool_patients(trials, model=model, cuts=expected.get("cuts"))
    assert (fit.log_hr, fit.se) == pytest.approx((expected["log_hr"], expected["se"]), **CLOSED)


def test_frailty_agrees(trials: dict[str, PatientTimes]) -> None:
    """R's search stops at a frailty variance of 0.898, where the likelihood is 1.4 below its maximum, at 0.275."""
    fit, expected = tp.pool_patients(trials, model="frailty"), REFERENCE["one_stage"]["gamma_frailty"]
    assert fit.log_hr == pytest.approx(expected["log_hr"], abs=5e-5)
    assert fit.se == pytest.approx(expected["se"], abs=1e-6)


def test_frailty_of_a_given_variance_agrees_with_r(trials: dict[str, PatientTimes]) -> None:
    """coxph(Surv(time, event) ~ arm + frailty(trial, distribution = "gamma", theta = 0.3)), survival 3.5-3."""
    from trialpool.stats.survival.one_stage import _penalised, stacked

    assert _penalised(stacked(trials), 0.3) == pytest.approx((-9196.83069336, -0.0572543184049, 0.05844620173), rel=1e-9)


def test_two_stages_agree(trials: dict[str, PatientTimes]) -> None:
    within = {"DL": 1e-8, "REML": 2e-5}  # metafor stops its search at 1e-5; with threshold = 1e-12 it gives our digits
    for tau2, rel in within.items():
        fit, expected = tp.pool(tp.hazard_ratios_of(trials), tau2=tau2, ci="Wald"), REFERENCE["two_stage_cox"][tau2]
        assert (fit.mu, fit.se) == pytest.approx((expected["log_hr"], expected["se"]), rel=rel)


@pytest.mark.parametrize("row", REFERENCE["milestones"], ids=lambda row: f"{row['t']} months")
def test_milestones_agree(trials: dict[str, PatientTimes], row: dict[str, Any]) -> None:
    each = {name: tp.milestones(patients, row["t"]) for name, patients in trials.items()}
    fit = tp.pool(tp.milestone_effects(each, row["t"]), tau2="DL", ci="Wald")
    assert (fit.mu, fit.se) == pytest.approx(row["DL"][:2], **CLOSED)


def made_up(seed: int, hr: float = 0.6, n: int = 300) -> PatientTimes:
    rng = np.random.default_rng(seed)
    x = np.arange(n) % 2
    t, c = rng.exponential(10 / np.where(x == 1, hr, 1.0)), rng.uniform(5, 30, n)
    return tp.patient_times(np.minimum(t, c), t <= c, np.where(x == 1, "t", "c"), arms=("c", "t"))


def test_one_trial_in_one_stage_is_its_cox_model() -> None:
    data = made_up(1)
    assert tp.pool_patients({"A": data}).log_hr == pytest.approx(tp.cox(data).log_hr)


def test_models_agree_where_hazards_are_constant() -> None:
    trials = {str(seed): made_up(seed) for seed in range(6)}
    found = [tp.pool_patients(trials, model=model).log_hr for model in ("stratified", "frailty", "piecewise exponential")]
    assert max(found) - min(found) < 0.02
    assert np.mean(found) == pytest.approx(np.log(0.6), abs=2 * 0.06)


def test_proportional_hazards_hold_where_they_were_made() -> None:
    trials = {str(seed): made_up(seed) for seed in range(6)}
    found = tp.proportional_hazards_over_trials(trials)
    assert found.df == 6
    assert abs(found.slope) < 3 * found.se


def test_common_horizon_pools_like_one_horizon() -> None:
    trials = {str(seed): tp.rmst(made_up(seed), 12) for seed in range(4)}
    alone = tp.pool_common(tp.rmst_effects(trials, 12))
    together = tp.pool_rmst(trials, tau2="common")
    assert (together.mu[0], together.se[0]) == pytest.approx((alone.mu, alone.se))
    searched = tp.pool(tp.rmst_effects(trials, 12), tau2="REML")
    assert tp.pool_rmst(trials).mu[0] == pytest.approx(searched.mu, abs=1e-4)


def test_says_which_horizon_is_lacking() -> None:
    with pytest.raises(BadArgument) as refused:
        tp.rmst_effects({"A": tp.rmst(made_up(1), 12)}, 24)
    assert str(refused.value) == "no trial has a restricted mean to 24. Compute it with rmst(..., horizons=24)."
