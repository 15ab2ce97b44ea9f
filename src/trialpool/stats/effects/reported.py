"""What one source says of one outcome of one study, as numbers, and what follows from it without choosing a route."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import exp, log, sqrt
from types import MappingProxyType
from typing import Literal, NamedTuple

from trialpool.stats.distributions import z_of_p
from trialpool.stats.effects.arm_summary import ArmSummary
from trialpool.stats.effects.curve import Curve
from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.effects.printed import Printed

Direction = Literal["treatment", "control"]
LEAST = (
    "the events are the least that there were: half of an arm whose median was reached, or those before the landmark (with more of "
    "them the SE would be smaller, and so would an effect that is made of P)"
)


MEAN_DIFFERENCES = ("MD", "SMD")
AS_REPORTED = "events by arm as reported"
SHARED = "the events of both arms together are shared out as the patients are, as they would be without an effect"


class ArmEvents(NamedTuple):
    """Events by arm, and how they are known.

    figures : printed figures that they were expected from, whose rounding leaves them open; none where they were counted
    expected : events by arm at other values of these figures
    """

    t: float
    c: float
    how: str
    figures: Mapping[str, Printed] = MappingProxyType({})
    expected: Callable[..., tuple[float, float]] | None = None

    @property
    def information(self) -> float:
        """Upper bound of the log-rank variance V: d_t d_c / (d_t + d_c)."""
        return self.t * self.c / (self.t + self.c) if self.t + self.c else 0.0

    @property
    def se(self) -> float:
        """sqrt(1/d_t + 1/d_c)."""
        return sqrt(1 / self.t + 1 / self.c)

    @property
    def reported(self) -> bool:
        """Were the events of each arm reported as such?"""
        return self.how == AS_REPORTED

    def at(self, *values: float) -> ArmEvents:
        """The events that these values of `figures` lead to expect."""
        return self if self.expected is None else self._replace(t=(arms := self.expected(*values))[0], c=arms[1])


class Bounds(NamedTuple):
    """Least and largest SE that a P value printed as an inequality allows."""

    low: float = 0.0
    high: float = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report in numbers; None where nothing was said. Survival is a share (0 to 1), `level` too.

    level      : of a two-sided interval; a one-sided limit of 97.5% is one of a 95% interval
    inverted   : True where the estimate is control against treatment, None where nobody says
    reduction  : percent by which the hazard is lower, with its limits, where these are printed and not the ratio
    events     : of both arms together; `allocation` is the ratio of the arms' sizes, treatment to control
    se_log     : SE of the log of the estimate, or of the coefficient (a log hazard ratio as printed); se_ratio that of the ratio
    reconstructed : the effect of the patients behind curves of which coordinates were read; they are made outside of the routes
    expected   : E of the log-rank test by arm; `time` the time at risk of all patients of an arm
    se         : SE of an estimate that is a difference
    arm_t, arm_c : a measurement in each arm, for mean differences
    """

    measure: str = "HR"
    estimate: Printed | None = None
    ci_low: Printed | None = None
    ci_high: Printed | None = None
    level: float = 0.95
    inverted: bool | None = False
    p: Printed | None = None
    p_operator: str = "="
    p_sides: int = 2
    events_t: int | None = None
    n_t: int | None = None
    events_c: int | None = None
    n_c: int | None = None
    pct_t: Printed | None = None
    pct_c: Printed | None = None
    median_t: Printed | None = None
    median_c: Printed | None = None
    landmark: float | None = None
    survival_t: Printed | None = None
    survival_c: Printed | None = None
    o_minus_e: Printed | None = None
    v: Printed | None = None
    follow_up: Printed | None = None
    favours: Direction | None = None
    reduction: Printed | None = None
    reduction_low: Printed | None = None
    reduction_high: Printed | None = None
    coefficient: Printed | None = None
    se_log: Printed | None = None
    se_ratio: Printed | None = None
    chi2: Printed | None = None
    expected_t: Printed | None = None
    expected_c: Printed | None = None
    events_total: int | None = None
    allocation: tuple[float, float] | None = None
    time_t: Printed | None = None
    time_c: Printed | None = None
    survival_se_t: Printed | None = None
    survival_se_c: Printed | None = None
    survival_low_t: Printed | None = None
    survival_high_t: Printed | None = None
    survival_low_c: Printed | None = None
    survival_high_c: Printed | None = None
    curve: Curve | None = None
    reconstructed: Derivation | None = None
    se: Printed | None = None
    arm_t: ArmSummary | None = None
    arm_c: ArmSummary | None = None

    @property
    def exact_p(self) -> Printed | None:
        """The P value, where it is printed as an equality strictly between 0 and 1."""
        return self.p if self.p and self.p_operator == "=" and 0 < self.p.value / self.p_sides and self.p.value < 1 else None

    @property
    def events(self) -> ArmEvents | None:
        """Events by arm as reported, where both arms had some."""
        if self.events_t and self.events_c:
            return ArmEvents(self.events_t, self.events_c, AS_REPORTED)
        return None

    @property
    def shared_events(self) -> ArmEvents | None:
        """The events of both arms together, O R / (R + C) and O C / (R + C), whose information is O R C / (R + C)^2."""
        R, C = (self.n_t, self.n_c) if self.n_t and self.n_c else self.allocation or (0, 0)
        if not (self.events_total and R > 0 and C > 0):
            return None
        return ArmEvents(self.events_total * R / (R + C), self.events_total * C / (R + C), SHARED)

    @property
    def counted_events(self) -> ArmEvents | None:
        """Events as reported by arm, or failing this of both arms together."""
        return self.events or self.shared_events

    @property
    def expected_events(self) -> ArmEvents | None:
        """Events by arm that medians or landmark survival lead to expect: by the median follow-up, or failing this at least."""
        return self.events_by_follow_up or self.least_events

    @property
    def events_by_follow_up(self) -> ArmEvents | None:
        """Events by arm to be expected by the median follow-up F, if hazards are constant.

        From medians n (1 - 2^(-F/median)); failing these, from landmark survival n (1 - S^(F/landmark)).
        """
        if not (self.n_t and self.n_c and self.follow_up):
            return None
        how = "events by arm expected from the {} at the median follow-up, hazards being constant"
        n_t, n_c, follow_up = self.n_t, self.n_c, self.follow_up
        if self.median_t and self.median_c:

            def by_medians(m_t: float, m_c: float, F: float) -> tuple[float, float]:
                return n_t * (1 - 2 ** (-F / m_t)), n_c * (1 - 2 ** (-F / m_c))

            figures = {"median_t": self.median_t, "median_c": self.median_c, "follow_up": follow_up}
            return _expected(by_medians, figures, how.format("medians"))
        if self.survival_t and self.survival_c and self.landmark:
            landmark = self.landmark

            def by_landmark(s_t: float, s_c: float, F: float) -> tuple[float, float]:
                return n_t * (1 - _share(s_t) ** (F / landmark)), n_c * (1 - _share(s_c) ** (F / landmark))

            figures = {"survival_t": self.survival_t, "survival_c": self.survival_c, "follow_up": follow_up}
            return _expected(by_landmark, figures, how.format("landmark survival"))
        return None

    @property
    def least_events(self) -> ArmEvents | None:
        """Events by arm that there were at least: half of an arm where its median was reached, or those before the landmark."""
        if not (self.n_t and self.n_c):
            return None
        n_t, n_c, here = self.n_t, self.n_c, {"survival_t": self.survival_t, "survival_c": self.survival_c}
        of_median = {"survival_t": 0.5 if self.median_t else 0.0, "survival_c": 0.5 if self.median_c else 0.0}
        figures = {name: s for name, s in here.items() if s}

        def least(*survival: float) -> tuple[float, float]:
            by_landmark = {name: 1 - _share(s) for name, s in zip(figures, survival, strict=True)}
            t, c = (max(share, by_landmark.get(name, 0.0)) for name, share in of_median.items())
            return n_t * t, n_c * c

        return _expected(least, figures, LEAST)

    @property
    def ratio(self) -> float | None:
        """The estimate of a ratio, where it is above zero; failing this e to the coefficient, or the middle of the limits."""
        if self.measure in MEAN_DIFFERENCES:
            return None
        if self.estimate:
            return self.estimate.value if self.estimate.value > 0 else None
        if self.coefficient:
            return exp(self.coefficient.value)
        if self.measure != "RD" and self.ci_low and self.ci_high and 0 < self.ci_low.value < self.ci_high.value:
            return sqrt(self.ci_low.value * self.ci_high.value)
        return None

    @property
    def direction(self) -> tuple[Direction, str] | None:
        """The arm that did better, and what says so; of a mean difference the arm with the lower mean."""
        asked = self._by_means() if self.measure in MEAN_DIFFERENCES else self._by_everything()
        for sign, how in asked:
            if sign:
                return ("treatment" if sign > 0 else "control"), how
        return None

    def _by_everything(self) -> Iterator[tuple[float, str]]:
        yield from (*self._by_estimate(), *self._by_curves(), *self._by_events())

    def _by_means(self) -> Iterator[tuple[float, str]]:
        for name in ("mean", "median"):
            t, c = (getattr(arm, name) if arm else None for arm in (self.arm_t, self.arm_c))
            if t and c:
                yield c.value - t.value, f"the {name}s"

    def _by_estimate(self) -> Iterator[tuple[float, str]]:
        """By how much treatment did better (below 0: worse) by the effect itself, in the order in which these are asked."""
        if self.ratio is not None and self.inverted is not None:
            yield -log(self.ratio) * (-1 if self.inverted else 1), "the estimate"
        if self.o_minus_e:
            yield -self.o_minus_e.value, "O - E"
        if self.favours:
            yield (1.0 if self.favours == "treatment" else -1.0), "the words of the source"

    def _by_curves(self) -> Iterator[tuple[float, str]]:
        if self.median_t and self.median_c:
            yield self.median_t.value - self.median_c.value, "the medians"
        if self.survival_t and self.survival_c:
            yield self.survival_t.value - self.survival_c.value, "the landmark survival"
        if self.curve:
            yield self.curve.gap, "the curves"

    def _by_events(self) -> Iterator[tuple[float, str]]:
        if not self.events:
            return
        t, c = self.events.t, self.events.c
        if self.expected_t and self.expected_c and self.expected_t.value > 0 and self.expected_c.value > 0:
            yield c / self.expected_c.value - t / self.expected_t.value, "the events against those expected"
        if self.time_t and self.time_c and self.time_t.value > 0 and self.time_c.value > 0:
            yield c / self.time_c.value - t / self.time_t.value, "the events against the time at risk"
        if bool(self.n_t) == bool(self.n_c):
            how = "the share of patients with the event" if self.n_t else "the numbers of events, the arms being of one size"
            yield c / (self.n_c or 1) - t / (self.n_t or 1), how

    @property
    def cap(self) -> tuple[float, str] | None:
        """The most information (1/SE^2) that the events, or failing these the patients, can carry."""
        if self.events:
            return self.events.information, "the reported events"
        if self.shared_events:
            return self.shared_events.information, "the reported events of both arms together"
        if self.n_t and self.n_c:
            return self.n_t * self.n_c / (self.n_t + self.n_c), "all patients having the event"
        return None

    def se_bounds(self, yi: float) -> Bounds:
        """What `P < a` or `P > a` says of the SE of an effect: SE <= |yi| / z_a, or SE >= it."""
        if not self.p or self.p_operator == "=" or not 0 < self.p.value / self.p_sides < 0.5 or not yi:
            return Bounds()
        z = float(z_of_p(self.p.value, self.p_sides))
        return Bounds(high=abs(yi) / z) if self.p_operator == "<" else Bounds(low=abs(yi) / z)


def half_of_patients(reported: Reported) -> float | None:
    """SE of a log hazard ratio when half of each arm have had the event: sqrt(2/n_t + 2/n_c).

    Very nearly that of the log ratio of two medians, too, however many events there are: where nobody is censored before it, the
    log of an exponential median has the variance 1 / (n (ln 2)^2) = 2.08 / n.
    """
    if not (reported.n_t and reported.n_c):
        return None
    return sqrt(2 / reported.n_t + 2 / reported.n_c)


def _expected(by: Callable[..., tuple[float, float]], figures: Mapping[str, Printed], how: str) -> ArmEvents | None:
    """Events by arm, where both arms have some."""
    t, c = by(*(f.value for f in figures.values()))
    return ArmEvents(t, c, how, figures, by) if t > 0 and c > 0 else None


def _share(survival: float) -> float:
    """Survival at the edge of its rounding, which does not leave 0 to 1."""
    return min(max(survival, 0.0), 1.0)
