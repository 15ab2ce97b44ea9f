"""Fragility index: how few patients would have to fare otherwise for a meta-analysis to gain or lose statistical significance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.effects.effects import Counts, Effects
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.effects.two_by_two import odds_ratio, risk_difference, risk_ratio
from trialpool.stats.evidence.information import one_analysis
from trialpool.stats.pooling.choices import FIT_MAKERS, expect
from trialpool.stats.pooling.intervals import INTERVAL_NAMES
from trialpool.stats.pooling.mantel_haenszel import complete, mantel_haenszel
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.peto import peto
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.tables import Tabular

EFFECTS_OF: dict[str, Callable[..., Effects]] = {"RR": risk_ratio, "OR": odds_ratio, "RD": risk_difference}
METHODS = {"MH": "Mantel-Haenszel", "Peto": "Peto"}
ARMS = {"t": "treatment", "c": "control"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FragilityStep:
    """One change: the study, the arm ("t" or "c"), one event more (+1) or less (-1), and the pooled result after it.

    mu, low, high : pooled effect and its limits on the analysis scale
    p             : two-sided P of no effect
    """

    study: str
    arm: str
    change: int
    mu: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fragility(Tabular):
    """Fragility index of a meta-analysis.

    fit      : the meta-analysis as it is
    steps    : the changes of single patients, in order; after the last the interval has come to include, or exclude, no effect
    patients : patients in all trials
    """

    fit: PooledEffect
    steps: tuple[FragilityStep, ...]
    patients: int

    @property
    def index(self) -> int:
        """How many patients' event status was changed."""
        return len(self.steps)

    @property
    def quotient(self) -> float:
        """The index as a share of all patients."""
        return self.index / self.patients

    @property
    def significant(self) -> bool:
        """Whether the interval excluded no effect before any change."""
        low, high = self.fit.interval()
        return bool(low > 0 or high < 0)

    @property
    def model(self) -> str:
        """The model in words: the index is of this model, and another may have a very different one."""
        return model_in_words(self.fit)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What must be said with the index."""
        return (
            "the index is that of this model; another may give a very different one",
            "it says how near the P value is to its threshold, not how large or how well founded the effect is",
        )

    def table(self) -> dict[str, list[Any]]:
        """A row a change: study, arm, change, mu, low, high, p."""
        names = ("study", "arm", "change", "mu", "low", "high", "p")
        return {name: [getattr(step, name) for step in self.steps] for name in names}

    def __repr__(self) -> str:
        return f"<Fragility: {self.index}, {self.model}>"

    def __str__(self) -> str:
        patients = "1 patient" if self.index == 1 else f"{self.index} patients"
        verb = "lose" if self.significant else "gain"
        return (
            f"It takes a change of the event status of {patients} ({100 * self.quotient:.2g}% of {self.patients}) for the "
            f"meta-analysis ({self.model}) to {verb} significance at the {100 * (1 - self.fit.level):.3g}% level."
        )


def model_in_words(fit: PooledEffect) -> str:
    """What was pooled and how: "RR, Mantel-Haenszel", "OR, random effects, DL, Wald".

    >>> from trialpool.stats.effects.effects import effects
    >>> model_in_words(pool(effects([0.1, 0.2], [0.01, 0.02], measure="RR")))
    'RR, random effects by inverse variance, REML, Hartung-Knapp interval'
    """
    if fit.method in METHODS:
        return f"{fit.effects.measure}, {METHODS[fit.method]}"
    tau2 = f", {fit.tau2_method}" if fit.model == "random" else ""
    return f"{fit.effects.measure}, {fit.model} effects by inverse variance{tau2}, {INTERVAL_NAMES[fit.ci_method]} interval"


def fragility_index(fit: PooledEffect, *, most: int = 1000) -> Fragility:
    """Change the event status of one patient at a time until the interval comes to include, or to exclude, no effect.

    Each step makes the single change (any trial, either arm, one event more or less, the patients unchanged) that brings the limit
    next to no effect furthest towards, and past, it. Where the interval includes no effect at first, both directions are
    tried, and the shorter way is the answer.

    Parameters
    ----------
    fit : what `pool`, `pool_common`, `mantel_haenszel` or `peto` made of `risk_ratio`, `odds_ratio` or `risk_difference` with their
        default policies for empty cells; one analysis
    most : steps after which to give up

    Returns
    -------
    Fragility. It has to be reported with the model: the same four trials can have 102 by Mantel-Haenszel and 60 by random effects.

    Raises
    ------
    BadArgument
        where the effects are not from counts, or not by the default policy for empty cells
    NotEstimable
        where no `most` steps suffice, or there is no event left to change

    References
    ----------
    Atal, Porcher, Boutron & Ravaud (2019), J Clin Epidemiol 111:32-40

    >>> trials = risk_ratio(events_t=[13, 22, 6], n_t=[250, 147, 107], events_c=[28, 35, 14], n_c=[250, 149, 103])
    >>> print(fragility_index(mantel_haenszel(trials)))
    It takes a change of the event status of 15 patients (1.5% of 1006) for the meta-analysis (RR, Mantel-Haenszel) to lose
    significance at the 5% level.
    """
    expect("fragility_index", fit, PooledEffect, FIT_MAKERS)
    counts = _counts(fit)
    low, high = fit.interval()
    if low > 0 or high < 0:
        ways = [_Way(-1 if low > 0 else 1, to_include=True)]
    else:
        ways = [_Way(sign, to_include=False) for sign in (1, -1)]
    paths = [path for way in ways if (path := _path(fit, counts, way, most)) is not None]
    if not paths:
        raise NotEstimable(
            f"Fragility index of {model_in_words(fit)}, k = {fit.k}: {most} changes, or all there are, do not suffice."
        )
    patients = int(np.nansum(counts.n_t) + np.nansum(counts.n_c))
    return Fragility(fit=fit, steps=min(paths, key=len), patients=patients)


class _Way(NamedTuple):
    """Where the pooled effect is to be moved: up (1) or down (-1), and whether so far that the interval includes no effect."""

    sign: int
    to_include: bool

    def arrived(self, low: Any, high: Any) -> Any:
        includes = (low <= 0) & (high >= 0)
        return includes if self.to_include else ~includes

    def progress(self, low: Any, high: Any) -> Any:
        """The limit that has to pass no effect, counted in the direction in which it moves."""
        goes_first = self.sign > 0 if self.to_include else self.sign < 0
        return self.sign * (high if goes_first else low)


def _path(fit: PooledEffect, counts: Counts, way: _Way, most: int) -> tuple[FragilityStep, ...] | None:
    """The greedy changes until `way` has arrived; None where it does not."""
    steps: list[FragilityStep] = []
    while len(steps) < most:
        changes, batch = _every_change(counts, way.sign)
        if not changes:
            return None
        fits = _refit(fit, batch)
        with np.errstate(invalid="ignore"):
            low, high = fits.interval()
            progress = way.progress(low, high)
        if np.isnan(progress).all():
            return None
        best = int(np.nanargmax(progress))
        arm, i, change = changes[best]
        mu, lower, upper, p = (float(np.asarray(value)[best]) for value in (fits.mu, low, high, fits.p))
        steps.append(FragilityStep(study=fit.effects.study[i], arm=arm, change=change, mu=mu, low=lower, high=upper, p=p))
        counts = Counts(**{name: getattr(batch, name)[best] for name in ("events_t", "n_t", "events_c", "n_c")})
        if way.arrived(low[best], high[best]):
            return tuple(steps)
    return None


def _every_change(counts: Counts, sign: int) -> tuple[list[tuple[str, int, int]], Counts]:
    """Every single change that moves the effect in the direction of `sign`: (arm, study, +-1) each, and the counts after it."""
    changes: list[tuple[str, int, int]] = []
    for arm, change in (("t", sign), ("c", -sign)):
        events, n = getattr(counts, f"events_{arm}"), getattr(counts, f"n_{arm}")
        after = events + change
        changes += [(arm, i, change) for i in np.flatnonzero((n > 0) & (after >= 0) & (after <= n)).tolist()]
    batch = {name: np.tile(getattr(counts, name), (len(changes), 1)) for name in ("events_t", "n_t", "events_c", "n_c")}
    for row, (arm, i, change) in enumerate(changes):
        batch[f"events_{arm}"][row, i] += change
    return changes, Counts(**batch)


def _refit(fit: PooledEffect, counts: Counts) -> PooledEffect:
    effects = _effects(fit, counts)
    if fit.method == "MH":
        return mantel_haenszel(effects, level=fit.level)
    if fit.method == "Peto":
        return peto(effects, level=fit.level)
    if fit.model == "common":
        return pool_common(effects, ci=fit.ci_method, level=fit.level)
    return pool(effects, tau2=fit.tau2_method, ci=fit.ci_method, level=fit.level)


def _effects(fit: PooledEffect, counts: Counts) -> Effects:
    arms = {name: getattr(counts, name) for name in ("events_t", "n_t", "events_c", "n_c")}
    return EFFECTS_OF[fit.effects.measure](**arms, study=fit.effects.study)


def _counts(fit: PooledEffect) -> Counts:
    """The counts that the fit rests on; refused where the effects are not what these give by default."""
    one_analysis(fit)
    name = MEASURES[fit.effects.measure].name.lower()
    if fit.effects.counts is None or fit.effects.measure not in EFFECTS_OF:
        raise BadArgument(
            f"fragility_index needs events and patients by arm, and these are effects ({name}) without: make them by risk_ratio, "
            "odds_ratio or risk_difference."
        )
    counts = complete(fit.effects.counts)
    if (counts.n_t == 0).any() or (counts.n_c == 0).any():
        raise BadArgument("fragility_index needs the counts of every trial. Leave out the trials that lack some.")
    again = _refit(fit, counts)
    if not np.allclose([again.mu, again.se], [fit.mu, fit.se], rtol=1e-9, atol=1e-12):
        raise BadArgument(
            f"The pooled {name} is {fit.mu:.6g}, and from the counts by the default policy for empty cells {again.mu:.6g}: "
            "fragility_index knows that policy only. Make the effects without options, and keep every study."
        )
    return counts
