"""The effect measures, by their usual abbreviations, and the scales that they are analysed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, expm1, inf, pi, sin, tanh
from typing import Any

import numpy as np
from scipy.special import ndtr


def from_log(value: float) -> float:
    """exp(x); infinite where that is too large for a number."""
    return inf if value >= 700 else exp(value)  # nan stays nan


def from_logit(value: float) -> float:
    """1 / (1 + exp(-x)).

    >>> from_logit(0.0)
    0.5
    """
    return 1 / (1 + from_log(-value))


def from_probit(value: float) -> float:
    """The share of a standard normal distribution below x."""
    return float(ndtr(value))


def from_arcsine(value: float) -> float:
    """sin^2(x), x held within 0 to pi / 2: what lies beyond answers to no proportion.

    >>> round(from_arcsine(pi / 6), 4), from_arcsine(-0.1)
    (0.25, 0.0)
    """
    return sin(min(max(value, 0.0), pi / 2)) ** 2


def from_square_root(value: float) -> float:
    """x^2, x held at 0 or above."""
    return max(value, 0.0) ** 2


def from_double_arcsine(value: Any, n: Any = inf) -> Any:
    """The proportion whose double arcsine, x = (asin sqrt(e / (n + 1)) + asin sqrt((e + 1) / (n + 1))) / 2, is `value`.

    p = (1 - sgn(cos 2x) sqrt(1 - (sin 2x + (sin 2x - 1 / sin 2x) / n)^2)) / 2; Miller's t is 2x. For a pooled x, n has to be
    chosen: Miller took the harmonic mean of the sample sizes (`harmonic_mean`), Barendregt & Doi what the variance of the pooled
    effect stands for, 1 / (4 v). An infinite n, the default, gives sin^2(x). Beyond the values of 0 and n events it is 0 or 1.
    How far the answer can depend on n is shown by Schwarzer et al. (2019): logits have no such choice.

    References
    ----------
    Miller (1978), Am Stat 32:138; Barendregt et al. (2013), J Epidemiol Community Health 67:974-978; Schwarzer, Chemaitelly,
    Abu-Raddad & Ruecker (2019), Res Synth Methods 10:476-483

    >>> from math import asin, sqrt
    >>> x = (asin(sqrt(3 / 11)) + asin(sqrt(4 / 11))) / 2
    >>> round(from_double_arcsine(x, n=10), 12)
    0.3
    """
    x, n = np.broadcast_arrays(np.asarray(value, dtype=float), np.asarray(n, dtype=float))
    none = np.where(np.isinf(n), 0.0, np.arcsin(np.sqrt(1 / (n + 1))) / 2)  # the double arcsine of no event among n
    inside = (x > none) & (x < pi / 2 - none)
    sine = np.sin(2 * np.where(inside, x, pi / 4))
    root = np.sqrt(np.maximum(0.0, 1 - (sine + (sine - 1 / sine) / n) ** 2))
    p = (1 - np.sign(np.cos(2 * x)) * root) / 2
    found = np.where(np.isnan(x), np.nan, np.where(inside, p, np.where(x <= none, 0.0, 1.0)))
    return float(found) if found.ndim == 0 else found


def harmonic_mean(n: Any) -> Any:
    """The harmonic mean over the last axis, as Miller takes it of sample sizes.

    >>> harmonic_mean([10, 40])
    16.0
    """
    n = np.asarray(n, dtype=float)
    found = n.shape[-1] / (1 / n).sum(-1)
    return float(found) if np.ndim(found) == 0 else found


def from_double_square_root(value: Any, time: Any = inf) -> Any:
    """The rate whose Freeman-Tukey root, x = (sqrt(e / T) + sqrt((e + 1) / T)) / 2, is `value`: (x - 1 / (4xT))^2.

    From sqrt((e + 1) / T) - sqrt(e / T) = 1 / (2xT). Below the value of no event the answer is 0; an infinite T gives x^2.

    References
    ----------
    Freeman & Tukey (1950), Ann Math Stat 21:607-611

    >>> from math import sqrt
    >>> round(from_double_square_root((sqrt(3 / 8) + sqrt(4 / 8)) / 2, time=8), 12)
    0.375
    """
    x = np.maximum(np.asarray(value, dtype=float), np.sqrt(1 / np.asarray(time, dtype=float)) / 2)
    found = np.where(x != 0, (x - 1 / (4 * np.where(x > 0, x, 1.0) * np.asarray(time, dtype=float))) ** 2, 0.0)
    return float(found) if found.ndim == 0 else found


def from_cube_root_of_complement(value: float) -> float:
    """1 - (1 - x)^3."""
    return 1 - (1 - value) ** 3


def from_log_of_complement(value: float) -> float:
    """1 - exp(-x)."""
    return -expm1(-value)


SCALES: dict[str, Callable[[float], float]] = {
    "identity": float,
    "log": from_log,
    "logit": from_logit,
    "probit": from_probit,
    "arcsine": from_arcsine,
    "double arcsine": from_double_arcsine,
    "square root": from_square_root,
    "double square root": from_double_square_root,
    "z": tanh,
    "z of the root": lambda value: tanh(value) ** 2,
    "cube root of the complement": from_cube_root_of_complement,
    "log of the complement": from_log_of_complement,
}  # scale of analysis -> the way back to the scale that is shown


@dataclass(frozen=True, slots=True)
class Measure:
    """An effect measure: its code, its name, and the scale it is analysed on, such as "log" or "logit"."""

    code: str
    name: str
    scale: str = "identity"

    @property
    def log(self) -> bool:
        """Whether it is analysed on the log scale."""
        return self.scale == "log"

    @property
    def null(self) -> float:
        """The value of no effect, as shown."""
        return 1.0 if self.log else 0.0

    def shown(self, value: float) -> float:
        """From the analysis scale to the scale that is shown.

        >>> round(MEASURES["PLO"].shown(-2.0), 3)
        0.119
        """
        return SCALES[self.scale](value)


MEASURES = {
    measure.code: measure
    for measure in (
        # two groups, time to event and counts
        Measure("HR", "Hazard ratio", "log"),
        Measure("RR", "Risk ratio", "log"),
        Measure("OR", "Odds ratio", "log"),
        Measure("RD", "Risk difference"),
        Measure("AS", "Arcsine difference"),
        Measure("PETO", "Peto odds ratio", "log"),
        Measure("PHI", "Phi coefficient"),
        Measure("ZPHI", "Phi coefficient", "z"),
        Measure("YUQ", "Yule's Q"),
        Measure("YUY", "Yule's Y"),
        Measure("RTET", "Tetrachoric correlation"),
        Measure("ZTET", "Tetrachoric correlation", "z"),
        Measure("IRR", "Rate ratio", "log"),
        Measure("IRD", "Rate difference"),
        Measure("IRSD", "Difference of square roots of rates"),
        # two groups, means
        Measure("MD", "Mean difference"),
        Measure("SMD", "Standardised mean difference"),
        Measure("ROM", "Ratio of means", "log"),
        Measure("VR", "Variability ratio", "log"),
        Measure("CVR", "Ratio of coefficients of variation", "log"),
        Measure("RPB", "Point-biserial correlation"),
        Measure("ZPB", "Point-biserial correlation", "z"),
        Measure("RBIS", "Biserial correlation"),
        Measure("ZBIS", "Biserial correlation", "z"),
        Measure("AUC", "Probability of superiority"),
        # one group
        Measure("PR", "Proportion"),
        Measure("PLN", "Proportion", "log"),
        Measure("PLO", "Proportion", "logit"),
        Measure("PRZ", "Proportion", "probit"),
        Measure("PAS", "Proportion", "arcsine"),
        Measure("PFT", "Proportion", "double arcsine"),
        Measure("IR", "Rate"),
        Measure("IRLN", "Rate", "log"),
        Measure("IRS", "Rate", "square root"),
        Measure("IRFT", "Rate", "double square root"),
        Measure("MN", "Mean"),
        Measure("SMN", "Standardised mean"),
        Measure("MNLN", "Mean", "log"),
        Measure("SDLN", "Standard deviation", "log"),
        Measure("CVLN", "Coefficient of variation", "log"),
        # correlation and reliability
        Measure("COR", "Correlation"),
        Measure("UCOR", "Correlation"),
        Measure("ZCOR", "Correlation", "z"),
        Measure("PCOR", "Partial correlation"),
        Measure("ZPCOR", "Partial correlation", "z"),
        Measure("SPCOR", "Semi-partial correlation"),
        Measure("ZSPCOR", "Semi-partial correlation", "z"),
        Measure("R2", "Coefficient of determination"),
        Measure("ZR2", "Coefficient of determination", "z of the root"),
        Measure("ARAW", "Cronbach's alpha"),
        Measure("AHW", "Cronbach's alpha", "cube root of the complement"),
        Measure("ABT", "Cronbach's alpha", "log of the complement"),
        # matched groups, and before and after
        Measure("MC", "Mean change"),
        Measure("SMCC", "Standardised mean change"),
        Measure("SMCR", "Standardised mean change"),
        Measure("ROMC", "Ratio of means", "log"),
        Measure("VRC", "Variability ratio", "log"),
        Measure("CVRC", "Ratio of coefficients of variation", "log"),
        Measure("MPRR", "Risk ratio of pairs", "log"),
        Measure("MPOR", "Odds ratio of pairs", "log"),
        Measure("MPORC", "Conditional odds ratio of pairs", "log"),
        Measure("MPPETO", "Peto odds ratio of pairs", "log"),
        Measure("MPRD", "Risk difference of pairs"),
        Measure("", "Effect"),
    )
}
