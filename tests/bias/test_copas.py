"""copas_model: its likelihood against the density of selected studies, its limits, and a simulation with a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import ndtr
from tests.bias.reference import effects_of

from trialpool.stats.bias.copas import copas_model
from trialpool.stats.bias.copas_likelihood import Published, copas_surface, height_and_gradient, inverse_mills
from trialpool.stats.effects.effects import effects
from trialpool.stats.pooling.pairwise import pool

BCG = effects_of("bcg.RR")
THETA = np.array([[-0.5, 0.2, 0.1, 0.4]])


def published(gamma0: float = -0.3, gamma1: float = 0.2) -> Published:
    return Published.of(BCG.yi, np.sqrt(BCG.vi), np.array([[gamma0, gamma1]]))


def test_the_density_of_a_published_study_is_that_of_the_joint_normal() -> None:
    """y = mu + beta s + sqrt(S) a and z = u + b, corr(a, b) = r: f(y | z > 0), the condition integrated out numerically."""
    y, s, u = 0.7, 0.3, -0.1
    mu, beta, tau2, rho = THETA[0]
    mills = float(inverse_mills(np.array([u]))[0])
    sigma2 = s**2 / (1 - mills * (u + mills) * rho**2)
    S = tau2 + sigma2
    r = rho * np.sqrt(sigma2 / S)
    a = (y - mu - beta * s) / np.sqrt(S)

    def joint(b: float) -> float:
        return float(np.exp(-(a**2 - 2 * r * a * b + b**2) / (2 * (1 - r**2))) / (2 * np.pi * np.sqrt(1 - r**2)))

    density = quad(joint, -u, 12)[0] / np.sqrt(S) / ndtr(u)
    one = Published.of(np.array([y]), np.array([s]), np.array([[u, 0.0]]))
    assert height_and_gradient(one, THETA)[0][0] == pytest.approx(np.log(density), abs=1e-9)


def test_the_variance_given_publication_is_the_reported_one() -> None:
    """Without heterogeneity var(y | z > 0) = sigma2 (1 - c2 rho^2) = s^2. Copas & Shi (2000)."""
    s, u, rho = 0.3, -0.4, 0.8
    one = Published.of(np.array([0.0]), np.array([s]), np.array([[u, 0.0]]))

    def density(y: float) -> float:
        moved = one._replace(yi=np.array([y]))
        return float(np.exp(height_and_gradient(moved, np.array([[0.0, 0.0, 0.0, rho]]))[0][0]))

    moments = [quad(lambda y, n=n: y**n * density(y), -4, 4, limit=200)[0] for n in range(3)]
    assert moments[0] == pytest.approx(1.0)
    assert moments[2] - moments[1] ** 2 == pytest.approx(s**2)


def test_the_derivatives_are_those_of_the_likelihood() -> None:
    data = published()
    step = 1e-5 * np.eye(4)
    slope = [(height_and_gradient(data, THETA + h)[0] - height_and_gradient(data, THETA - h)[0])[0] / 2e-5 for h in step]
    found = copas_surface(data, THETA)
    assert found.gradient[0] == pytest.approx(slope, rel=1e-6)
    bend = [(height_and_gradient(data, THETA + h)[1] - height_and_gradient(data, THETA - h)[1])[0] / 2e-5 for h in step]
    assert found.curvature[0] == pytest.approx(np.array(bend), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("gamma", [(-0.5, 0.1), (0.0, 0.3), (-1.0, 0.5)])
@pytest.mark.parametrize("data", ["bcg.RR", "linde2005.RR", "molloy2014.ZCOR"])
def test_no_other_search_finds_a_higher_likelihood(gamma: tuple[float, float], data: str) -> None:
    sample = effects_of(data)
    found = copas_model(sample, gamma0=[gamma[0]], gamma1=[gamma[1]])
    one = Published.of(sample.yi, np.sqrt(sample.vi), np.array([gamma]))

    def height(theta: np.ndarray) -> float:
        return -float(height_and_gradient(one, np.array([[theta[0], 0.0, theta[1], theta[2]]]))[0][0])

    bounds = [(None, None), (1e-12, None), (-0.9999, 0.9999)]
    for rho in (-0.9, -0.3, 0.3, 0.9):
        start = [found.mu[0] + rho / 5, found.tau2[0] + 0.05, rho]
        assert -minimize(height, start, bounds=bounds).fun <= found.loglik[0] + 1e-6


def test_where_all_studies_are_published_it_is_maximum_likelihood_pooling() -> None:
    found, plain = copas_model(BCG, gamma0=[8.0], gamma1=[0.0]), pool(BCG, tau2="ML", ci="Wald")
    assert [found.mu[0], found.tau2[0]] == pytest.approx([plain.mu, plain.tau2], rel=1e-4)
    assert found.loglik[0] == pytest.approx(plain.loglik(), abs=1e-6)
    assert found.unpublished[0] == pytest.approx(0, abs=1e-10)
    assert found.published[0] == pytest.approx(1)


def test_sign_scale_and_order() -> None:
    sample = effects_of("molloy2014.ZCOR")
    turn = np.argsort(sample.yi)
    one = copas_model(sample, gamma0=[-0.5, 0.5], gamma1=[0.0, 0.1])
    other = copas_model(effects(-2 * sample.yi[turn], 4 * sample.vi[turn]), gamma0=[-0.5, 0.5], gamma1=[0.0, 0.2])
    assert other.mu == pytest.approx(-2 * one.mu, rel=1e-4, abs=1e-5)
    assert other.rho == pytest.approx(-one.rho, rel=1e-3, abs=1e-3)
    assert other.p_residual == pytest.approx(one.p_residual, rel=1e-3, abs=1e-5)


def test_the_choice_is_the_least_selection_that_leaves_no_small_study_effect() -> None:
    found = copas_model(effects_of("hackshaw1998"), gamma0=[-1.0, -0.3, 0.4, 2.0], gamma1=[0.0, 0.3, 0.8])
    fits = found.p_residual > 0.1
    assert found.published[found.chosen] == found.published[fits].max()
    assert found.estimate == found.mu[found.chosen]
    assert found.interval() == pytest.approx(
        (found.estimate - 1.959964 * found.estimate_se, found.estimate + 1.959964 * found.estimate_se)
    )
    none = copas_model(effects_of("linde2005.RR"), gamma0=[2.0], gamma1=[0.0])
    assert (none.chosen, str(none)) == (-1, "no choice of the parameters removes the small-study effect")
    assert none.caution == "every choice of the parameters leaves a small-study effect"


def test_where_the_parameters_of_selection_are_known_it_recovers_the_truth() -> None:
    rng = np.random.default_rng(8)
    mu, tau, rho, gamma = 0.2, 0.1, 0.9, (-1.5, 0.15)
    found, naive = [], []
    for _ in range(8):
        s = rng.uniform(0.05, 0.5, 1200)
        error, delta = rng.normal(size=(2, 1200))
        delta = rho * error + np.sqrt(1 - rho**2) * delta
        keep = np.flatnonzero(gamma[0] + gamma[1] / s + delta > 0)[:150]
        u = gamma[0] + gamma[1] / s[keep]
        mills = inverse_mills(u)
        reported = s[keep] * np.sqrt(1 - mills * (u + mills) * rho**2)
        y = mu + tau * rng.normal(size=len(keep)) + s[keep] * error[keep]
        sample = effects(y, reported**2)
        found.append(copas_model(sample, gamma0=[gamma[0]], gamma1=[gamma[1]]).mu[0])
        naive.append(pool(sample, ci="Wald").mu)
    assert abs(np.mean(found) - mu) < 0.05
    assert np.mean(naive) - mu > 0.1
