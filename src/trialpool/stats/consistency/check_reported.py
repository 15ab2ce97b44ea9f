"""The figures of one report, checked against each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from trialpool.errors import BadArgument
from trialpool.stats.consistency.counts import (
    events_sum_to_total,
    events_within_patients,
    mean_of_whole_numbers,
    percentages_of_counts,
    percentages_of_whole_patients,
    rate_ratio_of_counts,
    ratio_of_counts,
)
from trialpool.stats.consistency.disagreement import ORDER, RULES, Disagreement
from trialpool.stats.consistency.intervals import (
    containment,
    direction_agrees,
    information_fits_events,
    p_agrees_with_interval,
    symmetry,
)
from trialpool.stats.consistency.log_rank import log_rank_agrees
from trialpool.stats.consistency.means import (
    difference_of_means,
    middle_of_limits,
    p_agrees_with_difference,
    sd_and_not_se,
)
from trialpool.stats.consistency.survival import median_agrees_with_landmark, risk_table_of_curves
from trialpool.stats.effects.printed import Printed, decimals_of_ratio
from trialpool.stats.effects.reported import MEAN_DIFFERENCES, Reported
from trialpool.stats.tables import Tabular

Verdict = tuple[Disagreement, ...] | None
CHECKS: dict[str, Callable[[Reported], Verdict]] = {
    "containment": containment,
    "symmetry": lambda r: middle_of_limits(r) if r.measure in MEAN_DIFFERENCES else symmetry(r),
    "p-interval": lambda r: p_agrees_with_difference(r) if r.measure in MEAN_DIFFERENCES else p_agrees_with_interval(r),
    "information": information_fits_events,
    "direction": direction_agrees,
    "events-within": events_within_patients,
    "ratio-counts": lambda r: rate_ratio_of_counts(r) if r.measure == "IRR" else ratio_of_counts(r),
    "difference-means": difference_of_means,
    "sd-or-se": sd_and_not_se,
    "percent-counts": percentages_of_counts,
    "percent-whole": percentages_of_whole_patients,
    "median-landmark": median_agrees_with_landmark,
    "arms-total": events_sum_to_total,
    "log-rank": log_rank_agrees,
    "at-risk": risk_table_of_curves,
}
"""The rules that look at one report by itself: each says None where the figures that it needs are not there."""

FIELDS = {field.name for field in fields(Reported)}
PRINTED = {field.name for field in fields(Reported) if "Printed" in str(field.type)}
MEANS = ("mean_t", "mean_c")
RATIO = ("estimate", "ci_low", "ci_high")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedReport(Tabular):
    """What the rules say of one report.

    ran : ids of the rules that had the figures they need
    disagreements : what they found, in the order of the rules
    """

    ran: tuple[str, ...]
    disagreements: tuple[Disagreement, ...]

    @property
    def severity(self) -> str:
        """The gravest severity found; "ok" where nothing was."""
        return min((d.severity for d in self.disagreements), key=ORDER.index, default="ok")

    def table(self) -> dict[str, list[Any]]:
        """A row a disagreement."""
        names = ("severity", "rule", "what", "expected", "mend")
        return {name: [getattr(d, name) for d in self.disagreements] for name in names}

    def __str__(self) -> str:
        ran = f"{len(self.ran)} check{'' if len(self.ran) == 1 else 's'}"
        if not self.disagreements:
            return f"{ran}, no disagreement"
        return "\n".join(map(str, self.disagreements))


def disagreements(r: Reported) -> dict[str, tuple[Disagreement, ...]]:
    """What each rule that could run says of a report, by its id.

    A ratio outside its own limits is told once, not again as out of their middle.
    """
    said = {rule: verdict for rule, check in CHECKS.items() if (verdict := check(r)) is not None}
    if said.get("containment"):
        said |= {rule: () for rule in ("symmetry", "p-interval", "information") if rule in said}
    return said


def check_reported(
    estimate: str | Decimal | float | None = None,
    ci_low: str | Decimal | float | None = None,
    ci_high: str | Decimal | float | None = None,
    *,
    p: str | Decimal | float | None = None,
    measure: str = "HR",
    level: float = 0.95,
    whole_means: bool = False,
    **figures: Any,
) -> CheckedReport:
    """Do the figures of one report agree with each other, rounding allowed for?

    Parameters
    ----------
    estimate, ci_low, ci_high : a ratio (or risk difference) with its limits, as printed; text keeps last zeros, which say how far
        a figure is known (a number is taken to have the decimals it shows, and the three as many as the longest, up to two)
    p : P value as printed, with its sign: "0.03", "<.001", ">0.05"
    measure : "HR", "RR", "OR" or "RD"
    level : of the interval, 0 to 1
    whole_means : `mean_t` and `mean_c` are means of counts (whole numbers a patient)
    figures : any of `Reported`: events_t, n_t, events_c, n_c; pct_t, pct_c, survival_t, survival_c (percent); median_t, median_c,
        landmark, favours, inverted (True for control against treatment), p_sides; and mean_t, mean_c

    Returns
    -------
    CheckedReport: which rules had what they need, and what they found, with the arithmetic

    Raises
    ------
    BadArgument
        for a figure that is not known, or is no number

    References
    ----------
    Georgescu & Wren (2018), Bioinformatics 34:1758-1766; Brown & Heathers (2017), Soc Psychol Personal Sci 8:363-369

    >>> check_reported("0.93", "0.85", "1.01", p=".082").severity
    'ok'
    >>> print(check_reported("1.21", "0.95", "1.14", measure="RR").disagreements[0].mend)
    Look whether a digit was mistyped; this would agree: the upper limit 1.54 (one digit)
    """
    given = {"estimate": estimate, "ci_low": ci_low, "ci_high": ci_high, **figures}
    unknown = sorted(given.keys() - FIELDS - set(MEANS))
    if unknown:
        raise BadArgument(f"{', '.join(unknown)} is no figure of a report. Choose of {', '.join(sorted(FIELDS | set(MEANS)))}.")
    printed = _printed(given)
    means = {name: printed.pop(name) for name in MEANS if name in printed}
    operator, value = _p(p)
    reported = Reported(measure=measure, level=level, p=value, p_operator=operator, **printed)
    said = disagreements(reported) | _means(means, given, whole=whole_means)
    ordered = [rule for rule in RULES if rule in said]
    return CheckedReport(ran=tuple(ordered), disagreements=tuple(d for rule in ordered for d in said[rule]))


def _means(means: dict[str, Any], given: dict[str, Any], *, whole: bool) -> dict[str, tuple[Disagreement, ...]]:
    usable = [(name, mean, given.get(name.replace("mean", "n"))) for name, mean in means.items()]
    found = [mean_of_whole_numbers(mean, n, name) for name, mean, n in usable if whole and n]
    return {"mean-whole": tuple(d for verdict in found for d in verdict or ())} if found else {}


def _printed(given: dict[str, Any]) -> dict[str, Any]:
    """The figures as `Printed` where they were rounded; survival in percent becomes a share."""
    numbers = {name: _decimal(name, x) for name, x in given.items() if name in PRINTED | set(MEANS) and x is not None}
    decimals = decimals_of_ratio(numbers[name] for name in RATIO if name in numbers)
    made: dict[str, Any] = {name: x for name, x in given.items() if name not in numbers}
    for name, number in numbers.items():
        shown = number.scaleb(-2) if name.startswith("survival") else number
        made[name] = Printed.of(shown, decimals=decimals if name in RATIO else 0)
    return made


def _p(p: str | Decimal | float | None) -> tuple[str, Printed | None]:
    if p is None:
        return "=", None
    text = str(p).strip()
    operator = text[0] if text[0] in "<>=" else "="
    return operator, Printed.of(_decimal("p", text.lstrip("<>= ")))


def _decimal(name: str, figure: Any) -> Decimal:
    try:
        number = Decimal(str(figure).strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise BadArgument(f"{name} is {figure!r}, which is no number. Give it as printed, such as '0.62'.")
    return number
