"""Priors of the pooled effect and of tau, the standard deviation between studies."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import inf, isfinite, log, pi
from typing import ClassVar

import numpy as np
from scipy.special import gammaln

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.pooling.choices import choose

LOG_ROOT_2PI = 0.5 * log(2 * pi)


@dataclass(frozen=True, slots=True)
class FlatEffect:
    """The same density everywhere: improper, and so without Bayes factors of the effect."""

    mean: ClassVar[float] = 0.0
    variance: ClassVar[float] = inf

    def __str__(self) -> str:
        return "flat"


@dataclass(frozen=True, slots=True)
class NormalEffect:
    """Normal on the analysis scale (log for ratios).

    >>> print(NormalEffect(0, 2))
    normal (mean 0, SD 2)
    """

    mean: float = 0.0
    sd: float = 1.0

    def __post_init__(self) -> None:
        if not (isfinite(self.mean) and isfinite(self.sd) and self.sd > 0):
            raise BadArgument(f"NormalEffect(mean={self.mean!r}, sd={self.sd!r}): the mean is a number and the SD above 0.")

    @property
    def variance(self) -> float:
        return self.sd**2

    def __str__(self) -> str:
        return f"normal (mean {self.mean:g}, SD {self.sd:g})"


@dataclass(frozen=True, slots=True)
class KnownEffect:
    """One value for sure, such as no effect."""

    mean: float = 0.0
    variance: ClassVar[float] = 0.0

    def __str__(self) -> str:
        return f"known to be {self.mean:g}"


EffectPrior = FlatEffect | NormalEffect | KnownEffect


@dataclass(frozen=True, slots=True)
class TauPrior:
    """A prior of tau; the parameters of each have to be above 0, but for those named in `free`.

    free  : parameters that can be any number
    tail  : the density falls as tau^-tail; infinite where it falls faster
    """

    free: ClassVar[tuple[str, ...]] = ()
    choices: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name not in self.choices and not (isfinite(value) and (value > 0 or field.name in self.free)):
                what = "a number" if field.name in self.free else "a number above 0"
                raise BadArgument(f"{type(self).__name__}: {field.name}={value!r} is not {what}.")

    @property
    def tail(self) -> float:
        return inf

    @property
    def proper(self) -> bool:
        """Whether it integrates to 1."""
        return True

    @property
    def upper(self) -> float:
        """The largest tau it allows."""
        return inf

    def log_density(self, tau: Floats) -> Floats:
        """log p(tau) at tau >= 0."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class HalfNormal(TauPrior):
    """sqrt(2 / pi) / s exp(-tau^2 / 2 s^2): of weakly informative ones the usual choice. Roever et al. (2021), RSM 12:448-474.

    >>> float(np.exp(HalfNormal(0.5).log_density(np.array(0.0))).round(4))
    1.5958
    """

    scale: float

    def log_density(self, tau: Floats) -> Floats:
        return np.asarray(log(2 / self.scale) - LOG_ROOT_2PI - (tau / self.scale) ** 2 / 2)

    def __str__(self) -> str:
        return f"half-normal (scale {self.scale:g})"


@dataclass(frozen=True, slots=True)
class HalfT(TauPrior):
    """Student's t with `df` degrees of freedom, its positive half. Gelman (2006), Bayesian Anal 1:515-534."""

    scale: float
    df: float

    @property
    def tail(self) -> float:
        return self.df + 1

    def log_density(self, tau: Floats) -> Floats:
        v = self.df
        constant = gammaln((v + 1) / 2) - gammaln(v / 2) - 0.5 * log(v * pi) + log(2 / self.scale)
        return np.asarray(constant - (v + 1) / 2 * np.log1p((tau / self.scale) ** 2 / v))

    def __str__(self) -> str:
        return f"half-t (scale {self.scale:g}, {self.df:g} df)"


@dataclass(frozen=True, slots=True)
class HalfCauchy(TauPrior):
    """2 / (pi s (1 + (tau / s)^2)): a tail that lets the data speak. Gelman (2006), Bayesian Anal 1:515-534."""

    scale: float

    @property
    def tail(self) -> float:
        return 2.0

    def log_density(self, tau: Floats) -> Floats:
        return np.asarray(log(2 / (pi * self.scale)) - np.log1p((tau / self.scale) ** 2))

    def __str__(self) -> str:
        return f"half-Cauchy (scale {self.scale:g})"


