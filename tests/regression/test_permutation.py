"""permutation_test: against metafor's permutest, by going through permutations one at a time, and laws."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from tests.regression.reference import columns, effects_of, fit_of, table
from tests.stats.reference_tables import Entry, near

from trialpool.errors import BadArgument, NotEstimable
from trialpool.formulas.regress import regress
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.regression.permutation import arrangements, permutation_test, sign_changes
from trialpool.stats.regression.regress import regress_matrix


@pytest.mark.parametrize("entry", table("permutations"), ids=lambda entry: entry.call[:60])
def test_all_permutations_agree_with_metafor(entry: Entry) -> None:
    fit, expected = fit_of(entry.data, entry.call), entry.result
    found = permutation_test(fit)
    assert found.p == near(expected["pval"], rel=1e-12)
    assert found.omnibus.p == near(expected["QMp"], rel=1e-12)
    assert found.omnibus.statistic == near(expected["QM"], rel=1e-8)
    assert found.statistic == near(expected["zval.obs"], rel=1e-8)
    assert (found.n, found.exact) == (expected["exact"], True)


@pytest.mark.parametrize("ci", ["HK", "Wald"])
@pytest.mark.parametrize("tau2", ["REML", "DL"])
def test_all_permutations_are_those_gone_through_one_at_a_time(tau2: str, ci: str) -> None:
    five = effects([-0.9, -0.5, -0.4, 0.1, 0.3], [0.04, 0.02, 0.03, 0.02, 0.01])
    X = np.column_stack([np.ones(5), [3, 3, 1, 1, 2], [1, 0, 0, 1, 0]])
    fit = regress_matrix(five, X, tau2=tau2, ci=ci)
    orders = [regress_matrix(five, X[list(order)], tau2=tau2, ci=ci) for order in permutations(range(5))]
    by_hand = [(np.abs([o.statistic[j] for o in orders]) >= abs(fit.statistic[j]) * (1 - 1e-8)).mean() for j in range(3)]
    found = permutation_test(fit)
    assert found.p == near(by_hand, rel=1e-12)
    above = [o.omnibus.statistic >= fit.omnibus.statistic * (1 - 1e-8) for o in orders]
    assert found.omnibus.p == pytest.approx(np.mean(above))


def test_all_sign_changes_are_those_gone_through_one_at_a_time() -> None:
    yi, vi = np.array([-0.9, -0.5, -0.4, 0.1]), np.array([0.04, 0.02, 0.03, 0.02])
    fit = regress_matrix(effects(yi, vi), np.ones((4, 1)))
    t = [regress_matrix(effects(yi * s, vi), np.ones((4, 1))).statistic[0] for s in product((-1, 1), repeat=4)]
    found = permutation_test(fit)
    assert found.p == near([(np.abs(t) >= abs(fit.statistic[0]) * (1 - 1e-8)).mean()], rel=1e-12)
    assert found.n == 16


def test_arrangements_are_all_that_differ() -> None:
    found = arrangements(np.arange(30), np.array([2, 1, 2]))
    assert found.tolist() == [list(row) for row in sorted(set(permutations([0, 0, 1, 2, 2])))]
    assert {tuple(row) for row in sign_changes(np.arange(8), 4).tolist()} == set(product([1.0], *[[1.0, -1.0]] * 3))


def test_a_sample_comes_near_to_all_and_says_what_it_did() -> None:
    data = columns("anker2025")
    fit = regress(effects_of("anker2025"), "~ year", data, tau2="DL", ci="Wald")
    seen: list[tuple[int, int]] = []
    found = permutation_test(fit, n=20_000, rng=np.random.default_rng(1), progress=lambda *done: seen.append(done))
    assert found.p == pytest.approx(permutation_test(fit).p, abs=0.01)
    assert (found.n, found.exact) == (20_000, False)
    assert seen[-1] == (20_000, 20_000)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    again = permutation_test(fit, n=20_000, rng=np.random.default_rng(1))
    assert np.array_equal(found.p, again.p)


def test_in_a_sample_the_observed_is_one_of_them() -> None:
    fit = regress_matrix(effects([-1.0, -1.1, -0.9, -1.2, -1.0, -1.05, -0.95, -1.1], [0.01] * 8), np.ones((8, 1)))
    assert permutation_test(fit, n=9, rng=np.random.default_rng(3)).p == near([0.1])


def test_an_absent_study_changes_nothing() -> None:
    yi, vi, x = [-0.9, -0.5, -0.4, 0.1, 0.3], [0.04, 0.02, 0.03, 0.02, 0.01], np.array([3.0, 3, 1, 1, 2])
    X = np.column_stack([np.ones(5), x])
    more = Effects(yi=np.append(yi, 9.0), vi=np.append(vi, np.inf), study=tuple("abcdef"))
    with_it = permutation_test(regress_matrix(more, np.vstack([X, [1, 7]])))
    without = permutation_test(regress_matrix(effects(yi, vi), X))
    assert np.array_equal(with_it.p, without.p)
    assert with_it.n == without.n == 30


def test_its_text_form() -> None:
    fit = regress_matrix(effects([-0.9, -0.5, -0.4, 0.1], [0.04, 0.02, 0.03, 0.02]), np.column_stack([np.ones(4), [4, 3, 2, 1]]))
    assert str(permutation_test(fit)) == (
        "All 24 permutations\n\n           statistic      P\nintercept       2.73  0.125\nx2             -5.89  0.083"
    )


def test_what_is_refused() -> None:
    many = regress_matrix(effects(np.linspace(-1, 1, 15), [0.1] * 15), np.column_stack([np.ones(15), np.arange(15)]))
    with pytest.raises(NotEstimable) as refusal:
        permutation_test(many)
    assert str(refusal.value) == (
        "Permutation test, k = 15: there are 1307674368000 permutations. Give n and rng to draw a sample of them."
    )
    with pytest.raises(BadArgument) as refused:
        permutation_test(many, n=1000)
    assert str(refused.value) == "A sample of permutations is drawn from a generator. Give rng=np.random.default_rng(seed)."
    with pytest.raises(BadArgument) as refused:
        permutation_test(many, n=0, rng=np.random.default_rng())
    assert str(refused.value) == "n=0 is not a number of permutations. Give 1 or more, or None for all."
    batch = regress_matrix(effects([[0.1, 0.2, 0.4]] * 2, np.full((2, 3), 0.1)), np.ones((3, 1)))
    with pytest.raises(BadArgument) as refused:
        permutation_test(batch)
    assert str(refused.value) == "`permutation_test` is of one analysis, not of a batch. Fit the analyses one at a time."
