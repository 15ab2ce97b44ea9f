"""Fail-safe numbers: how many studies without an effect would overturn a result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.distributions import two_sided_p
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, choose, expect
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.pooling.weighted import mean, weights
from trialpool.stats.tables import Summary

NEARLY_WHOLE = 1e-9  # what rounding leaves of a number of studies that is whole
MOST = 10**9
CAUTION = (
    "a fail-safe number says nothing of how many studies are missing: it takes these to have no effect at all, "
    "where selection leaves out those that went the other way"
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FailSafeN(Summary):
    """How many studies without an effect would overturn a result.

    method       : "Rosenthal", "Orwin", "Rosenberg" or "general"
    n            : the smallest number that does
    k            : studies that there are
    estimate, p  : the result as it is; nan where the method has none
    target       : the effect that it is to be reduced to, nan where it is to lose significance
    level        : confidence level at which it is to lose it
    estimate_with, p_with : the same with the n studies; nan where the method has none
    tau2, tau2_with       : between-study variance without and with them
    library      : the data-frame library in which `to_frame` answers
    """

    COLUMNS = (
        "method",
        "n",
        "k",
        "estimate",
        "p",
        "target",
        "level",
        "estimate_with",
        "p_with",
        "tau2",
        "tau2_with",
        "tolerable",
        "caution",
    )

    method: str
    n: int
    k: int
    estimate: float
    p: float
    target: float
    level: float
    estimate_with: float
    p_with: float
    tau2: float
    tau2_with: float
    library: str = ""

    @property
    def caution(self) -> str:
        """Why it should not be relied on: never empty. Becker (2005), in Publication Bias in Meta-Analysis, ch. 7."""
        return CAUTION

    @property
    def tolerable(self) -> bool:
        """Whether n is above 5 k + 10. Rosenthal (1979), Psychol Bull 86:638-641."""
        return self.n > 5 * self.k + 10

    def __repr__(self) -> str:
        return f"<FailSafeN: {self}>"

    def __str__(self) -> str:
        return f"{self.n} studies without an effect would overturn the {self.k} that there are ({self.method})"


class Result(NamedTuple):
    """A pooled result with some studies added: estimate, two-sided P, tau2."""

    estimate: float
    p: float
    tau2: float


@dataclass(frozen=True, slots=True)
class Question:
    """The studies that are present, and what is asked.

    yi, vi : (k,)
    level, target, tau2 : as in `fail_safe_n`
    """

    yi: Any
    vi: Any
    level: float
    target: float | None
    tau2: str | None


def rosenthal(asked: Question) -> FailSafeN:
    """n = (sum zi / z)^2 - k, z one-sided: Stouffer's combined P. Rosenthal (1979), Psychol Bull 86:638-641."""
    k = len(asked.yi)
    total = abs((asked.yi / np.sqrt(asked.vi)).sum())
    n = _whole((total / -ndtri(1 - asked.level)) ** 2 - k)
    p, p_with = (float(ndtr(-total / np.sqrt(studies))) for studies in (k, k + n))
    return _answer("Rosenthal", asked, n, Result(np.nan, p, np.nan), Result(np.nan, p_with, np.nan))


def orwin(asked: Question) -> FailSafeN:
    """n = k (mu - target) / target, mu weighted by 1/vi; target mu / 2 unless given. Orwin (1983), J Educ Stat 8:157-159."""
    k, mu = len(asked.yi), float(mean(asked.yi, 1 / asked.vi))
    target = mu / 2 if asked.target is None else asked.target
    _reachable(target, mu)
    n = _whole(k * (mu - target) / target)
    with_them = Result(mu * k / (k + n), np.nan, np.nan)
    return _answer("Orwin", asked, n, Result(mu, np.nan, np.nan), with_them, target=target)


def rosenberg(asked: Question) -> FailSafeN:
    """n = ((sum wi yi / z)^2 - sum wi) / w, z two-sided, w the mean weight. Rosenberg (2005), Evolution 59:464-468."""
    return _by_weighting("Rosenberg", asked, None)


def general(asked: Question) -> FailSafeN:
    """The smallest n with which a model with between-study variance is no longer significant, or reaches the target.

    The studies that are added have effects that vary about 0 by the same tau2, and the variance 1 / mean(1 / vi). The two sets
    together then have the variance between true effects

        tau2_n = ((k - 1) tau2 + (n - 1) tau2 + mu^2 k n / (k + n)) / (k + n - 1)

    """
    return _by_weighting("general", asked, asked.tau2)


FAIL_SAFE_METHODS: dict[str, Callable[[Question], FailSafeN]] = {
    "Rosenthal": rosenthal,
    "Orwin": orwin,
    "Rosenberg": rosenberg,
    "general": general,
}


