"""What can be computed on each reason to rate the certainty of evidence down or up: hints beside a person's decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, log

import numpy as np

from trialpool.analysis.placed_effect import PlacedEffect, control_risks
from trialpool.analysis.risk_of_bias import LevelShare, PooledRiskOfBias
from trialpool.analysis.robustness import FEW_FOR_ASYMMETRY, chosen_tests
from trialpool.analysis.selection import Selection
from trialpool.errors import BadArgument, NotEstimable
from trialpool.review.certainty import InformationSize, OutcomeCertainty
from trialpool.review.plan import Analysis, Outcome
from trialpool.review.report import MEAN_DIFFERENCES
from trialpool.stats.bias.small_study_test import small_study_test
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.evidence.information import required_events, required_information, required_patients
from trialpool.stats.pooling.pooled_effect import PooledEffect

LARGE = 0.30  # a relative reduction above which the information size is asked for: Core GRADE 2, BMJ 2025;389:e081904
ASYMMETRIC = 0.10  # P below which a small-study test is taken to speak, as is usual for tests of little power
HEAVY = 0.5  # share of the weight at high risk from which this is taken to speak; GRADE names none
FEW_TO_PREDICT = 5
TWOFOLD, FIVEFOLD = 2.0, 5.0  # risk ratios from which GRADE thinks of one and of two levels up


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One thing that was computed.

    domain : a key of DOMAINS
    name   : what was looked at
    found  : what came of it, in words
    levels : how many levels it speaks for, below 0 down and above 0 up; None where it does not say
    """

    domain: str
    name: str
    found: str
    levels: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledEvidence:
    """What the hints are made from.

    risk         : the risk of bias of each effect; None where none is judged
    without_high : the effect at each baseline without results at high risk; empty where there are none, or nothing else
    """

    entry: OutcomeCertainty | None
    analysis: Analysis
    outcome: Outcome
    selection: Selection
    fit: PooledEffect
    placed: tuple[PlacedEffect, ...]
    risk: PooledRiskOfBias | None = None
    without_high: tuple[PlacedEffect, ...] = ()

    @property
    def target(self) -> str:
        return self.entry.target if self.entry is not None else "null"

    @property
    def patients(self) -> int | None:
        """Patients of all effects together; None where some are not known."""
        arms = [effect.arms for effect in self.selection.effects]
        known = [a.n_t + a.n_c for a in arms if a.n_t is not None and a.n_c is not None]
        return sum(known) if len(known) == len(arms) else None


def hints(of: PooledEvidence) -> tuple[Hint, ...]:
    """Every hint, by domain."""
    return tuple(hint for make in HINTS for hint in make(of))


def _heterogeneity(of: PooledEvidence) -> Iterator[Hint]:
    fit = of.fit
    if fit.k < 2:
        yield Hint(domain="inconsistency", name="Studies", found="one study, so that nothing can differ between studies")
        return
    low, high = (float(x) for x in fit.I2_interval())
    limits = f" ({100 * low:.0f}% to {100 * high:.0f}%)" if fit.model == "random" else ""
    found = f"I² is {100 * float(fit.I2):.0f}%{limits}; by itself it decides nothing"
    yield Hint(domain="inconsistency", name="I²", found=found)
    yield from _sides(of)
    yield from (_prediction(of, place) for place in of.placed)


def _sides(of: PooledEvidence) -> Iterator[Hint]:
    """On which side of no effect the studies lie, by weight."""
    yi, weights = of.fit.effects.yi, of.fit.weights
    below = float(weights[yi < 0].sum())
    n = int((yi < 0).sum())
    no_effect = "1" if MEASURES[of.outcome.measure].log else "0"
    found = f"{n} of {len(yi)} estimates, with {100 * below:.0f}% of the weight, lie below {no_effect}"
    yield Hint(domain="inconsistency", name="Side of no effect", found=found)


def _prediction(of: PooledEvidence, place: PlacedEffect) -> Hint:
    domain, name = "inconsistency", f"Prediction interval{place.where}"
    if of.fit.model == "common":
        return Hint(domain=domain, name=name, found="a common-effect model says nothing of a new study")
    if place.predicted is None or of.fit.k < FEW_TO_PREDICT:
        return Hint(domain=domain, name=name, found=f"with {int(of.fit.k)} studies a new one can hardly be predicted")
    limits = range_in_words(place, *place.predicted)
    crossed, already = place.crossed(of.target, place.predicted), place.crossed(of.target)
    where = f"a new study would lie {limits}"
    if not crossed:
        return Hint(domain=domain, name=name, found=f"{where}: it does not cross {threshold_in_words(of, place)}", levels=0)
    if already:
        return Hint(
            domain=domain, name=name, found=f"{where}; the confidence interval crosses {threshold_in_words(of, place)} already"
        )
    found = f"{where}: it crosses {threshold_in_words(of, place)}, which the confidence interval does not"
    return Hint(domain=domain, name=name, found=found, levels=-1)


