"""An effect as a sentence states it: a frozen value, with the place where it stands and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from trialpool.formats.effect_statements.lexemes import RATIOS
from trialpool.stats.consistency.intervals import symmetry
from trialpool.stats.effects.printed import Printed, decimals_of_ratio
from trialpool.stats.effects.reported import Reported

TEN = Decimal(10)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectStatement:
    """One effect that a text states, every figure with the decimals that are printed.

    measure        : "HR", "RR", "OR", "IRR", "ROM", "MD", "SMD", "RD" or "RMSTD" (difference in restricted mean survival time);
        None where the words around do not name it
    estimate       : the effect as printed, never its logarithm
    ci_low, ci_high: limits of its interval; None where none is printed, or the one that is printed can't be a limit
    ci_level       : level of the interval, or of the one limit, in percent; None where it is not said
    bound, bound_side : the one limit that is printed without the other, as of a one-sided interval, and "upper" or "lower"
    ci_sides       : 1 where the interval is called one-sided
    interval_kind  : "confidence", "credible", "repeated", "bootstrap"; empty without an interval
    p, p_operator  : P value and `=`, `<`, `>` or `ns` (said to be not significant); None and empty where there is none
    p_sides        : 1 or 2 where that is said
    adjusted, method : whether it is called adjusted; "Peto" or "Mantel-Haenszel" where that is named
    percent        : a difference that is printed in percent
    percent_change : the change that the sentence says in percent (-25 for "reduced by 25%")
    outcome, comparison : what it is of, and what is compared, in the words of the text; empty where that is not clear
    printed_limits : the limits as they stand in the text
    start, end     : place of the statement in the text
    quote          : the sentence it stands in
    """

    measure: str | None
    estimate: Decimal
    ci_low: Decimal | None = None
    ci_high: Decimal | None = None
    ci_level: Decimal | None = None
    bound: Decimal | None = None
    bound_side: str = ""
    ci_sides: int | None = None
    interval_kind: str = ""
    p: Decimal | None = None
    p_operator: str = ""
    p_sides: int | None = None
    adjusted: bool = False
    method: str = ""
    percent: bool = False
    percent_change: Decimal | None = None
    outcome: str = ""
    comparison: str = ""
    printed_limits: tuple[str, str] = ("", "")
    start: int = 0
    end: int = 0
    quote: str = ""

    @property
    def is_ratio(self) -> bool:
        return self.measure in RATIOS

    @property
    def null(self) -> Decimal:
        """No effect: 1 for a ratio, 0 for a difference."""
        return Decimal(1) if self.is_ratio else Decimal(0)

    @property
    def percent_reduction(self) -> Decimal | None:
        """The reduction that the sentence says in percent (25 for "reduced by 25%")."""
        return -self.percent_change if self.percent_change is not None and self.percent_change < 0 else None

    @property
    def flags(self) -> tuple[str, ...]:
        """What is odd: `limits_not_ordered_or_scale_jump`, `estimate_outside_ci`, `not_log_symmetric`, `not_a_ratio`."""
        return tuple(self._flags())

    def _flags(self) -> Iterator[str]:
        if self.is_ratio and self.estimate <= 0:
            yield "not_a_ratio"
        if any(self.printed_limits) and (self.ci_low is None or self.ci_high is None or self.ci_low > self.ci_high):
            yield "limits_not_ordered_or_scale_jump"
        if self.ci_low is None or self.ci_high is None or self.ci_low > self.ci_high:
            return
        half = Decimal(5).scaleb(int(self.estimate.as_tuple().exponent) - 1)
        if not self.ci_low - half <= self.estimate <= self.ci_high + half:
            yield "estimate_outside_ci"
        elif self.is_ratio and symmetry(self.reported):
            yield "not_log_symmetric"

    @property
    def reported(self) -> Reported:
        """The statement as the checks of reported numbers take it; a level that is not said is taken as 95%."""
        decimals = decimals_of_ratio(x for x in (self.estimate, self.ci_low, self.ci_high) if x is not None)

        def printed(figure: Decimal | None) -> Printed | None:
            return None if figure is None else Printed.of(figure, decimals=decimals)

        return Reported(
            measure=self.measure or "",
            estimate=printed(self.estimate),
            ci_low=printed(self.ci_low),
            ci_high=printed(self.ci_high),
            level=float(self.ci_level or 95) / 100,
            p=None if self.p is None else Printed.of(self.p),
            p_operator=self.p_operator or "=",
            p_sides=self.p_sides or 2,
        )

    def __str__(self) -> str:
        text = f"{self.measure or 'effect'} {self.estimate}{'%' * self.percent}"
        if any(self.printed_limits):
            level = f"{self.ci_level}% CI " if self.ci_level is not None else ""
            text += f" ({level}{self.printed_limits[0]} to {self.printed_limits[1]})"
        if self.bound is not None:
            level = f"{self.ci_level}% CI" if self.ci_level is not None else "CI"
            text += f" ({'one-sided ' if self.ci_sides == 1 else ''}{level}, {self.bound_side} limit {self.bound})"
        if self.p_operator:
            text += ", P not significant" if self.p is None else f", P {self.p_operator} {self.p}"
        return f"{text}, {self.outcome}" if self.outcome else text
