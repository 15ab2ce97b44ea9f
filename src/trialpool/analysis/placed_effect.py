"""A pooled effect set against what would be no effect, and against the smallest that matters, at one baseline risk."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log
from statistics import median

from trialpool.analysis.selection import Selection
from trialpool.review.certainty import Baseline, OutcomeCertainty
from trialpool.review.plan import Analysis, Outcome
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.evidence.absolute_effect import TREATED, AbsoluteEffect, absolute_effect, absolute_survival
from trialpool.stats.pooling.pooled_effect import PooledEffect

NO_STATED_RISK = ("HR", "IRR", "MD", "SMD")  # measures whose studies print no risk, so that a baseline must be given


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedEffect:
    """An effect with its limits, and the thresholds it is judged by.

    Numbers are differences as shares of the people counted (0.05 is 50 more of 1000); where there is no baseline and the measure is
    a ratio, they are on the logarithmic scale.

    baseline : the risk with the comparator; None where there is none
    stated   : whether a person gave it; it is the median of the control arms otherwise
    effect   : people with and without treatment; None without a baseline
    estimate, low, high : the pooled effect and its confidence limits
    predicted : limits for a new study; None where they can't be had
    mid      : the smallest differences that matter, to below and to above; None where they are not stated
    good     : whether more is better
    logs     : whether the numbers are logarithms of a ratio
    unit     : of a mean difference, "" where none is named; None where people are counted, or a ratio is shown
    upward   : 1 where a larger number is more of what is counted, -1 where it is less: a ratio of hazards beside people free of the
               event
    """

    baseline: Baseline | None
    stated: bool
    effect: AbsoluteEffect | None
    estimate: float
    low: float
    high: float
    predicted: tuple[float, float] | None
    mid: tuple[float, float] | None
    good: bool
    logs: bool
    upward: int = 1
    unit: str | None = None

    @property
    def where(self) -> str:
        """`` at low risk``, `` at a risk of 30%``; empty where there is one baseline without a label, or none."""
        return f" at {self.baseline.label}" if self.baseline is not None and self.baseline.label else ""

    @property
    def decimals(self) -> int:
        """Decimals for people of 1000: one where so few are counted that whole people would hide a difference."""
        return 0 if self.effect is None else decimals_of(1000 * self.effect.control, 1000 * self.effect.treated)

    @property
    def known(self) -> bool:
        """Whether the interval exists."""
        return all(map(isfinite, (self.estimate, self.low, self.high)))

    @property
    def holds_null(self) -> bool:
        """Whether the interval holds no effect."""
        return self.low <= 0 <= self.high

    @property
    def matters(self) -> bool | None:
        """Whether the estimate is at least the smallest that matters; None where that is not stated."""
        return None if self.mid is None else not self.mid[0] < self.estimate < self.mid[1]

    def thresholds(self, target: str) -> tuple[float, ...]:
        """What the certainty is rated against.

        No effect, for the target "null". For "mid" the smallest difference that matters on the side of the estimate, where this is
        at least as large; both, where it is not, for then the claim is that the effect does not matter.
        Zeng et al. (2022), J Clin Epidemiol 150:216-224.
        """
        if target == "null" or self.mid is None:
            return (0.0,)
        if not self.matters:
            return self.mid
        return (self.mid[0],) if self.estimate < 0 else (self.mid[1],)

    def crossed(self, target: str, limits: tuple[float, float] | None = None) -> int:
        """How many levels an interval speaks for: 0 where it crosses no threshold, 1 where it does, 2 where it goes both ways.

        It goes both ways where it holds a difference that matters to either side.
        """
        low, high = (self.low, self.high) if limits is None else limits
        if self.mid is not None and low <= self.mid[0] and high >= self.mid[1]:
            return 2
        return int(any(low < t < high or (t == 0 and low <= t <= high) for t in self.thresholds(target)))


def decimals_of(control: float, treated: float) -> int:
    """Decimals for people of 1000, by how many are counted.

    >>> decimals_of(5.6, 2.7), decimals_of(300, 474)
    (1, 0)
    """
    return int(min(control, treated) < 10)


def placed(
    entry: OutcomeCertainty | None, analysis: Analysis, outcome: Outcome, selection: Selection, fit: PooledEffect
) -> tuple[PlacedEffect, ...]:
    """The effect at every baseline; once without, where there is none."""
    stated = entry.baselines if entry is not None else ()
    found = stated or _observed(outcome, selection)
    return tuple(_placed(entry, analysis, outcome, fit, baseline, bool(stated)) for baseline in found or (None,))


def control_risks(selection: Selection) -> tuple[float, ...]:
    """Risk of each control arm whose events and patients are known."""
    arms = [effect.arms for effect in selection.effects]
    return tuple(a.events_c / a.n_c for a in arms if a.events_c is not None and a.n_c)


def _observed(outcome: Outcome, selection: Selection) -> tuple[Baseline, ...]:
    """The median of the control arms, where nobody states a risk and arms are counted whole."""
    risks = control_risks(selection)
    if outcome.measure in NO_STATED_RISK or not risks or not 0 < median(risks) < 1:
        return ()
    source = f"median of the {len(risks)} control arms" if len(risks) > 1 else "the control arm"
    return (Baseline(risk=median(risks), source=f"{source} of this analysis"),)


def _placed(
    entry: OutcomeCertainty | None, analysis: Analysis, outcome: Outcome, fit: PooledEffect, baseline: Baseline | None, stated: bool
) -> PlacedEffect:
    free = entry is not None and entry.shows == "event-free" and outcome.measure == "HR"
    effect = None if baseline is None else _absolute(fit, outcome, baseline, free)
    limits = tuple(float(x) for x in fit.prediction_interval(method=analysis.prediction))
    on = _Scale(outcome.measure, None if baseline is None else baseline.share_with_event, free)
    low, high = sorted(on.of(float(x)) for x in fit.interval())
    return PlacedEffect(
        baseline=baseline,
        stated=stated and baseline is not None,
        effect=effect,
        estimate=on.of(float(fit.mu)),
        low=low if effect is None else effect.low,
        high=high if effect is None else effect.high,
        predicted=_sorted(on.of(limits[0]), on.of(limits[1])) if all(map(isfinite, limits)) else None,
        mid=_mid(entry, on),
        good=(outcome.better == "higher") != (free and baseline is not None),
        logs=on.logs,
        unit=unit_of(outcome),
        upward=-1 if free and on.logs else 1,
    )


def unit_of(outcome: Outcome) -> str | None:
    """The unit of a mean difference, standard deviations of a standardised one; None of another measure."""
    return {"MD": outcome.unit, "SMD": "standard deviations"}.get(outcome.measure)


def _absolute(fit: PooledEffect, outcome: Outcome, baseline: Baseline, free: bool) -> AbsoluteEffect:
    risk = baseline.share_with_event
    interval = baseline.risk_interval if fit.se > 0 else None  # effects that are all the same leave no error to add to
    if free:
        survival = None if interval is None else (1 - interval[1], 1 - interval[0])
        share = baseline.event_free if baseline.event_free is not None else 1 - risk
        return absolute_survival(fit, baseline_survival=share, baseline_interval=survival, at=baseline.at)
    return absolute_effect(fit, baseline_risk=risk, baseline_interval=interval, good=outcome.better == "higher", at=baseline.at)


@dataclass(frozen=True, slots=True)
class _Scale:
    """From the analysis scale to differences in the people counted at a risk; the analysis scale itself without one."""

    measure: str
    risk: float | None
    free: bool

    @property
    def logs(self) -> bool:
        return self.risk is None and MEASURES[self.measure].log

    def of(self, effect: float) -> float:
        if self.risk is None:
            return effect
        change = float(TREATED[self.measure](self.risk, effect)) - self.risk
        return -change if self.free else change


def _mid(entry: OutcomeCertainty | None, on: _Scale) -> tuple[float, float] | None:
    mid = entry.mid if entry is not None else None
    if mid is None:
        return None
    if mid.difference is not None:
        return -mid.difference, mid.difference
    if mid.ratio is not None:
        return _sorted(on.of(log(mid.ratio)), on.of(-log(mid.ratio)))
    if mid.per_1000 is None or on.logs:
        return None
    return -mid.per_1000 / 1000, mid.per_1000 / 1000


def _sorted(one: float, other: float) -> tuple[float, float]:
    return min(one, other), max(one, other)
