"""regress and what its results offer: against metafor's rma with moderators."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.regression.reference import columns, effects_of, fit_of, formula_of, option, table
from tests.stats.reference_tables import Entry, near

from trialpool.formulas.regress import regress
from trialpool.stats.distributions import chi2_quantile
from trialpool.stats.effects.effects import Effects
from trialpool.stats.regression.coefficients import residual_q
from trialpool.stats.regression.information import criteria, likelihood_ratio_test
from trialpool.stats.regression.least_squares import least_squares
from trialpool.stats.regression.meta_regression import MetaRegression
from trialpool.stats.regression.robust import robust

# metafor iterated to 1e-12; its tau2 of 0 is at most 1e-9, and residuals of 0 are rounding
CLOSE: dict[str, Any] = {"rel": 1e-8, "abs": 1e-10}
# a tau2 at the boundary is 0 here, and a few 1e-11 there
AT_ZERO: dict[str, Any] = {"rel": 1e-8, "abs": 1e-8}
# metafor finds this median of the distribution of Q to about 1e-5
MEDIAN: dict[str, Any] = {"rel": 5e-5, "abs": 1e-8}
LOOSELY = {("bangertdrowns2004", "~ length + feedback", "GENQM")}

# R2 of calls without metafor's tight control rest on a tau2 without moderators that it found to about 1e-5
LOOSE_R2: dict[str, Any] = {"rel": 0.0, "abs": 5e-5}


def label(entry: Entry) -> str:
    return f"{entry.data}-{entry['mods']}-{entry['method']}-{entry['test']}"


def each(name: str, kinds: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    chosen = [e for e in table(name) if not kinds or e["kind"] in kinds]
    ids = [label(e) if "mods" in e.tags else f"{e.data}-{e.tags.get('kind', '')}-{i}" for i, e in enumerate(chosen)]
    return pytest.mark.parametrize("entry", chosen, ids=ids)


def coefficients_agree(fit: Any, expected: Any, tolerance: dict[str, float] = CLOSE) -> None:
    found = fit.coefficients
    low, high = found.interval()
    assert found.estimate == near(expected["beta"], **tolerance)
    assert found.se == near(expected["se"], **tolerance)
    assert found.statistic == near(expected["stat"], **tolerance)
    assert found.p == near(expected["pval"], **tolerance)
    assert low == near(expected["ci.lb"], **tolerance)
    assert high == near(expected["ci.ub"], **tolerance)


def heterogeneity_agrees(fit: MetaRegression, expected: Any, tolerance: dict[str, float] = CLOSE) -> None:
    at_zero = AT_ZERO if tolerance is CLOSE else tolerance
    assert fit.k == expected["k"]
    assert fit.Q == near(expected["QE"], **CLOSE)
    assert fit.Q_p == near(expected["QEp"], **CLOSE)
    assert fit.tau2 == near(expected["tau2"], **at_zero)
    assert fit.I2 == near(expected["I2"] / 100, **at_zero)
    assert fit.H2 == near(max(expected["H2"], 1.0), **at_zero)  # metafor's Q / df of a common effect can be below 1, I2 being 0


def omnibus_agrees(fit: Any, expected: Any, tolerance: dict[str, float] = CLOSE) -> None:
    found, (df1, df2) = fit.omnibus, expected["QMdf"]
    assert found.statistic == near(expected["QM"], **tolerance)
    assert found.df1 == df1
    assert found.df2 == near(np.inf if df2 is None else df2, **tolerance)
    assert found.p == near(expected["QMp"], **tolerance)


@each("moderator_fits")
def test_a_fit_agrees_with_metafor(entry: Entry) -> None:
    fit, expected = fit_of(entry.data, entry.call), entry.result
    tolerance = MEDIAN if (entry.data, entry["mods"], entry["method"]) in LOOSELY else CLOSE
    heterogeneity_agrees(fit, expected, tolerance)
    coefficients_agree(fit, expected, tolerance)
    omnibus_agrees(fit, expected, tolerance)
    assert fit.R2 == near(expected["R2"] / 100, **(AT_ZERO if tolerance is CLOSE else MEDIAN | {"abs": 1e-5}))
    for kind, numbers in expected.get("fit", {}).items():
        assert fit.loglik(restricted=kind == "REML") == near(numbers["ll"], **CLOSE)
        assert list(criteria(fit, kind == "REML")) == near([numbers[name] for name in ("AIC", "BIC", "AICc")], **CLOSE)


@pytest.mark.parametrize("name", ["resid", "fitted", "blup"])
def test_what_is_said_of_each_study_agrees_with_metafor(name: str) -> None:
    entries = [e for e in table("moderator_fits") if name in e.result]
    assert len(entries) >= 15
    for entry in entries:
        fit = fit_of(entry.data, entry.call)
        here = np.isfinite(fit.effects.vi)
        if name == "blup":
            assert fit.best_predictions.estimate[here] == near(entry.result["blup"]["pred"], **CLOSE)
            assert fit.best_predictions.se[here] == near(entry.result["blup"]["se"], **CLOSE)
        else:
            found = fit.residuals if name == "resid" else fit.fitted
            assert found[here] == near(entry.result[name], **CLOSE)
            assert np.isnan(found[~here]).all()


def test_q_profile_limits_agree_with_metafor_and_solve_their_equation() -> None:
    entries = [e for e in table("moderator_fits") if e.result.get("tau2_ci", {}).get("QP")]
    assert len(entries) >= 70
    for entry in entries:
        fit = fit_of(entry.data, entry.call)
        limits = fit.tau2_interval()
        assert limits == near(entry.result["tau2_ci"]["QP"][:2], rel=1e-7, abs=1e-9)  # metafor's root has an absolute tolerance
        for tau2, tail in zip(limits, (0.025, 0.975), strict=True):
            Q = residual_q(fit.effects.yi, fit.effects.vi + tau2, fit.design.X)
            target = chi2_quantile(tail, fit.residual_df)
            assert (Q <= target) if tau2 == 0 else (Q == pytest.approx(target, rel=1e-10))


# of rma(yi, vi, mods = ~ ablat, method = ) by metafor 3.8-1: se.tau2, and confint(type = "PL"), both with a tolerance of 1e-13
@pytest.mark.parametrize(
    ("tau2", "se", "limits"),
    [
        ("REML", 0.059047228904837462, (0.0058066347326024472, 0.44321596513366224)),
        ("ML", 0.028014180121004467, (0.0, 0.24504581723819632)),
    ],
)
def test_how_well_tau2_beside_moderators_is_known_agrees_with_metafor(tau2: str, se: float, limits: tuple[float, float]) -> None:
    fit = regress(effects_of("bcg.RR"), "~ ablat", columns("bcg.RR"), tau2=tau2)
    assert fit.tau2_se == near(se, **CLOSE)
    assert fit.tau2_interval(method="PL") == near(limits, rel=1e-7, abs=1e-9)


def test_a_common_effect_predicts_nothing_of_a_new_study() -> None:
    fit = regress(effects_of("bcg.RR"), "~ ablat", columns("bcg.RR"), model="common", ci="Wald")
    expected = fit.predict({"ablat": [13.0, 55.0]})
    assert np.isnan(expected.prediction_interval()).all()
    assert "prediction" not in str(expected)


def test_a_model_with_as_many_coefficients_as_studies_says_what_it_cannot() -> None:
    three = Effects(yi=np.array([0.1, 0.5, 0.9]), vi=np.array([0.04, 0.02, 0.04]), study=("A", "B", "C"))
    fit = regress(three, "~ x + z", {"x": [1.0, 2.0, 4.0], "z": [1.0, 0.0, 1.0]}, model="common", ci="Wald")
    assert "no residual degree of freedom is left to see heterogeneity in" in str(fit)
    assert "nan" not in str(fit)


def test_a_given_tau2_has_no_standard_error() -> None:
    assert np.isnan(regress(effects_of("bcg.RR"), "~ ablat", columns("bcg.RR"), tau2=0.05).tau2_se)


def test_the_table_of_a_batch_has_the_coefficients_of_each_analysis_below_each_other() -> None:
    of = effects_of("bcg.RR")
    twice = replace(of, yi=np.stack([of.yi, 2 * of.yi]), vi=np.stack([of.vi, 4 * of.vi]))
    rows = regress(twice, "~ ablat", columns("bcg.RR")).table()
    alone = regress(of, "~ ablat", columns("bcg.RR")).table()
    assert rows["analysis"] == [1, 1, 2, 2]
    assert rows["term"] == [*alone["term"], *alone["term"]]
    assert rows["estimate"] == near([*alone["estimate"], *(2 * b for b in alone["estimate"])], rel=1e-9)
    assert rows["p"] == near([*alone["p"], *alone["p"]], rel=1e-7)


@each("extras", ("confint_QP",))
def test_confint_agrees_with_metafor(entry: Entry) -> None:
    fit = fit_of(entry.data, entry.call)
    rows = dict(zip(entry.result["rows"], entry.result["values"], strict=True))
    assert [fit.tau2, *fit.tau2_interval()] == near(rows["tau^2"], **CLOSE)


@each("extras", ("level90", "unweighted", "custom_weights", "tau2_fixed"))
def test_other_levels_weights_and_a_given_tau2_agree_with_metafor(entry: Entry) -> None:
    fit = fit_of(entry.data, entry.call)
    heterogeneity_agrees(fit, entry.result)
    coefficients_agree(fit, entry.result)
    omnibus_agrees(fit, entry.result)
    if "pi" in entry.result and entry.result["pi"] is not None and fit.model == "random":
        low, high = fit.predict(np.ones((1, 1))).prediction_interval(method="normal")
        assert [low[0], high[0]] == near(entry.result["pi"], **CLOSE)
    if "R2" in entry.result:
        loose = entry["kind"] == "tau2_fixed"
        assert fit.R2 == near(entry.result["R2"] / 100, **(LOOSE_R2 if loose else AT_ZERO))


@each("extras", ("robust", "robust_HC1like", "robust_CR2"))
def test_cluster_robust_agrees_with_metafor_and_clubsandwich(entry: Entry) -> None:
    fit = fit_of(entry.data, re.search(r"rma\(.*?\)(?=, cluster)", entry.call)[0])  # type: ignore[index]
    correction = "CR2" if "clubSandwich" in entry.call else "CR1"
    found = robust(fit, range(len(fit.wi)), correction=correction)
    coefficients_agree(found, entry.result)
    omnibus_agrees(found, entry.result)
    ddf = entry.result["ddf"]
    assert found.df == near(ddf * (len(found.df) // len(ddf)), **CLOSE)


@each("extras", ("lrt",))
def test_a_likelihood_ratio_test_agrees_with_metafor(entry: Entry) -> None:
    calls = re.findall(r"rma\((?:[^()]|\([^()]*\))*\)", entry.call)
    larger = fit_of(entry.data, calls[0])
    smaller = fit_of(entry.data, calls[1])
    here = np.isfinite(larger.effects.vi)
    assert np.array_equal(here, np.isfinite(smaller.effects.vi))
    found, expected = likelihood_ratio_test(larger, smaller), entry.result
    assert found.statistic == near(expected["LRT"], **CLOSE)
    assert found.df == expected["parms.f"] - expected["parms.r"]
    assert found.p == near(expected["pval"], **CLOSE)
    assert [found.larger.tau2, found.smaller.tau2] == near([expected["tau2.f"], expected["tau2.r"]], **AT_ZERO)


@each("extras", ("wald_btt", "wald_X"))
def test_tests_of_some_coefficients_and_of_combinations_agree_with_metafor(entry: Entry) -> None:
    fit, expected = fit_of(entry.data, entry.call), entry.result
    if entry["kind"] == "wald_btt":
        estimates, together = fit.contrast(np.eye(fit.design.p)[1])
    else:
        rows = re.findall(r"c\(([-\d., ]+)\)", entry.call.split("X=rbind")[1])
        estimates, together = fit.contrast([[float(x) for x in row.split(",")] for row in rows])
        assert estimates.estimate == near(np.ravel(expected["Xb"]["values"]), **CLOSE)
        assert estimates.se == near(np.atleast_1d(expected["se"]), **CLOSE)
        assert estimates.statistic == near(np.atleast_1d(expected["zval"]), **CLOSE)
        assert estimates.p == near(np.atleast_1d(expected["pval"]), **CLOSE)
    df1, df2 = expected["QMdf"]
    assert (together.statistic, together.p) == (near(expected["QM"], **CLOSE), near(expected["QMp"], **CLOSE))
    assert (together.df1, together.df2) == (df1, np.inf if df2 is None else df2)


NEW = {
    "c(10,30,50), 1970": {"ablat": [10, 30, 50], "year": 1970},
    "c(1,0,0), c(0,1,0), c(33,13,50)": {"alloc": ["random", "systematic", "alternate"], "ablat": [33, 13, 50]},
    "c(0,1,5)": {"weeks": [0, 1, 5]},
    "c(20,200), 1, 0": {"ni": [20, 200], "imag": 1, "meta": 0},
    "1:4, 50": {"quality": [1, 2, 3, 4], "meanage": 50},
    "c(1985,1995)": {"year": [1985, 1995]},
}


@each("extras", ("predict",))
def test_predictions_at_new_values_agree_with_metafor(entry: Entry) -> None:
    fit, expected = fit_of(entry.data, entry.call), entry.result
    at = entry.call.split("newmods=")[1].removeprefix("cbind(").rstrip(")")
    new = next(values for key, values in NEW.items() if at == key.rstrip(")"))
    found = fit.predict(new)
    assert found.estimate == near(expected["pred"], **CLOSE)
    assert found.se == near(expected["se"], **CLOSE)
    assert np.array(found.interval()) == near([expected["ci.lb"], expected["ci.ub"]], **CLOSE)
    method = "normal" if option(entry.call, "test", "z") == "z" else "t"
    assert np.array(found.prediction_interval(method=method)) == near([expected["pi.lb"], expected["pi.ub"]], **CLOSE)


@each("extras", ("vif",))
def test_variance_inflation_agrees_with_metafor(entry: Entry) -> None:
    found = fit_of(entry.data, entry.call).vif
    numbers = np.array(entry.result["vif"]).reshape(-1, 6)  # spec, coefs, name, columns, vif, sif
    assert list(found.values()) == near(numbers[:, 4].astype(float), rel=1e-8)


def test_generalised_variance_inflation_is_that_of_fox_and_monette() -> None:
    fit = regress(effects_of("bcg.RR"), "~ alloc + ablat + year", columns("bcg.RR"))
    R = fit.cov[1:, 1:] / np.outer(fit.se[1:], fit.se[1:])
    for name, (first, last) in {"alloc": (0, 2), "ablat": (2, 3), "year": (3, 4)}.items():
        own = np.arange(first, last)
        others = np.setdiff1d(np.arange(4), own)
        by_hand = np.linalg.det(R[np.ix_(own, own)]) * np.linalg.det(R[np.ix_(others, others)]) / np.linalg.det(R)
        assert fit.gvif[name].gvif == pytest.approx(by_hand, rel=1e-9)
        assert fit.gvif[name].per_column == pytest.approx(by_hand ** (1 / (2 * len(own))), rel=1e-9)
    assert fit.gvif["ablat"].gvif == pytest.approx(fit.vif["ablat"], rel=1e-9)


@each("residuals")
def test_residuals_agree_with_metafor(entry: Entry) -> None:
    fit = fit_of(entry.data, re.search(r"rma\(.*\)", entry.call.splitlines()[0])[0])  # type: ignore[index]
    if entry["kind"] == "rstandard":
        assert fit.residuals == near(entry.result["resid"], **CLOSE)
        assert fit.standardised_residuals == near(entry.result["z"], **CLOSE)
    else:
        assert fit.studentised_residuals == near(entry.result["z"], **CLOSE)


def test_every_entry_is_looked_at() -> None:
    assert len(table("moderator_fits")) == 507
    kinds = {"confint_QP", "level90", "unweighted", "custom_weights", "tau2_fixed", "robust", "robust_HC1like", "robust_CR2"}
    kinds |= {"lrt", "wald_btt", "wald_X", "predict", "vif"}
    assert {entry["kind"] for entry in table("extras")} == kinds
    assert {formula_of(entry.call) for entry in table("moderator_fits")} >= {"~ ablat * alloc", "~ minimum(weeks, 3) + setting"}


def test_hat_values_are_the_diagonal_of_the_hat_matrix() -> None:
    fit = regress(effects_of("bcg.RR"), "~ ablat + year", columns("bcg.RR"))
    M = least_squares(fit.effects.yi, fit.wi, fit.design.X).root
    H = fit.design.X @ (M @ M.T) @ (fit.design.X * fit.wi[:, None]).T
    assert fit.hat_values == near(np.diag(H), rel=1e-9)
    assert fit.hat_values.sum() == pytest.approx(3, rel=1e-12)
