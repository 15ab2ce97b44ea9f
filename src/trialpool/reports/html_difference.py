"""The difference between two versions of a review as a page of its own."""

from __future__ import annotations

from trialpool.analysis.versions import Difference
from trialpool.reports.difference import headline, results_table, rows_table, steps_table
from trialpool.reports.html import environment, inlined


def difference_page(found: Difference, *, title: str, old: str, new: str) -> str:
    """The page; it asks nothing of the network, and every word of the user is escaped.

    Parameters
    ----------
    found : what `compare_versions` returned
    title : of the review
    old, new : what the versions are called
    """
    steps = [made for result in found.results if (made := steps_table(result)) is not None]
    return (
        environment()
        .get_template("difference.html.j2")
        .render(
            title=title,
            old=old,
            new=new,
            headline=headline(found),
            results=results_table(found),
            steps=steps,
            rows=rows_table(found),
            style=inlined("report.css"),
        )
    )
