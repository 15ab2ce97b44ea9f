"""What is true and merely rounded is never found fault with; a slip that rounding cannot hide is."""

from __future__ import annotations

from itertools import pairwise
from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from trialpool.errors import BadArgument
from trialpool.stats.consistency.check_reported import check_reported
from trialpool.stats.consistency.cohorts import years_overlap
from trialpool.stats.consistency.counts import mean_of_whole_numbers, whole_counts, whole_sums
from trialpool.stats.consistency.disagreement import RULES
from trialpool.stats.consistency.repairs import repairs
from trialpool.stats.consistency.rounding_boxes import likelihood_reach, off_centre, p_box, se_box
from trialpool.stats.consistency.survival import (
    deaths_within_progressions,
    medians_in_order,
    rises,
    risk_table_agrees,
    risk_table_of_curves,
    survival_falls,
    survival_in_order,
)
from trialpool.stats.effects.printed import Printed

EFFECT, ERROR, DECIMALS = st.floats(-1.5, 1.5), st.floats(0.02, 0.9), st.integers(0, 5)
LEVEL = st.sampled_from([0.8, 0.9, 0.95, 0.99])


def wald(theta: float, se: float, decimals: int, level: float = 0.95) -> dict[str, str]:
    half = -float(ndtri((1 - level) / 2)) * se
    names = ("estimate", "ci_low", "ci_high")
    return {name: f"{exp(x):.{decimals}f}" for name, x in zip(names, (theta, theta - half, theta + half), strict=True)}


def p_text(p: float, places: int) -> str:
    return f"{p:.{places}f}" if round(p, places) > 0 else f"<{10.0**-places:.{places}f}"


@given(EFFECT, ERROR, DECIMALS, LEVEL, st.integers(1, 5), st.floats(0.95, 1.05), st.sampled_from(["HR", "RR", "OR"]))
def test_a_true_ratio_rounded_is_never_found_fault_with(
    theta: float, se: float, decimals: int, level: float, places: int, ratio: float, measure: str
) -> None:
    """A Wald interval with a P of its own or of a log-rank test, every figure rounded to any number of decimals."""
    p = 2 * float(ndtr(-abs(theta) / se * ratio))
    checked = check_reported(**wald(theta, se, decimals, level), p=p_text(p, places), level=level, measure=measure)
    assert checked.disagreements == ()


@given(st.floats(-1.0, 1.0), st.floats(0.02, 0.4), st.integers(2, 4), st.sampled_from(["estimate", "ci_low", "ci_high"]), st.data())
def test_a_mistyped_digit_that_rounding_cannot_hide_is_found(
    theta: float, se: float, decimals: int, column: str, data: st.DataObject
) -> None:
    figures = wald(theta, se, decimals)
    text = figures[column]
    i = data.draw(st.sampled_from([i for i, c in enumerate(text) if c.isdigit()]))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != text[i]]))
    typed = text[:i] + digit + text[i + 1 :]
    half = 0.5 * 10.0**-decimals
    assume(float(typed) > 2 * half and min(map(float, figures.values())) > 2 * half)
    # the figure as typed is off by this much on the log scale; each box is at most this wide
    share = 1.0 if column == "estimate" else 0.5
    off = share * abs(log(float(typed)) - log(float(text)))
    boxes = sum(log((float(x) + half) / (float(x) - half)) for x in (*figures.values(), typed))
    assume(off > boxes)
    checked = check_reported(**figures | {column: typed})
    assert {d.rule for d in checked.disagreements} & {"symmetry", "containment"}


@given(st.floats(-1.0, 1.0), st.floats(0.05, 0.3), st.sampled_from(["estimate", "ci_low", "ci_high"]))
def test_a_repair_that_is_suggested_agrees(theta: float, se: float, column: str) -> None:
    figures = wald(theta, se, 2)
    figures[column] = f"{float(figures[column]) * 1.7:.2f}"
    printed = [Printed.of(figures[name]) for name in ("estimate", "ci_low", "ci_high")]
    assume(all(x.low > 0 for x in printed))
    for repair in repairs(*printed):
        mended = check_reported(**figures | {repair.column: repair.figure})
        assert not {d.rule for d in mended.disagreements} & {"symmetry", "containment"}


