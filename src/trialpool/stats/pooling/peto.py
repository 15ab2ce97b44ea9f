"""Peto's one-step method: sums of observed less expected events, for odds ratios of rare events and for log-rank results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.effects.columns import Rule, columns_of
from trialpool.stats.effects.effects import Counts, Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, expect
from trialpool.stats.pooling.mantel_haenszel import complete
from trialpool.stats.pooling.pairwise import pool_common
from trialpool.stats.pooling.pooled_effect import PooledEffect

RARE = 0.01  # the Cochrane Handbook's limit, 10.4.4: event rates below 1%
BALANCED, SHARE = 2.0, 0.10  # arms of more than 2:1, in trials with more than a tenth of the information
SMALL_EFFECT = 2.0  # odds ratios beyond 1/2 and 2
SOURCE = (
    "Cochrane Handbook 10.4.4; Bradburn et al. (2007), Stat Med 26:53-77; Greenland & Salvan (1990), Stat Med 9:247-252. "
    "The 1% is the Handbook's; it gives no number for balance and size of effect, and 2:1 and 1/2 to 2 are trialpool's"
)


VARIANCE = Rule(lambda v: v > 0, "V, the variance of O - E, is above 0")


class OneStep(NamedTuple):
    """Observed less expected events with treatment and the variance of that, (..., k); V is 0 where a trial says nothing."""

    o_minus_e: Floats
    V: Floats


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PetoEffect(PooledEffect):
    """A PooledEffect by Peto's method.

    o_minus_e, V : the pooled sums; mu is the one over the other
    cautions     : why the method may be biased here: events not rare, arms unbalanced, effect large
    """

    o_minus_e: Any
    V: Any
    cautions: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of this fit, cautions included."""
        return *super(PetoEffect, self).notes, *self.cautions


