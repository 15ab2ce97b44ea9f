"""How much information an answer takes: on the scale of 1 / variance, and in events and patients."""

from __future__ import annotations

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.distributions import z_quantile
from trialpool.stats.evidence.shares import checked_share
from trialpool.stats.pooling.choices import FIT_MAKERS, checked_level, expect
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.weighted import weights


def required_information(effect: float, *, level: float = 0.95, power: float = 0.80, diversity: float = 0.0) -> float:
    """V = (z_{1-a/2} + z_{1-b})^2 / effect^2 / (1 - D2): the 1 / variance at which an effect is found with a given power.

    Parameters
    ----------
    effect : on the analysis scale: the logarithm of a ratio
    level : 1 - the two-sided error probability
    power : probability of finding the effect
    diversity : D2, 0 to below 1: the share of the variance of the pooled effect that is due to heterogeneity

    References
    ----------
    Whitehead & Whitehead (1991), Stat Med 10:1665-1677; D2: Wetterslev, Thorlund, Brok & Gluud (2009), BMC Med Res Methodol 9:86

    >>> round(required_information(np.log(0.80), power=0.90), 1)
    211.0
    """
    if not (np.isfinite(effect) and effect != 0):
        raise BadArgument(f"effect={effect!r} cannot be planned for. Give the smallest effect that matters, which is not 0.")
    checked_level(level)
    checked_share("power", power)
    checked_share("diversity", diversity, zero=True)
    return float((z_quantile(level) + z_quantile_of(power)) ** 2 / effect**2 / (1 - diversity))


def z_quantile_of(power: float) -> float:
    """The one-sided normal quantile: 0.84 for 0.80."""
    return z_quantile(2 * power - 1) if power >= 0.5 else -z_quantile(1 - 2 * power)


def required_events(information: float, *, allocation: float = 1.0) -> float:
    """Events that a log hazard ratio with this information takes: V (R + 1)^2 / R, that is 4 V with equal arms.

    Parameters
    ----------
    information : 1 / variance of the log hazard ratio
    allocation : R, patients with treatment for each one with control

    References
    ----------
    Schoenfeld (1983), Biometrics 39:499-503

    >>> round(required_events(required_information(np.log(0.80), power=0.90)))
    844
    """
    if not (np.isfinite(allocation) and allocation > 0):
        raise BadArgument(f"allocation={allocation!r} is not above 0. Give patients with treatment per patient with control.")
    return information * (allocation + 1) ** 2 / allocation


def required_patients(risk_c: float, risk_t: float, *, level: float = 0.95, power: float = 0.80, diversity: float = 0.0) -> float:
    """Patients, in two equal arms, that a binary outcome takes: 4 (z + z)^2 p (1 - p) / (p_c - p_t)^2 / (1 - D2).

    Parameters
    ----------
    risk_c, risk_t : risks with control and with treatment; p is their mean
    level, power, diversity : as in `required_information`

    References
    ----------
    Wetterslev, Thorlund, Brok & Gluud (2009), BMC Med Res Methodol 9:86

    >>> round(required_patients(0.10, 0.08, power=0.90))
    8606
    """
    checked_share("risk_c", risk_c)
    checked_share("risk_t", risk_t)
    p = (risk_c + risk_t) / 2
    return 4 * p * (1 - p) * required_information(risk_c - risk_t, level=level, power=power, diversity=diversity)


def diversity(fit: PooledEffect) -> float:
    """D2 = (v_random - v_common) / v_random, v the variance of the pooled effect by each model; 0 for a common effect.

    References
    ----------
    Wetterslev, Thorlund, Brok & Gluud (2009), BMC Med Res Methodol 9:86

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> round(diversity(pool(effects([0.1, 0.5, 0.9], [0.04, 0.02, 0.04]), tau2="DL")), 3)
    0.767
    """
    expect("diversity", fit, PooledEffect, FIT_MAKERS)
    one_analysis(fit)
    if fit.model == "common" or not fit.tau2 > 0:
        return 0.0
    vi = fit.effects.vi
    return float(1 - weights(vi, fit.tau2).sum() / weights(vi).sum())


def one_analysis(fit: PooledEffect) -> PooledEffect:
    """`fit`, if it is no batch."""
    if np.ndim(fit.mu):
        raise BadArgument(f"This takes one analysis at a time; the fit is a batch of shape {np.shape(fit.mu)}.")
    return fit
