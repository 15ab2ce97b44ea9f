"""Roots of many functions at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.stats.roots import bracketed, root_between


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=5), st.floats(0.1, 7))
def test_powers_are_inverted(targets: list[float], power: float) -> None:
    target = np.array(targets)

    def left(t: np.ndarray) -> np.ndarray:
        return target - t**power

    low, high = bracketed(left, np.zeros(len(target)), np.full(len(target), 0.01))
    assert (left(low) >= 0).all()
    assert (left(high) <= 0).all()
    assert root_between(left, low, high) == pytest.approx(target ** (1 / power), rel=1e-11)


def test_a_root_at_an_end_and_a_jump_are_found() -> None:
    assert root_between(lambda t: 1 - t, np.array([0.0, 1.0]), np.array([1.0, 5.0])) == pytest.approx([1.0, 1.0])
    assert root_between(lambda t: np.where(t < 0.3, 1.0, -1.0), np.array([0.0]), np.array([1.0])) == pytest.approx([0.3])
