"""Conversions: worked numbers of the papers and of the Cochrane Handbook, and laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trialpool.errors import BadArgument
from trialpool.stats.effects.change import mean_change
from trialpool.stats.effects.group_summary import combine_groups
from trialpool.stats.effects.mean_difference import mean_difference
from trialpool.stats.effects.mean_from_quantiles import METHODS, mean_from_quantiles
from trialpool.stats.effects.standard_deviation import (
    correlation_from_sds,
    sd_from_ci,
    sd_from_difference_ci,
    sd_from_difference_p,
    sd_from_difference_se,
    sd_from_difference_t,
    sd_from_se,
    sd_of_change,
)

# Standard deviations


def test_the_handbook_on_limits_of_a_mean() -> None:
    # Cochrane Handbook 6.5.2.2: 25 patients, mean 32.1 (95% CI 30.0 to 34.2), divisor 4.128; 22 patients, 28.3 (26.5 to 30.1)
    assert 2 * stats.t.ppf(0.975, 24) == pytest.approx(4.128, abs=0.0005)
    assert sd_from_ci(ci_low=[30.0], ci_high=[34.2], n=[25]) == pytest.approx([5.09], abs=0.005)
    assert sd_from_ci(ci_low=[26.5], ci_high=[30.1], n=[22]) == pytest.approx([np.sqrt(22) * 3.6 / 4.1592], rel=1e-4)


def test_the_handbook_on_limits_of_large_groups() -> None:
    # Cochrane Handbook 6.5.2.2: sqrt(N) (upper - lower) / 3.92
    found = sd_from_ci(ci_low=[1.0], ci_high=[2.0], n=[400], distribution="normal")
    assert found == pytest.approx([20 / 3.92], rel=1e-4)


def test_the_handbook_on_the_t_and_p_of_a_difference() -> None:
    # Cochrane Handbook 6.5.2.3: MD 3.8 with P = 0.008, 25 and 22 patients: t = 2.78, SE = 1.37
    assert stats.t.isf(0.004, 45) == pytest.approx(2.78, abs=0.005)
    by_se = sd_from_difference_se(se=[1.37], n_t=[25], n_c=[22])
    assert by_se == pytest.approx([1.37 / np.sqrt(1 / 25 + 1 / 22)])
    assert sd_from_difference_t(difference=[3.8], t=[-2.78], n_t=[25], n_c=[22]) == pytest.approx(by_se, rel=0.003)
    assert sd_from_difference_p(difference=[-3.8], p=[0.008], n_t=[25], n_c=[22]) == pytest.approx(by_se, rel=0.003)


@given(sd=st.floats(0.1, 50), n_t=st.integers(2, 200), n_c=st.integers(2, 200), md=st.floats(0.1, 9))
def test_every_way_back_from_a_difference(sd: float, n_t: int, n_c: int, md: float) -> None:
    se = mean_difference(mean_t=[md], sd_t=[sd], n_t=[n_t], mean_c=[0], sd_c=[sd], n_c=[n_c], variance="HO").sei
    t = stats.t.ppf(0.975, n_t + n_c - 2)
    sizes: dict[str, Any] = {"n_t": [n_t], "n_c": [n_c]}
    assert sd_from_difference_se(se=se, **sizes) == pytest.approx([sd])
    assert sd_from_difference_t(difference=[md], t=md / se, **sizes) == pytest.approx([sd])
    assert sd_from_difference_ci(ci_low=md - t * se, ci_high=md + t * se, **sizes) == pytest.approx([sd])
    p = 2 * stats.t.sf(md / se, n_t + n_c - 2)
    if 1e-100 < p[0] < 0.99:
        assert sd_from_difference_p(difference=[md], p=p, **sizes) == pytest.approx([sd], rel=1e-6)


@given(sd=st.floats(0.1, 50), n=st.integers(2, 300), level=st.sampled_from([0.9, 0.95, 0.99]))
def test_every_way_back_from_a_group(sd: float, n: int, level: float) -> None:
    se = sd / np.sqrt(n)
    t = stats.t.ppf((1 + level) / 2, n - 1)
    assert sd_from_se(se=[se], n=[n]) == pytest.approx([sd])
    assert sd_from_ci(ci_low=[-t * se], ci_high=[t * se], n=[n], level=level) == pytest.approx([sd])


def test_the_handbook_on_changes() -> None:
    # Cochrane Handbook 6.5.2.8: SDs at baseline, after and of the change are 6.4, 7.1, 4.5 and 7.0, 6.9, 4.2: 0.78 and 0.82
    found = correlation_from_sds(sd_pre=[6.4, 7.0], sd_post=[7.1, 6.9], sd_change=[4.5, 4.2])
    assert found == pytest.approx([0.78, 0.82], abs=0.005)
    assert sd_of_change(sd_pre=[6.4, 7.0], sd_post=[7.1, 6.9], r=found) == pytest.approx([4.5, 4.2])


def test_the_handbook_on_a_crossover_trial() -> None:
    # Cochrane Handbook 5.1, 16.4.6.4: 7.0 (SD 2.38) against 6.5 (2.21) in 10 patients; correlation 0.68: MD 0.5, SE 0.583
    found = mean_change(mean_post=[7.0], sd_post=[2.38], mean_pre=[6.5], sd_pre=[2.21], n=[10], r=0.68)
    assert found.yi == pytest.approx([0.5])
    assert found.sei == pytest.approx([0.583], abs=0.0005)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: sd_from_se(se=[0, 0.4], n=[25, 1], study=["A", "B"]),
            (
                "Figures cannot be used: se is 0 for A; n is 1 for B. A standard error is above 0. "
                "A group with a standard deviation has 2 patients or more, in whole numbers."
            ),
        ),
        (
            lambda: sd_from_ci(ci_low=[3], ci_high=[2], n=[25]),
            "Figures cannot be used: limits 3 to 2 for 1 (ci_low, ci_high). The lower limit is below the upper one.",
        ),
        (
            lambda: sd_from_ci(ci_low=[1], ci_high=[2], n=[25], distribution="z"),
            "distribution='z' is not known. Choose one of 't', 'normal'.",
        ),
        (
            lambda: sd_from_difference_t(difference=[0], t=[0], n_t=[25], n_c=[22]),
            (
                "Figures cannot be used: difference is 0 for 1; t is 0 for 1. "
                "Of a difference, or t, of 0 no standard deviation can be had."
            ),
        ),
        (
            lambda: sd_from_difference_p(difference=[1], p=[1.5], n_t=[25], n_c=[22]),
            "Figures cannot be used: p is 1.5 for 1. A share lies between 0 and 1.",
        ),
        (
            lambda: sd_of_change(sd_post=[1], sd_pre=[2], r=1.2),
            "Figures cannot be used: r is 1.2 for 1. A correlation lies between -1 and 1.",
        ),
        (
            lambda: correlation_from_sds(sd_post=[1], sd_pre=[2], sd_change=[5]),
            (
                "Standard deviations cannot be used: the standard deviations answer to no correlation for 1. "
                "No three such standard deviations go with a correlation between -1 and 1: check which is which."
            ),
        ),
    ],
)
def test_what_is_refused(call: Any, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        call()
    assert str(refusal.value) == message


def test_what_is_missing_is_nan_where_asked_for() -> None:
    assert sd_from_se(se=[0.4, None], n=[25, 25], missing="drop") == pytest.approx([2.0, np.nan], nan_ok=True)


# Groups combined


@given(st.lists(st.lists(st.integers(-90, 90), min_size=2, max_size=9, unique=True), min_size=2, max_size=4))
def test_groups_combined_have_the_mean_and_sd_of_all_patients(groups: list[list[int]]) -> None:
    everyone = np.concatenate([np.array(g, dtype=float) for g in groups])
    found = combine_groups(
        mean=[[np.mean(g) for g in groups]], sd=[[np.std(g, ddof=1) for g in groups]], n=[[len(g) for g in groups]]
    )
    assert found.n == pytest.approx([len(everyone)])
    assert found.mean == pytest.approx([everyone.mean()], abs=1e-9)
    assert found.sd == pytest.approx([everyone.std(ddof=1)])


def test_the_handbook_on_two_groups() -> None:
    # Cochrane Handbook 6.5.2.10, the table's formula for groups of n, m, s = 20, 10, 2 and 30, 14, 3
    n1, m1, s1, n2, m2, s2 = 20, 10, 2, 30, 14, 3
    sd = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2 + n1 * n2 / (n1 + n2) * (m1**2 + m2**2 - 2 * m1 * m2)) / (n1 + n2 - 1))
    found = combine_groups(mean=[[m1, m2]], sd=[[s1, s2]], n=[[n1, n2]])
    assert found.mean == pytest.approx([12.4])
    assert found.sd == pytest.approx([sd])


def test_a_study_may_have_fewer_groups_and_a_batch_is_its_parts() -> None:
    mean, sd, n = [[10, 12, 14], [10, 12, np.nan]], [[2, 2, 2], [2, 2, np.nan]], [[20, 20, 20], [20, 20, np.nan]]
    found = combine_groups(mean=mean, sd=sd, n=n)
    alone = combine_groups(mean=[[10, 12]], sd=[[2, 2]], n=[[20, 20]])
    assert found.sd[1] == pytest.approx(alone.sd[0])
    assert found.n.tolist() == [60, 40]
    batch = combine_groups(mean=[mean, mean], sd=[sd, sd], n=[n, n])
    assert batch.sd == pytest.approx(np.array([found.sd, found.sd]))


def test_groups_that_can_not_be_combined() -> None:
    with pytest.raises(BadArgument) as refusal:
        combine_groups(mean=[[10, 12]], sd=[[2, -2]], n=[[20, 0]], study=["A"])
    assert str(refusal.value) == (
        "Groups cannot be used: sd is -2 for A, group 2; n is 0 for A, group 2. "
        "A standard deviation is above 0. A group has 1 patient or more, in whole numbers."
    )
    with pytest.raises(BadArgument) as refusal:
        combine_groups(mean=[10, 12], sd=[2, 2], n=[20, 20])
    assert str(refusal.value) == "Groups need columns of one shape, (studies, groups); they have (2,), (2,), (2,)."


# Medians, quartiles, ranges

# Wan et al. (2014), table 1: E of the range of n standard normal values, which their formula 9 approximates
WAN_TABLE_1 = {5: 2.326, 10: 3.078, 15: 3.472, 20: 3.735, 25: 3.931, 30: 4.086, 40: 4.322, 50: 4.498}


@pytest.mark.parametrize(("n", "xi"), WAN_TABLE_1.items())
def test_the_sd_of_a_range_by_the_table_of_wan(n: int, xi: float) -> None:
    found = mean_from_quantiles(minimum=[0], median=[5], maximum=[10], n=[n])
    assert found.sd == pytest.approx([10 / xi], rel=0.02)  # the formula is an approximation: within 2 % from n = 5 on


def test_wan_and_luo_by_hand() -> None:
    given: dict[str, Any] = {"minimum": [2], "q1": [10], "median": [14], "q3": [22], "maximum": [44], "n": [81]}
    only_range = {name: given[name] for name in ("minimum", "median", "maximum", "n")}
    quartiles = {name: given[name] for name in ("q1", "median", "q3", "n")}
    by_range, by_quartiles = 42 / (2 * stats.norm.ppf(80.625 / 81.25)), 12 / (2 * stats.norm.ppf(60.625 / 81.25))
    wan = {"range": (2 + 28 + 44) / 4, "quartiles": (10 + 14 + 22) / 3, "both": (2 + 20 + 28 + 44 + 44) / 8}
    # 81^0.75 = 27, 81^0.55 = 11.2115
    luo = {
        "range": 4 / 31 * 23 + 27 / 31 * 14,
        "quartiles": (0.7 + 0.39 / 81) * 16 + (0.3 - 0.39 / 81) * 14,
        "both": 2.2 / 29.2 * 23 + (0.7 - 0.72 / 81**0.55) * 16 + (1 - 2.2 / 29.2 - 0.7 + 0.72 / 81**0.55) * 14,
    }
    sds = {"range": by_range, "quartiles": by_quartiles, "both": (by_range + by_quartiles) / 2}
    for scenario, data in {"range": only_range, "quartiles": quartiles, "both": given}.items():
        for method, mean in {"Wan": wan, "Luo": luo}.items():
            found = mean_from_quantiles(**data, method=method)
            assert found.mean == pytest.approx([mean[scenario]])
            assert found.sd == pytest.approx([sds[scenario]])


@pytest.mark.parametrize("method", METHODS)
@given(m=st.floats(-50, 50), s=st.floats(0.1, 20), n=st.integers(20, 500))
def test_exact_normal_quantiles_give_mean_and_sd_back(method: str, m: float, s: float, n: int) -> None:
    q = stats.norm(m, s)
    ranged: dict[str, Any] = {"minimum": [q.ppf(0.625 / (n + 0.25))], "maximum": [q.ppf((n - 0.375) / (n + 0.25))]}
    quartered: dict[str, Any] = {"q1": [q.ppf((0.25 * n + 0.375) / (n + 0.25))], "q3": [q.ppf((0.75 * n - 0.125) / (n + 0.25))]}
    for given_ in (ranged, quartered, ranged | quartered):
        found = mean_from_quantiles(median=[m], n=[n], method=method, **given_)
        assert found.mean == pytest.approx([m], abs=1e-9)
        assert found.sd == pytest.approx([s])


DISTRIBUTIONS = {
    "normal": stats.norm(50, 10),
    "normal below 0": stats.norm(-5, 10),
    "log-normal": stats.lognorm(0.6, scale=12),
    "log-normal, much skewed": stats.lognorm(1.3, scale=0.02),
    "gamma": stats.gamma(3, scale=2),
    "gamma, much skewed": stats.gamma(0.5, scale=300),
    "Weibull": stats.weibull_min(1.7, scale=5),
    "exponential": stats.expon(scale=7),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_quantile_estimation_finds_the_distribution_that_quantiles_are_of(name: str) -> None:
    q, n = DISTRIBUTIONS[name], 300
    ranged: dict[str, Any] = {"minimum": [q.ppf(1 / n)], "maximum": [q.ppf(1 - 1 / n)]}
    quartered: dict[str, Any] = {"q1": [q.ppf(0.25)], "q3": [q.ppf(0.75)]}
    for given_ in (ranged, quartered, ranged | quartered):
        found = mean_from_quantiles(median=[q.ppf(0.5)], n=[n], method="QE", **given_)
        assert found.mean == pytest.approx([q.mean()], rel=1e-6)
        assert found.sd == pytest.approx([q.std()], rel=1e-6)


def test_quantile_estimation_is_better_for_skewed_outcomes() -> None:
    # the point of McGrath et al. (2020): the means of samples of a log-normal outcome, from their quartiles
    rng = np.random.default_rng(20201)
    samples = rng.lognormal(2.5, 1, (400, 200))
    q1, median, q3 = np.quantile(samples, [0.25, 0.5, 0.75], axis=1)
    error = {
        method: np.abs(mean_from_quantiles(q1=q1, median=median, q3=q3, n=200, method=method).mean / samples.mean(1) - 1).mean()
        for method in ("QE", "Luo")
    }
    assert error["QE"] < 0.5 * error["Luo"]


@settings(max_examples=10)
@given(scale=st.floats(0.01, 100))
def test_units_do_not_matter(scale: float) -> None:
    q: dict[str, Any] = {"q1": np.array([10.0]), "median": np.array([14.0]), "q3": np.array([22.0])}
    for method in ("Luo", "Wan", "QE"):
        one = mean_from_quantiles(**q, n=[80], method=method)
        other = mean_from_quantiles(**{name: scale * value for name, value in q.items()}, n=[80], method=method)
        assert other.mean == pytest.approx(scale * one.mean, rel=1e-6)
        assert other.sd == pytest.approx(scale * one.sd, rel=1e-6)


@pytest.mark.parametrize("method", ["Luo", "Wan", "QE"])
def test_a_batch_is_its_parts(method: str) -> None:
    q1, median, q3 = [10.0, 3.0], [14.0, 4.0], [22.0, 9.0]
    batch = mean_from_quantiles(
        q1=[q1, q1[::-1]], median=[median, median[::-1]], q3=[q3, q3[::-1]], n=[[50, 60], [60, 50]], method=method
    )
    one = mean_from_quantiles(q1=q1, median=median, q3=q3, n=[50, 60], method=method)
    assert batch.mean == pytest.approx(np.array([one.mean, one.mean[::-1]]), rel=1e-12)
    assert batch.sd == pytest.approx(np.array([one.sd, one.sd[::-1]]), rel=1e-12)


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({}, "A median with nothing else is not enough. Give minimum and maximum, q1 and q3, or all four."),
        ({"q1": [1]}, "A median with q1 is not enough. Give minimum and maximum, q1 and q3, or all four."),
        (
            {"q1": [15], "q3": [22]},
            (
                "Quantiles cannot be used: 15 before 14 for 1 (q1, median). "
                "Minimum, quartiles, median and maximum do not fall, and the outer ones differ."
            ),
        ),
        (
            {"q1": [14], "q3": [14]},
            (
                "Quantiles cannot be used: 14 to 14 for 1 (q1, q3). "
                "Minimum, quartiles, median and maximum do not fall, and the outer ones differ."
            ),
        ),
        (
            {"q1": [10], "q3": [22], "n": [2]},
            "Quantiles cannot be used: n is 2 for 1. Quantiles need 3 patients or more, in whole numbers.",
        ),
        ({"q1": [10], "q3": [22], "method": "luo"}, "method='luo' is not known. Choose one of 'Luo', 'Wan', 'QE'."),
    ],
)
def test_quantiles_that_can_not_be_used(given_: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        mean_from_quantiles(**({"median": [14], "n": [50]} | given_))
    assert str(refusal.value) == message
