"""The certainty of the evidence and the summary of findings as plain values, for findings.json."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.reports.summary_of_findings import SummaryOfFindings, SummaryRow, profile_of, summary_of_findings


def certainty_data(found: AnalysisFindings) -> dict[str, Any]:
    """What was judged of an analysis, and what was computed."""
    profile = profile_of(found)
    judged = profile.judged
    return {
        "level": profile.level,
        "start": judged.start if judged is not None else None,
        "computed": judged.computed if judged is not None else None,
        "overridden": judged.override.why if judged is not None and judged.override is not None else None,
        "importance": judged.importance if judged is not None else None,
        "target": profile.target,
        "lacking": list(judged.lacking) if judged is not None else [],
        "decisions": [
            {"domain": domain, "levels": made.levels, "why": made.why}
            for domain, made in (judged.decisions if judged is not None else ())
        ],
        "hints": [asdict(hint) for hint in profile.hints],
        "notes": [note.what for note in profile.notes],
    }


def summary_data(findings: Findings) -> dict[str, Any]:
    """The summary of findings."""
    summary: SummaryOfFindings = summary_of_findings(findings)
    return {
        "rows": [_row(row) for row in summary.rows],
        "footnotes": [asdict(note) for note in summary.footnotes],
        "cautions": list(summary.cautions),
        "judged_by": summary.judged_by or None,
    }


def _row(row: SummaryRow) -> dict[str, Any]:
    return asdict(row) | {"marks": list(row.marks), "absolute_marks": list(row.absolute_marks), "symbols": row.symbols or None}
