"""Proportions of single groups: raw, log, logit, probit, arcsine, double arcsine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtri

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import Pair, columns_of
from trialpool.stats.effects.effects import Effects, average, effects_of
from trialpool.stats.effects.two_by_two import COUNTS, NO_MORE, PATIENTS, WHOLE
from trialpool.stats.pooling.choices import choose


class Proportion(NamedTuple):
    """A scale for a proportion p = x / n: code, estimate by (x, n), and variance by (p, n)."""

    measure: str
    estimate: Callable[[Floats, Floats], Floats]
    variance: Callable[[Floats, Floats], Floats]
    corrects: bool
    says: str


def double_arcsine(x: Floats, n: Floats) -> Floats:
    """(asin sqrt(x / (n + 1)) + asin sqrt((x + 1) / (n + 1))) / 2; var = 1 / (4n + 2). Freeman & Tukey (1950)."""
    return (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))) / 2


def probit_variance(p: Floats, n: Floats) -> Floats:
    """2 pi p (1 - p) exp(z^2) / n, z the probit of p: the delta method."""
    return np.asarray(2 * np.pi * p * (1 - p) * np.exp(ndtri(p) ** 2) / n)


TRANSFORMS: dict[str, Proportion] = {
    "logit": Proportion(
        "PLO",
        lambda x, n: np.log(x) - np.log(n - x),
        lambda p, n: 1 / (n * p) + 1 / (n * (1 - p)),
        True,
        "log of the odds",
    ),
    "log": Proportion("PLN", lambda x, n: np.log(x / n), lambda p, n: 1 / (n * p) - 1 / n, True, "logarithm"),
    "probit": Proportion("PRZ", lambda x, n: ndtri(x / n), probit_variance, True, "quantile of the normal distribution"),
    "none": Proportion("PR", lambda x, n: x / n, lambda p, n: p * (1 - p) / n, True, "the proportion itself"),
    "arcsine": Proportion(
        "PAS", lambda x, n: np.arcsin(np.sqrt(x / n)), lambda p, n: 1 / (4 * n) + 0 * p, False, "arcsine of the root"
    ),
    "double-arcsine": Proportion(
        "PFT", double_arcsine, lambda p, n: 1 / (4 * n + 2) + 0 * p, False, "Freeman and Tukey's; the way back needs an n"
    ),
}


ZERO_CELLS: dict[str, Callable[[Any], Any]] = {
    "only": lambda needed: needed,
    "none": np.zeros_like,
    "any": lambda needed: np.broadcast_to(needed.any(-1, keepdims=True), needed.shape),
    "all": np.ones_like,
}  # of the groups (..., k) that need a correction: those that get it
VARIANCES: dict[str, Callable[[Proportion, Floats, Floats], Floats]] = {
    "LS": lambda scale, p, n: scale.variance(p, n),
    "AV": lambda scale, p, n: scale.variance(average(p, n), n),
    "UB": lambda scale, p, n: p * (1 - p) / (n - 1),
}  # LS: large sample; AV: at the average proportion of all studies; UB: unbiased, for the proportion itself


def proportion(
    *,
    events: Any,
    n: Any,
    study: Sequence[str] | None = None,
    transform: str = "logit",
    zero_cells: str = "only",
    add: float = 0.5,
    variance: str = "LS",
    missing: str = "raise",
) -> Effects:
    """Proportions of single groups.

    Parameters
    ----------
    events, n : (..., k) events and patients, whole numbers
    study : (k,) labels
    transform : "logit", "log", "probit", "none", "arcsine" or "double-arcsine" (Freeman-Tukey; `from_double_arcsine` leads back,
        by Miller's formula, and needs an n that stands for all studies)
    zero_cells : where `add` is added to events and to non-events: "only" in a group without events or with nothing but events,
        "none", "any" (in all groups if one of them is such), "all". No group needs it for the two arcsines: they have it by "all".
    add : the amount
    variance : "LS", large sample; "AV", the same at the average proportion of all studies; for "none" also "UB", unbiased
    missing : "raise" refuses a missing value, "drop" leaves its study out

    References
    ----------
    Freeman & Tukey (1950), Ann Math Stat 21:607-611; Miller (1978), Am Stat 32:138

    >>> found = proportion(events=[2, 0], n=[20, 30], transform="logit")
    >>> found.yi.round(4), found.notes
    (array([-2.1972, -4.1109]), {'2': '0.5 added to events and non-events, one of which was 0'})
    """
    scale = TRANSFORMS[choose("transform", transform, TRANSFORMS)]
    offered = [name for name in VARIANCES if name != "UB" or transform == "none"]
    vi_of = VARIANCES[choose("variance", variance, offered)]
    where = ZERO_CELLS[choose("zero_cells", zero_cells, ZERO_CELLS)]
    if not 0 <= add < np.inf:
        raise BadArgument(f"add={add!r} cannot be added to a cell. Give 0 or more, such as 0.5.")
    pair = Pair(("events", "n"), lambda e, m: e <= m, NO_MORE, COUNTS)
    found = columns_of("Counts", {"events": events, "n": n}, {"events": WHOLE, "n": PATIENTS}, pair, study=study, missing=missing)
    empty = (found["events"] == 0) | (found["events"] == found["n"])
    touched = where(empty & scale.corrects) & (add > 0)
    x, m = found["events"] + add * touched, found["n"] + 2 * add * touched
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = scale.estimate(x, m), vi_of(scale, x / m, m)
    note = f"{add:g} added to events and non-events" + (", one of which was 0" if zero_cells == "only" else ", as in all groups")
    return effects_of(
        scale.measure,
        found,
        effect,
        corrected={note: touched},
        otherwise="left out: no events, or nothing but events, and no correction",
    )
