"""Does a ratio agree with its interval, and the interval with its P value? Rounding is allowed for throughout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import exp, log, sqrt

from trialpool.stats.distributions import two_sided_p, z_quantile
from trialpool.stats.effects.deriving import LOG_RANK_AND_WALD
from trialpool.stats.effects.reported import Reported
from trialpool.stats.effects.survival_routes import INFORMATION_SLACK

Disagreement = tuple[str, str, str]  # column, what, mend


def log_symmetric(r: Reported) -> Iterator[Disagreement]:
    """The estimate of a ratio lies in the middle of its limits on the log scale, if that is a Wald interval."""
    if not _whole(r):
        return
    assert r.estimate is not None
    assert r.ci_low is not None
    assert r.ci_high is not None
    low, high = (log(r.ci_low.low) + log(r.ci_high.low)) / 2, (log(r.ci_low.high) + log(r.ci_high.high)) / 2
    if low <= log(r.estimate.high) and log(r.estimate.low) <= high:
        return
    centre, mended = sqrt(r.ci_low.value * r.ci_high.value), r.estimate.value**2 / r.ci_low.value
    what = (
        f"{r.measure} {r.estimate} is not in the middle of {r.ci_low} to {r.ci_high} on the log scale: that is {centre:.3g}; "
        f"with {r.estimate} and {r.ci_low} right, the upper limit would be {mended:.3g}"
    )
    yield "estimate", what, "Look whether a digit was mistyped; a profile, exact or repeated interval need not be symmetric"


def p_agrees_with_interval(r: Reported) -> Iterator[Disagreement]:
    """The P value lies within what estimate and limits leave open, a difference of 6% in z allowed for.

    The widening is the range of z_Wald / z_log-rank seen between the two tests in real trials.
    """
    if not _whole(r) or r.p is None or r.p_sides != 2:
        return
    least, most = p_range(r)
    low, high = (r.p.low, r.p.high) if r.p_operator == "=" else (0.0, r.p.high) if r.p_operator == "<" else (r.p.low, 1.0)
    if low <= most and least <= high:
        return
    said = f"P {r.p_operator} {r.p}"
    what = f"{said} does not agree with {r.estimate} ({r.ci_low} to {r.ci_high}), whose P is between {least:.2g} and {most:.2g}"
    yield "p", what, "Look which of them was mistyped; a P of another test (stratified, adjusted) may differ"


def p_range(r: Reported) -> tuple[float, float]:
    """The least and largest two-sided P that a ratio and its limits leave open.

    >>> from trialpool.stats.effects.printed import Printed
    >>> os = Reported(estimate=Printed.of("0.93"), ci_low=Printed.of("0.85"), ci_high=Printed.of("1.01"))
    >>> [round(p, 3) for p in p_range(os)]
    [0.045, 0.177]
    """
    assert r.estimate is not None
    assert r.ci_low is not None
    assert r.ci_high is not None
    zs = [
        abs(log(hr)) * 2 * z_quantile(r.level) / (log(high) - log(low))
        for hr, low, high in product(*((f.low, f.high) for f in (r.estimate, r.ci_low, r.ci_high)))
        if log(high) > log(low)
    ]
    least = 0.0 if r.estimate.low <= 1 <= r.estimate.high else min(zs)
    p_low, p_high = two_sided_p(max(zs) * (1 + LOG_RANK_AND_WALD)), two_sided_p(least * (1 - LOG_RANK_AND_WALD))
    return float(p_low), float(p_high)


def information_fits_events(r: Reported) -> Iterator[Disagreement]:
    """An interval of a hazard ratio carries no more information than d_t d_c / (d_t + d_c) of its events."""
    if not _whole(r) or r.measure != "HR" or r.events is None:
        return
    assert r.ci_low is not None
    assert r.ci_high is not None
    se = (log(r.ci_high.high) - log(r.ci_low.low)) / (2 * z_quantile(r.level))
    if 1 / se**2 <= INFORMATION_SLACK * r.events.information:
        return
    half = z_quantile(r.level) / sqrt(r.events.information)
    assert r.estimate is not None
    narrowest = f"{exp(log(r.estimate.value) - half):.2f} to {exp(log(r.estimate.value) + half):.2f}"
    what = (
        f"the interval {r.ci_low} to {r.ci_high} is narrower than {r.events.t:g} and {r.events.c:g} events allow; "
        f"the narrowest is {narrowest}"
    )
    yield "ci_low", what, "Look whether the level is another, or the events are of another analysis"


def direction_agrees(r: Reported) -> Iterator[Disagreement]:
    """The estimate and the words of the source, the medians, or the landmark survival, favour the same arm."""
    if r.estimate is None or r.inverted is None or r.measure not in ("HR", "RR", "OR"):
        return
    if r.estimate.low <= 1 <= r.estimate.high:
        return
    treatment_better = (r.estimate.value < 1) != r.inverted
    arm = "treatment" if treatment_better else "control"
    mend = "Look at the orientation, and whether the arms were swapped; curves that cross can do this too"
    if r.favours and r.favours != arm:
        yield "favours", f"{r.measure} {r.estimate} favours {arm}, the words of the source {r.favours}", mend
    other = "control" if treatment_better else "treatment"
    for column, name, t, c in (
        ("median_t", "medians", r.median_t, r.median_c),
        ("survival_t", "survival at the landmark", r.survival_t, r.survival_c),
    ):
        if t and c and (t.high < c.low if treatment_better else t.low > c.high):
            arms = f"{name} of {t} with treatment and {c} with control"
            yield column, f"{r.measure} {r.estimate} favours {arm}, but {arms} favour {other}", mend


CHECKS: tuple[Callable[[Reported], Iterator[Disagreement]], ...] = (
    log_symmetric,
    p_agrees_with_interval,
    information_fits_events,
    direction_agrees,
)


def _whole(r: Reported) -> bool:
    """Is there a ratio with two limits, all positive and in order?"""
    return bool(
        r.measure in ("HR", "RR", "OR")
        and r.estimate
        and r.ci_low
        and r.ci_high
        and 0 < r.ci_low.low
        and r.estimate.low > 0
        and r.ci_low.value < r.ci_high.value
    )