def _interval(of: PooledEvidence) -> Iterator[Hint]:
    for place in of.placed:
        if not place.known:
            yield Hint(domain="imprecision", name=f"Interval{place.where}", found="the interval does not exist")
            continue
        crossed = place.crossed(of.target)
        found = f"the interval {range_in_words(place, place.low, place.high)} {_crosses(of, place)}"
        yield Hint(domain="imprecision", name=f"Interval{place.where}", found=found, levels=-crossed)


def _information(of: PooledEvidence) -> Iterator[Hint]:
    name = "Optimal information size"
    if of.outcome.measure in MEAN_DIFFERENCES:
        yield _information_on_means(of)
        return
    plan = of.entry.information if of.entry is not None else InformationSize.model_validate({})
    size = _size(of, plan)
    if size is None:
        why = "the patients of some studies, or the risk with the comparator, are not known"
        yield Hint(domain="imprecision", name=name, found=f"it cannot be reckoned, for {why}")
        return
    there, needed, words = size
    reduction = f"for a relative reduction of {100 * plan.relative_reduction:.0f}% at a power of {100 * plan.power:.0f}%"
    found = f"{words}, {100 * there / needed:.0f}% of what one trial needs {reduction}"
    if any(place.crossed(of.target) for place in of.placed):
        yield Hint(domain="imprecision", name=name, found=f"{found}; the interval crosses its threshold already")
    elif not _large(of):
        small = f"{found}; that is asked of effects above {100 * LARGE:.0f}%, and this is smaller"
        yield Hint(domain="imprecision", name=name, found=small, levels=0)
    else:
        yield Hint(domain="imprecision", name=name, found=found, levels=0 if there >= needed else -1)


def _information_on_means(of: PooledEvidence) -> Hint:
    """Information is 1 / variance; what one trial needs is that for the smallest difference that matters."""
    domain, name = "imprecision", "Optimal information size"
    plan = of.entry.information if of.entry is not None else InformationSize.model_validate({})
    mid = of.entry.mid if of.entry is not None else None
    if mid is None or mid.difference is None:
        found = "it cannot be reckoned, for the smallest difference that matters is not stated"
        return Hint(domain=domain, name=name, found=found)
    needed = required_information(mid.difference, level=plan.level, power=plan.power)
    there = float((1 / of.fit.effects.vi[np.isfinite(of.fit.effects.vi)]).sum())
    size = f"the studies carry {100 * there / needed:.0f}% of the information that one trial needs"
    found = f"{size} for a difference of {mid.difference:g} at a power of {100 * plan.power:.0f}%"
    if any(place.crossed(of.target) for place in of.placed):
        return Hint(domain=domain, name=name, found=f"{found}; the interval crosses its threshold already")
    return Hint(domain=domain, name=name, found=found, levels=0 if there >= needed else -1)


def _size(of: PooledEvidence, plan: InformationSize) -> tuple[float, float, str] | None:
    """What is there, what is needed, and both in words; None where that can't be told."""
    if of.outcome.measure in ("HR", "IRR"):
        needed = required_information(log(1 - plan.relative_reduction), level=plan.level, power=plan.power)
        there = float((1 / of.fit.effects.vi[np.isfinite(of.fit.effects.vi)]).sum())
        carried, asked = round(required_events(there)), round(required_events(needed))
        return there, needed, f"the studies carry the information of about {carried:,} events, where {asked:,} are needed"
    risk, patients = _control_risk(of, plan), of.patients
    if risk is None or patients is None:
        return None
    needed = required_patients(risk, risk * (1 - plan.relative_reduction), level=plan.level, power=plan.power)
    return patients, needed, f"{patients:,} patients, where {round(needed):,} are needed at a risk of {100 * risk:.1f}%"


def _control_risk(of: PooledEvidence, plan: InformationSize) -> float | None:
    if plan.control_risk is not None:
        return plan.control_risk
    if of.placed and of.placed[0].baseline is not None:
        return of.placed[0].baseline.share_with_event
    risks = [risk for risk in control_risks(of.selection) if risk]
    return risks[0] if risks else None


def relative_change(of: PooledEvidence) -> float | None:
    """The pooled ratio, or what a difference makes of the first baseline; None where there is no risk to set it against."""
    mu = float(of.fit.mu)
    if of.outcome.measure in MEAN_DIFFERENCES:
        return None
    if of.outcome.measure != "RD":
        return exp(mu)
    risk = _control_risk(of, InformationSize.model_validate({}))
    return None if risk is None or risk + mu <= 0 else (risk + mu) / risk


def _large(of: PooledEvidence) -> bool:
    ratio = relative_change(of)
    return ratio is not None and min(ratio, 1 / ratio) < 1 - LARGE


