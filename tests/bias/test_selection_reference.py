"""selection_model: against metafor's selmodel, by the log-likelihood first, and against an independent integration."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr
from tests.bias.exceptions import AT_ANOTHER_MAXIMUM, FLAT, LOGLIK, SELECTION_ERRORS, SELECTION_ESTIMATES
from tests.bias.reference import effects_of, table

from trialpool.stats.bias.selection_model import SelectionModel, selection_model
from trialpool.stats.bias.selection_weights import SELECTION_WEIGHTS
from trialpool.stats.effects.effects import Effects, effects

NAME_OF = {
    "stepfun": "step",
    "stepfun_fixed": "step",
    "stepfun_veveawoods": "step",
    "beta": "beta",
    "halfnorm": "half-normal",
    "halfnorm_prec": "half-normal",
    "negexp": "negative exponential",
    "logistic": "logistic",
    "power": "power",
    "trunc": "truncated",
    "truncest": "truncated at",
}


def label_of(entry: dict[str, Any]) -> str:
    return f"{entry['data']}-{entry['call'].split(', control')[0]}"


def fit_of(entry: dict[str, Any], **changed: Any) -> SelectionModel:
    call = entry["call"]
    given: dict[str, Any] = {"alternative": entry["alternative"], "model": "common" if "(fe" in call else "random"}
    for name in ("steps", "delta"):
        if vector := re.search(rf"{name}=(c\([^)]*\)|[\d.]+)", call):
            given[name] = [float(number) for number in re.findall(r"[\d.]+", vector[1])]
    if 'prec="sei"' in call:
        given["precision"] = "sei"
    return selection_model(effects_of(entry["data"]), NAME_OF[entry["type"]], **(given | changed))


@pytest.mark.parametrize(
    "entry", table("selection"), ids=[f"{e['data']}-{e['call'].split(', control')[0]}" for e in table("selection")]
)
def test_agrees_with_metafor(entry: dict[str, Any]) -> None:
    found, expected = fit_of(entry), entry["result"]
    assert found.found
    assert found.k == expected["k"]
    if "ptable" in expected and entry["type"] != "stepfun_veveawoods":
        assert found.studies_by_step.tolist() == expected["ptable"]["k"]
    gained = found.loglik - expected["fit"]["ll"]
    assert gained > -LOGLIK[0]
    if (entry["data"], entry["type"]) in AT_ANOTHER_MAXIMUM:
        assert gained > 3e-5
        return
    assert gained < 3e-4
    near: dict[str, Any] = {"rel": SELECTION_ESTIMATES[0], "abs": SELECTION_ESTIMATES[0]}
    assert found.mu == pytest.approx(expected["beta"][0], **near)
    assert found.tau2 == pytest.approx(expected["tau2"], **near)
    errors_of = FLAT.get((entry["data"], entry["type"]), SELECTION_ERRORS)[0]
    theirs = np.atleast_1d(expected["delta"])
    if not found.fixed:  # of "truncated" metafor leaves the 1 out
        assert found.delta[-len(theirs) :] == pytest.approx(theirs, rel=5e-4, abs=SELECTION_ESTIMATES[0])
    assert found.se == pytest.approx(expected["se"][0], rel=errors_of)
    if "se.tau2" in expected and found.tau2 > 1e-5:
        assert found.tau2_se == pytest.approx(expected["se.tau2"], rel=errors_of)
    errors = [np.nan if value is None else value for value in np.atleast_1d(expected.get("se.delta", []))]
    for ours, error in zip(found.delta_se[-len(theirs) :], errors, strict=False):
        assert ours == pytest.approx(error, rel=errors_of) or np.isnan(error)
    assert found.likelihood_ratio == pytest.approx(expected["LRT"], abs=6e-4)
    assert found.df == expected.get("LRTdf", 0) or found.fixed
    if "LRTp" in expected:
        assert found.p_selection == pytest.approx(expected["LRTp"], rel=5e-4)


def test_every_shape_is_compared() -> None:
    assert {NAME_OF[entry["type"]] for entry in table("selection")} == set(SELECTION_WEIGHTS)


@pytest.mark.parametrize(
    "entry", [e for e in table("selection") if "LRT.tau2" in e["result"]], ids=lambda e: f"{e['data']}-{e['type']}"
)
def test_the_likelihood_ratio_of_heterogeneity_agrees_with_metafor(entry: dict[str, Any]) -> None:
    """By a second fit without tau2, which metafor's optimiser may have left below its maximum: its ratio is then the larger one."""
    alone, both = fit_of(entry, model="common").loglik, fit_of(entry).loglik
    ratio = max(0.0, 2 * (both - alone))
    assert ratio <= entry["result"]["LRT.tau2"] + (1.0 if (entry["data"], entry["type"]) in AT_ANOTHER_MAXIMUM else 2e-3)


