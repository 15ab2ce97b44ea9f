"""egger: against metafor's regtest and least squares, laws, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.stats.reference_tables import TAIL_AREA, Entry, each_of, effects_of, near
from tests.stats.strategies import Floats, studies

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.bias.egger import egger
from trialpool.stats.effects.effects import effects

FIELDS = ("slope", "se", "limit")  # of an exact line the statistic is infinite but for rounding
# a line through points that have nearly the same standard error is the worse determined, the more alike they are
LINE: dict[str, Any] = {"rel": 1e-6, "abs": 1e-7}


@each_of("egger", lambda entry: "lm")
def test_agrees_with_metafor(entry: Entry) -> None:
    found, expected = egger(effects_of(entry.data)), entry.result
    assert [found.limit, found.slope] == near(expected["fit"]["beta"])
    assert [found.se, found.statistic] == near([expected["fit"]["se"][1], expected["zval"]])
    assert found.p == near(expected["pval"], **TAIL_AREA)
    assert (found.df, found.df) == (expected["dfs"], found.k - 2)
    assert found.limit == near(expected["est"])


@given(studies(min_k=3))
def test_is_eggers_regression_of_the_standard_normal_deviate_on_precision(sample: tuple[Floats, Floats]) -> None:
    yi, vi = sample
    assume(len(set(vi)) > 1)
    precision = 1 / np.sqrt(vi)
    design = np.column_stack([np.ones_like(yi), precision])
    (intercept, slope), *_ = np.linalg.lstsq(design, yi * precision)
    found = egger(effects(yi, vi))
    assert [found.slope, found.limit] == pytest.approx([intercept, slope], **LINE)


@given(studies(min_k=3), st.integers(-20, 20))
def test_a_shift_moves_only_the_limit(sample: tuple[Floats, Floats], shift: int) -> None:
    yi, vi = sample
    assume(len(set(vi)) > 1)
    one, other = egger(effects(yi, vi)), egger(effects(yi + shift, vi))
    assert [other.slope, other.se, other.limit - shift] == pytest.approx([one.slope, one.se, one.limit], **LINE)


@given(studies(min_k=3), st.sampled_from([0.01, 0.5, 2, 30]))
def test_the_slope_has_no_unit(sample: tuple[Floats, Floats], scale: float) -> None:
    yi, vi = sample
    assume(len(set(vi)) > 1)
    one, other = egger(effects(yi, vi)), egger(effects(scale * yi, scale**2 * vi))
    assert [other.slope, other.se, other.limit / scale] == pytest.approx([one.slope, one.se, one.limit], **LINE)


@given(studies(min_k=3))
def test_a_batch_is_its_parts_and_an_absent_study_changes_nothing(sample: tuple[Floats, Floats]) -> None:
    yi, vi = sample
    assume(len(set(vi)) > 1)
    one, mirrored = egger(effects(yi, vi)), egger(effects(-yi, vi))
    padded = effects(np.append(yi, 5.0), np.append(vi, 1.0))
    batch = egger(replace(padded, yi=np.array([[*yi, 5.0], [*-yi, 5.0]]), vi=np.append(vi, np.inf)))
    for name in FIELDS:
        assert getattr(batch, name) == near([getattr(one, name), getattr(mirrored, name)], **LINE)
    assert batch.k.tolist() == [one.k] * 2 or batch.k == one.k


def test_an_exact_line_is_found() -> None:
    vi = np.array([0.01, 0.04, 0.09, 0.25])
    found = egger(effects(0.3 - 2 * np.sqrt(vi), vi))
    assert [found.limit, found.slope, found.se] == pytest.approx([0.3, -2, 0])


def test_the_limits_of_the_slope() -> None:
    found = egger(effects([-0.1, -0.2, -0.5, -0.6], [0.01, 0.02, 0.06, 0.09]))
    t = 4.30265272974946  # R: qt(0.975, 2)
    assert [*found.interval()] == pytest.approx([found.slope - t * found.se, found.slope + t * found.se])


@pytest.mark.parametrize(
    ("k", "caution"),
    [
        (3, "with 3 studies, fewer than 10, the test has too little power to tell chance from asymmetry"),
        (9, "with 9 studies, fewer than 10, the test has too little power to tell chance from asymmetry"),
        (10, ""),
    ],
)
def test_few_studies_come_with_a_caution(k: int, caution: str) -> None:
    assert egger(effects(np.arange(k) / 10, 1 + np.arange(k) / 10)).caution == caution


@pytest.mark.parametrize(
    ("yi", "vi", "why"),
    [
        ([0.1], [0.01], "k = 1, and it needs 3"),
        ([0.1, 0.2], [0.01, 0.02], "k = 2, and it needs 3"),
        ([0.1, 0.2, 0.3, 0.9], [0.01, 0.01, 0.01, 0.01], "all 4 standard errors are equal"),
        ([0.1, 0.2, 0.3], [0.1, 0.1, 0.1], "all 3 standard errors are equal"),
    ],
)
def test_too_little_to_draw_a_line_through_is_refused(yi: list[float], vi: list[float], why: str) -> None:
    with pytest.raises(NotEstimable) as refusal:
        egger(effects(yi, vi))
    assert str(refusal.value) == f"Egger's test: {why}."


def test_no_study_is_refused() -> None:
    nobody = replace(effects([0.1], [0.1]), vi=np.array([np.inf]))
    with pytest.raises(NotEstimable) as refusal:
        egger(nobody)
    assert str(refusal.value) == "Egger's test: k = 0, and it needs 3."


def test_a_level_of_95_is_refused() -> None:
    with pytest.raises(BadArgument) as refusal:
        egger(effects([0.1, 0.2, 0.5], [0.01, 0.02, 0.06])).interval(95)
    assert str(refusal.value) == "level=95 is not between 0 and 1. For a 95% interval give 0.95."
