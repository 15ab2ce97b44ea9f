"""What each route makes of printed figures, by arithmetic that can be done by hand, and the traps on its way."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

import pytest
from tests.stats.effects_routes.reports import by_route, order, report, route

from trialpool.stats.effects.curve import Curve
from trialpool.stats.effects.hazard_ratio import hazard_ratio
from trialpool.stats.effects.printed import Printed
from trialpool.stats.effects.reported import Reported
from trialpool.stats.effects.routes import ORDER, derive

EVENTS = {"events_t": 86, "events_c": 132}
PATIENTS = {"n_t": 231, "n_c": 229}
MEDIANS = {"median_t": "46", "median_c": "27"}
SURVIVAL = {"survival_t": "0.66", "survival_c": "0.39", "landmark": 36.0}
INTERVAL = {"estimate": "0.62", "ci_low": "0.46", "ci_high": "0.82"}

# what each route needs, and nothing more
CURVE = Curve(
    times=(0.0, 12.0, 24.0),
    s_t=(Printed.exact(1), Printed.of("0.87"), Printed.of("0.76")),
    s_c=(Printed.exact(1), Printed.of("0.73"), Printed.of("0.53")),
    at_risk_t=(231, 190, 120),
    at_risk_c=(229, 160, 80),
    follow_up_min=6.0,
    follow_up_max=60.0,
)
TOTAL: dict[str, Any] = {"events_total": 218} | PATIENTS
LEAST: dict[str, dict[str, Any]] = {
    "estimate and interval": INTERVAL,
    "coefficient and SE": {"coefficient": "-0.478", "se_log": "0.112"},
    "estimate and SE": {"estimate": "0.62", "se_log": "0.112"},
    "estimate and SE of the ratio": {"estimate": "0.62", "se_ratio": "0.0694"},
    "interval alone": {"ci_low": "0.46", "ci_high": "0.82"},
    "estimate and one limit": {"estimate": "0.62", "ci_high": "0.82"},
    "estimate and V": {"estimate": "0.62", "v": "121.25"},
    "O - E and V": {"o_minus_e": "-19.6", "v": "121.25"},
    "O - E and chi-squared": {"o_minus_e": "-19.6", "chi2": "8.7"},
    "observed and expected events": {"expected_t": "108.1", "expected_c": "109.9"} | EVENTS,
    "estimate and chi-squared": {"estimate": "0.62", "chi2": "8.7"},
    "estimate and P": {"estimate": "0.62", "p": "0.003"},
    "estimate and events": {"estimate": "0.62"} | EVENTS,
    "estimate and total events": {"estimate": "0.62"} | TOTAL,
    "chi-squared and events": {"chi2": "8.7", "favours": "treatment"} | EVENTS,
    "P and events": {"p": "0.003", "favours": "treatment"} | EVENTS,
    "chi-squared and total events": {"chi2": "8.7", "favours": "treatment"} | TOTAL,
    "P and total events": {"p": "0.003", "favours": "treatment"} | TOTAL,
    "curve by piecewise Poisson": {"curve": CURVE},
    "curve by complementary log-log": {"curve": CURVE},
    "events and time at risk": {"time_t": "7204", "time_c": "5511"} | EVENTS,
    "estimate and expected events": {"estimate": "0.62"} | PATIENTS | MEDIANS,
    "P and expected events": {"p": "0.003"} | PATIENTS | MEDIANS,
    "curve by interval risks": {"curve": CURVE},
    "curve without numbers at risk": {"curve": CURVE} | PATIENTS,
    "landmark survival and its SE": SURVIVAL | {"survival_se_t": "0.035", "survival_se_c": "0.036"},
    "landmark survival and intervals": SURVIVAL
    | {"survival_low_t": "0.59", "survival_high_t": "0.73", "survival_low_c": "0.32", "survival_high_c": "0.46"},
    "landmark survival and patients": SURVIVAL | PATIENTS,
    "medians and events": MEDIANS | EVENTS,
    "medians and patients": MEDIANS | PATIENTS,
    "landmark survival and P": SURVIVAL | {"p": "0.003"},
    "medians and P": MEDIANS | {"p": "0.003"},
}
INFORMED = "the events carry the information that an unadjusted log-rank test would find in them (the SE is a little small)"
LEAST_EVENTS = (
    "the events are the least that there were: half of an arm whose median was reached, or those before the landmark (with more of "
    "them the SE would be smaller, and so would an effect that is made of P)"
)
BY_MEDIANS = "events by arm expected from the medians at the median follow-up, hazards being constant"
BY_LANDMARK = "events by arm expected from the landmark survival at the median follow-up, hazards being constant"
EXPONENTIAL = "survival is exponential in both arms, so that the hazard ratio is the inverse ratio of the medians"


def test_the_order_of_preference_is_that_of_what_the_routes_need_at_least() -> None:
    everything = {name: figure for figures in LEAST.values() for name, figure in figures.items()}
    assert tuple(LEAST) == tuple(name for name in ORDER if name in LEAST)
    assert [*order(**everything)] == [name for name in LEAST if name not in ("interval alone", "estimate and one limit")]


@pytest.mark.parametrize("name", LEAST)
def test_each_route_keeps_what_went_in_and_says_how_and_on_what_conditions(name: str) -> None:
    d = route(name, **LEAST[name])
    assert d.formula
    assert f"{d.yi:.4f}" in d.worked
    assert f"{d.se:.4f}" in d.worked or d.formula.endswith("SE = 1 / sqrt(V)")
    assert d.yi < 0
    assert d.yi_low <= d.yi <= d.yi_high
    assert 0 < d.se_low <= d.se <= d.se_high < float("inf")
    assert d.assumptions
    printed = {k: v for k, v in d.inputs.items() if k in LEAST[name]} or {"curve": str(CURVE)}
    assert printed == {k: str(LEAST[name][k]) for k in printed}


# --- direction and orientation


def test_an_inverted_estimate_turns_the_sign_and_keeps_the_se() -> None:
    d, turned = (route("estimate and interval", estimate="1.61", ci_low="1.49", ci_high="1.75", inverted=i) for i in (False, True))
    assert (turned.yi, turned.se) == (-d.yi, d.se)
    assert (turned.yi_low, turned.yi_high, turned.se_low, turned.se_high) == (-d.yi_high, -d.yi_low, d.se_low, d.se_high)
    assert turned.worked == (
        "ln 1.61 = 0.4762, with its sign turned, since it is control against treatment; (ln 1.75 - ln 1.49) / (2 x 1.9600) = 0.0410"
    )


TELLS: dict[str, tuple[dict[str, Any], str]] = {
    "medians": ({"median_t": "30", "median_c": "23"}, "the medians"),
    "landmark": ({"survival_t": "0.50", "survival_c": "0.40"}, "the landmark survival"),
    "shares": ({"events_t": 60, "n_t": 200, "events_c": 50, "n_c": 100}, "the share of patients with the event"),
    "events": ({"events_t": 40, "events_c": 50}, "the numbers of events, the arms being of one size"),
    "words": ({"favours": "treatment"}, "the words of the source"),
    "O - E": ({"o_minus_e": "-3.1"}, "O - E"),
    "words before medians": ({"favours": "treatment", "median_t": "20", "median_c": "23"}, "the words of the source"),
    "medians before survival": (
        {"median_t": "30", "median_c": "23", "survival_t": "0.40", "survival_c": "0.50"},
        "the medians",
    ),
    "survival where medians are equal": (
        {"median_t": "23", "median_c": "23", "survival_t": "0.50", "survival_c": "0.40"},
        "the landmark survival",
    ),
}


@pytest.mark.parametrize("case", TELLS)
def test_a_missing_orientation_is_taken_from_the_other_figures_and_said(case: str) -> None:
    """1.42 with treatment doing better can only be control against treatment; 0.70 can only be the other."""
    figures, how = TELLS[case]
    for estimate, stated, sign in (("1.42", "control against treatment", -1), ("0.70", "treatment against control", 1)):
        d = route("estimate and interval", estimate=estimate, ci_low="0.5", ci_high="2.5", inverted=None, **figures)
        assert d.yi == pytest.approx(sign * log(float(estimate)))
        assert d.yi < 0
        assert d.assumptions[-1] == f"the estimate is {stated}, by {how}"


@pytest.mark.parametrize("case", TELLS)
def test_the_sign_of_an_effect_made_of_p_is_that_of_the_arm_that_did_better(case: str) -> None:
    figures, how = TELLS[case]
    d = route("P and events", p="0.04", **({"events_t": 70, "events_c": 70} | figures))
    assert d.yi < 0
    assert d.assumptions[1] == f"treatment did better, by {how}"


def test_an_estimate_tells_the_direction_before_anything_else() -> None:
    """Two-to-one: more events in the larger arm, and yet a hazard ratio below 1."""
    figures: dict[str, Any] = {"p": "0.04", "estimate": "0.70", "events_t": 100, "events_c": 60}
    assert route("P and events", **figures).yi < 0
    assert route("P and events", inverted=True, **figures).yi > 0


def test_in_two_to_one_trials_shares_and_not_numbers_of_events_tell() -> None:
    bare: dict[str, Any] = {"p": "0.04", "events_t": 100, "events_c": 60}
    assert route("P and events", n_t=200, n_c=100, **bare).yi < 0
    assert route("P and events", **bare).yi > 0  # which is why the assumption says that the arms are of one size


# --- levels


@pytest.mark.parametrize(("level", "z"), [(0.90, 1.644854), (0.95, 1.959964), (0.9502, 1.961678), (0.99, 2.575829)])
def test_the_divisor_is_the_z_of_the_level(level: float, z: float) -> None:
    d = route("estimate and interval", level=level, **INTERVAL)
    assert d.se == pytest.approx(log(0.82 / 0.46) / (2 * z), rel=1e-6)
    assert d.inputs["ci_level"] == f"{100 * level:g}"
    assert d.assumptions == (f"the interval is a {100 * level:g}% Wald interval, symmetric on the log scale",)


# --- P values


def test_a_one_sided_p_is_not_halved_again() -> None:
    two, one = route("estimate and P", estimate="0.85", p="0.0750"), route("estimate and P", estimate="0.85", p="0.0375", p_sides=1)
    assert one.se == pytest.approx(two.se)
    by_events = (route("P and events", p=p, p_sides=s, favours="treatment", **EVENTS) for p, s in (("0.075", 2), ("0.0375", 1)))
    assert next(by_events).yi == pytest.approx(next(by_events).yi)


def test_a_one_sided_p_of_a_half_is_no_effect_and_has_its_rounding_range() -> None:
    d = route("P and events", p="0.5", p_sides=1, favours="treatment", **EVENTS)
    assert d.yi == 0
    assert d.yi_low <= 0 <= d.yi_high


def test_a_coarse_p_value_comes_after_every_other_route() -> None:
    """z of 0.9 lies between 0.063 and 0.189: an SE that is known within a factor of three."""
    figures: dict[str, Any] = {"estimate": "0.98", "survival_t": "0.70", "survival_c": "0.66", "landmark": 24.0, "follow_up": 40.0}
    figures |= PATIENTS
    exact = ["estimate and P", "estimate and expected events", "P and expected events", "landmark survival and patients"]
    assert order(p="0.90", **figures)[:1] == ["estimate and expected events"]
    assert order(p="0.9", **figures) == [*exact[1:], "estimate and P", "landmark survival and P"]
    figures["estimate"] = "0.62"
    assert order(p="0.004", **figures)[:4] == exact


def test_a_coarse_p_value_never_leaves_a_printed_estimate_for_an_effect_made_of_medians() -> None:
    for given in (PATIENTS, EVENTS, EVENTS | PATIENTS):
        best = derive(report(estimate="0.97", p="0.8", **MEDIANS, **given)).best
        assert best is not None
        assert best.yi == pytest.approx(log(0.97))


@pytest.mark.parametrize("name", ["medians and events", "medians and patients", "landmark survival and patients"])
@pytest.mark.parametrize("p", ["<0.001", "<0.0001", ">0.05", ">0.5"])
def test_an_inequality_alone_makes_no_effect(name: str, p: str) -> None:
    assert "P" not in " ".join(order(**(LEAST[name] | {"p": p}))).split()


def test_p_above_a_raises_an_se_that_is_too_small_for_it() -> None:
    d = route("estimate and events", estimate="0.62", p=">0.05", **EVENTS)
    free = sqrt(1 / 86 + 1 / 132)
    assert d.se == pytest.approx(-log(0.62) / 1.959964, rel=1e-6)
    assert d.assumptions[-1] == f"the SE is moved from {free:.4f} to {d.se:.4f}, the nearest that agrees with P > 0.05"
    assert d.worked == f"ln 0.62 = -0.4780; sqrt(1/86 + 1/132) = {free:.4f}; with P > 0.05: {d.se:.4f}"


def test_p_above_a_leaves_an_se_that_agrees() -> None:
    d = route("estimate and events", estimate="0.85", p=">0.05", **EVENTS)
    assert d.se == pytest.approx(sqrt(1 / 86 + 1 / 132))
    assert d.assumptions == ("events by arm as reported", INFORMED)


def test_p_below_a_lowers_an_se_that_rests_on_the_least_number_of_events() -> None:
    """ln 0.60 / 3.2905 = 0.1552: with more than half of 100 and 100 patients having the event, but not with all, it can be."""
    d = route("estimate and expected events", estimate="0.60", p="<0.001", **MEDIANS, n_t=100, n_c=100)
    assert d.se == pytest.approx(-log(0.60) / 3.290527, rel=1e-6)
    moved = "the SE is moved from 0.2000 to 0.1552, the nearest that agrees with P < 0.001"
    assert d.assumptions == (LEAST_EVENTS, INFORMED, moved)


def test_p_below_a_does_not_lower_an_se_below_what_all_patients_allow() -> None:
    d = route("estimate and expected events", estimate="0.75", p="<0.001", **MEDIANS, n_t=100, n_c=100)
    assert d.se == pytest.approx(sqrt(2 / 100))
    assert d.assumptions[-2:] == (
        "the SE is moved from 0.2000 to 0.1414, the least that there can be, on the way to P < 0.001",
        "P < 0.001 asks for an SE of at most 0.0874: the true effect may be larger than this one",
    )


def test_p_below_a_does_not_lower_the_se_of_reported_events() -> None:
    d = route("estimate and events", estimate="0.75", p="<0.001", **EVENTS)
    assert d.se == pytest.approx(sqrt(1 / 86 + 1 / 132))
    assert d.assumptions[-1] == "P < 0.001 asks for an SE of at most 0.0874: the true effect may be larger than this one"


@pytest.mark.parametrize("name", ["medians and events", "medians and patients", "landmark survival and patients"])
def test_p_below_a_does_not_lower_the_se_of_an_effect_that_is_not_printed(name: str) -> None:
    """FIRST printed medians of 26.0 and 21.0 months with P < .001, which asks for an SE of 0.065; its own interval has 0.080."""
    free, told = route(name, **LEAST[name]), route(name, **(LEAST[name] | {"p": "<1E-12"}))
    assert (told.yi, told.se) == (free.yi, free.se)
    most = -free.yi / 7.130513
    assert told.assumptions[:-1] == free.assumptions
    asked = f"P < 0.000000000001 asks for an SE of at most {most:.4f}"
    assert told.assumptions[-1] == f"{asked}: the true effect may be larger than this one"


def test_one_sided_inequalities_beyond_a_half_bound_nothing() -> None:
    for p in ("<0.9", ">0.6"):
        assert report(p=p, p_sides=1).se_bounds(-0.4) == (0.0, float("inf"))
    assert report(p="<0.025", p_sides=1).se_bounds(-0.4).high == pytest.approx(0.4 / 1.959964, rel=1e-6)


# --- expected events


def expected(**figures: Any) -> Reported:
    return report(n_t=231, n_c=229, **figures)


def test_events_are_expected_by_the_median_follow_up() -> None:
    events = expected(median_t="46", median_c="27", follow_up=34.0).expected_events
    assert events is not None
    assert events[:2] == pytest.approx((231 * (1 - 2 ** (-34 / 46)), 229 * (1 - 2 ** (-34 / 27))))
    assert events.how == BY_MEDIANS


@pytest.mark.parametrize("follow_up", [18.0, 36.0, 72.0])
def test_landmark_survival_is_carried_to_the_follow_up_by_a_constant_hazard(follow_up: float) -> None:
    """Before the landmark, at it, and beyond: 0.66 at 36 months is 0.8124 at 18 and 0.4356 at 72."""
    events = expected(survival_t="0.66", survival_c="0.39", landmark=36.0, follow_up=follow_up).expected_events
    assert events is not None
    assert events[:2] == pytest.approx((231 * (1 - 0.66 ** (follow_up / 36)), 229 * (1 - 0.39 ** (follow_up / 36))))
    assert events.how == BY_LANDMARK


@pytest.mark.parametrize(
    ("figures", "share_t", "share_c"),
    [
        (MEDIANS, 0.5, 0.5),
        (SURVIVAL, 0.34, 0.61),
        (MEDIANS | SURVIVAL, 0.5, 0.61),
        (SURVIVAL | {"median_c": "27"}, 0.34, 0.61),
        ({"survival_t": "0.90", "survival_c": "0.80", "median_c": "27"}, 0.10, 0.5),
    ],
)
def test_without_follow_up_there_are_at_least_half_of_an_arm_or_the_events_before_the_landmark(
    figures: dict[str, Any], share_t: float, share_c: float
) -> None:
    events = expected(**figures).expected_events
    assert events is not None
    assert events[:2] == pytest.approx((231 * share_t, 229 * share_c))
    assert events.how == LEAST_EVENTS


EARLY: dict[str, Any] = {"p": "0.002", "survival_t": "0.90", "survival_c": "0.80", "landmark": 12.0} | PATIENTS


def test_p_is_not_put_on_the_few_events_before_an_early_landmark() -> None:
    """V = 23.1 x 45.8 / 68.9 = 15.36, so z = 3.0902 would make 0.7886; ln(ln 0.9 / ln 0.8) = -0.7504."""
    results = derive(report(**EARLY))
    assert [d.route for d in results.feasible] == ["landmark survival and patients", "landmark survival and P"]
    assert {refusal.route: refusal.reason for refusal in results.refused}["P and expected events"] == (
        "P = 0.002 with the events before the landmark alone would make a log HR of 0.7886, where survival shows 0.7504: there "
        "were later events, and no follow-up tells how many"
    )


def test_p_goes_before_a_landmark_that_shows_more_than_p_allows_for() -> None:
    """However few events there were, P = 0.09 leaves no room for the effect at the landmark, which was chosen to show it."""
    assert order(**(EARLY | {"p": "0.09"}))[0] == "P and expected events"
    assert order(**(EARLY | {"follow_up": 40.0}))[0] == "P and expected events"
    assert order(**(EARLY | MEDIANS))[0] == "P and expected events"
    assert order(**(EARLY | {"survival_t": "0.40", "survival_c": "0.30"}))[0] == "P and expected events"


def test_events_that_are_expected_stand_among_the_inputs_under_that_name() -> None:
    d = route("P and expected events", p="0.003", **MEDIANS, **PATIENTS)
    assert d.inputs == {"p": "0.003", "expected events_t": "115.5", "expected events_c": "114.5"}
    assert d.assumptions == (LEAST_EVENTS, "treatment did better, by the medians", "P is of a log-rank test")
    assert d.worked == "V = 115.5 x 114.5 / 230 = 57.50; z(0.003) = 2.968; -2.968 / sqrt(57.50) = -0.3914"


# --- medians and landmarks


def test_events_after_the_medians_do_not_make_medians_sharper() -> None:
    """The log of an exponential median varies by 1 / (n ln(2)^2), whatever happens after it."""
    few, many = (route("medians and events", **MEDIANS, **PATIENTS, events_t=d, events_c=d) for d in (80, 220))
    assert few.se == pytest.approx(sqrt(2 / 80))
    assert many.se == pytest.approx(sqrt(2 / 231 + 2 / 229))
    assert many.se == pytest.approx(sqrt((1 / 231 + 1 / 229) / log(2) ** 2), rel=0.02)
    assert many.assumptions == (EXPONENTIAL, "the SE is that of medians, which events after them do not make sharper")
    assert many.worked == "ln(27 / 46) = -0.5328; SE from half of 231 and 229 patients = 0.1319"


def test_the_se_of_landmark_survival_is_no_less_than_the_events_allow() -> None:
    uncensored = route("landmark survival and patients", **SURVIVAL, **PATIENTS)
    censored = route("landmark survival and patients", **SURVIVAL, **PATIENTS, events_t=40, events_c=60)
    assert uncensored.se < censored.se == pytest.approx(sqrt(1 / 40 + 1 / 60))
    assert censored.worked == "ln(ln 0.66 / ln 0.39) = -0.8181; SE with 40 and 60 events = 0.2041"
    assert uncensored.worked.endswith("; SE with 231 and 229 patients = 0.1436")


def test_a_landmark_beyond_the_follow_up_is_said_to_make_the_se_too_small() -> None:
    late, early = (route("landmark survival and patients", **SURVIVAL, **PATIENTS, follow_up=f) for f in (24.0, 48.0))
    assert late.assumptions[1] == "most patients were followed for less than the landmark, so that the SE is too small"
    assert early.assumptions[1] == "nobody was censored before the landmark (else the SE is a little small)"
    assert late.se > early.se


def test_equal_landmark_survival_is_no_effect_with_an_se() -> None:
    d = route("landmark survival and patients", survival_t="0.65", survival_c="0.65", **PATIENTS)
    assert d.yi == 0
    assert d.yi_low < 0 < d.yi_high


# --- data frames


def test_numbers_that_lost_their_last_zero_are_taken_to_be_as_precise_as_their_neighbours() -> None:
    floats = hazard_ratio(hr=[0.6], ci_low=[0.46], ci_high=[0.8]).derivations[0]
    texts = hazard_ratio(hr=["0.60"], ci_low=["0.46"], ci_high=["0.80"]).derivations[0]
    assert floats == texts


def test_the_information_of_a_route_is_that_of_its_events() -> None:
    routes = by_route(derive(report(estimate="0.62", p="0.003", **EVENTS, **PATIENTS)))
    assert routes["P and events"].se == pytest.approx(routes["estimate and events"].se) == sqrt(1 / 86 + 1 / 132)
    assert exp(routes["P and events"].yi) == pytest.approx(exp(-2.967738 * sqrt(1 / 86 + 1 / 132)), rel=1e-6)