WEIGHTS = {
    "half-normal": lambda p, d: np.exp(-d[0] * p**2),
    "negative exponential": lambda p, d: np.exp(-d[0] * p),
    "logistic": lambda p, d: 2 * np.exp(-d[0] * p) / (1 + np.exp(-d[0] * p)),
    "power": lambda p, d: (1 - p) ** d[0],
    "beta": lambda p, d: p ** (d[0] - 1) * (1 - p) ** (d[1] - 1),
    "step": lambda p, d: d[0] if p <= 0.025 else d[1] if p <= 0.5 else d[2],
}
HALF = np.array([0.6744897501960817, 1.959963984540054, 2.241402727604947, 4.264890793922825, 4.417173413468893])
CORNERS = np.concatenate([-HALF[::-1], [0.0], HALF])  # of P values of 0.5, 0.05, 0.025, 2e-5 and 1e-5
CLIPPED = {"power": 1e-5, "beta": 1e-5}


def log_likelihood(sample: Effects, name: str, fit: SelectionModel) -> float:
    """Written anew, with adaptive quadrature."""
    clip = CLIPPED.get(name, 0.0)
    two_sided = fit.alternative == "two-sided"
    total = 0.0
    for y, v in zip(sample.yi, sample.vi, strict=True):
        se, sd = np.sqrt(v), np.sqrt(v + fit.tau2)

        def w(x: float, se: float = se) -> float:
            p = 2 * ndtr(-abs(x) / se) if two_sided else ndtr(-x / se)
            return float(WEIGHTS[name](float(np.clip(p, clip, 1 - clip)), fit.delta))

        def density(x: float, sd: float = sd) -> float:
            return float(np.exp(-((x - fit.mu) ** 2) / (2 * sd**2)) / (sd * np.sqrt(2 * np.pi)))

        ends = [fit.mu - 12 * sd, *sorted(c for c in CORNERS * se if abs(c - fit.mu) < 12 * sd), fit.mu + 12 * sd]
        A = sum(quad(lambda x: w(x) * density(x), *span, epsabs=1e-12, limit=200)[0] for span in pairwise(ends))
        total += np.log(w(y)) + np.log(density(y)) - np.log(A)
    return total


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("alternative", ["greater", "two-sided"])
def test_the_likelihood_is_that_of_an_adaptive_quadrature(name: str, alternative: str) -> None:
    rng = np.random.default_rng(4)
    vi = rng.uniform(0.005, 0.4, 9)
    sample = effects(0.3 + rng.normal(0, np.sqrt(vi + 0.3)), vi)
    delta = {"beta": [1.3, 1.8], "step": [1.0, 0.6, 0.2]}.get(name, [1.7])
    steps = (0.025, 0.5)
    found = selection_model(sample, name, delta=delta, alternative=alternative, steps=steps)
    assert found.loglik == pytest.approx(log_likelihood(sample, name, found), abs=1e-7)


def test_a_maximum_above_metafors_is_one_of_the_likelihood() -> None:
    sample = effects_of("lau1992.OR")
    found = selection_model(sample, "beta", alternative="less")
    mirrored = effects(-sample.yi, sample.vi)
    other = selection_model(mirrored, "beta", delta=found.delta, alternative="greater")
    assert other.loglik == pytest.approx(found.loglik, abs=1e-8)
    assert log_likelihood(mirrored, "beta", other) == pytest.approx(found.loglik, abs=1e-6)
    assert found.loglik > -25.6164
