"""Does a ratio agree with its interval, the interval with its P value and its events? Rounding is allowed for throughout."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, log, sqrt

from trialpool.stats.consistency.disagreement import Disagreement
from trialpool.stats.consistency.repairs import repairs
from trialpool.stats.consistency.rounding_boxes import (
    level_of_width,
    level_that_fits,
    likelihood_reach,
    log_centre_box,
    off_centre,
    p_box,
    se_box,
)
from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.deriving import LOG_RANK_AND_WALD
from trialpool.stats.effects.printed import Printed
from trialpool.stats.effects.reported import Reported
from trialpool.stats.effects.survival_routes import INFORMATION_SLACK

RATIOS = ("HR", "RR", "OR", "IRR", "ROM")
Verdict = tuple[Disagreement, ...] | None
"""What a rule says of a report: nothing (`()`), disagreements, or None where the figures that it needs are not there."""


def containment(r: Reported) -> Verdict:
    """L <= estimate <= U within rounding, and L < U."""
    if not (r.ci_low and r.ci_high):
        return None
    low, high = r.ci_low, r.ci_high
    if low.value > high.value:
        return (
            Disagreement(
                rule="containment",
                severity="error",
                columns=("ci_low", "ci_high"),
                what=f"the lower limit {low} is above the upper limit {high}",
                expected="a lower limit below the upper one",
                mend="Swap the two, or correct the one that was mistyped",
            ),
        )
    if r.estimate is None or (low.low <= r.estimate.high and r.estimate.low <= high.high):
        return ()
    return (
        Disagreement(
            rule="containment",
            severity="error",
            columns=("estimate", "ci_low", "ci_high"),
            what=f"the interval {low} to {high} does not hold its estimate {r.estimate}",
            expected=_middle(r) if low.low > 0 else f"an estimate from {low} to {high}",
            mend=_mend_typing(r),
        ),
    )


def symmetry(r: Reported) -> Verdict:
    """The box of ln estimate meets that of (ln L + ln U) / 2, as in every Wald interval of a ratio.

    A note where a profile-likelihood or exact interval can lie like this (`likelihood_reach`), an error beyond.
    """
    if not _whole(r):
        return None
    estimate, low, high, halves = _figures(r)
    gap = float(off_centre(estimate, low, high, halves))
    if gap == 0:
        return ()
    mild = abs(gap) <= float(likelihood_reach(se_box(low, high, halves, r.level)[1], r.level))
    mend = _mend_typing(r)
    if mild:
        mend = f"It may be a profile-likelihood or exact interval, which need not be symmetric. If not: {mend[0].lower()}{mend[1:]}"
    return (
        Disagreement(
            rule="symmetry",
            severity="note" if mild else "error",
            columns=("estimate", "ci_low", "ci_high"),
            what=f"{r.measure} {r.estimate} is not in the middle of {r.ci_low} to {r.ci_high} on the log scale",
            expected=_middle(r),
            mend=mend,
        ),
    )


def log_symmetric(r: Reported) -> tuple[Disagreement, ...]:
    """The same, with nothing said also where the figures that it needs are not there."""
    return symmetry(r) or ()


def p_agrees_with_interval(r: Reported) -> Verdict:
    """The box of P meets the range of P that estimate and limits leave open, widened by 6% in z for log-rank beside Wald.

    An error where, besides, the two disagree on which side of 1 - level P lies; a warning otherwise. One-sided P values are not
    judged: many are of another hypothesis than a ratio of 1.
    """
    if not _whole(r) or r.p is None or r.p_sides != 2:
        return None
    printed, (least, most) = _p_said(r.p, r.p_operator), p_range(r)
    if printed[0] <= most and least <= printed[1]:
        return ()
    estimate, low, high, halves = _figures(r)
    assert r.ci_low is not None
    assert r.ci_high is not None
    covers = r.ci_low.value <= 1 <= r.ci_high.value
    significant, not_significant = printed[1] < 1 - r.level, printed[0] > 1 - r.level
    flips = (covers and significant) or (not covers and not_significant)
    z = abs(log(estimate)) * 2 * z_quantile(r.level) / (log(high) - log(low))
    fits = level_that_fits(estimate, low, high, halves, printed)
    guess = f"; as a {fits:.0%} interval it would agree" if fits is not None and abs(fits - r.level) > 0.001 else ""
    side = f"the interval {'holds' if covers else 'leaves out'} 1, and " if flips else ""
    return (
        Disagreement(
            rule="p-interval",
            severity="error" if flips else "warning",
            columns=("p", "estimate", "ci_low", "ci_high"),
            what=f"P {r.p_operator} {r.p} does not agree with {r.estimate} ({r.ci_low} to {r.ci_high})",
            expected=(
                f"{side}its z is |ln {r.estimate}| x 2 x {z_quantile(r.level):.3f} / ln({r.ci_high}/{r.ci_low}) = {z:.2f}, so P is "
                f"between {least:.2g} and {most:.2g}{guess}"
            ),
            mend="Look which of them was mistyped; a P of another test (stratified, adjusted) may differ",
        ),
    )


def p_range(r: Reported) -> tuple[float, float]:
    """The least and largest two-sided P that a ratio and its limits leave open, widened by 6% in z.

    >>> os = Reported(estimate=Printed.of("0.93"), ci_low=Printed.of("0.85"), ci_high=Printed.of("1.01"))
    >>> [round(p, 3) for p in p_range(os)]
    [0.045, 0.177]
    """
    least, most = p_box(*_figures(r), r.level, slack=LOG_RANK_AND_WALD)
    return float(least), float(most)


def information_fits_events(r: Reported) -> Verdict:
    """1/SE^2 of a log hazard ratio is at most 1.05 d_t d_c / (d_t + d_c), rounding allowed for."""
    if not _limits(r) or r.measure != "HR" or r.events is None:
        return None
    assert r.ci_low is not None
    assert r.ci_high is not None
    most = se_box(r.ci_low.value, r.ci_high.value, (0.0, r.ci_low.half, r.ci_high.half), r.level)[1]
    cap = r.events.information
    if 1 / most**2 <= INFORMATION_SLACK * cap:
        return ()
    centre = (
        log(r.estimate.value)
        if r.estimate and r.estimate.value > 0
        else sum(log_centre_box(r.ci_low.value, r.ci_high.value, 0.0)) / 2
    )
    half = z_quantile(r.level) / sqrt(cap)
    se = (log(r.ci_high.value) - log(r.ci_low.value)) / (2 * z_quantile(r.level))
    fits = level_of_width(r.ci_low.low, r.ci_high.high, 1 / sqrt(INFORMATION_SLACK * cap))
    guess = f"; limits at {fits:.0%}{' (one standard error)' if fits == 0.68 else ''} would fit" if fits and fits < r.level else ""
    return (
        Disagreement(
            rule="information",
            severity="error",
            columns=("ci_low", "ci_high", "events_t", "events_c"),
            what=f"the interval {r.ci_low} to {r.ci_high} is narrower than {r.events.t:g} and {r.events.c:g} events allow",
            expected=(
                f"its information is 1/{se:.4f}^2 = {1 / se**2:.1f}, that of the events at most {r.events.t:g} x {r.events.c:g} / "
                f"{r.events.t + r.events.c:g} = {cap:.1f}; the narrowest interval is {exp(centre - half):.2f} to "
                f"{exp(centre + half):.2f}{guess}"
            ),
            mend="Look whether the level is another, or the events are of another analysis",
        ),
    )


def direction_agrees(r: Reported) -> Verdict:
    """The estimate and the words of the source, the medians, or the landmark survival, favour the same arm."""
    beside = r.favours or (r.median_t and r.median_c) or (r.survival_t and r.survival_c)
    if r.estimate is None or r.inverted is None or r.measure not in RATIOS or not beside:
        return None
    return () if r.estimate.low <= 1 <= r.estimate.high else tuple(_against(r))


def _against(r: Reported) -> Iterator[Disagreement]:
    """What favours another arm than the estimate does."""
    assert r.estimate is not None
    treatment_better = (r.estimate.value < 1) != r.inverted
    arm, other = ("treatment", "control") if treatment_better else ("control", "treatment")

    def against(columns: tuple[str, ...], expected: str) -> Disagreement:
        return Disagreement(
            rule="direction",
            severity="warning",
            columns=columns,
            what=f"{r.measure} {r.estimate} favours {arm}",
            expected=expected,
            mend="Look at the orientation, and whether the arms were swapped; curves that cross can do this too",
        )

    if r.favours and r.favours != arm:
        yield against(("favours", "estimate"), f"the words of the source favour {r.favours}")
    for name, words, t, c in (
        ("median", "medians", r.median_t, r.median_c),
        ("survival", "survival at the landmark", r.survival_t, r.survival_c),
    ):
        if t and c and (t.high < c.low if treatment_better else t.low > c.high):
            figures = f"{words} of {t} with treatment and {c} with control favour {other}"
            yield against((f"{name}_t", f"{name}_c", "estimate"), figures)


def _p_said(p: Printed, operator: str) -> tuple[float, float]:
    """The range that a printed P stands for; a threshold (`<0.05`, `>0.1`) is not rounded."""
    return {"=": (p.low, p.high), "<": (0.0, p.value), ">": (p.value, 1.0)}[operator]


def _middle(r: Reported) -> str:
    assert r.ci_low is not None
    assert r.ci_high is not None
    estimate, low, high, halves = _figures(r)
    least, most = (exp(float(x)) for x in log_centre_box(low, high, halves))
    text = f"sqrt({r.ci_low} x {r.ci_high}) = {sqrt(low * high):.3g} ({least:.3g} to {most:.3g} by rounding)"
    upper = f"with {r.estimate} and {r.ci_low} right, the upper limit would be {r.estimate}^2/{r.ci_low} = {estimate**2 / low:.3g}"
    linear = ""
    arithmetic, half = (low + high) / 2, (r.ci_low.half + r.ci_high.half) / 2
    if abs(arithmetic - estimate) <= half + halves[0]:
        linear = f"; the plain middle, ({r.ci_low} + {r.ci_high})/2 = {arithmetic:.4g}, fits: these may be figures of a difference"
    return f"{text}; {upper}{linear}"


def _mend_typing(r: Reported) -> str:
    assert r.estimate is not None
    assert r.ci_low is not None
    assert r.ci_high is not None
    found = repairs(r.estimate, r.ci_low, r.ci_high)
    would = f"; this would agree: {' or '.join(map(str, found))}" if found else ""
    return f"Look whether a digit was mistyped{would}"


def _figures(r: Reported) -> tuple[float, float, float, tuple[float, float, float]]:
    assert r.estimate is not None
    assert r.ci_low is not None
    assert r.ci_high is not None
    printed = (r.estimate, r.ci_low, r.ci_high)
    return printed[0].value, printed[1].value, printed[2].value, (printed[0].half, printed[1].half, printed[2].half)


def _limits(r: Reported) -> bool:
    """Are there two limits of a ratio, positive and in order?"""
    return bool(r.measure in RATIOS and r.ci_low and r.ci_high and 0 < r.ci_low.low and r.ci_low.value < r.ci_high.value)


def _whole(r: Reported) -> bool:
    """Is there a ratio with two limits, all positive and in order?"""
    return bool(_limits(r) and r.estimate and r.estimate.low > 0)