def observed_less_expected(counts: Counts) -> OneStep:
    """O - E = a - n1 m/N, V = n1 n2 m (N - m) / (N^2 (N - 1)). Yusuf et al. (1985), Prog Cardiovasc Dis 27:335-371.

    >>> counts = Counts(events_t=np.array([4.0]), n_t=np.array([100.0]), events_c=np.array([8.0]), n_c=np.array([100.0]))
    >>> observed_less_expected(counts).o_minus_e, observed_less_expected(counts).V.round(3)
    (array([-2.]), array([2.834]))
    """
    a, n1, m = counts.events_t, counts.n_t, counts.events_t + counts.events_c
    N = n1 + counts.n_c
    informative = (m > 0) & (m < N) & (n1 > 0) & (counts.n_c > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        V = np.where(informative, n1 * counts.n_c * m * (N - m) / (N**2 * (N - 1)), 0.0)
        return OneStep(np.where(informative, a - n1 * m / N, 0.0), V)


def peto(effects: Effects, *, level: float = 0.95) -> PetoEffect:
    """Pool odds ratios by Peto's one-step method: a common-effect model without any continuity correction.

    Parameters
    ----------
    effects : what `odds_ratio` returned, of shape (..., k)
    level : confidence level

    Returns
    -------
    PetoEffect on the log scale, with a Wald interval and Q = sum (O - E)^2/V - (sum (O - E))^2/sum V. Its `effects` are the trials'
    one-step estimates (O - E)/V. It exists where one arm has no event at all. `cautions` says where the method is known to be
    biased: events in more than 1% of an arm, arms of more than 2:1, an odds ratio outside of 1/2 to 2 (SOURCE says whose limits).

    Raises
    ------
    BadArgument
        where the effects are not odds ratios from counts
    NotEstimable
        where no trial has both events and non-events

    References
    ----------
    Yusuf, Peto, Lewis, Collins & Sleight (1985), Prog Cardiovasc Dis 27:335-371

    >>> from trialpool.stats.effects.two_by_two import odds_ratio
    >>> fit = peto(odds_ratio(events_t=[0, 1, 2], n_t=[500, 300, 900], events_c=[3, 2, 5], n_c=[500, 300, 900]))
    >>> print(fit)
    OR 0.34 (95% CI 0.11 to 1.01), P = 0.052, k = 3, I2 = 0%
    >>> fit.cautions
    ('Peto: the odds ratio, 0.34, is outside of 1/2 to 2, where the method is biased',)
    """
    expect("peto", effects, Effects, EFFECT_MAKERS)
    if effects.counts is None or effects.measure != "OR":
        raise BadArgument("peto needs odds ratios from events and patients by arm: make the effects by odds_ratio.")
    counts = complete(effects.counts)
    step = observed_less_expected(counts)
    left_out = {label: note for label, note in effects.notes.items() if note.startswith("left out")}
    fit = _pooled(step, replace(effects, notes=left_out), level, "no trial has both events and non-events")
    return replace(fit, cautions=cautions(counts, step.V, float(fit.mu))) if np.ndim(fit.mu) == 0 else fit


def peto_hazard_ratio(*, o_minus_e: Any, v: Any, study: Sequence[str] | None = None, level: float = 0.95) -> PetoEffect:
    """Pool log-rank results, observed less expected events with treatment and their variance, to a hazard ratio.

    Parameters
    ----------
    o_minus_e, v : (..., k) O - E and V of each trial, V > 0
    study : (k,) labels
    level : confidence level

    Returns
    -------
    PetoEffect: log HR = sum (O - E) / sum V, SE = 1 / sqrt(sum V)

    Raises
    ------
    BadArgument
        for missing values, a V that is not positive, unequal lengths

    References
    ----------
    Yusuf et al. (1985), Prog Cardiovasc Dis 27:335-371; Tierney et al. (2007), Trials 8:16

    >>> print(peto_hazard_ratio(o_minus_e=[-1.8, -7.4, -3.9], v=[14.5, 80.6, 30.2]))
    HR 0.90 (95% CI 0.76 to 1.07), P = 0.242, k = 3, I2 = 0%
    """
    columns = columns_of("Log-rank results", {"o_minus_e": o_minus_e, "v": v}, {"v": VARIANCE}, study=study)
    step = OneStep(*np.broadcast_arrays(*columns.values.values()))
    return _pooled(step, Effects(yi=step.o_minus_e, vi=1 / step.V, study=columns.study, measure="HR"), level, "no trial")


def cautions(counts: Counts, V: Floats, log_or: float) -> tuple[str, ...]:
    """Why Peto's method may be biased for these trials: Cochrane Handbook 10.4.4; Bradburn et al. (2007), Stat Med 26:53-77."""
    events, n = ((getattr(counts, f"{what}_t").sum(), getattr(counts, f"{what}_c").sum()) for what in ("events", "n"))
    risk = max(e / m for e, m in zip(events, n, strict=True))
    larger, smaller = np.maximum(counts.n_t, counts.n_c), np.minimum(counts.n_t, counts.n_c)
    unbalanced = float(V[larger > BALANCED * smaller].sum() / V.sum())
    odds_ratio = float(np.exp(log_or))
    said = {
        f"Peto: events in {100 * risk:.1f}% of an arm are not rare (1% or less)": risk > RARE,
        f"Peto: {100 * unbalanced:.0f}% of the information is from trials with arms of more than 2:1": unbalanced > SHARE,
        f"Peto: the odds ratio, {odds_ratio:.2f}, is outside of 1/2 to 2, where the method is biased": (
            abs(log_or) > np.log(SMALL_EFFECT)
        ),
    }
    return tuple(text for text, there in said.items() if there)


def _pooled(step: OneStep, effects: Effects, level: float, nothing: str) -> PetoEffect:
    there: Bools = step.V > 0
    if step.V.ndim == 1 and not there.any():
        raise NotEstimable(f"Peto: {nothing} (k = {step.V.shape[-1]}).")
    V = np.where(there, step.V, 1.0)
    trials = replace(effects, yi=np.where(there, step.o_minus_e / V, 0.0), vi=np.where(there, 1 / V, np.inf))
    pooled = pool_common(trials, level=level)
    values = {f.name: getattr(pooled, f.name) for f in fields(pooled)} | {"method": "Peto"}
    return PetoEffect(**values, o_minus_e=step.o_minus_e.sum(-1), V=step.V.sum(-1))
