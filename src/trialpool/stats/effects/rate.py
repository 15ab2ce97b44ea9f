"""Incidence rates of single groups and of two groups: events over time at risk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import EVENTS, TIME, Columns, columns_of
from trialpool.stats.effects.effects import Effect, Effects, effects_of
from trialpool.stats.pooling.choices import choose


class Rate(NamedTuple):
    """A scale for a rate x / T: code, estimate and variance by events and time, and whether 0 events need a correction."""

    measure: str
    effect: Callable[[Floats, Floats], Effect]
    corrects: bool
    says: str


def double_square_root(x: Floats, T: Floats) -> Effect:
    """(sqrt(x / T) + sqrt((x + 1) / T)) / 2; var = 1 / (4T). Freeman & Tukey (1950), Ann Math Stat 21:607-611."""
    return (np.sqrt(x / T) + np.sqrt((x + 1) / T)) / 2, 1 / (4 * T) + 0 * x


TRANSFORMS: dict[str, Rate] = {
    "log": Rate("IRLN", lambda x, T: (np.log(x / T), 1 / x + 0 * T), True, "logarithm; variance 1 / x"),
    "none": Rate("IR", lambda x, T: (x / T, x / T**2), True, "the rate itself; variance x / T^2"),
    "sqrt": Rate("IRS", lambda x, T: (np.sqrt(x / T), 1 / (4 * T) + 0 * x), False, "square root; variance 1 / (4T)"),
    "freeman-tukey": Rate("IRFT", double_square_root, False, "mean of the roots for x and x + 1 events; variance 1 / (4T)"),
}


def log_rate_ratio(x1: Floats, T1: Floats, x2: Floats, T2: Floats) -> Effect:
    """log((x1 / T1) / (x2 / T2)); var = 1/x1 + 1/x2. Rothman, Greenland & Lash (2008), Modern Epidemiology, ch. 14."""
    return np.log(x1 / T1) - np.log(x2 / T2), 1 / x1 + 1 / x2


def difference_of_rates(x1: Floats, T1: Floats, x2: Floats, T2: Floats) -> Effect:
    """x1 / T1 - x2 / T2; var = x1 / T1^2 + x2 / T2^2. Rothman, Greenland & Lash (2008), Modern Epidemiology, ch. 14."""
    return x1 / T1 - x2 / T2, x1 / T1**2 + x2 / T2**2


def difference_of_roots(x1: Floats, T1: Floats, x2: Floats, T2: Floats) -> Effect:
    """sqrt(x1 / T1) - sqrt(x2 / T2); var = 1 / (4 T1) + 1 / (4 T2)."""
    return np.sqrt(x1 / T1) - np.sqrt(x2 / T2), 1 / (4 * T1) + 1 / (4 * T2)


DIFFERENCES = {"none": ("IRD", difference_of_rates), "sqrt": ("IRSD", difference_of_roots)}
ZERO_CELLS: dict[str, Callable[[Any], Any]] = {
    "only": lambda empty: empty,
    "none": np.zeros_like,
    "any": lambda empty: np.broadcast_to(empty.any(-1, keepdims=True), empty.shape),
    "all": np.ones_like,
}


def rate(
    *,
    events: Any,
    time: Any,
    study: Sequence[str] | None = None,
    transform: str = "log",
    zero_cells: str = "only",
    add: float = 0.5,
    missing: str = "raise",
) -> Effects:
    """Incidence rates of single groups.

    Parameters
    ----------
    events, time : (..., k) events, and time at risk in one unit for all studies (such as patient-years)
    study : (k,) labels
    transform : "log", "none", "sqrt" or "freeman-tukey" (`from_double_square_root` leads back)
    zero_cells : where `add` is added to the events: "only" in a group without any, "none", "any" (in all groups if one is such),
        "all". No group needs it for the two roots: they have it by "all".
    add : the amount
    missing : "raise" refuses a missing value, "drop" leaves its study out

    >>> rate(events=[9], time=[413]).yi.round(4)
    array([-3.8262])
    """
    scale = TRANSFORMS[choose("transform", transform, TRANSFORMS)]
    rules = {"events": EVENTS, "time": TIME}
    found = columns_of("Events and times", {"events": events, "time": time}, rules, study=study, missing=missing)
    x, T = found["events"], found["time"]
    added = _added((x == 0) & scale.corrects, zero_cells, add)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = scale.effect(x + added, T)
    return _effects(scale.measure, found, effect, added > 0, zero_cells, add)


def rate_ratio(
    *,
    events_t: Any,
    time_t: Any,
    events_c: Any,
    time_c: Any,
    study: Sequence[str] | None = None,
    zero_cells: str = "only",
    add: float = 0.5,
    double_zeros: str = "drop",
    missing: str = "raise",
) -> Effects:
    """Log incidence rate ratios, treatment to control.

    Parameters
    ----------
    events_t, time_t, events_c, time_c : (..., k) events, and time at risk in one unit for both arms
    study : (k,) labels
    zero_cells : where `add` is added to the events of both arms: "only" in a trial with an arm without any, "none", "any" (in all
        trials if one is such), "all"
    add : the amount
    double_zeros : "drop" leaves out a trial without events in either arm, "keep" treats it as any other
    missing : "raise" refuses a missing value, "drop" leaves its study out

    >>> rate_ratio(events_t=[9], time_t=[413], events_c=[19], time_c=[398]).yi.round(4)
    array([-0.7842])
    """
    found = _arms(events_t, time_t, events_c, time_c, study, missing)
    choose("double_zeros", double_zeros, ("drop", "keep"))
    return _two_rates("IRR", log_rate_ratio, found, zero_cells, add, drop=double_zeros == "drop")


def rate_difference(
    *,
    events_t: Any,
    time_t: Any,
    events_c: Any,
    time_c: Any,
    study: Sequence[str] | None = None,
    transform: str = "none",
    zero_cells: str = "only",
    add: float = 0.5,
    missing: str = "raise",
) -> Effects:
    """Differences of incidence rates, treatment minus control, in events per unit of time; other arguments as in `rate_ratio`.

    Parameters
    ----------
    transform : "none", or "sqrt" for the difference of the square roots, for which no trial needs a correction

    >>> rate_difference(events_t=[9], time_t=[413], events_c=[19], time_c=[398]).yi.round(4)
    array([-0.0259])
    """
    measure, formula = DIFFERENCES[choose("transform", transform, DIFFERENCES)]
    found = _arms(events_t, time_t, events_c, time_c, study, missing)
    return _two_rates(measure, formula, found, zero_cells, add, drop=False)


def _arms(events_t: Any, time_t: Any, events_c: Any, time_c: Any, study: Sequence[str] | None, missing: str) -> Columns:
    given = {"events_t": events_t, "time_t": time_t, "events_c": events_c, "time_c": time_c}
    rules = {"events_t": EVENTS, "time_t": TIME, "events_c": EVENTS, "time_c": TIME}
    return columns_of("Events and times", given, rules, study=study, missing=missing)


def _two_rates(measure: str, formula: Callable[..., Effect], found: Columns, zero_cells: str, add: float, *, drop: bool) -> Effects:
    x1, T1, x2, T2 = (found[name] for name in ("events_t", "time_t", "events_c", "time_c"))
    silent = (x1 + x2 == 0) & drop
    empty = ((x1 == 0) | (x2 == 0)) & ~silent & (measure != "IRSD")
    added = _added(empty, zero_cells, add) * ~silent
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = formula(x1 + added, T1, x2 + added, T2)
    left_out = {"left out: no events in either arm say nothing of a ratio": silent}
    return _effects(measure, found, effect, added > 0, zero_cells, add, left_out)


def _added(empty: Any, zero_cells: str, add: float) -> Any:
    if not 0 <= add < np.inf:
        raise BadArgument(f"add={add!r} cannot be added to a cell. Give 0 or more, such as 0.5.")
    return add * ZERO_CELLS[choose("zero_cells", zero_cells, ZERO_CELLS)](np.asarray(empty))


def _effects(
    measure: str, found: Columns, effect: Effect, touched: Any, zero_cells: str, add: float, left_out: dict[str, Any] | None = None
) -> Effects:
    note = f"{add:g} added to the events" + (", of which there were none" if zero_cells == "only" else ", as in all studies")
    without = "left out: no events and no correction"
    return effects_of(measure, found, effect, left_out=left_out, corrected={note: touched}, otherwise=without)