def test_the_figure_that_was_meant_is_among_the_repairs() -> None:
    """Of triples with one digit of the upper limit changed, the true one is offered nearly always when three slips may be named."""
    rng = np.random.default_rng(20160301)
    offered = made = 0
    for theta, se in zip(rng.uniform(-1, 0.7, 300), rng.uniform(0.05, 0.25, 300), strict=True):
        figures = wald(theta, se, 2)
        text = figures["ci_high"]
        i = int(rng.choice([i for i, c in enumerate(text) if c.isdigit()]))
        typed = text[:i] + str((int(text[i]) + int(rng.integers(1, 10))) % 10) + text[i + 1 :]
        printed = [Printed.of(x) for x in (figures["estimate"], figures["ci_low"], typed)]
        if float(typed) <= float(figures["ci_low"]) or check_reported(*map(str, printed)).disagreements == ():
            continue
        made += 1
        offered += any(r.column == "ci_high" and abs(float(r.figure) - float(text)) <= 0.02 for r in repairs(*printed, most=3))
    assert made > 200
    assert offered / made > 0.9


@given(EFFECT, ERROR, st.floats(0.0, 0.4), LEVEL, LEVEL)
def test_the_middle_does_not_depend_on_level_or_on_which_arm_comes_first(
    theta: float, se: float, shift: float, level: float, other: float
) -> None:
    def off(level: float, sign: float) -> float:
        z = -float(ndtri((1 - level) / 2))
        limits = sorted((exp(sign * (theta + shift - z * se)), exp(sign * (theta + shift + z * se))))
        return float(off_centre(exp(sign * theta), *limits, 0.0))

    assert off(level, 1.0) == pytest.approx(off(other, 1.0), abs=1e-8)
    assert off(level, -1.0) == pytest.approx(-off(level, 1.0), abs=1e-8)


@given(EFFECT, ERROR, LEVEL)
def test_p_and_se_of_an_interval_do_not_depend_on_its_level(theta: float, se: float, level: float) -> None:
    z = -float(ndtri((1 - level) / 2))
    limits = exp(theta - z * se), exp(theta + z * se)
    least, most = p_box(exp(theta), *limits, 0.0, level)
    truth = 2 * float(ndtr(-abs(theta) / se))
    assert (float(least), float(most)) == pytest.approx((truth, truth), abs=1e-9, rel=1e-6)
    assert [float(x) for x in se_box(*limits, 0.0, level)] == pytest.approx([se, se], rel=1e-9)


@given(EFFECT, ERROR, st.integers(1, 4))
def test_fewer_decimals_leave_more_open(theta: float, se: float, decimals: int) -> None:
    figures = [float(x) for x in wald(theta, se, 5).values()]
    assume(min(figures) > 0.1)
    fine, coarse = 0.5 * 10.0 ** -(decimals + 1), 0.5 * 10.0**-decimals
    assume(figures[1] + coarse < figures[2] - coarse and figures[1] > 2 * coarse)
    (a, b), (c, d) = p_box(*figures, fine), p_box(*figures, coarse)
    assert float(c) <= float(a) <= float(b) <= float(d)


def profile(events_t: int, events_c: int) -> tuple[float, float, float]:
    """A hazard ratio of exponential arms with equal time at risk, and its 95% profile-likelihood limits."""
    theta = log(events_t / events_c)

    def fall(x: float) -> float:
        return events_t * (theta - x) - (events_t + events_c) * log((1 + exp(theta)) / (1 + exp(x))) - 3.841458820694124 / 2

    return exp(theta), exp(brentq(fall, theta - 9, theta)), exp(brentq(fall, theta, theta + 9))


@given(st.integers(5, 400), st.integers(5, 400), st.integers(1, 4))
def test_a_profile_interval_is_at_most_a_note(events_t: int, events_c: int, decimals: int) -> None:
    figures = [f"{x:.{decimals}f}" for x in profile(events_t, events_c)]
    assert all(d.severity == "note" for d in check_reported(*figures).disagreements)


@given(st.integers(5, 400), st.integers(5, 400))
def test_how_far_off_a_profile_interval_lies_is_within_its_reach(events_t: int, events_c: int) -> None:
    estimate, low, high = profile(events_t, events_c)
    assert abs(float(off_centre(estimate, low, high, 0.0))) <= float(likelihood_reach(sqrt(1 / events_t + 1 / events_c)))


