"""Sequential boundaries: against R, against nested integrals and simulated walks, laws, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from tests.evidence.reference_results import table

from trialpool.errors import BadArgument
from trialpool.stats.evidence.boundaries import START, _gauss_legendre, sequential_boundaries, with_futility
from trialpool.stats.evidence.spending import SPENDING

SPENDING_OF = {"Lan-DeMets O'Brien-Fleming": "OF", "Lan-DeMets Pocock": "Pocock"}
BOUNDARIES = table("tsa")["boundaries"]
EACH = pytest.mark.parametrize("entry", BOUNDARIES, ids=lambda entry: f"{SPENDING_OF[entry['spending']]}-{entry['t']}")


@EACH
def test_agrees_with_multivariate_normal_integrals(entry: dict[str, Any]) -> None:
    found = sequential_boundaries(entry["t"], spending=SPENDING_OF[entry["spending"]], level=1 - entry["alpha"])
    assert found.z == pytest.approx(entry["z"], abs=1e-7)
    assert found.spent == pytest.approx(entry["cum_alpha"], rel=1e-9)


@EACH
def test_agrees_with_rtsa(entry: dict[str, Any]) -> None:
    found = sequential_boundaries(entry["t"], spending=SPENDING_OF[entry["spending"]])
    assert found.z == pytest.approx(entry["rtsa"], abs=2e-6)  # RTSA's own error: see the test above


def test_the_boundary_of_a_single_look_before_the_end() -> None:
    flagship = table("tsa")["flagship_os"]
    found = sequential_boundaries([flagship["information_fraction"]])
    assert found.z == pytest.approx([flagship["obf_bound_single_look"]], abs=1e-9)


def test_a_single_look_at_the_end_is_the_usual_test() -> None:
    for spending in SPENDING:
        assert sequential_boundaries([1], spending=spending).z == pytest.approx([1.959963984540054], abs=1e-11)
        assert sequential_boundaries([1.3], spending=spending, level=0.9).z == pytest.approx([1.6448536269514722], abs=1e-11)


@pytest.mark.parametrize("t", [(0.4, 1.0), (0.9, 0.95), (0.02, 0.021), (0.3, 0.30004)])
@pytest.mark.parametrize("spending", SPENDING)
def test_two_looks_agree_with_a_double_integral(t: tuple[float, float], spending: str) -> None:
    found = sequential_boundaries(t, spending=spending)
    first, second = found.z
    sd = np.sqrt(t[1] - t[0])

    def crosses(z: float) -> float:
        S, edge = z * np.sqrt(t[0]), second * np.sqrt(t[1])
        return float(norm.pdf(z) * (norm.cdf((S - edge) / sd) + norm.cdf((-edge - S) / sd)))

    reach = min(first, 10.0)
    knots = [k for k in (-second * np.sqrt(t[1] / t[0]), second * np.sqrt(t[1] / t[0])) if abs(k) < reach]
    later, _ = quad(crosses, -reach, reach, epsabs=1e-15, epsrel=1e-12, limit=2000, points=knots or None)
    now = 2 * norm.sf(first)
    assert [now, now + later] == pytest.approx(found.spent, rel=1e-8)


def test_spends_what_the_function_allows_in_simulated_walks() -> None:
    t = np.array([0.2, 0.45, 0.5, 0.8, 1.0])
    rng = np.random.default_rng(20)
    n = 400_000
    S = np.cumsum(rng.normal(size=(n, len(t))) * np.sqrt(np.diff(t, prepend=0)), axis=1)
    for spending in SPENDING:
        found = sequential_boundaries(t, spending=spending)
        crossed = (np.abs(S / np.sqrt(t)) >= found.z).cumsum(1) > 0
        assert crossed.mean(0) == pytest.approx(found.spent, abs=4 * np.sqrt(0.05 / n))


def test_the_wedge_spends_what_the_function_allows_in_simulated_walks() -> None:
    t = np.array([0.3, 0.6, 0.7, 1.0])
    rng = np.random.default_rng(21)
    n = 400_000
    S = np.cumsum(rng.normal(size=(n, len(t))) * np.sqrt(np.diff(t, prepend=0)), axis=1)
    found = with_futility(sequential_boundaries(t), power=0.9)
    assert found.futility is not None
    assert found.drift is not None
    z = np.abs((S + found.drift * t) / np.sqrt(t))
    ended = np.zeros(n, dtype=bool)
    given_up = np.zeros(n, dtype=bool)
    for i in range(len(t)):
        here = ~ended & ((z[:, i] < found.futility[i]) | (z[:, i] >= found.z[i]))
        given_up |= here & (z[:, i] < found.futility[i])
        ended |= here
        assert given_up.mean() == pytest.approx(SPENDING["OF"](t[i : i + 1], 0.1)[0], abs=4 * np.sqrt(0.1 / n))
    assert (ended.all(), (~given_up).mean()) == (True, pytest.approx(0.9, abs=4 * np.sqrt(0.09 / n)))


def test_a_wedge_with_one_look_is_the_usual_sample_size() -> None:
    found = with_futility(sequential_boundaries([1]), power=0.8)
    assert found.inflation == pytest.approx(1, abs=1e-5)  # but for the chance of a significant result on the wrong side
    assert found.futility == pytest.approx([1.959963984540054])


def test_futility_leaves_the_outer_boundary_and_meets_it_at_the_end() -> None:
    outer = sequential_boundaries([0.25, 0.5, 0.75, 1])
    found = with_futility(outer, power=0.8)
    assert found.futility is not None
    assert found.z.tolist() == outer.z.tolist()
    assert found.futility[-1] == outer.z[-1]
    assert (np.diff(found.futility) > 0).all()
    assert (found.futility[:-1] < outer.z[:-1]).all()
    assert 1 < found.inflation < 1.3
    assert outer.inflation == 1


def test_of_a_look_that_is_hardly_one_nothing_much_changes() -> None:
    few, more = sequential_boundaries([0.5, 1]), sequential_boundaries([0.001, 0.5, 1])
    assert more.z[0] == np.inf
    assert more.spent[0] == 0
    assert more.z[1:] == pytest.approx(few.z, abs=1e-10)


def test_many_looks_cost_no_accuracy() -> None:
    t = np.linspace(0.02, 1, 50)
    found = sequential_boundaries(t, spending="Pocock")
    walk = START
    for at, bound in zip(t, found.z, strict=True):
        walk = walk.onward(at, 0.0, bound)
    assert walk.mass.sum() == pytest.approx(0.95, abs=1e-9)


def test_quadrature_nodes_are_those_of_numpy() -> None:
    for number in (80, 200):
        assert np.array(_gauss_legendre(number)) == pytest.approx(np.array(np.polynomial.legendre.leggauss(number)), abs=1e-13)


def test_says_its_looks() -> None:
    assert str(sequential_boundaries([0.5, 1])) == (
        "Boundaries of |z|, O'Brien-Fleming type, 95%: 2.963 at 50%, 1.969 at 100% of the information."
    )


@pytest.mark.parametrize(
    ("t", "options", "message"),
    [
        ([], {}, "t=[] are no information fractions. Give shares above 0, such as 0.5 and 1."),
        ([0.0, 1], {}, "t=[0.0, 1.0] are no information fractions. Give shares above 0, such as 0.5 and 1."),
        ([0.5, 0.5], {}, "t=[0.5, 0.5] do not rise, each by 0.01% or more. Give each look once, in order."),
        ([0.5, 1.0, 1.2], {}, "t=[0.5, 1.0, 1.2] go on after 1. The look that reaches the information is the last."),
        ([1], {"spending": "OBF"}, "spending='OBF' is not known. Choose one of 'OF', 'Pocock'."),
        ([1], {"level": 95}, "level=95 is not between 0 and 1. For a 95% interval give 0.95."),
    ],
)
def test_refusals(t: list[float], options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        sequential_boundaries(t, **options)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("t", "power", "message"),
    [
        ([0.5], 0.8, "The last look is at 0.5 of the information. Futility needs a last look at 1."),
        ([1], 80, "power=80 is not between 0 and 1. Give a share: 0.8 for 80%."),
        ([1], 0.03, "power=0.03 is hardly more than the error probability. Give 0.8 or more."),
    ],
)
def test_refusals_of_futility(t: list[float], power: float, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        with_futility(sequential_boundaries(t), power=power)
    assert str(refusal.value) == message
