"""Do counts, percentages, means of counts and ratios agree? Whole numbers of patients leave little open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, isfinite, log, sqrt
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.consistency.disagreement import Disagreement
from trialpool.stats.consistency.rounding_boxes import se_box
from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.deriving import TOUCHING
from trialpool.stats.effects.printed import Printed
from trialpool.stats.effects.reported import Reported

Verdict = tuple[Disagreement, ...] | None
NEARBY = 10  # how many patients fewer or more are looked at for a denominator that fits
SE_SLACK = 0.25  # by how much methods for the SE of a ratio of counts of 5 and more may differ
FEW = 5
ARMS = {"t": "treatment", "c": "control"}


def whole_counts(percent: Any, half: Any, n: Any) -> tuple[Floats, Floats]:
    """The least and the most whole number of n patients that print as this percentage; none where least > most.

    Parameters
    ----------
    percent, half : (...) a percentage, and half a unit of its last decimal
    n : (...) patients, > 0

    References
    ----------
    Brown & Heathers (2017), Soc Psychol Personal Sci 8:363-369 (GRIM), for proportions

    >>> [int(count) for count in whole_counts(37, 0.5, 231)]
    [85, 86]
    >>> least, most = whole_counts(41.3, 0.05, 40)
    >>> bool(least > most)
    True
    """
    percent, half, n = (np.asarray(x, dtype=float) for x in (percent, half, n))
    slack = TOUCHING * np.maximum(n, 1.0)
    least = np.ceil(n * (percent - half) / 100 - slack)
    most = np.floor(n * (percent + half) / 100 + slack)
    return np.maximum(least, 0.0), np.minimum(most, n)


def whole_sums(mean: Any, half: Any, n: Any, *, items: int = 1) -> tuple[Floats, Floats]:
    """The least and the most whole sum over n patients (times items of a scale) whose mean prints like this (GRIM).

    >>> least, most = whole_sums(5.19, 0.005, 28)    # the example of the paper: no sum of 28 whole numbers has this mean
    >>> bool(least > most)
    True
    """
    mean, half, n = (np.asarray(x, dtype=float) for x in (mean, half, n))
    slack = TOUCHING * np.maximum(np.abs(mean) * n * items, 1.0)
    return np.ceil(n * items * (mean - half) - slack), np.floor(n * items * (mean + half) + slack)


def events_within_patients(r: Reported) -> Verdict:
    """No more events than patients; of a rate, a patient may have several."""
    if r.measure == "IRR":
        return None
    arms = [(arm, e, n) for arm, e, n in _arms(r) if e is not None and n is not None]
    if not arms:
        return None
    return tuple(
        Disagreement(
            rule="events-within",
            severity="error",
            columns=(f"events_{arm}", f"n_{arm}"),
            what=f"{events} events among {n} patients",
            expected=f"at most {n}",
            mend=f"Correct n_{arm}, or swap the two",
        )
        for arm, events, n in arms
        if events > n
    )


def percentages_of_counts(r: Reported) -> Verdict:
    """100 events / n prints as the percentage beside it."""
    arms = [(arm, e, n, p) for (arm, e, n), p in zip(_arms(r), (r.pct_t, r.pct_c), strict=True) if e is not None and n and p]
    if not arms:
        return None
    return tuple(
        Disagreement(
            rule="percent-counts",
            severity="error",
            columns=(f"pct_{arm}", f"events_{arm}", f"n_{arm}"),
            what=f"{p}% is not {events} of {n} patients with {ARMS[arm]}",
            expected=f"100 x {events}/{n} = {100 * events / n:.4g}%",
            mend="Look whether the percentage is of other patients (treated, evaluable), or which figure was mistyped",
        )
        for arm, events, n, p in arms
        if abs(100 * events / n - p.value) > p.half + TOUCHING
    )


def percentages_of_whole_patients(r: Reported) -> Verdict:
    """Some whole number of the n patients gives the percentage, where their number is not printed."""
    arms = [(arm, n, p) for (arm, e, n), p in zip(_arms(r), (r.pct_t, r.pct_c), strict=True) if e is None and n and p]
    if not arms:
        return None
    found = (_no_whole_number(arm, n, p) for arm, n, p in arms)
    return tuple(d for d in found if d)


def _no_whole_number(arm: str, n: int, p: Printed) -> Disagreement | None:
    least, most = whole_counts(p.value, p.half, n)
    if least <= most:
        return None
    below = int(np.floor(n * p.value / 100))
    decimals = max(0, len(str(p).partition(".")[2]))
    nearest = " and ".join(f"{count}/{n} = {100 * count / n:.{decimals + 1}f}%" for count in (below, below + 1))
    sizes = [m for d in range(1, NEARBY + 1) for m in (n - d, n + d) if m > 0 and np.less_equal(*whole_counts(p.value, p.half, m))]
    would = f"; of {', '.join(map(str, sorted(sizes[:3])))} patients one would" if sizes else ""
    return Disagreement(
        rule="percent-whole",
        severity="error",
        columns=(f"pct_{arm}", f"n_{arm}"),
        what=f"no whole number of {n} patients with {ARMS[arm]} gives {p}%",
        expected=f"{nearest}{would}",
        mend=f"Look whether the percentage is of other patients (treated, evaluable), and correct n_{arm}; or it was mistyped",
    )


def mean_of_whole_numbers(mean: Printed, n: int, column: str = "mean", *, items: int = 1) -> Verdict:
    """Some whole sum over n patients gives the mean of a count (GRIM).

    >>> [d.expected for d in mean_of_whole_numbers(Printed.of("5.19"), 28)]
    ['145/28 = 5.179 and 146/28 = 5.214']
    """
    least, most = whole_sums(mean.value, mean.half, n, items=items)
    if least <= most:
        return ()
    below = int(np.floor(n * items * mean.value))
    decimals = len(str(mean).partition(".")[2]) + 1
    nearest = " and ".join(f"{total}/{n * items} = {total / (n * items):.{decimals}f}" for total in (below, below + 1))
    return (
        Disagreement(
            rule="mean-whole",
            severity="error",
            columns=(column, column.replace("mean", "n")),
            what=f"no whole sum over {n} patients has the mean {mean}",
            expected=nearest,
            mend="Look whether the mean is of other patients, or was mistyped; a mean of counts is a whole sum over patients",
        ),
    )


def arms_sum_to_total(arms: Sequence[int], total: int, column: str = "n", *, of: str = "the arms") -> Verdict:
    """The arms of a trial (or the strata of a study) sum to its total.

    >>> [str(d) for d in arms_sum_to_total([408, 410], 820)][0][:70]
    'error (arms-total): the arms do not sum to 820; 408 + 410 = 818, and 2'
    """
    made = sum(arms)
    if made == total:
        return ()
    lacking = f"{abs(total - made)} {'are not accounted for' if made < total else 'too many'}"
    return (
        Disagreement(
            rule="arms-total",
            severity="error",
            columns=(column,),
            what=f"{of} do not sum to {total}",
            expected=f"{' + '.join(map(str, arms))} = {made}, and {lacking}",
            mend="Look for patients left out (not randomised to this, consent withdrawn), or correct what was mistyped",
        ),
    )


def events_sum_to_total(r: Reported) -> Verdict:
    """The events of the arms sum to those of both together."""
    if r.events_t is None or r.events_c is None or r.events_total is None:
        return None
    return arms_sum_to_total((r.events_t, r.events_c), r.events_total, "events_total", of="the events of the arms")


def ratio_of_counts(r: Reported) -> Verdict:
    """A risk ratio, odds ratio or risk difference, and its limits, are those of the events and patients beside it.

    An error where the figure printed is another of the same counts (odds ratio for risk ratio, arms swapped, survivors); a
    warning where it is none of them, for it may be adjusted.
    """
    if r.estimate is None or r.measure not in MEASURES_OF_COUNTS or r.inverted is None:
        return None
    if r.events_t is None or r.events_c is None or not r.n_t or not r.n_c:
        return None
    if not (0 <= r.events_t <= r.n_t and 0 <= r.events_c <= r.n_c):
        return None
    counts = (r.events_c, r.n_c, r.events_t, r.n_t) if r.inverted else (r.events_t, r.n_t, r.events_c, r.n_c)
    made = _made(r.measure, *counts)
    if made is None:
        return None
    if _prints_as(made, r.estimate):
        return _interval_of_counts(r, made, *counts)
    others = [f"{name} ({value:.4g})" for name, value in _others(r.measure, *counts) if _prints_as(value, r.estimate)]
    a, n1, c, n0 = counts
    return (
        Disagreement(
            rule="ratio-counts",
            severity="error" if others else "warning",
            columns=("estimate", "events_t", "n_t", "events_c", "n_c"),
            what=f"{r.measure} {r.estimate} is not that of {a} of {n1} against {c} of {n0}",
            expected=f"{FORMULAS[r.measure].format(a=a, n1=n1, c=c, n0=n0, b=n1 - a, d=n0 - c)} = {made:.4g}"
            + (f"; {r.estimate} is {' or '.join(others)}" if others else ""),
            mend="Correct the measure, the orientation or the count; an adjusted or stratified estimate may differ",
        ),
    )


def rate_ratio_of_counts(r: Reported) -> Verdict:
    """A rate ratio is that of the events and the time at risk beside it, rounding of the times allowed for.

    An error where it is that of the arms the other way round. Its interval is not judged: events of one patient are not
    independent, and it is rightly wider than the events alone make it.
    """
    times = (r.time_t, r.time_c)
    if r.estimate is None or r.inverted is None or not (r.events_t and r.events_c and times[0] and times[1]):
        return None
    if min(time.low for time in times if time) <= 0:
        return None
    (a, T1), (c, T0) = (r.events_t, times[0]), (r.events_c, times[1])
    if r.inverted:
        (a, T1), (c, T0) = (c, T0), (a, T1)
    least, most = a / T1.high / (c / T0.low), a / T1.low / (c / T0.high)
    if _meets(least, most, r.estimate):
        return ()
    swapped = _meets(1 / most, 1 / least, r.estimate)
    return (
        Disagreement(
            rule="ratio-counts",
            severity="error" if swapped else "warning",
            columns=("estimate", "events_t", "time_t", "events_c", "time_c"),
            what=f"IRR {r.estimate} is not that of {a} events in {T1} against {c} in {T0}",
            expected=f"({a}/{T1}) / ({c}/{T0}) = {a / T1.value / (c / T0.value):.4g}"
            + (f"; {r.estimate} is the rate ratio with the arms swapped" if swapped else ""),
            mend="Correct the orientation, the events or the times; an adjusted estimate may differ",
        ),
    )


def _meets(least: float, most: float, printed: Printed) -> bool:
    return least <= printed.high + TOUCHING and printed.low - TOUCHING <= most


def _interval_of_counts(r: Reported, made: float, a: int, n1: int, c: int, n0: int) -> tuple[Disagreement, ...]:
    """The printed limits are about as wide as the counts make them (Katz, Woolf)."""
    low, high = r.ci_low, r.ci_high
    if r.measure == "RD" or min(a, c, n1 - a, n0 - c) < FEW or not low or not high or low.low <= 0 or low.value >= high.value:
        return ()
    se = sqrt(1 / a - 1 / n1 + 1 / c - 1 / n0) if r.measure == "RR" else sqrt(1 / a + 1 / (n1 - a) + 1 / c + 1 / (n0 - c))
    least, most = (float(x) for x in se_box(low.value, high.value, (0.0, low.half, high.half), r.level))
    if least <= se * (1 + SE_SLACK) and se * (1 - SE_SLACK) <= most:
        return ()
    z = z_quantile(r.level)
    return (
        Disagreement(
            rule="ratio-counts",
            severity="warning",
            columns=("ci_low", "ci_high", "events_t", "n_t", "events_c", "n_c"),
            what=f"the limits {low} to {high} are not those of {a} of {n1} against {c} of {n0}",
            expected=(
                f"the SE of the counts is {se:.3f}, the interval {exp(log(made) - z * se):.3g} to {exp(log(made) + z * se):.3g}; "
                f"the SE of the limits is {least:.3f} to {most:.3f}"
            ),
            mend="Look at the level and the limits; an adjusted or stratified interval may differ",
        ),
    )


def _risk_ratio(a: float, n1: float, c: float, n0: float) -> float:
    return (a / n1) / (c / n0)


def _odds_ratio(a: float, n1: float, c: float, n0: float) -> float:
    return a * (n0 - c) / ((n1 - a) * c)


def _risk_difference(a: float, n1: float, c: float, n0: float) -> float:
    return a / n1 - c / n0


MEASURES_OF_COUNTS: dict[str, Callable[[float, float, float, float], float]] = {
    "RR": _risk_ratio,
    "OR": _odds_ratio,
    "RD": _risk_difference,
}
FORMULAS = {"RR": "({a}/{n1}) / ({c}/{n0})", "OR": "{a} x {d} / ({b} x {c})", "RD": "{a}/{n1} - {c}/{n0}"}
NAMES = {"RR": "the risk ratio", "OR": "the odds ratio", "RD": "the risk difference"}


def _made(measure: str, a: float, n1: float, c: float, n0: float) -> float | None:
    try:
        value = MEASURES_OF_COUNTS[measure](a, n1, c, n0)
    except ZeroDivisionError:
        return None
    return value if isfinite(value) else None


def _others(measure: str, a: int, n1: int, c: int, n0: int) -> list[tuple[str, float]]:
    """Other figures of the same counts that are taken for the one that is asked for."""
    tables = [
        ("", measure, (a, n1, c, n0)),
        (" with the arms swapped", measure, (c, n0, a, n1)),
        (" of those without the event", measure, (n1 - a, n1, n0 - c, n0)),
        (" with the events of the arms swapped", measure, (c, n1, a, n0)),
    ]
    tables = [("", other, (a, n1, c, n0)) for other in MEASURES_OF_COUNTS if other != measure] + tables[1:]
    tables += [(" with the arms swapped", other, (c, n0, a, n1)) for other in MEASURES_OF_COUNTS if other != measure]
    made = ((f"{NAMES[other]}{how}", _made(other, *counts)) for how, other, counts in tables)
    return [(name, value) for name, value in made if value is not None]


def _prints_as(value: float, printed: Printed) -> bool:
    return abs(value - printed.value) <= printed.half + TOUCHING


def _arms(r: Reported) -> tuple[tuple[str, int | None, int | None], tuple[str, int | None, int | None]]:
    return ("t", r.events_t, r.n_t), ("c", r.events_c, r.n_c)
