"""A report as the numbers that the routes to an effect take."""

from __future__ import annotations

from decimal import Decimal

from trialpool.review.report import Report
from trialpool.stats.effects.printed import Printed, decimals_of_ratio
from trialpool.stats.effects.reported import Reported


def in_numbers(report: Report, measure: str) -> Reported:
    """The figures of a report for an outcome of this measure; an estimate of another measure is left aside.

    Spreadsheets drop last zeros: where an estimate and its limits differ in decimals, each is taken to have had as many as the
    longest, up to two.
    """
    same = report.measure == measure
    decimals = decimals_of_ratio(x for x in (report.estimate, report.ci_low, report.ci_high) if x is not None)

    def of_ratio(figure: Decimal | None) -> Printed | None:
        return Printed.of(figure, decimals=decimals) if figure is not None and same else None

    return Reported(
        measure=measure,
        estimate=of_ratio(report.estimate),
        ci_low=of_ratio(report.ci_low),
        ci_high=of_ratio(report.ci_high),
        level=float(report.ci_level) / 100,
        inverted=None if report.orientation is None else report.orientation == "control_vs_treatment",
        p=Printed.of(report.p.value) if report.p else None,
        p_operator=report.p.operator if report.p else "=",
        p_sides=report.p_sides,
        events_t=report.events_t,
        n_t=report.n_t,
        events_c=report.events_c,
        n_c=report.n_c,
        pct_t=_printed(report.pct_t),
        pct_c=_printed(report.pct_c),
        median_t=_printed(report.median_t),
        median_c=_printed(report.median_c),
        landmark=float(report.landmark) if report.landmark is not None else None,
        survival_t=_share(report.survival_t),
        survival_c=_share(report.survival_c),
        o_minus_e=_printed(report.o_minus_e),
        v=_printed(report.v),
        follow_up=float(report.follow_up) if report.follow_up is not None else None,
        favours=report.favours,
    )


def _printed(figure: Decimal | None) -> Printed | None:
    return None if figure is None else Printed.of(figure)


def _share(percent: Decimal | None) -> Printed | None:
    return None if percent is None else Printed.of(percent.scaleb(-2))
