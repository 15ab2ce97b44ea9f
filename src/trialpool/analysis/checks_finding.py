"""A finding of the checks of reported numbers: a disagreement with the row that it stands in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from trialpool.errors import Problem
from trialpool.review.report import Report
from trialpool.review.review import Review
from trialpool.stats.consistency.disagreement import Disagreement

CHECKED = re.compile(r"\bchecked:\s*([a-z-]+)")
OTHER_INTERVAL = re.compile(
    r"profile.{0,3}likelihood|\bexact(?: (?:confidence|interval|ci\b|limits|odds|method|test|logistic|9\d)|\s*(?:$|[;,)]))"
    r"|clopper|fisher|conditional|bootstrap|jackknife|repeated c|group.sequential|credible|bayes|firth",
    re.IGNORECASE,
)
ESTIMATED = re.compile(r"cumulative|kaplan|actuarial|estimated|life.table|\bKM\b", re.IGNORECASE)
MODELLED = re.compile(r"least.squares|ls mean|baseline|ancova|mixed model|mmrm|covaria", re.IGNORECASE)
ADJUSTED = re.compile(
    r"(?<!un)(?<!not )adjust|multivaria|(?<!un)stratified|mantel|peto|(?<!un)weighted|propensity|standardi[sz]ed|imput|pooled",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Inconsistency(Problem):
    """A figure of the review that does not agree with others.

    rule : id of the rule that says so, a key of `RULES`
    columns : every column that takes part, the likeliest culprit first
    expected : what the other figures make of it, with the arithmetic; `what` ends with it
    """

    rule: str = ""
    columns: tuple[str, ...] = ()
    expected: str = ""


def at(file: str, row: int, d: Disagreement) -> Inconsistency:
    """A disagreement as a finding in a row."""
    return Inconsistency(
        file=file,
        row=row,
        column=d.columns[0] if d.columns else "",
        what=f"{d.what}; {d.expected}" if d.expected else d.what,
        mend=d.mend,
        severity=d.severity,
        rule=d.rule,
        columns=d.columns,
        expected=d.expected,
    )


def explained(d: Disagreement, words: str) -> Disagreement | None:
    """What remains of a disagreement where the words of its row explain it.

    - An interval that the row calls exact, profile, bootstrap, credible or the like need not be symmetric: nothing where such an
      interval can lie as this one does, a note where it lies further off.
    - An estimate that the row calls adjusted, stratified or exact (a conditional odds ratio) need not be that of its counts:
      a note.
    - P of such an estimate, or beside such an interval, may be of another test: at most a warning.
    - A mean difference that is adjusted, or of a model, need not be that of the means: nothing.
    - A percentage that the row calls cumulative or estimated (Kaplan-Meier) is no share of whole patients: nothing.
    """
    if d.rule == "symmetry" and OTHER_INTERVAL.search(words):
        return None if d.severity == "note" else d.at_most("note")
    if d.rule == "difference-means" and d.severity == "warning" and (ADJUSTED.search(words) or MODELLED.search(words)):
        return None
    if d.rule == "ratio-counts" and (ADJUSTED.search(words) or OTHER_INTERVAL.search(words)):
        return d.at_most("note")
    if d.rule == "p-interval" and (ADJUSTED.search(words) or OTHER_INTERVAL.search(words)):
        return d.at_most("warning")
    if d.rule in ("percent-whole", "percent-counts") and ESTIMATED.search(words):
        return None
    return d


def in_row(report: Report, d: Disagreement, review: Review) -> Inconsistency:
    """A disagreement of a row, as grave as what rests on the row leaves it.

    - A row on which no result can rest (`use` = no, recalled, or an outcome that the plan has not): at most a warning.
    - A finding that a person has judged, `checked: RULE` in the row's note: a note.
    """
    if not counts(report, review):
        d = d.at_most("warning")
    if d.rule in CHECKED.findall(report.note):
        d = replace(d.at_most("note"), mend=f"Somebody has judged this: {report.note.rstrip('.')}")
    return at(report.file, report.row, d)


def counts(report: Report, review: Review) -> bool:
    """Can a primary result rest on this row?"""
    planned = {name for outcome in review.plan.outcomes for name in outcome.reported_as}
    return report.use != "no" and report.status != "recalled" and report.outcome in planned


def order(problem: Problem) -> tuple[str, int, str]:
    """Findings come in the order of the files and rows."""
    return problem.file, problem.row, problem.column
