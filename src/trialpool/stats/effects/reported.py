"""What one source says of one outcome of one study, as numbers, and what follows from it without choosing a route."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from typing import Literal, NamedTuple

from trialpool.stats.distributions import z_of_p
from trialpool.stats.effects.printed import Printed

Direction = Literal["treatment", "control"]
LEAST = (
    "the events are the least that there were: half of an arm whose median was reached, or those before the landmark (with more of "
    "them the SE would be smaller, and so would an effect that is made of P)"
)


class ArmEvents(NamedTuple):
    """Events by arm, and how they are known."""

    t: float
    c: float
    how: str

    @property
    def information(self) -> float:
        """Upper bound of the log-rank variance V: d_t d_c / (d_t + d_c)."""
        return self.t * self.c / (self.t + self.c) if self.t + self.c else 0.0


class Bounds(NamedTuple):
    """Least and largest SE that a P value printed as an inequality allows."""

    low: float = 0.0
    high: float = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report in numbers; None where nothing was said. Survival is a share (0 to 1), `level` too.

    inverted : True where the estimate is control against treatment, None where nobody says
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
    follow_up: float | None = None
    favours: Direction | None = None

    @property
    def exact_p(self) -> Printed | None:
        """The P value, where it is printed as an equality strictly between 0 and 1."""
        return self.p if self.p and self.p_operator == "=" and 0 < self.p.value / self.p_sides and self.p.value < 1 else None

    @property
    def events(self) -> ArmEvents | None:
        """Events by arm as reported, where both arms had some."""
        if self.events_t and self.events_c:
            return ArmEvents(self.events_t, self.events_c, "events by arm as reported")
        return None

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
        if self.median_t and self.median_c:
            t, c = (n * (1 - 2 ** (-self.follow_up / m.value)) for n, m in ((self.n_t, self.median_t), (self.n_c, self.median_c)))
            return _where_both(ArmEvents(t, c, how.format("medians")))
        if self.survival_t and self.survival_c and self.landmark:
            span = self.follow_up / self.landmark
            t, c = (n * (1 - s.value**span) for n, s in ((self.n_t, self.survival_t), (self.n_c, self.survival_c)))
            return _where_both(ArmEvents(t, c, how.format("landmark survival")))
        return None

    @property
    def least_events(self) -> ArmEvents | None:
        """Events by arm that there were at least: half of an arm where its median was reached, or those before the landmark."""
        if not (self.n_t and self.n_c):
            return None
        t = self.n_t * max(0.5 if self.median_t else 0.0, 1 - self.survival_t.value if self.survival_t else 0.0)
        c = self.n_c * max(0.5 if self.median_c else 0.0, 1 - self.survival_c.value if self.survival_c else 0.0)
        return _where_both(ArmEvents(t, c, LEAST))

    @property
    def direction(self) -> tuple[Direction, str] | None:
        """The arm that did better, and what says so."""
        better: list[tuple[float, str]] = []
        if self.estimate and self.inverted is not None and self.estimate.value > 0:
            better.append((-log(self.estimate.value) * (-1 if self.inverted else 1), "the estimate"))
        if self.o_minus_e:
            better.append((-self.o_minus_e.value, "O - E"))
        if self.favours:
            better.append((1.0 if self.favours == "treatment" else -1.0, "the words of the source"))
        if self.median_t and self.median_c:
            better.append((self.median_t.value - self.median_c.value, "the medians"))
        if self.survival_t and self.survival_c:
            better.append((self.survival_t.value - self.survival_c.value, "the landmark survival"))
        if self.events:
            share_t, share_c = (self.events_t or 0) / (self.n_t or 1), (self.events_c or 0) / (self.n_c or 1)
            if bool(self.n_t) == bool(self.n_c):
                how = "the share of patients with the event" if self.n_t else "the numbers of events, the arms being of one size"
                better.append((share_c - share_t, how))
        for sign, how in better:
            if sign:
                return ("treatment" if sign > 0 else "control"), how
        return None

    @property
    def cap(self) -> tuple[float, str] | None:
        """The most information (1/SE^2) that the events, or failing these the patients, can carry."""
        if self.events:
            return self.events.information, "the reported events"
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


def _where_both(events: ArmEvents) -> ArmEvents | None:
    """Events by arm, where both arms have some."""
    return events if events.information > 0 else None
