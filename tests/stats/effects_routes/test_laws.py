"""What holds of every route, whatever was printed."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.effects_routes.reports import by_route, report, swapped
from tests.stats.strategies import SAME

from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.arm_summary import ArmSummary
from trialpool.stats.effects.curve import Curve
from trialpool.stats.effects.derivation import Derivation, Refusal
from trialpool.stats.effects.printed import Printed
from trialpool.stats.effects.reported import Reported
from trialpool.stats.effects.routes import ROUTES, derive

# SE and effect at the middle of a rounding box are those of its corners, to what floating point loses on the way
WITHIN = 1e-12


def figures(low: int, high: int, decimals: int) -> st.SearchStrategy[Printed | None]:
    """A figure printed to so many decimals, or nothing."""
    one = st.integers(low, high).map(lambda number: Printed.of(f"{number / 10**decimals:.{decimals}f}"))
    return st.none() | one


def counts(most: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(0, most)


P_VALUES = st.one_of(
    st.none(),
    *(figures(0, 10**decimals, decimals) for decimals in (1, 2, 3, 4)),
    st.sampled_from(["1e-9", "1e-300"]).map(Printed.of),
)
EXTREMES = st.sampled_from([1e-6, 0.5, 12.0, 36.0, 60.0, 1e6])


def some(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """All of these columns, each of which may be empty, or none of them."""
    return st.just({}) | st.fixed_dictionaries(columns)


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    """Curves that fall, with numbers at risk or without, read to two or three decimals."""
    m, decimals = draw(st.integers(1, 4)), draw(st.sampled_from([2, 3]))
    arms: dict[str, Any] = {}
    for arm in "tc":
        falling = sorted(draw(st.lists(st.integers(0, 10**decimals), min_size=m, max_size=m)), reverse=True)
        arms[f"s_{arm}"] = (Printed.exact(1.0), *(Printed.of(f"{s / 10**decimals:.{decimals}f}") for s in falling))
        at_risk = sorted(draw(st.lists(st.integers(0, 500), min_size=m + 1, max_size=m + 1)), reverse=True)
        arms[f"at_risk_{arm}"] = draw(st.sampled_from([None, tuple(at_risk)]))
    follow_up = draw(st.sampled_from([{}, {"follow_up_min": 6.0, "follow_up_max": 12.0 * m + 1}]))
    return Curve(times=tuple(12.0 * i for i in range(m + 1)), **arms, **follow_up)


@st.composite
def summaries(draw: st.DrawFn) -> ArmSummary:
    """A measurement in one arm, whole numbers or to one decimal; quantiles mostly in order."""
    decimals = draw(st.sampled_from([0, 1]))
    quantiles = sorted(draw(st.lists(st.integers(-500, 900), min_size=5, max_size=5)))
    names = ("minimum", "q1", "median", "q3", "maximum")
    some_of = draw(st.sampled_from([(), names, names[1:4], names[::2]]))
    of_quantiles = {
        n: Printed.of(f"{q / 10**decimals:.{decimals}f}") for n, q in zip(names, quantiles, strict=True) if n in some_of
    }
    signed, positive = figures(-500, 900, decimals), figures(0, 400, decimals)
    return ArmSummary(mean=draw(signed), sd=draw(positive), se=draw(positive), low=draw(signed), high=draw(signed), **of_quantiles)


def rarer() -> st.SearchStrategy[dict[str, Any]]:
    """What few papers print."""
    positive, share = figures(1, 3000, 1), figures(1, 100, 2)
    parts = (
        some(reduction=figures(-50, 95, 0), reduction_low=figures(-80, 95, 0), reduction_high=figures(-50, 99, 0)),
        some(coefficient=figures(-20, 20, 1), se_log=figures(0, 900, 3), se_ratio=figures(0, 900, 3)),
        some(chi2=figures(0, 300, 1), expected_t=positive, expected_c=positive, time_t=positive, time_c=positive),
        some(events_total=counts(4000), allocation=st.sampled_from([None, (1.0, 1.0), (2.0, 1.0)])),
        some(survival_se_t=share, survival_se_c=share),
        some(survival_low_t=share, survival_high_t=share, survival_low_c=share, survival_high_c=share),
        some(curve=curves()),
        some(arm_t=summaries(), arm_c=summaries(), se=figures(0, 900, 2)),
    )
    return st.tuples(*parts).map(lambda columns: {name: value for part in columns for name, value in part.items()})


@st.composite
def reports(draw: st.DrawFn, measures: tuple[str, ...] = ("HR",)) -> Reported:
    """Any figures present or absent, ordinary or extreme, that the border lets pass."""
    decimals, months = draw(st.sampled_from([1, 2, 3])), draw(st.sampled_from([0, 1]))
    ratio, survival = figures(1, 40 * 10 ** (decimals - 1), decimals), draw(st.sampled_from([2, 3]))
    n = {arm: draw(st.none() | st.integers(1, 2000)) for arm in "tc"}
    return Reported(
        measure=draw(st.sampled_from(measures)),
        estimate=draw(ratio),
        ci_low=draw(ratio),
        ci_high=draw(ratio),
        level=draw(st.sampled_from([0.8, 0.9, 0.95, 0.9502, 0.99])),
        inverted=draw(st.sampled_from([False, True, None])),
        p=draw(P_VALUES),
        p_operator=draw(st.sampled_from("===<>")),
        p_sides=draw(st.sampled_from([1, 2])),
        events_t=draw(counts(n["t"] or 2000)),
        n_t=n["t"],
        events_c=draw(counts(n["c"] or 2000)),
        n_c=n["c"],
        pct_t=draw(figures(0, 1000, 1)),
        pct_c=draw(figures(0, 100, 0)),
        median_t=draw(figures(1, 10**4, months)),
        median_c=draw(figures(1, 10**4, months)),
        landmark=draw(st.none() | EXTREMES),
        survival_t=draw(figures(0, 10**survival, survival)),
        survival_c=draw(figures(0, 10**survival, survival)),
        o_minus_e=draw(figures(-2000, 2000, 1)),
        v=draw(figures(0, 2000, 1)),
        follow_up=draw(st.none() | EXTREMES.map(Printed.of)),
        favours=draw(st.sampled_from([None, "treatment", "control"])),
        **draw(rarer()),
    )


def everything(r: Reported) -> dict[str, Derivation]:
    return by_route(derive(r))


@given(reports(tuple(ROUTES)))
def test_every_route_gives_a_finite_effect_with_an_se_or_a_reason(r: Reported) -> None:
    results = derive(r)
    assert len(results.feasible) + len(results.refused) == len(ROUTES[r.measure])
    assert all(isfinite(d.yi) and isfinite(d.se) and d.se > 0 for d in results.feasible)
    assert all(isinstance(refusal, Refusal) and refusal.reason for refusal in results.refused)


@given(reports(tuple(ROUTES)))
def test_an_effect_and_its_se_lie_in_their_own_rounding_range(r: Reported) -> None:
    for d in derive(r).feasible:
        assert d.yi_low - WITHIN <= d.yi <= d.yi_high + WITHIN
        assert 0 <= d.se_low <= d.se * (1 + WITHIN)
        assert d.se <= d.se_high * (1 + WITHIN)


@given(reports(tuple(ROUTES)))
def test_swapped_arms_negate_every_effect_and_keep_its_se(r: Reported) -> None:
    one, other = derive(r), derive(swapped(r))
    assert [d.route for d in one.feasible] == [d.route for d in other.feasible]
    for a, b in zip(one.feasible, other.feasible, strict=True):
        assert b.yi == pytest.approx(-a.yi, **SAME)
        assert (b.se, b.se_low, b.se_high) == pytest.approx((a.se, a.se_low, a.se_high), rel=1e-9)
        assert (b.yi_low, b.yi_high) == pytest.approx((-a.yi_high, -a.yi_low), **SAME)


def scaled(figure: Printed | None, c: float) -> Printed | None:
    return figure and Printed(figure.value * c, figure.half * c)


def in_another_unit(curve: Curve, c: float) -> Curve:
    ends = {name: value and value * c for name in ("follow_up_min", "follow_up_max") for value in (getattr(curve, name),)}
    return replace(curve, times=tuple(time * c for time in curve.times), **ends)


@given(reports(), st.sampled_from([1 / 12, 30.4375, 365.25]))
def test_the_unit_of_time_does_not_matter(r: Reported, c: float) -> None:
    other = replace(
        r,
        median_t=scaled(r.median_t, c),
        median_c=scaled(r.median_c, c),
        landmark=r.landmark and r.landmark * c,
        follow_up=scaled(r.follow_up, c),
        time_t=scaled(r.time_t, c),
        time_c=scaled(r.time_c, c),
        curve=r.curve and in_another_unit(r.curve, c),
    )
    months, years = everything(r), everything(other)
    assert months.keys() == years.keys()
    for name, d in months.items():
        assert (years[name].yi, years[name].se) == pytest.approx((d.yi, d.se), rel=1e-6, abs=1e-12)


@given(st.integers(50, 95), st.integers(2, 40), st.integers(2, 60), st.floats(0.5, 0.999), st.floats(0.5, 0.999))
def test_the_se_of_an_interval_is_inverse_to_the_z_of_its_level(hr: int, below: int, above: int, a: float, b: float) -> None:
    printed = {"estimate": f"{hr / 100}", "ci_low": f"{(hr - below) / 100}", "ci_high": f"{(hr + above) / 100}"}
    one, other = (derive(report(**printed, level=level)).feasible[0] for level in (a, b))
    assert one.se * z_quantile(a) == pytest.approx(other.se * z_quantile(b), rel=1e-12)
    assert one.yi == other.yi


@given(reports())
def test_a_route_by_p_has_that_p(r: Reported) -> None:
    """z of the effect is z of the P value, for every route that made one of the two of it."""
    for name, d in everything(r).items():
        if name.endswith(" P") or name.startswith("P "):
            assert r.exact_p is not None
            two_sided = 2 * r.exact_p.value / r.p_sides
            assert two_sided < 1e-9 or abs(z_quantile(1 - two_sided)) == pytest.approx(abs(d.yi) / d.se, rel=1e-6, abs=1e-9)


# what a route does not read, and that tells no direction where one is told
IRRELEVANT: dict[str, Any] = {
    "pct_t": Printed.of("12.5"),
    "pct_c": Printed.of("7"),
    "landmark": 24.0,
    "favours": "treatment",
    "follow_up": Printed.of("40"),
    "n_t": 200,
}


@given(reports(), st.sampled_from(sorted(IRRELEVANT)))
def test_an_interval_is_used_as_it_is_whatever_stands_beside_it(r: Reported, name: str) -> None:
    printed = {"estimate": Printed.of("0.62"), "ci_low": Printed.of("0.46"), "ci_high": Printed.of("0.82")}
    best = derive(replace(r, inverted=False, **printed)).best
    with_more = derive(replace(r, inverted=False, **(printed | {name: IRRELEVANT[name]}))).best
    assert best == with_more
    assert best is not None
    assert best.route == "estimate and interval"


@given(reports())
def test_percentages_with_the_event_say_nothing_of_a_hazard_ratio(r: Reported) -> None:
    assert derive(r) == derive(replace(r, pct_t=None, pct_c=None))


@given(reports())
def test_only_p_and_what_tells_the_direction_may_change_with_the_words_of_the_source(r: Reported) -> None:
    """Where the estimate or O - E tells which arm did better, the words change nothing."""
    told = r.o_minus_e is not None and r.o_minus_e.value != 0
    if told and r.inverted is None:
        assert derive(replace(r, favours="treatment")) == derive(replace(r, favours="control"))


@given(reports())
def test_an_inequality_moves_no_effect_and_lowers_only_the_se_of_a_printed_one(r: Reported) -> None:
    without = everything(replace(r, p=None))
    for name, d in everything(replace(r, p_operator="<")).items():
        assert d.yi == without[name].yi
        assert d.se == without[name].se or (name == "estimate and expected events" and d.se < without[name].se)
    for name, d in everything(replace(r, p_operator=">")).items():
        assert d.yi == without[name].yi
        assert d.se >= without[name].se
