"""Absolute effects: what a pooled ratio or difference comes to in patients, given how they would fare without the treatment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from scipy.special import expit, log_expit, logit, ndtr, stdtr

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.evidence.information import one_analysis
from trialpool.stats.evidence.shares import checked_share
from trialpool.stats.pooling.choices import FIT_MAKERS, checked_level, expect
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.roots import root_between
from trialpool.stats.tables import Summary


def risk_by_risk_ratio(risk: Any, log_rr: Any) -> Any:
    """p RR, at most 1."""
    return np.minimum(risk * np.exp(log_rr), 1.0)


def risk_by_odds_ratio(risk: Any, log_or: Any) -> Any:
    """expit(logit p + log OR)."""
    return expit(logit(risk) + log_or)


def risk_by_hazard_ratio(risk: Any, log_hr: Any) -> Any:
    """1 - (1 - p)^HR. Altman & Andersen (1999), BMJ 319:1492-1495.

    >>> round(float(1 - risk_by_hazard_ratio(0.70, np.log(0.62))), 3)
    0.474
    """
    return -np.expm1(np.exp(log_hr) * np.log1p(-np.asarray(risk)))


def risk_by_risk_difference(risk: Any, rd: Any) -> Any:
    """p + RD, held within 0 to 1."""
    return np.clip(risk + rd, 0.0, 1.0)


TREATED: dict[str, Callable[[Any, Any], Any]] = {
    "RR": risk_by_risk_ratio,
    "OR": risk_by_odds_ratio,
    "PETO": risk_by_odds_ratio,
    "HR": risk_by_hazard_ratio,
    "RD": risk_by_risk_difference,
}
BACK: dict[str, Callable[[Any, Any], Any]] = {
    "RR": lambda risk, treated: np.log(treated) - np.log(risk),
    "OR": lambda risk, treated: logit(treated) - logit(risk),
    "PETO": lambda risk, treated: logit(treated) - logit(risk),
    "HR": lambda risk, treated: np.log(np.log1p(-treated) / np.log1p(-risk)),
    "RD": lambda risk, treated: treated - risk,
}  # the effect that takes one risk to another


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AbsoluteEffect(Summary):
    """Patients with and without treatment; shares from 0 to 1.

    counted         : "events" or "event-free": what is counted
    good            : whether it is good to be counted
    control         : share that is counted without treatment
    treated         : share that is counted with treatment; treated_low, treated_high : its limits, at `control`
    difference      : treated - control; low, high : its limits, which allow for the uncertainty of `control` where that was given
    level           : confidence level
    at              : when, such as "3 years"; "" where not said
    control_interval: limits of `control`, None where it was taken as known
    """

    COLUMNS = (
        "at",
        "counted",
        "control",
        "treated",
        "treated_low",
        "treated_high",
        "difference",
        "low",
        "high",
        "level",
        "per_1000",
        "nnt",
        "nnt_in_words",
    )

    counted: str
    good: bool
    control: float
    treated: float
    treated_low: float
    treated_high: float
    difference: float
    low: float
    high: float
    level: float
    at: str = ""
    control_interval: tuple[float, float] | None = None

    @property
    def per_1000(self) -> float:
        """How many more of 1000 are counted with treatment."""
        return 1000 * self.difference

    @property
    def per_1000_interval(self) -> tuple[float, float]:
        """Limits of `per_1000`."""
        return 1000 * self.low, 1000 * self.high

    @property
    def nnt(self) -> float:
        """1 / difference, above 0 where treatment does good and below 0 where it harms; infinite where it does neither."""
        return _inverse(self._benefit(self.difference))

    @property
    def nnt_interval(self) -> tuple[float, float]:
        """Limits of `nnt`, of the greater and of the lesser benefit; where their signs differ, the way between is through infinity.

        Altman (1998), BMJ 317:1309-1312.
        """
        ends = sorted((self._benefit(self.low), self._benefit(self.high)), reverse=True)
        return _inverse(ends[0]), _inverse(ends[1])

    @property
    def nnt_in_words(self) -> str:
        """The number needed to treat with its limits: "NNTB 6 (5 to 7)", "NNTB 46 (NNTB 21 to infinity to NNTH 327)".

        NNTB is the number needed to treat for one more to benefit, NNTH for one more to be harmed. Each is rounded up to the whole
        patient, by the convention of the Cochrane Handbook (5.1, 12.5.4); `nnt` and `nnt_interval` are not rounded.
        Altman (1998), BMJ 317:1309-1312.
        """
        greater, lesser = self.nnt_interval
        if greater * lesser > 0 and np.isfinite([greater, lesser]).all():
            near, far = sorted((abs(greater), abs(lesser)))
            return f"{_name(self.nnt)} ({_number(near)} to {_number(far)})"
        if not np.isfinite([greater, lesser]).any():
            return f"{_name(self.nnt)} (infinity)"
        ends = [_name(end) for end in (greater, lesser)]
        through = [] if "infinity" in ends else ["infinity"]
        return f"{_name(self.nnt)} ({' to '.join([ends[0], *through, ends[1]])})"

    def _benefit(self, difference: float) -> float:
        return difference if self.good else -difference

    def __repr__(self) -> str:
        return f"<AbsoluteEffect: {self.per_1000:+.0f} per 1000, {self.nnt_in_words}>"

    def __str__(self) -> str:
        low, high = self.per_1000_interval
        what = "event-free" if self.counted == "event-free" else "with the event"
        at = f" at {self.at}" if self.at else ""
        if round(self.per_1000) == 0:
            said = f"as many {what}{at}"
        else:
            said = f"{abs(self.per_1000):.0f} {'more' if self.per_1000 > 0 else 'fewer'} {what}{at}"
        return (
            f"Of 1000 patients, {said}: {1000 * self.treated:.0f} with treatment and {1000 * self.control:.0f} without "
            f"(difference {low:+.0f} to {high:+.0f}); {self.nnt_in_words}."
        )


def absolute_effect(
    fit: PooledEffect,
    *,
    baseline_risk: float,
    baseline_interval: tuple[float, float] | None = None,
    good: bool = False,
    at: str = "",
    level: float | None = None,
) -> AbsoluteEffect:
    """Events with and without treatment among patients whose risk without it is known.

    Parameters
    ----------
    fit : a pooled risk ratio, odds ratio, hazard ratio or risk difference; one analysis
    baseline_risk : share of patients that have the event without treatment
    baseline_interval : its limits, at the same level; the risk is taken as known where they are not given
    good : whether the event is one to be wished for (a response); bad (a death) by default
    at : when, for the sentence
    level : confidence level; that of the fit where not given

    Returns
    -------
    AbsoluteEffect. The limits are those that the limits of the fit lead to. With an interval of the baseline risk they are the
    quantiles of the difference where the logit of the risk is normal (with the standard error that the width of its interval
    gives) and independent of the pooled effect.

    Raises
    ------
    BadArgument
        for another measure, a batch, a risk that is no share, limits that do not include it

    References
    ----------
    Altman & Andersen (1999), BMJ 319:1492-1495; Altman (1998), BMJ 317:1309-1312

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool_common
    >>> fit = pool_common(effects([np.log(1.72)], [0.00973], measure="RR"))
    >>> print(absolute_effect(fit, baseline_risk=0.15))
    Of 1000 patients, 108 more with the event: 258 with treatment and 150 without (difference +63 to +163); NNTH 10 (7 to 16).
    """
    expect("absolute_effect", fit, PooledEffect, FIT_MAKERS)
    checked_share("baseline_risk", baseline_risk)
    _checked_interval("baseline_risk", baseline_risk, baseline_interval)
    return _absolute(fit, baseline_risk, baseline_interval, good=good, at=at, level=level)


def absolute_survival(
    fit: PooledEffect,
    *,
    baseline_survival: float,
    baseline_interval: tuple[float, float] | None = None,
    at: str = "",
    level: float | None = None,
) -> AbsoluteEffect:
    """Patients free of the event with and without treatment, S_t = S_c^HR; arguments and errors as in `absolute_effect`.

    Parameters
    ----------
    baseline_survival : share of patients that are free of the event at the time in question without treatment

    References
    ----------
    Altman & Andersen (1999), BMJ 319:1492-1495

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool_common
    >>> fit = pool_common(effects([np.log(0.62)], [0.0017], measure="HR"))
    >>> print(absolute_survival(fit, baseline_survival=0.30, at="4 years"))
    Of 1000 patients, 174 more event-free at 4 years: 474 with treatment and 300 without (difference +145 to +202);
    NNTB 6 (5 to 7).
    """
    expect("absolute_survival", fit, PooledEffect, FIT_MAKERS)
    checked_share("baseline_survival", baseline_survival)
    _checked_interval("baseline_survival", baseline_survival, baseline_interval)
    interval = None if baseline_interval is None else (1 - baseline_interval[1], 1 - baseline_interval[0])
    risk = _absolute(fit, 1 - baseline_survival, interval, good=False, at=at, level=level)
    return AbsoluteEffect(
        counted="event-free",
        good=True,
        control=baseline_survival,
        treated=1 - risk.treated,
        treated_low=1 - risk.treated_high,
        treated_high=1 - risk.treated_low,
        difference=-risk.difference,
        low=-risk.high,
        high=-risk.low,
        level=risk.level,
        at=at,
        control_interval=baseline_interval,
    )


def survival_difference(
    *, survival_t: float, n_t: float, survival_c: float, n_c: float, at: str = "", level: float = 0.95
) -> AbsoluteEffect:
    """The difference of two survival shares that a report gives, with a binomial standard error: S (1 - S) / n of each arm.

    Parameters
    ----------
    survival_t, survival_c : shares that are free of the event at a time, with treatment and with control
    n_t, n_c : patients by arm; where many were censored before, the interval is too narrow: give the numbers still at risk

    References
    ----------
    Altman & Andersen (1999), BMJ 319:1492-1495

    >>> trial = survival_difference(survival_t=0.555, n_t=491, survival_c=0.50, n_c=485, at="3 years")
    >>> print(trial)
    Of 1000 patients, 55 more event-free at 3 years: 555 with treatment and 500 without (difference -8 to +118);
    NNTB 19 (NNTB 9 to infinity to NNTH 133).
    """
    checked_level(level)
    shares = {"survival_t": survival_t, "survival_c": survival_c}
    for name, share in shares.items():
        checked_share(name, share)
    for name, n in {"n_t": n_t, "n_c": n_c}.items():
        if not (np.isfinite(n) and n >= 1):
            raise BadArgument(f"{name}={n!r} is no number of patients. Give 1 or more.")
    var_t, var_c = survival_t * (1 - survival_t) / n_t, survival_c * (1 - survival_c) / n_c
    half, half_t = z_quantile(level) * np.sqrt(var_t + var_c), z_quantile(level) * np.sqrt(var_t)
    difference = survival_t - survival_c
    return AbsoluteEffect(
        counted="event-free",
        good=True,
        control=survival_c,
        treated=survival_t,
        treated_low=float(max(survival_t - half_t, 0.0)),
        treated_high=float(min(survival_t + half_t, 1.0)),
        difference=difference,
        low=float(difference - half),
        high=float(difference + half),
        level=level,
        at=at,
    )


def _absolute(
    fit: PooledEffect,
    risk: float,
    interval: tuple[float, float] | None,
    *,
    good: bool,
    at: str,
    level: float | None,
) -> AbsoluteEffect:
    one_analysis(fit)
    measure = fit.effects.measure
    if measure not in TREATED:
        raise BadArgument(
            f"Absolute effects are had from {', '.join(TREATED)}, not from a pooled {MEASURES[measure].name.lower()} ({measure})."
        )
    level = fit.level if level is None else checked_level(level)
    ends = [float(TREATED[measure](risk, limit)) for limit in fit.interval(level)]
    treated = float(TREATED[measure](risk, fit.mu))
    low, high = (end - risk for end in ends)
    if interval is not None:
        low, high = _uncertain_limits(fit, risk, interval, level)
    return AbsoluteEffect(
        counted="events",
        good=good,
        control=risk,
        treated=treated,
        treated_low=ends[0],
        treated_high=ends[1],
        difference=treated - risk,
        low=low,
        high=high,
        level=level,
        at=at,
        control_interval=interval,
    )


def _uncertain_limits(fit: PooledEffect, risk: float, interval: tuple[float, float], level: float) -> tuple[float, float]:
    """Quantiles of the difference, over the distributions of the pooled effect and of the logit of the baseline risk.

    Given the baseline risk the difference rises with the effect, so its distribution function is that of the effect. It is
    integrated over the logit by the trapezoidal rule, which for a normal density is exact to machine precision.
    """
    z = np.linspace(-8.5, 8.5, 341)
    share = np.exp(-(z**2) / 2)
    share /= share.sum()
    sd = float(logit(interval[1]) - logit(interval[0])) / (2 * z_quantile(level))
    at = logit(risk) + sd * z
    p = expit(at)
    floor, ceiling = -p, np.exp(log_expit(-at))

    def below(d: Floats) -> Floats:
        treated = p + d[:, np.newaxis]
        inside = (d[:, np.newaxis] > floor) & (d[:, np.newaxis] < ceiling)
        needed = BACK[fit.effects.measure](p, np.where(inside, treated, 0.5))
        chance = _distribution(fit, needed)
        return np.asarray((share * np.where(inside, chance, d[:, np.newaxis] >= ceiling)).sum(-1))

    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    found = root_between(lambda d: tails - below(d), np.full(2, -1.0), np.full(2, 1.0), absolute=1e-12)
    return float(found[0]), float(found[1])


def _distribution(fit: PooledEffect, effect: Any) -> Any:
    """The confidence distribution of the pooled effect: normal or t, as its interval is."""
    z = (effect - fit.mu) / fit.se
    return ndtr(z) if np.isinf(fit.df) else stdtr(fit.df, z)


def _checked_interval(name: str, value: float, interval: tuple[float, float] | None) -> None:
    if interval is not None and not 0 < interval[0] <= value <= interval[1] < 1:
        raise BadArgument(
            f"baseline_interval={interval!r} does not include {name}={value!r}, or does not lie between 0 and 1. "
            "Give (low, high) as shares."
        )


def _inverse(benefit: float) -> float:
    return 1 / benefit if benefit else float("inf")


def _name(nnt: float) -> str:
    if not np.isfinite(nnt):
        return "infinity"
    return f"{'NNTB' if nnt > 0 else 'NNTH'} {_number(abs(nnt))}"


def _number(nnt: float) -> str:
    """Rounded up to the whole patient, where it is not whole but for the arithmetic of floating point."""
    return f"{ceil(nnt * (1 - 1e-9))}"
