"""How an effect came about: the route from what was printed to an effect and its standard error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """An effect on the analysis scale (log for ratios) with the way it was reached.

    route        : name of the route, a key of its table
    yi, se       : effect and standard error
    formula      : the formula in symbols; `worked` is the same with the numbers in it
    inputs       : the printed figures that went in, by column
    assumptions  : what has to hold for the formula to be right, a sentence each
    yi_low, yi_high, se_low, se_high : the range of effect and SE that the rounding of the printed figures leaves open
    source, locator, status : where the figures were seen, and how they came here
    """

    route: str
    yi: float
    se: float
    formula: str
    worked: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    yi_low: float = -inf
    yi_high: float = inf
    se_low: float = 0.0
    se_high: float = inf
    source: str = ""
    locator: str = ""
    status: str = ""

    @property
    def vi(self) -> float:
        return self.se**2


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a route leads nowhere from a report."""

    route: str
    reason: str
