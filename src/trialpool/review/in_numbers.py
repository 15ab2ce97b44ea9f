"""A report as the numbers that the routes to an effect take."""

from __future__ import annotations

from decimal import Decimal

from trialpool.review.report import MEAN_DIFFERENCES, Report, Series
from trialpool.stats.effects.arm_summary import COLUMNS, ArmSummary
from trialpool.stats.effects.curve import Curve
from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.effects.printed import Printed, decimals_of_ratio
from trialpool.stats.effects.reported import Reported

OF_ANY = ("chi2", "expected_t", "expected_c", "time_t", "time_c")
OF_RATES = ("se_log", "time_t", "time_c")
FIGURES = ("reduction", "reduction_low", "reduction_high", "coefficient", "se_log", "se_ratio", *OF_ANY)
SHARES = ("survival_se_t", "survival_se_c", "survival_low_t", "survival_high_t", "survival_low_c", "survival_high_c")


def in_numbers(report: Report, measure: str, reconstructed: Derivation | None = None) -> Reported:
    """The figures of a report for an outcome of this measure; an estimate of another measure is left aside.

    Spreadsheets drop last zeros: where an estimate and its limits differ in decimals, each is taken to have had as many as the
    longest, up to two.

    reconstructed : the effect of the patients behind the curves that the report names
    """
    same, of_hazards = report.measure == measure, measure == "HR" and report.measure in (None, "HR")
    figures = FIGURES if of_hazards else OF_RATES if measure == "IRR" and same else OF_ANY
    measured = measure in MEAN_DIFFERENCES
    decimals = decimals_of_ratio(x for x in (report.estimate, report.ci_low, report.ci_high) if x is not None)

    def of_ratio(figure: Decimal | None) -> Printed | None:
        return Printed.of(figure, decimals=decimals) if figure is not None and same else None

    return Reported(
        measure=measure,
        estimate=of_ratio(report.estimate),
        ci_low=of_ratio(report.ci_low),
        ci_high=of_ratio(report.ci_high),
        level=_level(report),
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
        median_t=None if measured else _printed(report.median_t),
        median_c=None if measured else _printed(report.median_c),
        landmark=float(report.landmark) if report.landmark is not None else None,
        survival_t=_share(report.survival_t),
        survival_c=_share(report.survival_c),
        o_minus_e=_printed(report.o_minus_e),
        v=_printed(report.v),
        follow_up=_printed(report.follow_up),
        favours=report.favours,
        **{name: _printed(getattr(report, name)) for name in figures},
        **{name: _share(getattr(report, name)) for name in SHARES},
        events_total=report.events_total,
        allocation=(float(report.allocation.treatment), float(report.allocation.control)) if report.allocation else None,
        curve=_curve(report),
        reconstructed=reconstructed if measure == "HR" else None,
        se=_printed(report.se) if measured and same else None,
        arm_t=_arm(report, "t") if measured else None,
        arm_c=_arm(report, "c") if measured else None,
    )


def _arm(report: Report, arm: str) -> ArmSummary:
    return ArmSummary(**{name: _printed(getattr(report, f"{column}_{arm}")) for name, column in COLUMNS.items()})


def _level(report: Report) -> float:
    """The level of the two-sided interval that the limits are of: 95% for a one-sided limit of 97.5%."""
    level = float(report.ci_level) / 100
    return 2 * level - 1 if report.ci_sides == 1 else level


def _curve(report: Report) -> Curve | None:
    """The curves, where both were read at every time; survival of 100% at time 0 was not read off, but is so."""
    if not (report.curve_times and report.curve_t and report.curve_c):
        return None
    times = tuple(map(float, report.curve_times.values))
    s_t, s_c = (
        tuple(
            Printed.exact(1.0) if not time and s == 100 else Printed.of(s.scaleb(-2))
            for time, s in zip(times, arm.values, strict=True)
        )
        for arm in (report.curve_t, report.curve_c)
    )
    return Curve(
        times=times,
        s_t=s_t,
        s_c=s_c,
        at_risk_t=_whole(report.at_risk_t),
        at_risk_c=_whole(report.at_risk_c),
        follow_up_min=float(report.follow_up_min) if report.follow_up_min is not None else None,
        follow_up_max=float(report.follow_up_max) if report.follow_up_max is not None else None,
    )


def _whole(series: Series | None) -> tuple[int, ...] | None:
    return None if series is None else tuple(map(int, series.values))


def _printed(figure: Decimal | None) -> Printed | None:
    return None if figure is None else Printed.of(figure)


def _share(percent: Decimal | None) -> Printed | None:
    return None if percent is None else Printed.of(percent.scaleb(-2))
