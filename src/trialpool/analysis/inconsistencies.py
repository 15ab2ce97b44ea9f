"""Figures of a report that do not agree with each other, or with the effect that was made of them."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool.analysis.findings import AnalysisFindings
from trialpool.errors import Problem
from trialpool.review.in_numbers import in_numbers
from trialpool.review.report import Report
from trialpool.review.review import Review
from trialpool.stats.consistency.intervals import CHECKS
from trialpool.stats.distributions import two_sided_p, z_of_p

FAR = 1.5  # by how much the z of an effect may differ from that of the printed P before it is said


def inconsistencies(review: Review, analyses: tuple[AnalysisFindings, ...]) -> tuple[Problem, ...]:
    """Every disagreement found, in the order of the files: within a report, and between a report and its effect."""
    within = [problem for report in review.reports for problem in _within(report)]
    return tuple(sorted(within + list(_of_effects(analyses)) + list(_lost(analyses)), key=lambda p: (p.file, p.row, p.column)))


def _within(report: Report) -> Iterator[Problem]:
    if report.use and not report.note:
        mend = "Say why in the note"
        yield Problem(report.file, report.row, "use", f"use = {report.use} without a reason", mend, "note")
    if report.measure is None:
        return
    numbers = in_numbers(report, report.measure)
    for check in CHECKS:
        for column, what, mend in check(numbers):
            yield Problem(report.file, report.row, column, what, mend, "warning")


def _of_effects(analyses: tuple[AnalysisFindings, ...]) -> Iterator[Problem]:
    """An effect whose own P is far from the P that its report prints."""
    for found in analyses:
        for effect in found.selection.effects:
            report, d = effect.report, effect.derivation
            if report.p is None or report.p.operator != "=" or not 0 < report.p.value < 1 or "P" in d.route.split():
                continue
            printed, made = float(z_of_p(float(report.p.value), report.p_sides)), abs(d.yi) / d.se
            if abs(printed - made) > max(FAR - 1, 0.06 * printed) and not _near(printed, made):
                what = (
                    f"P = {report.p.value} is printed, but the effect that the route '{d.route}' makes of {effect.unit.title}'s "
                    f"{report.outcome} has P = {two_sided_p(made):.2g}"
                )
                yield Problem(
                    report.file, report.row, "p", what, "A reported estimate with its interval would settle it", "warning"
                )


def _lost(analyses: tuple[AnalysisFindings, ...]) -> Iterator[Problem]:
    """A study that has reports of an outcome, of which none leads to an effect."""
    for found in analyses:
        for missing in found.selection.missing:
            usable = [c for c in missing.candidates if c.report.use != "no" and c.report.status != "recalled"]
            if usable:
                report = usable[0].report
                what = f"{missing.unit.title} has no effect on {found.outcome.name.lower()}: {missing.reason}"
                if missing.reason.startswith("no events"):
                    yield Problem(report.file, report.row, "", what, "It is left out of the ratio, and listed as missing", "note")
                    continue
                mend = "An estimate with both limits would do; the report lists what each route lacks"
                yield Problem(report.file, report.row, "", what, mend, "warning")


def _near(a: float, b: float) -> bool:
    return max(a, b) <= FAR * min(a, b)
