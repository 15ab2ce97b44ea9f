"""Laws of meta-regression, tried by Hypothesis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.stats.reference_tables import near
from tests.stats.strategies import FEW, LAW, Floats, studies

from trialpool.formulas.regress import regress
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.subgroups import subgroups
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.regression.information import likelihood_ratio_test
from trialpool.stats.regression.meta_regression import MetaRegression
from trialpool.stats.regression.regress import regress_matrix
from trialpool.stats.regression.robust import robust

Sample = tuple[Floats, Floats]
METHODS = pytest.mark.parametrize("tau2", [m for m in TAU2 if m not in ("DLIT", "EB", "SJIT", "GENQM")])
CIS = pytest.mark.parametrize("ci", ["HK", "HK-floor", "Wald", "t"])
# a tau2 that falls to 0 in one of two ways of computing the same may be 1e-9 in the other
REFITTED: dict[str, Any] = {"rel": 1e-6, "abs": 1e-7}


def with_moderator(min_k: int = 4, max_k: int = 8) -> st.SearchStrategy[tuple[Floats, Floats, Floats]]:
    def add(sample: Sample) -> st.SearchStrategy[tuple[Floats, Floats, Floats]]:
        k = len(sample[0])
        x = st.lists(st.integers(-20, 20), min_size=k, max_size=k, unique=True)
        return x.map(lambda values: (*sample, np.array(values, dtype=float)))

    return studies(min_k=min_k, max_k=max_k).flatmap(add)


def on(yi: Floats, vi: Floats, *columns: Floats, **chosen: Any) -> MetaRegression:
    return regress_matrix(effects(yi, vi), np.column_stack([np.ones(len(yi)), *columns]), **chosen)


@METHODS
@CIS
@FEW
@given(sample=studies(min_k=2))
def test_an_intercept_alone_is_the_pooled_effect(sample: Sample, ci: str, tau2: str) -> None:
    these = effects(*sample)
    one, other = on(*sample, tau2=tau2, ci=ci), pool(these, tau2=tau2, ci=ci)
    assert (one.beta[0], one.se[0], one.df) == (near(other.mu, **LAW), near(other.se, **LAW), other.df)
    assert one.tau2 == near(other.tau2, rel=1e-9, abs=1e-10)
    assert (one.Q, one.Q_p) == (near(other.Q, **LAW), near(other.Q_p, **LAW))
    assert (one.I2, one.H2) == (near(other.I2, **LAW), near(other.H2, **LAW))
    assert [limit[0] for limit in one.interval()] == near(other.interval(), **LAW)
    if one.se[0] > 1e-6:
        assert one.p[0] == near(other.p, **LAW)
    found = one.predict(np.ones((1, 1)))
    for method in ("t", "HTS", "normal"):
        assert [limit[0] for limit in found.prediction_interval(method=method)] == near(
            other.prediction_interval(method=method), rel=1e-6, abs=1e-9
        )
    assert one.tau2_interval() == near(other.tau2_interval(), rel=1e-7, abs=1e-9)


@FEW
@given(sample=studies(min_k=2))
def test_a_common_effect_alone_is_that_of_pool_common(sample: Sample) -> None:
    one, other = on(*sample, model="common", ci="Wald"), pool_common(effects(*sample))
    assert (one.beta[0], one.se[0], one.I2, one.H2) == tuple(near(x, **LAW) for x in (other.mu, other.se, other.I2, other.H2))


@CIS
@FEW
@given(sample=with_moderator(), shift=st.integers(-3000, 3000), factor=st.sampled_from([-50.0, 0.001, 0.5, 365.25]))
def test_moving_and_stretching_a_moderator_changes_neither_fit_nor_tests(
    sample: tuple[Floats, Floats, Floats], shift: int, factor: float, ci: str
) -> None:
    yi, vi, x = sample
    one, other = on(yi, vi, x, ci=ci), on(yi, vi, shift + factor * x, ci=ci)
    assert other.tau2 == near(one.tau2, **REFITTED)
    assert other.fitted == near(one.fitted, **REFITTED)
    assert other.beta[1] * factor == near(one.beta[1], **REFITTED)
    assert (other.Q, other.loglik()) == (near(one.Q, **REFITTED), near(one.loglik(), **REFITTED))
    if one.se[1] > 1e-4:
        assert other.p[1] == near(one.p[1], **REFITTED)
        assert other.omnibus.statistic == near(one.omnibus.statistic, **REFITTED)
    at = np.array([[1.0, 3.0]])
    moved = np.array([[1.0, shift + factor * 3.0]])
    assert other.predict(moved).estimate == near(one.predict(at).estimate, **REFITTED)
    assert other.predict(moved).se == near(one.predict(at).se, **REFITTED)


@METHODS
@CIS
@FEW
@given(sample=with_moderator(), data=st.data())
def test_the_order_of_studies_does_not_matter(
    sample: tuple[Floats, Floats, Floats], data: st.DataObject, ci: str, tau2: str
) -> None:
    order = np.array(data.draw(st.permutations(range(len(sample[0])))))
    one, other = on(*sample, ci=ci, tau2=tau2), on(*(column[order] for column in sample), ci=ci, tau2=tau2)
    assert other.tau2 == near(one.tau2, **REFITTED)
    assert other.beta == near(one.beta, **REFITTED)
    assert other.se == near(one.se, **REFITTED)
    assert other.hat_values == near(one.hat_values[order], **REFITTED)


@METHODS
@FEW
@given(samples=st.integers(4, 6).flatmap(lambda k: st.lists(with_moderator(min_k=k, max_k=k), min_size=1, max_size=4)))
def test_a_batch_is_its_parts(samples: list[tuple[Floats, Floats, Floats]], tau2: str) -> None:
    yi, vi, x = (np.array(column) for column in zip(*samples, strict=True))
    X = np.stack([np.ones(x.shape), x], axis=-1)
    together = regress_matrix(effects(yi, vi), X, tau2=tau2)
    alone = [on(*sample, tau2=tau2) for sample in samples]
    for name in ("beta", "se", "tau2", "Q", "scale", "df", "I2", "hat_values", "standardised_residuals"):
        assert getattr(together, name) == near(np.array([getattr(one, name) for one in alone]), rel=1e-9, abs=1e-10), name
    assert together.omnibus.p == near([one.omnibus.p for one in alone], rel=1e-8, abs=1e-10)
    assert together.loglik() == near([one.loglik() for one in alone], rel=1e-9, abs=1e-9)


@CIS
@FEW
@given(sample=with_moderator())
def test_an_absent_study_changes_nothing(sample: tuple[Floats, Floats, Floats], ci: str) -> None:
    yi, vi, x = sample
    more = Effects(yi=np.append(yi, 7.0), vi=np.append(vi, np.inf), study=tuple(map(str, range(len(yi) + 1))))
    with_it = regress_matrix(more, np.column_stack([np.ones(len(yi) + 1), np.append(x, 99.0)]), ci=ci)
    without = on(yi, vi, x, ci=ci)
    for name in ("beta", "se", "tau2", "Q", "I2", "R2", "k"):
        assert getattr(with_it, name) == near(getattr(without, name), **REFITTED), name
    for name in ("fitted", "residuals", "hat_values", "standardised_residuals", "studentised_residuals"):
        assert getattr(with_it, name) == near(np.append(getattr(without, name), np.nan), **REFITTED), name
    assert with_it.predict().se == near(np.append(without.predict().se, np.nan), **REFITTED)
    assert with_it.best_predictions.estimate == near(np.append(without.best_predictions.estimate, np.nan), **REFITTED)


@pytest.mark.parametrize("ci", ["HK", "Wald"])
@FEW
@given(sample=studies(min_k=5), data=st.data())
def test_a_factor_alone_is_subgroups_with_a_common_tau2(sample: Sample, data: st.DataObject, ci: str) -> None:
    yi, vi = sample
    by = data.draw(st.lists(st.sampled_from("abc"), min_size=len(yi), max_size=len(yi)))
    assume(len(set(by)) > 1 and min(by.count(level) for level in set(by)) > 1)
    fit = regress(effects(yi, vi), "~ 0 + by", {"by": by}, ci=ci)
    found = subgroups(effects(yi, vi), by, share="common", ci=ci)
    for name, mu, se in zip(fit.names, fit.beta, fit.se, strict=True):
        level = found.fits[found.levels.index(name.removeprefix("by[").removesuffix("]"))]
        assert (mu, se) == (near(level.mu, **REFITTED), near(level.se, **REFITTED))
    between = regress(effects(yi, vi), "~ by", {"by": by}, ci=ci).omnibus
    if fit.scale > 1e-6:
        assert between.p == near(found.p, **REFITTED)


@FEW
@given(sample=with_moderator(min_k=5))
def test_standardised_residuals_of_a_common_effect_have_the_hat_values_in_them(sample: tuple[Floats, Floats, Floats]) -> None:
    yi, vi, x = sample
    fit = on(yi, vi, x, model="common", ci="Wald")
    assume(fit.hat_values.max() < 0.999)
    assert fit.standardised_residuals == near((yi - fit.fitted) / np.sqrt(vi * (1 - fit.hat_values)), rel=1e-7, abs=1e-9)
    assert fit.hat_values.sum() == pytest.approx(2, rel=1e-9)


@pytest.mark.parametrize("tau2", ["REML", "DL"])
@FEW
@given(sample=with_moderator(min_k=5, max_k=6))
def test_a_studentised_residual_is_of_the_fit_without_the_study(sample: tuple[Floats, Floats, Floats], tau2: str) -> None:
    fit = on(*sample, tau2=tau2, ci="Wald")
    for i in range(len(sample[0])):
        yi, vi, x = (np.delete(column, i) for column in sample)
        without = on(yi, vi, x, tau2=tau2, ci="Wald").predict(np.array([[1.0, sample[2][i]]]))
        by_hand = (sample[0][i] - without.estimate[0]) / np.sqrt(sample[1][i] + without.tau2 + without.se[0] ** 2)
        assert fit.studentised_residuals[i] == near(by_hand, **REFITTED)


@FEW
@given(sample=with_moderator(min_k=5))
def test_a_likelihood_ratio_is_never_negative(sample: tuple[Floats, Floats, Floats]) -> None:
    found = likelihood_ratio_test(on(*sample), on(*sample[:2]))
    assert found.statistic >= -1e-9
    assert found.df == 1


@FEW
@given(sample=with_moderator(), c=st.integers(1, 50))
def test_everything_follows_the_scale_of_the_effects(sample: tuple[Floats, Floats, Floats], c: int) -> None:
    yi, vi, x = sample
    one, other = on(yi, vi, x), on(c * yi, c**2 * vi, x)
    assert other.beta == near(c * one.beta, **REFITTED)
    assert other.tau2 == near(c**2 * one.tau2, rel=1e-6, abs=1e-6 * c**2)
    assert (other.I2, other.R2, other.Q) == (near(one.I2, **REFITTED), near(one.R2, rel=1e-5, abs=1e-5), near(one.Q, **REFITTED))


# Cluster-robust variance


@pytest.mark.parametrize("correction", ["CR0", "CR1", "CR2"])
@FEW
@given(sample=with_moderator(min_k=5), data=st.data())
def test_clusters_may_have_any_name_and_order(sample: tuple[Floats, Floats, Floats], data: st.DataObject, correction: str) -> None:
    k = len(sample[0])
    cluster = data.draw(st.lists(st.sampled_from("abcd"), min_size=k, max_size=k))
    assume(len(set(cluster)) > 2)
    order = np.array(data.draw(st.permutations(range(k))))
    one = robust(on(*sample, tau2=0.1), cluster, correction=correction)
    renamed = [{"a": 1, "b": 2, "c": 3, "d": 4}[cluster[i]] for i in order]
    other = robust(on(*(column[order] for column in sample), tau2=0.1), renamed, correction=correction)
    assert other.se == near(one.se, **REFITTED)
    assert other.df == near(one.df, rel=1e-5)


@pytest.mark.parametrize("correction", ["CR0", "CR1"])
@FEW
@given(sample=with_moderator(min_k=5))
def test_a_study_given_twice_in_its_cluster_counts_once(sample: tuple[Floats, Floats, Floats], correction: str) -> None:
    """Two copies of an effect with half the weight each are one effect: the sandwich does not see the difference."""
    yi, vi, x = sample
    k = len(yi)
    one = robust(on(yi, vi, x, tau2=0.0), range(k), correction=correction)
    twice = on(np.tile(yi, 2), np.tile(2 * vi, 2), np.tile(x, 2), tau2=0.0)
    other = robust(twice, [*range(k), *range(k)], correction=correction)
    assert other.beta == near(one.beta, **LAW)
    assert other.se == near(one.se, **LAW)


@FEW
@given(sample=with_moderator(min_k=5), data=st.data())
def test_cr2_is_unbiased_under_the_working_model(sample: tuple[Floats, Floats, Floats], data: st.DataObject) -> None:
    """E[V] = sum_j G_j Phi G_j' = (X'WX)^-1 where Phi = W^-1, if no cluster is fitted exactly."""
    yi, vi, x = sample
    k = len(yi)
    cluster = [0, 0, *range(1, k - 1)]
    fit = on(yi, vi, x, tau2=0.1, ci="Wald")
    found = robust(fit, cluster)
    G = found.influence
    expected = np.einsum("jpk,k,jqk->pq", G, vi + 0.1, G)
    assume(fit.hat_values.max() < 0.95)
    assert expected == near(fit.cov, rel=1e-6, abs=1e-9)


def test_cr0_is_the_sandwich_written_out() -> None:
    yi, vi = np.array([-0.9, -0.7, -0.4, 0.1, 0.0, -0.2]), np.array([0.04, 0.02, 0.03, 0.02, 0.03, 0.05])
    X = np.column_stack([np.ones(6), [1, 2, 3, 4, 5, 7]])
    fit = regress_matrix(effects(yi, vi), X, tau2=0.1)
    wi = 1 / (vi + 0.1)
    M = np.linalg.inv(X.T @ (wi[:, None] * X))
    parts = [X[at].T @ (wi[at] * (yi - X @ fit.beta)[at]) for at in ([0, 1], [2], [3, 4], [5])]
    by_hand = M @ sum(np.outer(part, part) for part in parts) @ M
    assert robust(fit, list("AABCCD"), correction="CR0").cov == near(by_hand)
    assert robust(fit, list("AABCCD"), correction="CR1").cov == near(2 * by_hand)


def test_the_degrees_of_freedom_are_those_of_the_variance_estimate_under_the_working_model() -> None:
    """df = 2 E[V]^2 / Var(V), and eta = q (q + 1) / sum Var(D_st) of D = Omega^(-1/2) C V C' Omega^(-1/2), by simulation."""
    vi = np.array([0.04, 0.02, 0.03, 0.02, 0.03, 0.05, 0.04, 0.01, 0.02])
    X = np.column_stack([np.ones(9), [1, 2, 3, 4, 5, 7, 7, 8, 11], [0, 1, 1, 0, 0, 1, 0, 1, 1]])
    fit = regress_matrix(effects(np.linspace(-1, 1, 9), vi), X, tau2=0.1)
    found = robust(fit, list("AABBCDEEF"))
    y = np.random.default_rng(11).normal(0, np.sqrt(vi + 0.1), (400_000, 9))
    parts = np.einsum("jpk,nk->njp", found.influence, y)
    V = (parts**2).sum(1)
    assert found.df == near(2 * V.mean(0) ** 2 / V.var(0), rel=0.02)
    omega = np.linalg.inv((X.T / (vi + 0.1)) @ X)[1:, 1:]
    half = np.linalg.inv(np.linalg.cholesky(omega))
    both = parts[..., 1:] @ half.T
    D = np.einsum("njs,njt->nst", both, both)
    eta = 6 / D.var(0).sum()
    assert D.mean(0) == near(np.eye(2), rel=0.01, abs=0.01)
    assert found.omnibus.df2 == near(eta - 1, rel=0.03)