@dataclass(frozen=True, slots=True)
class Uniform(TauPrior):
    """1 / upper from 0 to the largest tau allowed."""

    largest: float

    @property
    def upper(self) -> float:
        return self.largest

    def log_density(self, tau: Floats) -> Floats:
        return np.where(tau <= self.largest, -log(self.largest), -inf)

    def __str__(self) -> str:
        return f"uniform (0 to {self.largest:g})"


@dataclass(frozen=True, slots=True)
class FlatTau(TauPrior):
    """The same density for every tau: improper, and so without Bayes factors of heterogeneity; needs three studies."""

    @property
    def tail(self) -> float:
        return 0.0

    @property
    def proper(self) -> bool:
        return False

    def log_density(self, tau: Floats) -> Floats:
        return np.zeros(np.shape(tau))

    def __str__(self) -> str:
        return "flat"


ON = {"tau2": 2.0, "tau": 1.0}


@dataclass(frozen=True, slots=True)
class LogNormal(TauPrior):
    """log tau2 is normal; or log tau, with on="tau".

    >>> float(np.exp(LogNormal(-2.56, 1.74).log_density(np.array(0.278))).round(3))
    1.649
    """

    location: float
    scale: float
    on: str = "tau2"
    free: ClassVar[tuple[str, ...]] = ("location",)
    choices: ClassVar[tuple[str, ...]] = ("on",)

    def __post_init__(self) -> None:
        choose("on", self.on, ON)
        TauPrior.__post_init__(self)

    def log_density(self, tau: Floats) -> Floats:
        power = ON[self.on]
        with np.errstate(divide="ignore"):
            log_tau = np.maximum(np.log(tau), -1e6)
        off = (power * log_tau - self.location) / self.scale
        return np.asarray(log(power / self.scale) - LOG_ROOT_2PI - log_tau - off**2 / 2)

    def __str__(self) -> str:
        return f"log-normal for {self.on} (location {self.location:g}, scale {self.scale:g})"


@dataclass(frozen=True, slots=True)
class LogT(TauPrior):
    """log tau2 is Student's t with `df` degrees of freedom, a location and a scale."""

    location: float
    scale: float
    df: float
    free: ClassVar[tuple[str, ...]] = ("location",)

    @property
    def tail(self) -> float:
        return 1.0

    def log_density(self, tau: Floats) -> Floats:
        v = self.df
        with np.errstate(divide="ignore"):
            log_tau = np.maximum(np.log(tau), -1e6)
        off = (2 * log_tau - self.location) / self.scale
        constant = gammaln((v + 1) / 2) - gammaln(v / 2) - 0.5 * log(v * pi) + log(2 / self.scale)
        return np.asarray(constant - log_tau - (v + 1) / 2 * np.log1p(off**2 / v))

    def __str__(self) -> str:
        return f"log-t for tau2 (location {self.location:g}, scale {self.scale:g}, {self.df:g} df)"


@dataclass(frozen=True, slots=True)
class InverseGamma(TauPrior):
    """tau2 is inverse-gamma: b^a / Gamma(a) tau2^(-a-1) exp(-b / tau2). With small a and b it rules, however vague it looks."""

    shape: float
    rate: float

    @property
    def tail(self) -> float:
        return 2 * self.shape + 1

    def log_density(self, tau: Floats) -> Floats:
        a, b = self.shape, self.rate
        tau2 = np.maximum(np.square(tau), 1e-300)
        return np.asarray(a * log(b) - gammaln(a) + log(2) - (a + 0.5) * np.log(tau2) - b / tau2)

    def __str__(self) -> str:
        return f"inverse-gamma for tau2 (shape {self.shape:g}, rate {self.rate:g})"


@dataclass(frozen=True, slots=True)
class KnownTau(TauPrior):
    """One value for sure; 0 for a common effect."""

    value: float = 0.0
    free: ClassVar[tuple[str, ...]] = ("value",)

    def __post_init__(self) -> None:
        if not (isfinite(self.value) and self.value >= 0):
            raise BadArgument(f"KnownTau: value={self.value!r} is not a number of 0 or more.")

    def __str__(self) -> str:
        return f"known to be {self.value:g}"
