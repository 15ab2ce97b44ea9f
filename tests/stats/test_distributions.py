"""Quantiles and tail areas: against the tables that R prints, and against each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.stats.distributions import chi2_p, chi2_quantile, f_p, quantile, two_sided_p, z_of_p, z_quantile

PRINTED: dict[str, Any] = {"rel": 1e-13}  # the digits that R's print(x, digits = 15) leaves
INVERSE: dict[str, Any] = {"rel": 1e-9}


def test_the_normal_distribution() -> None:
    assert z_quantile(0.95) == pytest.approx(1.95996398454005, **PRINTED)  # qnorm(0.975)
    assert z_quantile(0.90) == pytest.approx(1.64485362695147, **PRINTED)  # qnorm(0.95)
    assert two_sided_p(-1.959963984540054) == pytest.approx(0.05, **PRINTED)
    assert two_sided_p(10.0) == pytest.approx(1.52397060483211e-23, **PRINTED)  # 2 * pnorm(-10)


def test_the_t_distribution() -> None:
    assert quantile(0.95, 1) == pytest.approx(12.7062047361747, **PRINTED)  # qt(0.975, 1)
    assert quantile(0.95, 12) == pytest.approx(2.17881282966723, **PRINTED)  # qt(0.975, 12)
    assert two_sided_p(2.0, 4) == pytest.approx(0.116116523516816, **PRINTED)  # 2 * pt(-2, 4)


def test_chi_squared_and_f() -> None:
    assert chi2_p(3.841458820694124, 1) == pytest.approx(0.05, **PRINTED)
    assert chi2_p(200.0, 10) == pytest.approx(np.exp(-100) * sum(100**i / np.prod(range(1, i + 1)) for i in range(5)))
    assert chi2_quantile(0.025, 1) == pytest.approx(5.02388618731489, **PRINTED)  # qchisq(0.975, 1)
    assert f_p(4.0, 1, 4) == pytest.approx(0.116116523516816, **PRINTED)  # t squared


def test_where_there_are_no_degrees_of_freedom_there_is_no_number() -> None:
    assert np.isnan([quantile(0.95, 0), quantile(0.95, -1), two_sided_p(1.0, 0), chi2_p(1.0, 0)]).all()
    assert np.isnan(chi2_quantile(0.5, np.array([0, -1]))).all()
    assert np.isnan(quantile(0.95, np.array([0.0, 3.0, np.inf]))).tolist() == [True, False, False]


def test_infinite_degrees_of_freedom_are_the_normal_alone_and_among_others() -> None:
    mixed = np.array([np.inf, 5.0])
    assert quantile(0.95, np.inf) == quantile(0.95, mixed)[0] == z_quantile(0.95)
    assert two_sided_p(2.0, np.inf) == two_sided_p(2.0, mixed)[0] == two_sided_p(-2.0)


@given(st.floats(0.01, 0.999), st.integers(1, 200))
def test_quantile_and_tail_area_are_inverse(level: float, df: int) -> None:
    assert two_sided_p(quantile(level, df), df) == pytest.approx(1 - level, **INVERSE)
    assert two_sided_p(z_quantile(level)) == pytest.approx(1 - level, **INVERSE)
    assert chi2_p(chi2_quantile(1 - level, df), df) == pytest.approx(1 - level, **INVERSE)


@given(st.floats(-8, 8))
def test_z_of_p_is_the_inverse_of_both_sided_and_one_sided_p(z: float) -> None:
    assert z_of_p(two_sided_p(z)) == pytest.approx(abs(z), rel=1e-9, abs=1e-9)
    assert z_of_p(two_sided_p(z) / 2, sides=1) == pytest.approx(abs(z), rel=1e-9, abs=1e-9)
