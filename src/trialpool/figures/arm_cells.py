"""What tables and plots show of the two arms of a study: counts, person-time, or means with their standard deviations."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from trialpool.review.report import MEAN_DIFFERENCES

if TYPE_CHECKING:
    from trialpool.analysis.selection import UnitEffect
    from trialpool.review.report import Report

NOT_KNOWN = "–"


def arm_heading(measure: str) -> str:
    """What stands in a column of arms."""
    return "mean (SD), N" if measure in MEAN_DIFFERENCES else "events/time" if measure == "IRR" else "events/N"


def arm_cells(effect: UnitEffect, measure: str) -> tuple[str, str]:
    """Treatment and control: `86/231`, `9/413`, `55 (47), 155`; empty where nothing is known."""
    arms, report = effect.arms, effect.report
    if measure in MEAN_DIFFERENCES:
        return _mean_text(report, "t", arms.n_t), _mean_text(report, "c", arms.n_c)
    if measure == "IRR":
        return over_text(report.events_t, report.time_t), over_text(report.events_c, report.time_c)
    return over_text(arms.events_t, arms.n_t), over_text(arms.events_c, arms.n_c)


def over_text(events: int | None, of: int | Decimal | None) -> str:
    """`86/231`; a dash for what is not known, and nothing where neither is.

    >>> over_text(86, 231), over_text(None, 231), over_text(None, None)
    ('86/231', '–/231', '')
    """
    if events is None and of is None:
        return ""
    return f"{NOT_KNOWN if events is None else events}/{NOT_KNOWN if of is None else of}"


def _mean_text(report: Report, arm: str, n: int | None) -> str:
    """`55 (47), 155`; failing the mean `median 20, 155`."""
    mean, sd, median = (getattr(report, f"{name}_{arm}") for name in ("mean", "sd", "median"))
    if mean is None and median is None and n is None:
        return ""
    said = f"{mean}{'' if sd is None else f' ({sd})'}" if mean is not None else NOT_KNOWN if median is None else f"median {median}"
    return f"{said}, {NOT_KNOWN if n is None else n}"
