"""Mixed models against integrals by scipy.integrate, which has nothing in common with our quadrature; and why lme4 differs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from math import comb, exp, lgamma, log, pi, sqrt
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import dblquad, quad
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit
from tests.exact.models import fit_of, name_of
from tests.exact.reference_results import arms, columns, odds_ratios, table

from trialpool.stats.effects.effects import Counts
from trialpool.stats.effects.two_by_two import odds_ratio
from trialpool.stats.exact.design import two_arms
from trialpool.stats.exact.glmm import glmm, glmm_proportion, glmm_rate, glmm_rates
from trialpool.stats.exact.newton import climb, maximum

Floats = NDArray[np.float64]
ENTRIES = table("mixed_models")
ARMS = ("events_t", "n_t", "events_c", "n_c")


def log_binomial(x: float, n: float, eta: float) -> float:
    return lgamma(n + 1) - lgamma(x + 1) - lgamma(n - x + 1) + x * eta - n * float(np.logaddexp(0, eta))


def log_poisson(x: float, t: float, eta: float) -> float:
    return x * (log(t) + eta) - t * exp(eta) - lgamma(x + 1)


@cache
def tables_of(a: int, n_t: int, c: int, n_c: int) -> tuple[Floats, Floats]:
    """The events t that the margins allow and the logs of their numbers of tables, from exact integers."""
    m = a + c
    t = range(max(0, m - n_c), min(n_t, m) + 1)
    return np.array(t, dtype=float), np.array([log(comb(n_t, x) * comb(n_c, m - x)) for x in t])


def log_hypergeometric(a: int, n_t: int, c: int, n_c: int, eta: float) -> float:
    t, logs = tables_of(a, n_t, c, n_c)
    tilted = logs + t * eta
    top = tilted.max()
    return float(tilted[int(a - t[0])] - top - np.log(np.exp(tilted - top).sum()))


def log_integral(of: Callable[[float], float], sd: float) -> float:
    """log of the mean of exp(of(u)) over u ~ N(0, sd^2), by adaptive Gauss-Kronrod around the mode."""
    grid = np.linspace(-8 * sd, 8 * sd, 401)
    h = np.array([of(u) - u * u / (2 * sd * sd) for u in grid])
    peak = float(grid[h.argmax()])
    top = float(h.max())
    near = grid[h > top - 45]

    def integrand(u: float) -> float:
        return exp(of(u) - u * u / (2 * sd * sd) - top)

    value, _ = quad(integrand, near[0], near[-1], points=[peak], epsabs=0, epsrel=1e-12, limit=400)
    return log(value) + top - log(sd * sqrt(2 * pi))


def counts_of(name: str) -> dict[str, Floats]:
    if not name.startswith("rare"):
        return arms(name)
    rows = next(entry["rows"] for entry in table("rare_events") if entry["data"] == name)
    theirs = dict(zip(ARMS, ("e1", "n1", "e0", "n0"), strict=True))
    return {ours: np.array([row[column] for row in rows], dtype=float) for ours, column in theirs.items()}


def conditional(name: str) -> Callable[[float, float], float]:
    """The exact conditional log-likelihood, trial by trial, at mu and tau."""
    rows = [row for row in zip(*(counts_of(name)[x].astype(int).tolist() for x in ARMS), strict=True) if row[0] + row[2] > 0]
    return lambda mu, tau: sum(log_integral(lambda u, row=row: log_hypergeometric(*row, mu + u), tau) for row in rows)


@pytest.mark.parametrize("name", ["nielweise2007", "collins1985b", "rare_made_up_spm"])
def test_the_exact_conditional_likelihood(name: str) -> None:
    fit = glmm(odds_ratio(**counts_of(name)), method="CM.EL")
    assert fit.loglik == pytest.approx(conditional(name)(fit.mu, sqrt(fit.tau2)), rel=1e-11)


@pytest.mark.parametrize("name", ["nielweise2007", "rare_made_up_spm"])
def test_the_exact_conditional_standard_errors(name: str) -> None:
    """By second differences of the independent log-likelihood, which the gradient of 0 and the covariance have to fit."""
    fit, loglik = glmm(odds_ratio(**counts_of(name)), method="CM.EL"), conditional(name)
    tau, h = sqrt(fit.tau2), 2e-3
    at = {(i, j): loglik(fit.mu + i * h, tau + j * h) for i, j in product((-1, 0, 1), repeat=2)}
    gradient = [(at[1, 0] - at[-1, 0]) / (2 * h), (at[0, 1] - at[0, -1]) / (2 * h)]
    across = (at[1, 1] - at[1, -1] - at[-1, 1] + at[-1, -1]) / (4 * h * h)
    twice = [(at[1, 0] - 2 * at[0, 0] + at[-1, 0]) / h**2, (at[0, 1] - 2 * at[0, 0] + at[0, -1]) / h**2]
    covariance = np.linalg.inv(-np.array([[twice[0], across], [across, twice[1]]]))
    assert gradient == pytest.approx([0, 0], abs=2e-5)
    assert [fit.se, fit.se_tau2] == pytest.approx([sqrt(covariance[0, 0]), 2 * tau * sqrt(covariance[1, 1])], rel=1e-5)


def test_the_standard_error_of_a_common_exact_effect() -> None:
    # metafor's numerical Hessian is off by 3e-4 here (0.0884308): the variance of the hypergeometric, in exact integers, says so
    fit = glmm(odds_ratios("collins1985b"), method="CM.EL", model="common")
    information = 0.0
    for row in zip(*(arms("collins1985b")[x].astype(int).tolist() for x in ARMS), strict=True):
        t, logs = tables_of(*row)
        p = np.exp(logs + t * fit.mu - (logs + t * fit.mu).max())
        p /= p.sum()
        information += float((p * (t - p @ t) ** 2).sum())
    assert fit.se == pytest.approx(information**-0.5, rel=1e-9)


def test_the_one_group_likelihoods() -> None:
    data = columns("pritz1997")
    fit = glmm_proportion(events=data["events"], n=data["n"])
    parts = [
        log_integral(lambda u, x=x, n=n: log_binomial(x, n, fit.mu + u), sqrt(fit.tau2))
        for x, n in zip(data["events"], data["n"], strict=True)
    ]
    assert fit.loglik == pytest.approx(sum(parts), rel=1e-11)
    data = columns("hart1999")
    fit = glmm_rate(events=data["events_t"], time=data["time_t"])
    parts = [
        log_integral(lambda u, x=x, t=t: log_poisson(x, t, fit.mu + u), sqrt(fit.tau2))
        for x, t in zip(data["events_t"], data["time_t"], strict=True)
    ]
    assert fit.loglik == pytest.approx(sum(parts), rel=1e-11)


def unconditional(name: str, mu: float, tau: float) -> float:
    """The log-likelihood of UM.FS; the levels are searched for by scipy.optimize, trial by trial."""
    total = 0.0
    for a, n_t, c, n_c in zip(*(counts_of(name)[x].tolist() for x in ARMS), strict=True):

        def loss(alpha: float, row: tuple[float, ...] = (a, n_t, c, n_c)) -> float:
            x, n, y, m = row
            return -log_integral(lambda u: log_binomial(x, n, alpha + mu + u / 2) + log_binomial(y, m, alpha - u / 2), tau)

        start = log((a + c + 0.5) / (n_t + n_c - a - c + 0.5))
        total -= minimize_scalar(loss, bounds=(start - 3, start + 3), method="bounded", options={"xatol": 1e-7}).fun
    return total


def test_the_unconditional_likelihood_with_fixed_levels() -> None:
    fit = glmm(odds_ratios("collins1985b"))
    assert fit.loglik == pytest.approx(unconditional("collins1985b", fit.mu, sqrt(fit.tau2)), rel=1e-10)


def test_seven_nodes_are_few_for_rare_events() -> None:
    """lme4's tau2 of the made-up set is 1.1% off ours, and less likely."""
    fit = glmm(odds_ratio(**counts_of("rare_made_up_spm")))
    theirs = next(entry["glmm_UM.FS_ML"] for entry in table("rare_events") if entry["data"] == "rare_made_up_spm")
    there = unconditional("rare_made_up_spm", theirs["log"], sqrt(theirs["tau2"]))
    assert fit.loglik == pytest.approx(unconditional("rare_made_up_spm", fit.mu, sqrt(fit.tau2)), rel=1e-10)
    assert fit.loglik > there


