"""The risk of bias in findings.json: what each pooled result was judged to be, from answers to the level over all domains."""

from __future__ import annotations

from typing import Any

from trialpool.analysis.findings import AnalysisFindings
from trialpool.reports.risk_of_bias_text import domain_id
from trialpool.review.risk_of_bias import Answered, Assessment, DomainJudgement, RiskOfBiasRow
from trialpool.review.risk_of_bias_tool import OVERALL


def risk_of_bias_data(found: AnalysisFindings) -> dict[str, Any] | None:
    """The results of an analysis with their levels and weights; None where none is judged."""
    risk = found.risk_of_bias
    if risk is None:
        return None
    weights = zip(risk.assessments, risk.weights, strict=True)
    return {
        "high_weight": risk.high_weight,
        "levels": [
            {"level": share.level.id if share.level else None, "k": share.k, "weight": share.weight} for share in risk.shares
        ],
        "without_level": list(risk.without_level),
        "assessments": [_assessment(each, weight) for each, weight in weights if each is not None],
    }


def _assessment(each: Assessment, weight: float) -> dict[str, Any]:
    return {
        "study": each.unit.study,
        "stratum": each.unit.stratum,
        "label": each.unit.title,
        "tool": each.tool.id,
        "weight": weight,
        "level": each.overall.level or None,
        "high": each.high,
        "domains": [_judged(judged, each) for judged in (*each.domains, each.overall)],
    }


def _judged(judged: DomainJudgement, each: Assessment) -> dict[str, Any]:
    return {
        "domain": domain_id(judged, each.tool) if judged.domain is not None else OVERALL,
        "level": judged.level or None,
        "proposed": judged.proposed or None,
        "overridden": judged.overridden,
        "reason": judged.reason,
        "direction": judged.direction,
        "lacking": list(judged.lacking),
        "disputed": list(judged.disputed),
        "answers": [_answer(answered) for answered in judged.answers],
    }


def _answer(answered: Answered) -> dict[str, Any]:
    return {
        "question": answered.question.id,
        "answer": answered.answer or None,
        "rows": [_row(row) for row in answered.rows],
    }


def _row(row: RiskOfBiasRow) -> dict[str, Any]:
    names = ("row", "reviewer", "answer", "quote", "source", "note")
    return {name: getattr(row, name) for name in names}


def risk_of_bias_rows(data: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each result and domain, for the tables of a report."""
    return [
        {"analysis": a["id"], **{name: each[name] for name in ("study", "stratum", "label", "tool", "weight")}}
        | {name: judged[name] for name in ("domain", "level", "proposed", "overridden", "reason", "direction")}
        | {"lacking": " ".join(judged["lacking"]), "disputed": " ".join(judged["disputed"])}
        | {"answers": "; ".join(f"{answer['question']} {answer['answer'] or '?'}" for answer in judged["answers"])}
        for a in data["analyses"]
        for each in (a["risk_of_bias"] or {"assessments": []})["assessments"]
        for judged in each["domains"]
    ]
