"""Two Kaplan-Meier curves as they are read off a figure, with the numbers at risk below it."""

from __future__ import annotations

from dataclasses import dataclass

from trialpool.stats.effects.printed import Printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Survival of both arms at m + 1 times, the first of which is 0.

    times              : rising, in any unit
    s_t, s_c           : survival as read at each time, a share
    at_risk_t, at_risk_c : patients at risk at each time; None where the figure does not give them
    follow_up_min, follow_up_max : shortest and longest follow-up of a patient, in the unit of the times
    """

    times: tuple[float, ...]
    s_t: tuple[Printed, ...]
    s_c: tuple[Printed, ...]
    at_risk_t: tuple[int, ...] | None = None
    at_risk_c: tuple[int, ...] | None = None
    follow_up_min: float | None = None
    follow_up_max: float | None = None

    @property
    def intervals(self) -> int:
        """How many intervals the times enclose."""
        return len(self.times) - 1

    @property
    def gap(self) -> float:
        """Mean difference in survival between the arms over the times: above 0 where treatment did better."""
        return sum(t.value - c.value for t, c in zip(self.s_t, self.s_c, strict=True)) / len(self.times)
