"""Each row checked by itself: a report of results/*.csv, and a pooled result of published.csv."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from trialpool.analysis.checks_finding import explained
from trialpool.review.in_numbers import in_numbers
from trialpool.review.published import Published
from trialpool.review.report import RATIOS, Report
from trialpool.stats.consistency.check_reported import disagreements
from trialpool.stats.consistency.counts import mean_of_whole_numbers
from trialpool.stats.consistency.disagreement import Disagreement
from trialpool.stats.consistency.intervals import direction_agrees
from trialpool.stats.effects.printed import Printed, decimals_of_ratio
from trialpool.stats.effects.reported import Reported

Said = dict[str, tuple[Disagreement, ...]]
OF_COUNTS = "number of "  # an outcome so named is a count, whose mean is a whole sum over patients
OF_POOLED = ("containment", "symmetry", "p-interval")  # rules that hold of a pooled ratio, too


def within(report: Report, *, more_is_better: bool = False) -> Said:
    """What each rule that could run says of a row, by its id; `more_is_better` where the events are ones that patients want."""
    figures = in_numbers(report, report.measure or "HR")
    said = disagreements(figures)
    if more_is_better and "direction" in said:
        said["direction"] = _wanted(figures)
    said = _explained(said, f"{report.analysis} {report.note} {report.quote}")
    means = [(report.mean_t, report.n_t, "mean_t"), (report.mean_c, report.n_c, "mean_c")]
    if report.outcome.lower().startswith(OF_COUNTS) and any(mean is not None and n for mean, n, _ in means):
        whole = (mean_of_whole_numbers(Printed.of(mean), n, column) for mean, n, column in means if mean is not None and n)
        said["mean-whole"] = tuple(d for verdict in whole for d in verdict or ())
    if report.use:
        said["unexplained-use"] = tuple(_unexplained(report))
    return said


def _wanted(figures: Reported) -> tuple[Disagreement, ...]:
    """The direction of a ratio of events that patients want, above 1 where treatment is better; times to these are not judged."""
    turned = None if figures.inverted is None else not figures.inverted
    bare = replace(figures, inverted=turned, median_t=None, median_c=None, survival_t=None, survival_c=None)
    return direction_agrees(bare) or ()


def _explained(said: Said, words: str) -> Said:
    """What remains of each rule's findings where the words of the row explain them."""
    return {rule: tuple(left for d in found if (left := explained(d, words))) for rule, found in said.items()}


def _unexplained(report: Report) -> Iterator[Disagreement]:
    if not report.note:
        yield Disagreement(
            rule="unexplained-use",
            severity="note",
            columns=("use",),
            what=f"use = {report.use} without a reason",
            expected="",
            mend="Say why in the note",
        )


def within_published(row: Published) -> Said:
    """The same of a row of published.csv, as far as it is a ratio with its interval."""
    if row.measure not in RATIOS or row.estimate is None or row.ci_low is None or row.ci_high is None:
        return {}
    decimals = decimals_of_ratio((row.estimate, row.ci_low, row.ci_high))
    estimate, low, high = (Printed.of(figure, decimals=decimals) for figure in (row.estimate, row.ci_low, row.ci_high))
    pooled = Reported(
        measure=row.measure,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        level=float(row.ci_level) / 100,
        p=Printed.of(row.p.value) if row.p else None,
        p_operator=row.p.operator if row.p else "=",
    )
    said = {rule: found for rule, found in disagreements(pooled).items() if rule in OF_POOLED}
    said = _explained(said, f"{row.model} {row.note}")
    return {rule: tuple(d.at_most("warning") for d in found) for rule, found in said.items()}
