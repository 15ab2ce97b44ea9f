"""The flow of a review as plain values: for findings.json, for tables, for the source data of the diagram."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trialpool.analysis.flow import Flow
from trialpool.errors import Problem
from trialpool.review.flow import parts


def flow_data(flow: Flow | None) -> dict[str, Any] | None:
    """The counts, the full texts that were excluded, and what is not in order."""
    if flow is None:
        return None
    return {
        "note": flow.note,
        "counts": list(count_rows(flow)),
        "excluded": [
            {
                "record": each.record.id,
                "title": each.record.title,
                "authors": list(each.record.authors),
                "year": each.record.year,
                "journal": each.record.journal,
                "doi": each.record.doi,
                "pmid": each.record.pmid,
                "reason": each.reason,
                "notes": list(each.notes),
            }
            for each in flow.excluded
        ],
        "problems": [_problem(problem) for problem in flow.problems],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"severity": problem.severity, "column": problem.column or None, "what": problem.what, "mend": problem.mend}


def count_rows(flow: Flow) -> Iterator[dict[str, Any]]:
    """A row a count, or a part of one; boxes of one's own are called `box:ARM:STEP`."""
    for name, value in flow.counts.given().items():
        by = "counted" if name in flow.counted else "given"
        for part, n in parts(value) or (("", 0),):
            yield {"count": name, "part": part, "n": n, "by": by}
    for box in flow.counts.boxes:
        yield {"count": f"box:{box.arm}:{box.beside}", "part": box.text, "n": box.n, "by": "given"}
