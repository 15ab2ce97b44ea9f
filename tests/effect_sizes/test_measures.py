"""The table of measures, and the ways back from the scales of analysis."""

from __future__ import annotations

from math import asin, inf, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.stats.effects.correlation import correlation
from trialpool.stats.effects.effects import effects
from trialpool.stats.effects.measure import (
    MEASURES,
    SCALES,
    from_double_arcsine,
    from_double_square_root,
    harmonic_mean,
)
from trialpool.stats.effects.proportion import TRANSFORMS as PROPORTIONS
from trialpool.stats.effects.proportion import proportion
from trialpool.stats.effects.rate import TRANSFORMS as RATES
from trialpool.stats.effects.rate import rate
from trialpool.stats.effects.reliability import TRANSFORMS as RELIABILITIES
from trialpool.stats.effects.reliability import cronbach_alpha


def test_every_scale_is_used_and_every_code_names_its_measure() -> None:
    assert {measure.scale for measure in MEASURES.values()} == set(SCALES)
    assert all(code == measure.code and measure.name for code, measure in MEASURES.items())
    assert MEASURES["HR"].null == 1
    assert MEASURES["MD"].null == 0
    assert [code for code, measure in MEASURES.items() if measure.log][:3] == ["HR", "RR", "OR"]


def test_effects_are_named() -> None:
    assert repr(effects([0.1], [0.2], measure="SMD")) == "<Effects: standardised mean difference, 1 studies>"


@pytest.mark.parametrize("transform", [name for name in PROPORTIONS if name != "double-arcsine"])
@given(x=st.integers(1, 40), n=st.integers(41, 200))
def test_a_proportion_comes_back(transform: str, x: int, n: int) -> None:
    found = proportion(events=[x], n=[n], transform=transform)
    assert MEASURES[found.measure].shown(found.yi[0]) == pytest.approx(x / n, rel=1e-12)


@given(n=st.integers(1, 500), share=st.floats(0, 1))
def test_a_double_arcsine_comes_back_by_its_n(n: int, share: float) -> None:
    x = round(share * n)
    found = proportion(events=[x], n=[n], transform="double-arcsine")
    assert from_double_arcsine(found.yi[0], n=n) == pytest.approx(x / n, rel=1e-9, abs=1e-12)


def test_a_double_arcsine_comes_back_by_an_array_of_n() -> None:
    found = proportion(events=[0, 5, 10], n=[10, 20, 10], transform="double-arcsine")
    assert from_double_arcsine(found.yi, n=[10, 20, 10]) == pytest.approx([0, 0.25, 1])


def test_a_double_arcsine_beyond_what_proportions_have() -> None:
    assert from_double_arcsine(-0.1) == 0
    assert from_double_arcsine(pi / 2) == 1
    assert from_double_arcsine(asin(sqrt(1 / 11)) / 2 - 1e-6, n=10) == 0
    assert from_double_arcsine(0.3) == pytest.approx(np.sin(0.3) ** 2)
    assert MEASURES["PFT"].shown(0.3) == from_double_arcsine(0.3, n=inf)


def test_the_answer_of_a_double_arcsine_depends_on_n() -> None:
    # Schwarzer et al. (2019), Res Synth Methods 10:476-483: what the sizes of the studies do to the pooled answer
    assert from_double_arcsine(0.05, n=1000) > 2 * from_double_arcsine(0.05, n=120)


def test_the_harmonic_mean() -> None:
    assert harmonic_mean([10, 40]) == pytest.approx(16)
    assert harmonic_mean([[10, 40], [20, 20]]) == pytest.approx([16, 20])


@given(x=st.integers(0, 50), T=st.floats(0.5, 1e4))
def test_a_rate_comes_back(x: int, T: float) -> None:
    if x:
        for transform in ("none", "log", "sqrt"):
            found = rate(events=[x], time=[T], transform=transform)
            assert MEASURES[RATES[transform].measure].shown(found.yi[0]) == pytest.approx(x / T, rel=1e-12)
    double = rate(events=[x], time=[T], transform="freeman-tukey").yi[0]
    assert from_double_square_root(double, time=T) == pytest.approx(x / T, rel=1e-9, abs=1e-12)
    assert from_double_square_root(double) == pytest.approx(double**2)


@pytest.mark.parametrize("transform", RELIABILITIES)
def test_an_alpha_comes_back(transform: str) -> None:
    found = cronbach_alpha(alpha=[0.85], items=10, n=[50], transform=transform)
    assert MEASURES[found.measure].shown(found.yi[0]) == pytest.approx(0.85)


def test_a_correlation_comes_back() -> None:
    found = correlation(r=[-0.4], n=[50])
    assert MEASURES[found.measure].shown(found.yi[0]) == pytest.approx(-0.4)


@pytest.mark.parametrize("code", MEASURES)
def test_what_is_not_there_is_not_shown_as_a_number(code: str) -> None:
    assert np.isnan(MEASURES[code].shown(float("nan")))


def test_what_is_too_large_is_infinite() -> None:
    assert MEASURES["HR"].shown(800) == inf
    assert MEASURES["PLO"].shown(-800) == 0
    assert MEASURES["PLO"].shown(800) == 1
    assert MEASURES["HR"].shown(log(2)) == pytest.approx(2)
    assert MEASURES["IRS"].shown(-0.5) == 0
    assert MEASURES["PAS"].shown(2.0) == 1