def _small_studies(of: PooledEvidence) -> Iterator[Hint]:
    k = int(of.fit.k)
    if k < FEW_FOR_ASYMMETRY:
        found = f"with {k} effects, fewer than {FEW_FOR_ASYMMETRY}, no test can tell asymmetry from chance"
        yield Hint(domain="publication_bias", name="Small-study effects", found=found)
        return
    for method in chosen_tests(of.analysis, of.fit.effects):
        name = f"Small-study effects ({method})"
        try:
            p = float(small_study_test(of.fit.effects, method).p)
        except (NotEstimable, BadArgument) as error:
            yield Hint(domain="publication_bias", name=name, found=f"not run: {str(error).rstrip('.')}")
            continue
        words = "P < 0.001" if p < 0.001 else f"P = {p:.3f}" if p < 0.01 else f"P = {p:.2f}"
        said = "small studies find other effects than large ones, for whatever reason" if p < ASYMMETRIC else "no sign of asymmetry"
        yield Hint(domain="publication_bias", name=name, found=f"{words}: {said}", levels=-int(p < ASYMMETRIC))


def _risk_of_bias(of: PooledEvidence) -> Iterator[Hint]:
    domain, name = "risk_of_bias", "Weight by level"
    if of.risk is None:
        yield Hint(domain=domain, name=name, found="the review holds no judgements of the risk of bias of these results")
        return
    shares = [f"{_level(share)} {100 * share.weight:.0f}% ({share.k})" for share in of.risk.shares if share.k]
    heavy = of.risk.high_weight >= HEAVY
    whole = not of.risk.without_level
    yield Hint(
        domain=domain,
        name=name,
        found=f"share of the weight, and results: {', '.join(shares)}",
        levels=-1 if heavy else 0 if whole else None,
    )
    for all_, place in zip(of.placed, of.without_high, strict=False):
        changed = place.crossed(of.target) != all_.crossed(of.target)
        limits = range_in_words(place, place.low, place.high)
        said = f"the interval is {limits}, and {'' if changed else 'as before '}{_crosses(of, place)}"
        yield Hint(domain=domain, name=f"Without high risk{place.where}", found=said, levels=-int(changed))


def _level(share: LevelShare) -> str:
    return "no level" if share.level is None else share.level.name.lower()


def _crosses(of: PooledEvidence, place: PlacedEffect) -> str:
    said = ("does not cross {}", "crosses {}", "holds differences that matter both ways, and crosses {}")[place.crossed(of.target)]
    return said.format(threshold_in_words(of, place))


def _indirectness(of: PooledEvidence) -> Iterator[Hint]:
    found = "nothing can be computed: hold the people, treatments and outcomes of the studies against the question"
    yield Hint(domain="indirectness", name="Question and studies", found=found)


def _size_of_effect(of: PooledEvidence) -> Iterator[Hint]:
    """For evidence that can be rated up."""
    ratio = relative_change(of)
    if of.entry is None or of.entry.evidence == "randomised" or ratio is None:
        return
    size = max(ratio, 1 / ratio)
    levels = 2 if size >= FIVEFOLD else 1 if size >= TWOFOLD else 0
    if any(place.holds_null for place in of.placed):
        levels = 0
    yield Hint(domain="large_effect", name="Size of the effect", found=f"the ratio is {ratio:.2f}", levels=levels)


HINTS: tuple[Callable[[PooledEvidence], Iterator[Hint]], ...] = (
    _risk_of_bias,
    _heterogeneity,
    _indirectness,
    _interval,
    _information,
    _small_studies,
    _size_of_effect,
)


def threshold_in_words(of: PooledEvidence, place: PlacedEffect) -> str:
    """`the line of no effect`; `the smallest difference that matters (50 fewer)`; of an effect below it, both."""
    if of.target == "null" or place.mid is None:
        return "the line of no effect"
    thresholds = place.thresholds(of.target)
    several = len(thresholds) > 1
    said = " and ".join(in_words(place, t) for t in thresholds)
    return f"the smallest difference{'s' if several else ''} that matter{'' if several else 's'} ({said})"


def range_in_words(place: PlacedEffect, low: float, high: float) -> str:
    """`from 146 more to 203 more of 1000`, `from 48 fewer to 3 more of 1000`, `from 0.57 to 0.67`."""
    if place.logs:
        return f"from {exp(low):.2f} to {exp(high):.2f}"
    if place.unit is not None:
        return f"from {in_words(place, low)} to {in_words(place, high)}"
    return f"from {in_words(place, low)} to {in_words(place, high)} of 1000"


def in_words(place: PlacedEffect, difference: float) -> str:
    """`174 more`, `5 fewer`, of 1000; a ratio where there is no baseline."""
    if place.logs:
        return f"{exp(difference):.2f}"
    if place.unit is not None:
        number = f"{abs(difference):.2f}{f' {place.unit}' if place.unit else ''}"
        return f"{number} {'lower' if difference < 0 else 'higher'}"
    return more_or_fewer(difference, place.decimals)


def more_or_fewer(difference: float, decimals: int = 0) -> str:
    """A difference of shares in people of 1000.

    >>> more_or_fewer(0.1741), more_or_fewer(-0.0052, 1), more_or_fewer(0)
    ('174 more', '5.2 fewer', '0 more')
    """
    return f"{abs(1000 * difference):.{decimals}f} {'fewer' if difference < 0 else 'more'}"