def test_the_unconditional_likelihood_with_random_levels() -> None:
    fit, data = glmm(odds_ratios("dorn2007"), method="UM.RS"), arms("dorn2007")
    alpha, sigma, tau = _level(fit, data), sqrt(fit.sigma2 or 0.0), sqrt(fit.tau2)
    total = 0.0
    for a, n_t, c, n_c in zip(*(data[x].tolist() for x in ARMS), strict=True):

        def h(u: float, s: float, a: float = a, n_t: float = n_t, c: float = c, n_c: float = n_c) -> float:
            treated, control = alpha + s + fit.mu + u / 2, alpha + s - u / 2
            return log_binomial(a, n_t, treated) + log_binomial(c, n_c, control) - u * u / (2 * tau**2) - s * s / (2 * sigma**2)

        best = minimize(lambda x: -h(x[0], x[1]), [0.0, 0.0])
        value, _ = dblquad(
            lambda u, s: exp(h(u, s) + best.fun),  # noqa: B023
            best.x[1] - 6 * sigma, best.x[1] + 6 * sigma, best.x[0] - 6 * tau, best.x[0] + 6 * tau,
            epsabs=0, epsrel=1e-8,
        )  # fmt: skip
        total += log(value) - best.fun - log(2 * pi * sigma * tau)
    assert fit.loglik == pytest.approx(total, rel=1e-8)


