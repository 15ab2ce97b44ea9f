"""The effect measures, by their usual abbreviations."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp


@dataclass(frozen=True, slots=True)
class Measure:
    """An effect measure: its code, its name, and whether it is analysed on the log scale."""

    code: str
    name: str
    log: bool

    @property
    def null(self) -> float:
        """The value of no effect, as shown."""
        return 1.0 if self.log else 0.0

    def shown(self, value: float) -> float:
        """From the analysis scale to the scale that is shown."""
        if not self.log:
            return float(value)
        return exp(value) if value < 700 else float("inf")


MEASURES = {
    measure.code: measure
    for measure in (
        Measure("HR", "Hazard ratio", True),
        Measure("RR", "Risk ratio", True),
        Measure("OR", "Odds ratio", True),
        Measure("RD", "Risk difference", False),
        Measure("", "Effect", False),
    )
}