@given(EFFECT, st.integers(3, 2000), st.integers(3, 2000), st.floats(0.8, 1.0), DECIMALS)
def test_an_interval_with_no_more_information_than_its_events_is_never_found_fault_with(
    theta: float, events_t: int, events_c: int, share: float, decimals: int
) -> None:
    se = sqrt((1 / events_t + 1 / events_c) / share)
    assert check_reported(**wald(theta, se, decimals), events_t=events_t, events_c=events_c).disagreements == ()


@given(st.floats(-1.0, 1.0), st.integers(20, 2000), st.integers(20, 2000))
def test_an_interval_half_as_wide_as_its_events_allow_is_found(theta: float, events_t: int, events_c: int) -> None:
    se = sqrt(1 / events_t + 1 / events_c) / 2
    (found,) = check_reported(**wald(theta, se, 4), events_t=events_t, events_c=events_c).disagreements
    assert (found.rule, found.severity) == ("information", "error")


ARM = st.tuples(st.integers(1, 600), st.integers(0, 600)).map(lambda a: (min(a[1], a[0]), a[0]))


@given(ARM, ARM, DECIMALS, st.sampled_from(["RR", "OR", "RD"]), st.booleans())
def test_ratios_and_percentages_of_true_counts_are_never_found_fault_with(
    t: tuple[int, int], c: tuple[int, int], decimals: int, measure: str, inverted: bool
) -> None:
    (a, n1), (e, n0) = (c, t) if inverted else (t, c)
    if measure == "RD":
        estimate, limits = a / n1 - e / n0, {}
    else:
        assume(0 < a < n1 and 0 < e < n0)
        odds = measure == "OR"
        estimate = a * (n0 - e) / ((n1 - a) * e) if odds else (a / n1) / (e / n0)
        se = sqrt(1 / a + 1 / (n1 - a) + 1 / e + 1 / (n0 - e)) if odds else sqrt(1 / a - 1 / n1 + 1 / e - 1 / n0)
        limits = {k: v for k, v in wald(log(estimate), se, decimals).items() if k != "estimate"}
    arms = {"events_t": t[0], "n_t": t[1], "events_c": c[0], "n_c": c[1]}
    percent = {"pct_t": f"{100 * t[0] / t[1]:.{decimals}f}", "pct_c": f"{100 * c[0] / c[1]:.{decimals}f}"}
    figures: dict[str, Any] = {**limits, **arms, **percent, "inverted": inverted}
    assert check_reported(f"{estimate:.{decimals}f}", measure=measure, **figures).disagreements == ()
    hidden = {k: v for k, v in arms.items() if not k.startswith("events")}
    assert check_reported(**hidden, **percent).disagreements == ()


@given(ARM, ARM)
def test_an_odds_ratio_called_a_risk_ratio_is_an_error(t: tuple[int, int], c: tuple[int, int]) -> None:
    (a, n1), (e, n0) = t, c
    assume(0 < a < n1 and 0 < e < n0)
    risk, odds = (a / n1) / (e / n0), a * (n0 - e) / ((n1 - a) * e)
    assume(abs(risk - odds) > 0.0002)
    (found,) = check_reported(f"{odds:.4f}", measure="RR", events_t=a, n_t=n1, events_c=e, n_c=n0).disagreements
    assert (found.rule, found.severity) == ("ratio-counts", "error")
    assert "the odds ratio" in found.expected


@given(st.integers(1, 2000), st.integers(0, 2000), st.integers(0, 4))
def test_whole_counts_are_exactly_those_that_print_so(n: int, events: int, decimals: int) -> None:
    printed = Printed.of(f"{100 * min(events, n) / n:.{decimals}f}")
    least, most = whole_counts(printed.value, printed.half, n)
    # half-way cases print either way, so both are allowed
    brute = [k for k in range(n + 1) if abs(100 * k / n - printed.value) <= printed.half + 1e-9]
    assert (int(least), int(most)) == (brute[0], brute[-1])


@given(st.integers(2, 90), st.floats(0, 100))
def test_a_percentage_that_no_count_gives_is_an_error(n: int, percent: float) -> None:
    text = f"{percent:.2f}"
    possible = any(abs(100 * k / n - float(text)) <= 0.005 + 1e-9 for k in range(n + 1))
    found = check_reported(pct_t=text, n_t=n).disagreements
    assert [d.severity for d in found] == ([] if possible else ["error"])


@given(st.integers(1, 500), st.integers(0, 20000), st.integers(0, 4), st.integers(1, 3))
def test_means_of_counts_are_never_found_fault_with(n: int, total: int, decimals: int, items: int) -> None:
    mean = Printed.of(f"{total / (n * items):.{decimals}f}")
    least, most = whole_sums(mean.value, mean.half, n, items=items)
    assert least <= total <= most
    assert mean_of_whole_numbers(mean, n, items=items) == ()