def _level(fit: Any, data: dict[str, Floats]) -> float:
    """The mean level, which is not part of the result."""
    design = two_arms(Counts(**data), np.ones((fit.k, 1)), "UM.RS")
    return float(maximum(design.arms, climb(design.arms, design.start)).at.beta[0])


def laplace(
    parameters: Floats, counts: list[tuple[float, ...]], log_arm: Callable[..., float], curvature: Callable[..., float]
) -> float:
    """Minus Laplace's approximation to the log-likelihood of UM.RS at alpha, theta, log sigma, log tau."""
    alpha, theta = parameters[:2]
    sigma, tau = np.exp(parameters[2:])
    loadings = np.array([[sigma, tau / 2], [sigma, -tau / 2]])
    total = 0.0
    for x1, n1, x2, n2 in counts:
        z = np.zeros(2)
        for _ in range(50):
            eta = loadings @ z + [alpha + theta, alpha]
            w = np.array([curvature(n1, eta[0]), curvature(n2, eta[1])])
            mean = np.array([curvature(n1, eta[0], order=1), curvature(n2, eta[1], order=1)])
            score = loadings.T @ (np.array([x1, x2]) - mean) - z
            H = loadings.T @ (w[:, np.newaxis] * loadings) + np.eye(2)
            step = np.linalg.solve(H, score)
            z = z + step
            if np.abs(step).max() < 1e-12:
                break
        eta = loadings @ z + [alpha + theta, alpha]
        total += log_arm(x1, n1, eta[0]) + log_arm(x2, n2, eta[1]) - z @ z / 2 - log(np.linalg.det(H)) / 2
    return -total


def binomial_curvature(n: float, eta: float, order: int = 2) -> float:
    p = float(expit(eta))
    return n * p * (1 - p) if order == 2 else n * p


@pytest.mark.parametrize("name", ["collins1985b", "dorn2007"])
def test_lme4_is_at_the_maximum_of_laplaces_approximation(name: str) -> None:
    """Why UM.RS of lme4 differs from ours by up to a hundredth: the same model, with one node."""
    entry = next(e for e in ENTRIES if e["data"] == name and e.get("model") == "UM.RS")
    counts = list(zip(*(arms(name)[x].tolist() for x in ARMS), strict=True))
    expected = entry["result"]
    start = [_level(fit_of(entry), arms(name)), expected["beta"][0], log(expected["sigma2"]) / 2, log(expected["tau2"]) / 2]
    best = minimize(laplace, start, args=(counts, log_binomial, binomial_curvature), options={"gtol": 1e-6})
    assert best.x[1] == pytest.approx(expected["beta"][0], rel=1e-3)
    assert np.exp(2 * best.x[2:]) == pytest.approx([expected["sigma2"], expected["tau2"]], rel=1e-3)
    assert -best.fun == pytest.approx(expected["fit"]["ll"], rel=1e-6)


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.get("model") == "CM.AL" and e.get("method") == "ML"], ids=name_of)
def test_the_log_likelihood_of_several_nodes_is_that_at_the_predicted_effects(entry: dict[str, Any]) -> None:
    """Which is no marginal likelihood: it would grow with tau2 for ever."""
    fit, data, total = fit_of(entry), columns(entry["data"]), 0.0
    for i, (a, n_t, c, n_c) in enumerate(zip(*(data[x].tolist() for x in ARMS), strict=True)):
        eta = log(n_t / n_c) + fit.mu + (float(fit.coefficients[1]) * data["ablat"][i] if len(fit.names) == 2 else 0.0)
        u = 0.0
        for _ in range(50):
            p = float(expit(eta + u))
            u += (a - (a + c) * p - u / fit.tau2) / ((a + c) * p * (1 - p) + 1 / fit.tau2)
        total += log_binomial(a, a + c, eta + u) if a + c else 0.0
    assert entry["result"]["fit"]["ll"] == pytest.approx(total, rel=1e-4)
    assert fit.loglik < total


def test_conditional_rates_are_binomial() -> None:
    fit = glmm_rates(**arms("hart1999"), method="CM.EL")
    data = arms("hart1999")
    expected = sum(
        log_binomial(x1, x1 + x2, fit.mu + log(t1 / t2))
        for x1, t1, x2, t2 in zip(*(data[c].tolist() for c in ("events_t", "time_t", "events_c", "time_c")), strict=True)
    )
    assert (fit.tau2, fit.se_tau2) == (0.0, None)
    assert fit.loglik == pytest.approx(expected, rel=1e-12)
    assert fit.notes == ("tau2 is 0: the estimate is that of the common-effect model",)
