"""The section on numbers that were checked: which rules had figures to look at, how often, and what they found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from trialpool.analysis.findings import Findings
from trialpool.analysis.inconsistencies import CheckedNumbers, check_review
from trialpool.reports.html_places import Places
from trialpool.reports.html_summary import inconsistencies
from trialpool.reports.html_tables import Column, Table, cell, row, table
from trialpool.stats.consistency.disagreement import ORDER, RULES


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksView:
    """What the section shows.

    lead : how many checks were made, and how many findings there are of each kind
    findings : a row a finding, its place leading to the derivation that shows the row; None where there is none
    rules : a row a rule, with how often it had what it needs
    """

    lead: str
    findings: Table | None
    rules: Table


def checks(findings: Findings, places: Places) -> ChecksView:
    """The section of a report."""
    checked = check_review(findings.review, findings.analyses)
    return ChecksView(lead=_lead(checked), findings=inconsistencies(findings, places), rules=_rules(checked))


def _lead(checked: CheckedNumbers) -> str:
    made = f"{checked.total} check{'' if checked.total == 1 else 's'} of reported numbers against each other"
    counted = Counter(finding.severity for finding in checked.findings)
    kinds = " and ".join(f"{counted[kind]} {kind}{'s' if counted[kind] > 1 else ''}" for kind in ORDER if counted[kind])
    return f"{made}: {kinds or 'no disagreement'}."


def _rules(checked: CheckedNumbers) -> Table:
    columns = (
        Column("Rule", "brief"),
        Column("What has to hold", "long"),
        Column("Looked at", "number"),
        Column("Found", "number"),
    )
    rows = (
        row((cell(rule), cell(what), cell(checked.ran.get(rule, 0)), cell(checked.found.get(rule, 0))))
        for rule, what in RULES.items()
        if rule in checked.ran
    )
    return table("Rules, and how often each had the figures that it needs", columns, rows)