@given(st.integers(2, 49), st.integers(0, 999))
def test_a_mean_that_no_sum_gives_is_an_error(n: int, hundredths: int) -> None:
    text = f"{hundredths / 100:.2f}"
    possible = any(abs(total / n - float(text)) <= 0.005 + 1e-9 for total in range(10 * n + 1))
    found = check_reported(mean_t=text, n_t=n, whole_means=True).disagreements
    assert [d.rule for d in found] == ([] if possible else ["mean-whole"])


@given(st.integers(0, 10**6), st.integers(5, 60), st.integers(0, 3))
def test_survival_of_the_same_patients_is_never_found_fault_with(seed: int, n: int, decimals: int) -> None:
    """Progression and death of patients who are all followed to the end."""
    rng = np.random.default_rng(seed)
    death = rng.exponential(40, n)
    pfs = np.minimum(death, rng.exponential(25, n))
    cut_off = 60.0

    def alive(times: Any, at: float) -> Printed:
        return Printed.of(f"{(times > at).mean():.{decimals + 2}f}")

    def median(times: Any) -> Printed:
        return Printed.of(f"{np.sort(times)[(n - 1) // 2]:.{decimals}f}")

    assert deaths_within_progressions(int((death <= cut_off).sum()), int((pfs <= cut_off).sum())) == ()
    assert medians_in_order(median(pfs), median(death)) == ()
    for early, late in ((12, 12), (12, 36), (24, 36)):
        assert survival_in_order(alive(pfs, late), late, alive(death, early), early) == ()
        assert not survival_falls(alive(pfs, early), early, alive(pfs, late), late)
    times = list(range(0, 61, 6))
    at_risk = [int((pfs >= t).sum()) if t else n for t in times]
    shares: list[Printed | None] = [Printed.of(f"{(pfs >= t).mean():.{decimals + 2}f}") for t in times]
    assert risk_table_agrees(times, at_risk, n=n, survival=shares) == ()
    landmark = {"landmark": 24.0, "survival_t": f"{100 * (pfs > 24).mean():.{decimals}f}", "median_t": str(median(pfs).value)}
    assert check_reported(**landmark).disagreements == ()


@given(st.lists(st.integers(0, 500), min_size=2, max_size=12))
def test_numbers_at_risk_that_rise_are_found_and_no_others(counts: list[int]) -> None:
    times = list(range(len(counts)))
    assert list(rises(times, counts)) == [False, *(later > earlier for earlier, later in pairwise(counts))]
    assert not rises(times, sorted(counts, reverse=True)).any()


@given(st.integers(1980, 2020), st.integers(0, 9), st.integers(1980, 2020), st.integers(0, 9))
def test_years_overlap_as_sets_of_years_do(a: int, more_a: int, b: int, more_b: int) -> None:
    both = set(range(a, a + more_a + 1)) & set(range(b, b + more_b + 1))
    found = years_overlap(f"{a}-{a + more_a}", f"from {b} to {b + more_b}")
    assert found == ((min(both), max(both)) if both else None)


@given(st.integers(5, 300), st.integers(5, 300), st.floats(0.2, 0.8), st.integers(0, 3), st.integers(1, 4))
def test_figures_of_one_log_rank_test_are_never_found_fault_with(t: int, c: int, share: float, decimals: int, places: int) -> None:
    expected = (t + c) * share
    chi2 = (t - expected) ** 2 / ((t + c) * share * (1 - share))
    figures: dict[str, Any] = {"expected_t": f"{expected:.{decimals}f}", "expected_c": f"{t + c - expected:.{decimals}f}"}
    figures |= {"o_minus_e": f"{t - expected:.{decimals}f}", "chi2": f"{chi2:.{decimals}f}"}
    p = p_text(2 * float(ndtr(-sqrt(chi2))), places)
    checked = check_reported(p=p, events_t=t, events_c=c, events_total=t + c, **figures)
    assert {"log-rank", "arms-total"} <= set(checked.ran)
    assert checked.disagreements == ()


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        (
            {"events_t": 40, "events_c": 60, "expected_t": "50.1", "expected_c": "59.9"},
            "the same: 40 + 60 = 100, 50.1 + 59.9 = 110",
        ),
        (
            {"events_t": 40, "events_c": 60, "expected_t": "50.1", "expected_c": "49.9", "o_minus_e": "10.1"},
            "the sign of the control arm",
        ),
        ({"chi2": "6.8", "p": "0.02"}, "its P is 0.0089 to 0.0094"),
        ({"events_t": 40, "events_c": 60, "events_total": 110}, "40 + 60 = 100, and 10 are not accounted for"),
    ],
)
def test_figures_of_a_log_rank_test_that_do_not_agree(figures: dict[str, Any], expected: str) -> None:
    (found,) = check_reported(**figures).disagreements
    assert expected in found.expected


