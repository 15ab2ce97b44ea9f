"""P without a k x k matrix is P with one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.strategies import LAW, Floats, studies

from trialpool.stats.pooling.projection import independent, log_det, orthonormal, projection, studies_first


def matrix(ai: Floats, X: Floats) -> Floats:
    A = np.diag(ai)
    inner: Floats = A - A @ X @ np.linalg.solve(X.T @ A @ X, X.T @ A)
    return inner


@given(sample=studies(min_k=4), p=st.integers(1, 3))
def test_products_and_traces_are_those_of_the_matrix(sample: Any, p: int) -> None:
    yi, vi = sample
    X = np.vander(np.arange(len(yi)) / len(yi), p, increasing=True)
    P, full = projection(1 / vi, X), matrix(1 / vi, X)
    di = 1 + yi**2
    scale = (1 / vi).max()
    assert P.residuals(yi) / scale == pytest.approx(full @ yi / scale, **LAW)
    assert P.quadratic(yi) / scale == pytest.approx(yi @ full @ yi / scale, **LAW)
    assert P.trace(di) / scale == pytest.approx(np.trace(full * di) / scale, **LAW)
    assert P.trace_of_square(di) / scale**2 == pytest.approx(np.trace(full * di @ (full * di)) / scale**2, **LAW)
    assert P.hat_values.sum() == pytest.approx(p)


@given(sample=studies(min_k=4))
def test_without_a_design_it_is_that_of_a_column_of_ones(sample: Any) -> None:
    yi, vi = sample
    one, other = projection(1 / vi), projection(1 / vi, np.ones((len(yi), 1)))
    assert one.residuals(yi) == pytest.approx(other.residuals(yi), rel=1e-9, abs=1e-8)
    assert log_det(1 / vi) == pytest.approx(log_det(1 / vi, np.ones((len(yi), 1))))


def test_calendar_years_lose_no_digits_and_their_multiples_are_seen_through() -> None:
    year = np.arange(1990.0, 2020)
    there = np.ones(30, dtype=bool)
    assert independent(np.column_stack([np.ones(30), year, year**2]), there)
    assert not independent(np.column_stack([np.ones(30), year, 3 * year - 1]), there)
    basis = orthonormal(np.column_stack([np.ones(30), year]))
    assert basis.T @ basis == pytest.approx(np.eye(2), abs=1e-13)


def test_shapes_are_ready_to_be_broadcast() -> None:
    studies = studies_first(np.zeros(4), np.array([[[1.0, 1, np.inf, 1]] * 3] * 2), np.ones((4, 1)))
    assert (studies.vi.shape, studies.df.shape) == ((4, 2, 3), (2, 3))
    assert (studies.df == 2).all()
    assert studies.projection(np.ones((2, 3))).trace().shape == (2, 3)