def fail_safe_n(
    effects: Effects, method: str = "Rosenberg", *, target: float | None = None, level: float = 0.95, tau2: str | None = "REML"
) -> FailSafeN:
    """The number of studies without an effect that would overturn a result.

    Parameters
    ----------
    effects : effects of k studies
    method : "Rosenthal" (combined P), "Orwin" (a target), "Rosenberg" (common effect) or "general" (random effects)
    target : the effect to fall to, of the sign of the pooled one; for "Orwin" (half of it, by default) and "general"
    level : the result is overturned where its P value is above 1 - level; one-sided for "Rosenthal", two-sided for the others
    tau2 : estimator of the between-study variance for "general", as `pool` takes it; None for a common effect

    Raises
    ------
    BadArgument
        for an unknown method or estimator, or a target that studies without an effect cannot reach
    NotEstimable
        for a batch, or where no study is present

    References
    ----------
    Rosenthal (1979), Psychol Bull 86:638-641; Orwin (1983), J Educ Stat 8:157-159; Rosenberg (2005), Evolution 59:464-468

    >>> from trialpool.stats.effects.effects import effects
    >>> fail_safe_n(effects([-0.6, -0.5, -0.4], [0.02, 0.03, 0.02]), "Rosenberg")
    <FailSafeN: 24 studies without an effect would overturn the 3 that there are (Rosenberg)>
    """
    expect("fail_safe_n", effects, Effects, EFFECT_MAKERS)
    choose("method", method, FAIL_SAFE_METHODS)
    checked_level(level)
    if tau2 is not None:
        choose("tau2", tau2, TAU2)
    if target is not None and method in ("Rosenthal", "Rosenberg"):
        raise BadArgument(f"{method}'s number is of significance and has no target. Use 'Orwin' or 'general'.")
    there = np.isfinite(effects.vi)
    if effects.vi.ndim > 1 or effects.yi.ndim > 1:
        raise NotEstimable("Fail-safe N: one analysis at a time.")
    if not there.any():
        raise NotEstimable("Fail-safe N: no study is present (k = 0).")
    found = FAIL_SAFE_METHODS[method](Question(effects.yi[there], effects.vi[there], level, target, tau2))
    return replace(found, library=effects.library)


def _by_weighting(method: str, asked: Question, tau2: str | None) -> FailSafeN:
    def with_added(n: int) -> Result:
        return pooled_with(asked.yi, asked.vi, between, n)

    k = len(asked.yi)
    between = float(TAU2[tau2](asked.yi, asked.vi)) if tau2 and k > 1 else 0.0
    now = with_added(0)
    target = asked.target
    if target is not None:
        _reachable(target, now.estimate)

    def overturned(n: int) -> bool:
        found = with_added(n)
        return found.p >= 1 - asked.level if target is None else abs(found.estimate) <= abs(target)

    n = fewest(overturned)
    return _answer(method, asked, n, now, with_added(n), target=np.nan if target is None else target)


def pooled_with(yi: Any, vi: Any, tau2: float, n: int) -> Result:
    """The result of studies together with n without an effect, of their harmonic mean variance."""
    k, own = len(yi), weights(vi, tau2)
    mu = float(mean(yi, own))
    between = tau2
    if n and tau2:
        between = ((k - 1) * tau2 + (n - 1) * tau2 + mu**2 * k * n / (k + n)) / (k + n - 1)
    wi = weights(vi, between)
    sum_w = wi.sum() + n / (1 / (1 / vi).mean() + between)
    estimate = (wi * yi).sum() / sum_w
    return Result(float(estimate), float(two_sided_p(estimate * np.sqrt(sum_w))), between)


def fewest(holds: Callable[[int], bool]) -> int:
    """The smallest n from 0 on for which a condition holds that goes on holding.

    >>> fewest(lambda n: n * n >= 50)
    8
    """
    if holds(0):
        return 0
    low, high = 0, 1
    while not holds(high):
        low, high = high, 2 * high
        if high > MOST:
            raise NotEstimable(f"Fail-safe N: more than {MOST} studies.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _reachable(target: float, estimate: float) -> None:
    if target == 0 or np.sign(target) != np.sign(estimate):
        raise BadArgument(f"target={target:g} cannot be reached from {estimate:.4g}. Give one between that and 0.")


def _whole(n: float) -> int:
    if n > MOST:
        raise NotEstimable(f"Fail-safe N: more than {MOST} studies.")
    return max(0, int(np.ceil(n - NEARLY_WHOLE * max(1.0, abs(n)))))


def _answer(method: str, asked: Question, n: int, now: Result, after: Result, *, target: float = np.nan) -> FailSafeN:
    return FailSafeN(
        method=method,
        n=n,
        k=len(asked.yi),
        estimate=now.estimate,
        p=now.p,
        target=float(target),
        level=asked.level,
        estimate_with=after.estimate,
        p_with=after.p,
        tau2=now.tau2,
        tau2_with=after.tau2,
    )
