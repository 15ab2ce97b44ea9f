"""The history of a living review: its versions, what each brought, and until when was searched."""

from __future__ import annotations

from trialpool.analysis.findings import Findings
from trialpool.reports.html_tables import Column, Table, cell, row, table


def history(findings: Findings) -> Table | None:
    """A row a version, the latest first; None where updates.csv has none."""
    updates = findings.review.updates[::-1]
    columns = (Column("Version"), Column("Date"), Column("Searched until"), Column("What changed", "long"))
    rows = [row(map(cell, (update.version, update.date, update.searched, update.what))) for update in updates]
    return table("History of this review", columns, rows) if rows else None
