"""Trial sequential analysis: is the pooled answer firm, given that the meta-analysis is repeated with each new trial?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Floats, first_each
from trialpool.stats.distributions import z_of_p
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.evidence.boundaries import CLOSEST, Boundaries, sequential_boundaries, with_futility
from trialpool.stats.evidence.information import diversity as diversity_of
from trialpool.stats.evidence.information import one_analysis, required_information
from trialpool.stats.evidence.shares import checked_share
from trialpool.stats.influence.leave_one_out import cumulative, refit
from trialpool.stats.pooling.choices import FIT_MAKERS, expect
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.weighted import weights
from trialpool.stats.tables import Tabular

VERDICTS = {
    "crossed": "the boundary is crossed: the effect stands, repeated looks allowed for",
    "futile": "the futility boundary is crossed: an effect as large as planned for is unlikely",
    "reached": "the required information is reached and no boundary is crossed: the effect planned for could be shown, and was not",
    "inconclusive": "no boundary is crossed and the required information is not reached: inconclusive, which is not 'no effect'",
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SequentialAnalysis(Tabular):
    """A trial sequential analysis; arrays have one value a look.

    fit             : the meta-analysis of all studies
    looks           : what the looks are called: the values that the studies were ordered by
    k               : studies by then
    information     : 1 / variance by then, without heterogeneity
    t               : share of the required information
    mu, z           : pooled effect and the normal deviate of its P value by then
    boundaries      : boundaries of |z| up to the first look that reaches the required information, which is the last that
                      counts; with futility, one more at t = 1 where that is not reached
    required        : information required, heterogeneity and (with futility) repeated looks allowed for
    diversity       : D2, the share of the variance that is due to heterogeneity
    smallest_effect : the effect planned for, as shown (a ratio for ratios)
    level, power    : 1 - the two-sided error probability, and the power planned for
    notes           : what was done to the looks
    """

    fit: PooledEffect
    looks: tuple[Any, ...]
    k: Floats
    information: Floats
    t: Floats
    mu: Floats
    z: Floats
    boundaries: Boundaries
    required: float
    diversity: float
    smallest_effect: float
    level: float
    power: float
    notes: tuple[str, ...] = ()

    @property
    def information_fraction(self) -> float:
        """The share of the required information that is there now."""
        return float(self.t[-1])

    @property
    def boundary(self) -> float:
        """The |z| to compare with now: that of the present look, or of the one that reached the required information."""
        return float(self.boundaries.z[self._last])

    @property
    def futility(self) -> float:
        """The |z| of futility now; nan where not asked for."""
        return float("nan") if self.boundaries.futility is None else float(self.boundaries.futility[self._last])

    @property
    def crossed(self) -> tuple[Any, ...]:
        """The looks at which |z| was at or beyond its boundary; those after the information was reached don't count."""
        beyond = np.abs(self.z[: self._last + 1]) >= self.boundaries.z[: self._last + 1]
        return tuple(self.looks[i] for i in np.flatnonzero(beyond))

    @property
    def verdict(self) -> str:
        """Where z stands now: "crossed", "futile", "reached" or "inconclusive"."""
        now = abs(self.z[-1])
        if now >= self.boundary:
            return "crossed"
        if self.information_fraction >= 1:
            return "reached"
        return "futile" if now < self.futility else "inconclusive"

    def interval(self) -> tuple[float, float]:
        """The pooled effect's limits adjusted for repeated looks, out to the boundary instead of 1.96; infinite without one.

        mu -+ c se for a Wald interval; for another, its interval at the level of which c is the normal quantile.
        """
        if self.fit.ci_method == "Wald":
            half = self.boundary * float(self.fit.se)
            return float(self.fit.mu) - half, float(self.fit.mu) + half
        level = float(1 - 2 * ndtr(-self.boundary))
        if level >= 1:
            return -np.inf, np.inf
        low, high = self.fit.interval(level)
        return float(low), float(high)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What must be said with the result."""
        said = []
        if self.verdict == "inconclusive":
            said.append("the required information is not reached: the result is inconclusive and must not be read as 'no effect'")
        if self.verdict != "crossed" and self.crossed:
            said.append(f"a boundary was crossed at {', '.join(map(str, self.crossed))}, and no longer is")
        if self.fit.model == "common" and self.fit.I2 > 0.25:
            said.append(f"heterogeneity (I2 = {100 * self.fit.I2:.0f}%) does not enter a common-effect model; give its diversity")
        if self.fit.model == "random" and self.fit.k < 10 and self.diversity > 0:
            said.append(f"the diversity rests on {self.fit.k} studies, and the required information with it")
        return tuple(said)

    @property
    def _last(self) -> int:
        """The look that is compared with a boundary."""
        return min(int(np.searchsorted(self.t, 1.0)), len(self.t) - 1)

    def table(self) -> dict[str, list[Any]]:
        """A row a look: look, k, information, t, mu, z, boundary and, if asked for, futility; nan after the last that counts."""
        names, n = ("k", "information", "t", "mu", "z"), len(self.looks)
        columns = {"look": list(self.looks)} | {name: np.asarray(getattr(self, name)).tolist() for name in names}
        bounds = {"boundary": self.boundaries.z, "futility": self.boundaries.futility}
        padded = {name: [*values.tolist(), *[float("nan")] * n][:n] for name, values in bounds.items() if values is not None}
        return columns | padded

    def __repr__(self) -> str:
        return f"<SequentialAnalysis: {self}>"

    def __str__(self) -> str:
        measure = MEASURES[self.fit.effects.measure]
        low, high = (measure.shown(limit) for limit in self.interval())
        return (
            f"{100 * self.information_fraction:.0f}% of the information that {measure.code or measure.name} "
            f"{self.smallest_effect:g} takes at {100 * self.power:g}% power; z = {self.z[-1]:.2f}, boundary {self.boundary:.2f} "
            f"(adjusted {100 * self.level:g}% CI {low:.2f} to {high:.2f}): {VERDICTS[self.verdict]}."
        )


def sequential_analysis(
    fit: PooledEffect,
    by: Sequence[Any],
    *,
    smallest_effect: float,
    level: float = 0.95,
    power: float = 0.80,
    spending: str = "OF",
    futility: bool = False,
    diversity: float | None = None,
) -> SequentialAnalysis:
    """Repeat a meta-analysis as its studies came in, against boundaries that allow for the repetition.

    Parameters
    ----------
    fit : what `pool`, `pool_common`, `mantel_haenszel` or `peto` returned, one analysis
    by : (k,) when each study came (year); studies with the same value make one look
    smallest_effect : the smallest effect that matters, as shown: 0.90 for a hazard ratio, -2 for a mean difference
    level, power : 1 - the two-sided error probability; probability of finding the smallest effect
    spending : "OF" (O'Brien-Fleming type) or "Pocock"
    futility : whether to add (non-binding) futility boundaries, which raises the information required
    diversity : D2; by default that of the fit, which is 0 for a common effect

    Returns
    -------
    SequentialAnalysis. The share of the information at a look is that of sum 1/vi (for Mantel-Haenszel of 1/se^2) in the
    information required for the smallest effect, divided by 1 - D2; D2 is that of all studies at each look. z is the normal deviate
    of the P value of the fit's own method on the studies so far.

    Raises
    ------
    BadArgument
        for a batch, `by` of another length or with gaps, an effect that is none, shares that are none
    NotEstimable
        where no study is present

    References
    ----------
    Wetterslev, Thorlund, Brok & Gluud (2008), J Clin Epidemiol 61:64-75; Brok et al. (2008), J Clin Epidemiol 61:763-769

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> trials = effects([-0.2, -0.1, -0.3], [0.02, 0.01, 0.03], ["A", "B", "C"], measure="HR")
    >>> print(sequential_analysis(pool(trials, ci="Wald"), [2006, 2008, 2012], smallest_effect=0.85, power=0.90))
    46% of the information that HR 0.85 takes at 90% power; z = -2.22, boundary 3.13 (adjusted 95% CI 0.67 to 1.07): no boundary is
    crossed and the required information is not reached: inconclusive, which is not 'no effect'.
    """
    expect("sequential_analysis", fit, PooledEffect, FIT_MAKERS)
    one_analysis(fit)
    theta = _analysed(fit, smallest_effect)
    shared = diversity_of(fit) if diversity is None else checked_share("diversity", diversity, zero=True)
    required = required_information(theta, level=level, power=power, diversity=shared)
    order, ends = _looks(fit, by)
    batch = refit(fit, first_each(fit.effects.vi, order)[ends])
    information = _information(batch)
    kept, notes = _far_enough_apart(information, [by[order[end]] for end in ends])
    batch = refit(fit, first_each(fit.effects.vi, order)[ends[kept]])
    boundaries, inflation = _boundaries(information[kept] / required, spending, level, power if futility else None)
    z = np.sign(batch.mu) * z_of_p(np.asarray(batch.p))
    return SequentialAnalysis(
        fit=fit,
        looks=tuple(by[order[end]] for end in ends[kept]),
        k=np.asarray(batch.k),
        information=information[kept],
        t=information[kept] / (required * inflation),
        mu=np.asarray(batch.mu),
        z=np.where(batch.mu == 0, 0.0, z),
        boundaries=boundaries,
        required=required * inflation,
        diversity=shared,
        smallest_effect=smallest_effect,
        level=level,
        power=power,
        notes=notes,
    )


def _analysed(fit: PooledEffect, smallest_effect: float) -> float:
    """The smallest effect on the analysis scale."""
    measure = MEASURES[fit.effects.measure]
    if measure.scale not in ("log", "identity"):
        raise BadArgument(f"sequential_analysis plans for ratios and differences, not for {measure.name.lower()} ({measure.code}).")
    if measure.log and not (np.isfinite(smallest_effect) and smallest_effect > 0 and smallest_effect != 1):
        raise BadArgument(f"smallest_effect={smallest_effect!r} is no effect on a ratio. Give a ratio such as 0.9, which is not 1.")
    if not measure.log and not (np.isfinite(smallest_effect) and smallest_effect != 0):
        raise BadArgument(f"smallest_effect={smallest_effect!r} is no effect on a difference. Give one that is not 0.")
    return float(np.log(smallest_effect)) if measure.log else float(smallest_effect)


def _looks(fit: PooledEffect, by: Sequence[Any]) -> tuple[Any, Any]:
    """The order of the studies, and the last of each look in it; `cumulative` refuses a `by` that does not fit."""
    cumulative(fit, by)
    order = np.argsort(np.asarray(by), kind="stable")
    order = order[np.isfinite(fit.effects.vi[order])]
    if not len(order):
        raise NotEstimable("Sequential analysis: no study is present (k = 0).")
    values = np.asarray(by)[order]
    ends = np.flatnonzero(np.append(values[1:] != values[:-1], True))
    rest = [i for i in range(len(fit.effects.study)) if i not in set(order)]
    return np.concatenate([order, np.array(rest, dtype=order.dtype)]), ends


def _information(batch: PooledEffect) -> Floats:
    """1 / variance of the common effect at each look."""
    if batch.method == "MH":
        return np.asarray(np.maximum.accumulate(np.nan_to_num(1 / np.asarray(batch.se) ** 2)))
    return np.asarray(weights(batch.effects.vi).sum(-1))


def _far_enough_apart(information: Floats, looks: Sequence[Any]) -> tuple[Any, tuple[str, ...]]:
    """Looks that add less than CLOSEST of what is there are merged with the next; the last one always stays."""
    kept = [len(information) - 1]
    for i in range(len(information) - 2, -1, -1):
        if 0 < information[i] and information[kept[0]] > information[i] * (1 + 2 * CLOSEST):
            kept.insert(0, i)
    merged = [str(look) for i, look in enumerate(looks) if i not in kept]
    said = (f"looks that add next to nothing were merged with the next: {', '.join(merged)}",) if merged else ()
    return np.array(kept), said


def _boundaries(t: Floats, spending: str, level: float, power: float | None) -> tuple[Boundaries, float]:
    """Boundaries at the looks, and by how much futility multiplies the information required, which is what t is a share of."""
    if power is None:
        return sequential_boundaries(_until_reached(t), spending=spending, level=level), 1.0
    inflation = 1.0
    for _ in range(12):
        planned = _until_reached(t / inflation)
        before = planned[planned * (1 + 2 * CLOSEST) < 1]
        planned = np.append(before, 1.0)  # a look beyond counts as one at 1, for which the power is planned
        wedge = with_futility(sequential_boundaries(planned, spending=spending, level=level), power=power)
        found, inflation = inflation, wedge.inflation
        if abs(found - inflation) < 1e-9:
            break
    return wedge, inflation


def _until_reached(t: Floats) -> Floats:
    """The looks up to the first that reaches the required information."""
    reached: Floats = t[: int(np.searchsorted(t, 1.0)) + 1]
    return reached
