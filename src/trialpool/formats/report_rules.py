"""What a row of results/*.csv or published.csv must obey by itself: rules, each a small function that yields what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from trialpool.errors import Problem
from trialpool.formats.curve_rules import CURVE_RULES
from trialpool.formats.measurement_rules import MEASUREMENT_RULES, of_a_measurement
from trialpool.review.published import Published
from trialpool.review.report import MEASURES, RATIOS, Report
from trialpool.stats.consistency.repairs import repairs
from trialpool.stats.effects.printed import Printed, decimals_of_ratio

Finding = tuple[str, str, str]  # column, what, mend
Rule = Callable[[Report], Iterator[Finding]]
RuleOfBoth = Callable[[Report | Published], Iterator[Finding]]
SAME = 1e-9  # limits that differ by less, of their own size, have no width to compute with
COUNTS = ("events_t", "n_t", "events_c", "n_c")
LIMITS_OF_SURVIVAL = ("survival_low_t", "survival_high_t", "survival_low_c", "survival_high_c")
PERCENTAGES = ("pct_t", "pct_c", "survival_t", "survival_c", *LIMITS_OF_SURVIVAL)
POSITIVE = (
    *(
        "median_t",
        "median_c",
        "landmark",
        "se",
        "se_mean_t",
        "se_mean_c",
        "follow_up",
        "follow_up_max",
        "sd_t",
        "sd_c",
        "v",
        "se_log",
        "se_ratio",
    ),
    *("expected_t", "expected_c", "time_t", "time_c", "survival_se_t", "survival_se_c"),
)


def estimate_has_measure(report: Report) -> Iterator[Finding]:
    if report.measure is None and any(x is not None for x in (report.estimate, report.ci_low, report.ci_high)):
        yield "measure", "the estimate has no measure", f"Give {', '.join(MEASURES[:-1])} or {MEASURES[-1]}"


def ratios_are_positive(report: Report | Published) -> Iterator[Finding]:
    if report.measure in RATIOS:
        for column in ("estimate", "ci_low", "ci_high"):
            value = getattr(report, column)
            if value is not None and value <= 0:
                yield (
                    column,
                    f"{value} is no value of a ratio",
                    "A ratio is above 0; leave the cell empty where it was not reported",
                )


def one_limit_has_another(report: Report) -> Iterator[Finding]:
    """Of an interval of two sides."""
    if report.ci_sides == 1:
        return
    for column, other in (("ci_low", "ci_high"), ("ci_high", "ci_low")):
        if getattr(report, column) is None and getattr(report, other) is not None:
            yield (
                column,
                f"{other} is {getattr(report, other)} and this cell is empty",
                "Give both limits where both are known",
            )


def limits_are_in_order(report: Report | Published) -> Iterator[Finding]:
    low, high = report.ci_low, report.ci_high
    if low is not None and high is not None and low > high:
        yield (
            "ci_low",
            f"the lower limit {low} is above the upper limit {high}",
            "Swap the two, or correct the one that was mistyped",
        )


def interval_has_width(report: Report) -> Iterator[Finding]:
    low, high = report.ci_low, report.ci_high
    if low is not None and high is not None and low <= high and float(high - low) <= SAME * abs(float(high)):
        yield "ci_high", f"the interval {low} to {high} has no width", "Give the limits to more decimals, or leave both empty"


def differences_are_shares(report: Report) -> Iterator[Finding]:
    if report.measure == "RD":
        for column in ("estimate", "ci_low", "ci_high"):
            value = getattr(report, column)
            if value is not None and not -1 <= value <= 1:
                mend = f"Give it as a share: {value.scaleb(-2):f} if this is in percent"
                yield column, f"{value} is no difference of two proportions", mend


def interval_holds_estimate(report: Report | Published) -> Iterator[Finding]:
    low, mid, high = report.ci_low, report.estimate, report.ci_high
    if low is None or mid is None or high is None or low > high:
        return
    half = Decimal(5).scaleb(int(mid.as_tuple().exponent) - 1)
    if not low - half <= mid <= high + half:
        what = f"the interval {low} to {high} does not hold its estimate {mid}"
        yield "estimate", what, f"Correct the one that was mistyped{_would_agree(report)}"


def _would_agree(row: Report | Published) -> str:
    """The slips of the pen with which a ratio would lie in the middle of its limits."""
    figures = [figure for figure in (row.estimate, row.ci_low, row.ci_high) if figure is not None and figure > 0]
    if row.measure not in RATIOS or len(figures) < len(("estimate", "ci_low", "ci_high")):
        return ""
    decimals = decimals_of_ratio(figures)
    estimate, low, high = (Printed.of(figure, decimals=decimals) for figure in figures)
    found = repairs(estimate, low, high)
    return f"; this would agree: {' or '.join(map(str, found))}" if found else ""


def level_is_a_percentage(report: Report | Published) -> Iterator[Finding]:
    level = report.ci_level
    if level <= 1:
        yield "ci_level", f"{level} is not a percentage", f"Write {(level * 100).normalize():f}" if level > 0 else "Write 95"
    elif level >= 100:
        yield "ci_level", f"{level} is no level of an interval", "Write 95 for a 95% interval"


def counts_fit(report: Report | Published) -> Iterator[Finding]:
    for column in COUNTS:
        value = getattr(report, column)
        if value is not None and value < 0:
            yield column, f"{value} is below 0", "Counts are not negative"
    for arm in ("t", "c"):
        events, n = getattr(report, f"events_{arm}"), getattr(report, f"n_{arm}")
        if n == 0:
            yield f"n_{arm}", "an arm of 0 patients", "Leave the cell empty where the number was not reported"
        elif events is not None and n is not None and events > n >= 0 and report.measure != "IRR":
            yield f"events_{arm}", f"{events} events among {n} patients", f"Correct n_{arm}, or swap the two"


def percentages_fit(report: Report) -> Iterator[Finding]:
    for column in PERCENTAGES:
        value = getattr(report, column)
        if value is not None and not 0 <= value <= 100:
            yield column, f"{value} is outside 0 to 100", "Give a percentage"


def magnitudes_are_positive(report: Report) -> Iterator[Finding]:
    for column in POSITIVE:
        value = getattr(report, column)
        if value is not None and value <= 0 and not (column.startswith("median") and of_a_measurement(report)):
            yield column, f"{value} is not above 0", "Leave the cell empty where it was not reported"


def one_sided_levels_are_above_half(report: Report) -> Iterator[Finding]:
    if report.ci_sides == 1 and report.ci_level <= 50:
        yield "ci_level", f"{report.ci_level} is no level of a one-sided limit", "Write 97.5 for the limit of a 95% interval"


def totals_fit(report: Report) -> Iterator[Finding]:
    total, t, c = report.events_total, report.events_t, report.events_c
    if total is None:
        return
    if total < 0:
        yield "events_total", f"{total} is below 0", "Counts are not negative"
    elif report.n_t is not None and report.n_c is not None and total > report.n_t + report.n_c and report.measure != "IRR":
        yield "events_total", f"{total} events among {report.n_t + report.n_c} patients", "Correct it, or n_t and n_c"
    elif t is not None and c is not None and t + c != total:
        yield "events_total", f"the arms have {t} and {c} events, and not {total}", "Correct one of them"


def reductions_fit(report: Report) -> Iterator[Finding]:
    low, mid, high = report.reduction_low, report.reduction, report.reduction_high
    for column in ("reduction", "reduction_low", "reduction_high"):
        value = getattr(report, column)
        if value is not None and value >= 100:
            yield column, f"{value}% leaves no hazard", "Give the percentage by which the hazard is lower, below 100"
    for limit, wrong_side in (("lower", _below(mid, low)), ("upper", _below(high, mid))):
        if wrong_side:
            what = f"the {limit} limit {low if limit == 'lower' else high} is on the wrong side of the reduction {mid}"
            yield "reduction", what, "Correct the one that was mistyped"


def statistics_fit(report: Report) -> Iterator[Finding]:
    if report.chi2 is not None and report.chi2 < 0:
        yield "chi2", f"{report.chi2} is below 0", "Chi-squared is not negative"
    if report.se_ratio is not None and report.estimate is None:
        yield "se_ratio", "the standard error of an estimate that is not given", "Give the estimate"
    if report.se_log is not None and report.estimate is None and report.coefficient is None:
        yield "se_log", "a standard error without an estimate or a coefficient", "Give one of the two"


def limits_hold_survival(report: Report) -> Iterator[Finding]:
    for arm in ("t", "c"):
        low, mid, high = (getattr(report, f"survival{part}_{arm}") for part in ("_low", "", "_high"))
        for limit, value, wrong_side in (("lower", low, _below(mid, low)), ("upper", high, _below(high, mid))):
            if wrong_side:
                what = f"the {limit} limit {value} is on the wrong side of {mid}"
                yield f"survival_{arm}", what, "Correct the one that was mistyped"


def _below(value: Decimal | None, other: Decimal | None) -> bool:
    return value is not None and other is not None and value < other


OF_BOTH: tuple[RuleOfBoth, ...] = (
    ratios_are_positive,
    limits_are_in_order,
    interval_holds_estimate,
    level_is_a_percentage,
    counts_fit,
)
RULES: tuple[Rule, ...] = (
    estimate_has_measure,
    *OF_BOTH,
    interval_has_width,
    differences_are_shares,
    percentages_fit,
    magnitudes_are_positive,
    one_sided_levels_are_above_half,
    totals_fit,
    reductions_fit,
    statistics_fit,
    limits_hold_survival,
    *CURVE_RULES,
    *MEASUREMENT_RULES,
)


def problems_of(report: Report) -> list[Problem]:
    """Every cell of a row of results/*.csv that breaks a rule."""
    errors = [Problem(report.file, report.row, *finding) for rule in RULES for finding in rule(report)]
    return errors + [Problem(report.file, report.row, *finding, "warning") for finding in one_limit_has_another(report)]


def problems_of_published(row: Published) -> list[Problem]:
    """The same of published.csv, of which only intervals and counts are used."""
    return [Problem("published.csv", row.row, *finding) for rule in OF_BOTH for finding in rule(row)]
