"""What the curves and numbers at risk of a row of results/*.csv must obey."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from trialpool.review.report import Report

Finding = tuple[str, str, str]  # column, what, mend
SURVIVAL, AT_RISK = ("curve_t", "curve_c"), ("at_risk_t", "at_risk_c")
READ_AGAIN = "Correct the one that was misread"


def curves_are_whole(report: Report) -> Iterator[Finding]:
    """Both curves go with the times, number for number, and so do the numbers at risk."""
    times = report.curve_times
    there = [column for column in (*SURVIVAL, *AT_RISK) if getattr(report, column)]
    if times is None:
        for column in there[:1]:
            yield "curve_times", f"{column} has numbers, and nothing says of which times", "Give the times"
        return
    for column in SURVIVAL:
        if column not in there:
            yield column, "there are times of curves, and this curve is missing", "Give survival of both arms, or of neither"
    for column in there:
        found = len(getattr(report, column).values)
        if found != len(times.values):
            yield column, f"{found} numbers for {len(times.values)} times", "Give one for each time"
    if len(times.values) < 2:
        yield "curve_times", "one time is no curve", "Give two times or more, the first being 0; one time alone is a landmark"


def times_rise(report: Report) -> Iterator[Finding]:
    if report.curve_times is None:
        return
    times = report.curve_times.values
    if times and times[0] != 0:
        yield "curve_times", f"the first time is {times[0]}", "Begin with 0, where everybody is free of the event"
    for before, after in pairwise(times):
        if after <= before:
            yield "curve_times", f"{after} stands after {before}", "Give the times in rising order"
            return


def curves_fall(report: Report) -> Iterator[Finding]:
    for column in SURVIVAL:
        series = getattr(report, column)
        if series is None or not series.values:
            continue
        values: tuple[Decimal, ...] = series.values
        outside = next((s for s in values if not 0 <= s <= 100), None)
        if outside is not None:
            yield column, f"{outside} is outside 0 to 100", "Give percentages"
        elif values[0] == 1 and max(values) == 1:
            yield column, "the curve begins at 1", "Give percentages: 100 where everybody is free of the event"
        elif values[0] != 100:
            yield column, f"the curve begins at {values[0]}", "Begin with 100 at time 0"
        yield from _rise(column, values, "a curve of survival never does")


def numbers_at_risk_fall(report: Report) -> Iterator[Finding]:
    for column, n in zip(AT_RISK, (report.n_t, report.n_c), strict=True):
        series = getattr(report, column)
        if series is None or not series.values:
            continue
        values: tuple[Decimal, ...] = series.values
        uneven = next((x for x in values if x < 0 or x != int(x)), None)
        if uneven is not None:
            yield column, f"{uneven} is not a number of patients", "Give whole numbers, 0 or more"
        if n is not None and values[0] > n:
            yield column, f"{values[0]} at risk of {n} patients", f"Correct it, or {column.replace('at_risk', 'n')}"
        yield from _rise(column, values, "numbers at risk never do")
    if (report.at_risk_t is None) != (report.at_risk_c is None):
        missing = "at_risk_t" if report.at_risk_t is None else "at_risk_c"
        yield missing, "the other arm has numbers at risk", "Give those of both arms, or of neither"


def follow_up_is_in_order(report: Report) -> Iterator[Finding]:
    least, most = report.follow_up_min, report.follow_up_max
    if least is not None and most is not None and least >= most:
        yield (
            "follow_up_min",
            f"the shortest follow-up of {least} is not below the longest of {most}",
            "Swap the two, or correct them",
        )


def _rise(column: str, values: tuple[Decimal, ...], never: str) -> Iterator[Finding]:
    for i, (before, after) in enumerate(pairwise(values), start=2):
        if after > before:
            yield column, f"number {i}, {after}, is above the one before it, {before}: {never}", READ_AGAIN
            return


CURVE_RULES = (curves_are_whole, times_rise, curves_fall, numbers_at_risk_fall, follow_up_is_in_order)