def test_numbers_at_risk_below_a_curve() -> None:
    from trialpool.stats.effects.curve import Curve
    from trialpool.stats.effects.reported import Reported

    shares = tuple(Printed.of(s) for s in ("1.00", "0.80", "0.55"))

    def judged(*at_risk: int) -> list[str]:
        curve = Curve(times=(0.0, 12.0, 24.0), s_t=shares, s_c=shares, at_risk_t=at_risk, at_risk_c=(200, 150, 100))
        found = risk_table_of_curves(Reported(curve=curve, n_t=200, n_c=200))
        return [f"{d.columns[0]}: {d.what}" for d in found or ()]

    assert judged(200, 160, 110) == judged(200, 161, 111) == []
    assert judged(200, 160, 130) == ["at_risk_t: 130 patients are at risk at 24"]
    assert judged(198, 150, 100) == ["at_risk_t: 198 patients are at risk at the start"]


# --- the words of the source, and what is left alone


@pytest.mark.parametrize(
    ("figures", "columns"),
    [
        ({"estimate": "1.44", "inverted": True, "favours": "treatment"}, []),
        ({"estimate": "1.44", "favours": "treatment"}, ["favours"]),
        ({"estimate": "0.72", "inverted": None, "median_t": "21", "median_c": "27"}, []),
        ({"estimate": "1.00", "median_t": "21", "median_c": "27"}, []),
        ({"estimate": "0.72", "median_t": "26.6", "median_c": "27"}, []),
        ({"estimate": "0.72", "survival_t": "40", "survival_c": "50", "landmark": 36.0}, ["survival_t"]),
        ({"estimate": "0.72", "inverted": True, "survival_t": "40", "survival_c": "50", "landmark": 36.0}, []),
        ({"estimate": "0.65", "ci_low": "0.50", "ci_high": "0.84", "p": "0.4", "p_sides": 1}, []),
        ({"estimate": "0.0", "ci_low": "0.0", "ci_high": "0.4", "p": "0.9"}, []),
        ({"estimate": "0.62", "ci_low": "0.57"}, []),
        ({"ci_low": "0.57", "ci_high": "0.67", "p": "0.5"}, []),
    ],
)
def test_only_what_contradicts_is_told(figures: dict[str, Any], columns: list[str]) -> None:
    assert [d.columns[0] for d in check_reported(**figures).disagreements] == columns


def test_a_median_and_a_landmark_on_no_falling_curve() -> None:
    (found,) = check_reported(median_t="24", landmark=36.0, survival_t="58").disagreements
    assert (found.rule, found.severity) == ("median-landmark", "error")
    assert found.expected == "at 36, after it, 50% or less"


def test_the_result_is_a_table_of_what_was_found() -> None:
    checked = check_reported("0.62", "0.57", "0.67", p="<.001")
    assert (checked.ran, checked.severity, str(checked)) == (
        ("containment", "symmetry", "p-interval"),
        "ok",
        "3 checks, no disagreement",
    )
    wrong = check_reported("0.80", "0.66", "0.97", p="0.06")
    assert wrong.to_dict()["rule"] == ["p-interval"]
    assert set(wrong.ran) <= RULES.keys()


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"estimate": "NR"}, "estimate is 'NR', which is no number. Give it as printed, such as '0.62'."),
        ({"estimate": "0.8", "p": "n.s."}, "p is 'n.s.', which is no number. Give it as printed, such as '0.62'."),
    ],
)
def test_what_is_no_number_is_refused(figures: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgument) as refused:
        check_reported(**figures)
    assert str(refused.value) == message


def test_a_figure_that_no_report_has_is_refused() -> None:
    with pytest.raises(BadArgument, match=r"^hazard is no figure of a report\. Choose of .*ci_high, "):
        check_reported(hazard="0.8")
