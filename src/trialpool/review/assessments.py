"""The risk of bias of every result of a review, by the tool that counts for it."""

from __future__ import annotations

from collections.abc import Iterable

from trialpool.review.review import Review
from trialpool.review.risk_of_bias import Assessment, RiskOfBiasRow, assessment, is_about
from trialpool.review.study import Study


def tools_about(unit: Study, outcome: str, rows: Iterable[RiskOfBiasRow]) -> tuple[str, ...]:
    """The tools by which a result was judged, by id, in the order of the rows."""
    return tuple(dict.fromkeys(row.tool for row in rows if is_about(row, unit, outcome)))


def assessed(review: Review, unit: Study, outcome: str) -> Assessment | None:
    """The judgement of one result; None where no row is about it.

    Of several tools the one counts that review.toml names first in `[risk_of_bias]`, else the first in the file.
    """
    rows = [row for row in review.risk_of_bias if row.study == unit.study]
    judged_by = tools_about(unit, outcome, rows)
    if not judged_by:
        return None
    preferred = [tool for tool in review.plan.risk_of_bias.tools if tool in judged_by]
    return assessment(unit, outcome, review.tools[[*preferred, *judged_by][0]], rows)


def assessments_of(review: Review) -> tuple[Assessment, ...]:
    """Every result of the plan's outcomes that is judged, in the order of studies.csv.

    A row that names no outcome is about those that the study reports, so that no result is judged that is not there.
    """
    reported = {(report.study, report.outcome) for report in review.reports}
    named = {(row.study, row.outcome) for row in review.risk_of_bias}
    found = (
        assessed(review, unit, outcome.id)
        for unit in review.studies
        for outcome in review.plan.outcomes
        if (unit.study, outcome.id) in named or any((unit.study, name) in reported for name in outcome.reported_as)
    )
    return tuple(each for each in found if each is not None)
