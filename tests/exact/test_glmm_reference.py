"""Mixed models against metafor and lme4: every number of every entry, or a reason why not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.exact.exceptions import TOLERANCES, exception
from tests.exact.models import fit_of, name_of
from tests.exact.reference_results import table

ENTRIES = table("mixed_models")


@pytest.mark.parametrize("entry", ENTRIES, ids=name_of)
def test_agrees_with_metafor_and_lme4(entry: dict[str, Any]) -> None:
    fit, expected = fit_of(entry), entry["result"]
    ours: dict[str, Any] = {
        "beta": fit.coefficients,
        "se": fit.ses,
        "tau2": fit.tau2,
        "se.tau2": fit.se_tau2,
        "sigma2": fit.sigma2,
        "I2": 100 * fit.I2,
        "QE.Wld": fit.heterogeneity.Q_wald,
        "QE.LRT": fit.heterogeneity.Q_lrt,
        "ll": fit.loglik,
        "dev": fit.deviance,
        "QM": fit.Q_moderators,
    }
    theirs = expected | expected["fit"]
    for quantity, value in ours.items():
        if quantity in theirs and not (quantity == "QM" and len(fit.names) == 1):
            relative, _ = exception(entry, quantity) or TOLERANCES[quantity]
            assert np.atleast_1d(value) == pytest.approx(np.atleast_1d(theirs[quantity]), rel=relative, abs=1e-6), quantity
    assert (fit.k, fit.heterogeneity.df_lrt, fit.converged) == (expected["k"], expected["QE.df"], True)
    if "ddf" in expected:
        assert fit.df == expected["ddf"]


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.get("method") == "EE"], ids=name_of)
def test_intervals_and_tests_of_a_common_effect_agree(entry: dict[str, Any]) -> None:
    fit, expected = fit_of(entry), entry["result"]
    ours = [fit.statistic, *fit.interval(), fit.heterogeneity.p_lrt]
    theirs = [expected["stat"][0], expected["ci.lb"][0], expected["ci.ub"][0], expected["QEp.LRT"]]
    assert ours == pytest.approx(theirs, rel=1e-3)  # the standard errors of the other side are numerical


@pytest.mark.parametrize("entry", [e for e in ENTRIES if 'test="t"' in e["call"]], ids=name_of)
def test_t_intervals_agree(entry: dict[str, Any]) -> None:
    fit, expected = fit_of(entry), entry["result"]
    assert [*fit.interval()] == pytest.approx([expected["ci.lb"][0], expected["ci.ub"][0]], abs=1e-3)
    assert np.log(fit.p) == pytest.approx(np.log(expected["pval"][0]), rel=1e-3)


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.get("model") == "CM.EL" or e.get("method") == "EE"], ids=name_of)
def test_the_log_likelihood_is_at_least_as_high(entry: dict[str, Any]) -> None:
    # of those whose log-likelihood is the same one: see AGQ and LAPLACE in exceptions.py
    theirs = entry["result"]["fit"]["ll"]
    assert fit_of(entry).loglik >= theirs - 1e-9 * abs(theirs)


def test_the_wald_test_of_the_exact_conditional_model() -> None:
    # metafor: 268.6 for CM.EL beside a likelihood ratio of 176.9 and 163.2 for UM.FS; ours 163.1
    entries = {e["model"]: e for e in ENTRIES if e["data"] == "bcg" and e.get("method") == "EE"}
    conditional, unconditional = fit_of(entries["CM.EL"]), fit_of(entries["UM.FS"])
    assert entries["CM.EL"]["result"]["QE.Wld"] == pytest.approx(268.612, abs=1e-3)
    assert conditional.heterogeneity.Q_wald == pytest.approx(unconditional.heterogeneity.Q_wald, rel=1e-3)
