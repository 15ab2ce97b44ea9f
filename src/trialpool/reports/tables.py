"""The tables of a report as CSV, one figure a cell, on the analysis scale and as shown."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from typing import Any

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.analysis.reconstructed_curves import CurveFindings
from trialpool.reports.findings_json import findings_data
from trialpool.reports.risk_of_bias_json import risk_of_bias_rows
from trialpool.reports.summary_of_findings import summary_of_findings
from trialpool.stats.distributions import z_quantile

POOLED = (
    "k", "model", "method", "tau2_method", "ci_method", "estimate", "se", "ci_low", "ci_high", "p", "tau2", "I2", "Q", "Q_df",
    "Q_p", "prediction_low", "prediction_high", "shown_estimate", "shown_ci_low", "shown_ci_high", "shown_prediction_low",
    "shown_prediction_high",
)  # fmt: skip


Row = dict[str, Any]
Rows = dict[str, list[Row]]
TITLES = {
    "studies": "Studies of the review, as studies.csv has them",
    "effects": "Effects that were pooled, one a study, stratum and analysis, with where each comes from",
    "summary_of_findings": "Summary of findings: absolute and relative effects, with the certainty of the evidence",
    "evidence_profile": "What was computed on each domain of the certainty of the evidence, with the decision",
    "results": "Pooled results, of all studies and by subgroup",
    "sensitivity": "Each analysis with one thing done otherwise",
    "published": "What others published, beside ours",
    "excluded": "Full texts that were excluded, and why",
    "inconsistencies": "Numbers that do not agree with each other",
    "multiverse": "How much each choice of an analysis matters",
    "influence": "Influence of each study",
    "subsets": "Subsets of the studies with and without each",
    "small_study": "Tests of small-study effects",
    "sequential": "Looks of the sequential analyses",
    "risk_of_bias": "Risk of bias of each result by domain, with the answers",
}


def tables_of(findings: Findings) -> dict[str, str]:
    """CSV text by file name, `effects.csv` and so on."""
    return {f"{name}.csv": csv_text(rows) for name, rows in table_rows(findings).items()}


def table_rows(findings: Findings) -> Rows:
    """The rows of each table by its name, a key of TITLES or `patients-NAME` of a figure that was read."""
    data = findings_data(findings)
    analyses = data["analyses"]
    return {
        "studies": list(_studies(findings)),
        "effects": [row for found in findings.analyses for row in _effects(found)],
        "summary_of_findings": list(_of_columns(summary_of_findings(findings).table())),
        "evidence_profile": list(_profile(data)),
        "results": list(_results(data)),
        "sensitivity": [
            {"analysis": a["id"], "id": v["id"], "label": v["label"]} | _pooled(v["pooled"])
            for a in analyses
            for v in a["sensitivity"]
        ],
        "published": [
            {"analysis": a["id"], "ours": a["pooled"]["shown"]["estimate"] if a["pooled"] else None} | _flat_ci(row)
            for a in analyses
            for row in a["published"]
        ],
        "excluded": [_joined(row) for row in (data["flow"] or {"excluded": ()})["excluded"]],
        "inconsistencies": list(data["inconsistencies"]),
        "multiverse": list(_of_a_part(data, "multiverse", "choices", _choice)),
        "influence": list(_of_a_part(data, "influence", "", lambda row: row | {"beyond": " ".join(row["beyond"])})),
        "subsets": list(_of_a_part(data, "subsets", "studies", dict)),
        "small_study": list(_of_a_part(data, "small_study", "", dict)),
        "sequential": list(_of_a_part(data, "sequential", "looks", dict)),
        "risk_of_bias": risk_of_bias_rows(data),
    } | {f"patients-{found.curve.name}": _patients(found) for found in findings.curves}


def _patients(found: CurveFindings) -> list[Row]:
    """The patients behind a figure, a row each."""
    columns = found.made.patients.table()
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _of_columns(columns: dict[str, list[Any]]) -> Iterable[Row]:
    return (dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True))


def _profile(data: dict[str, Any]) -> Iterable[Row]:
    """A row a hint, with the decision on its domain."""
    for a in data["analyses"]:
        decided = {made["domain"]: made for made in a["certainty"]["decisions"]}
        for hint in a["certainty"]["hints"]:
            made = decided.get(hint["domain"], {"levels": None, "why": None})
            computed = {"computed": hint["name"], "found": hint["found"], "speaks_for": hint["levels"]}
            yield {"analysis": a["id"], "domain": hint["domain"], "decision": made["levels"], "why": made["why"]} | computed


def _joined(row: Row) -> Row:
    """A row whose lists are texts."""
    return {name: "; ".join(value) if isinstance(value, list) else value for name, value in row.items()}


def _of_a_part(
    data: dict[str, Any], part: str, rows: str, cells: Callable[[dict[str, Any]], dict[str, Any]]
) -> Iterable[dict[str, Any]]:
    """The rows of a part of the robustness of each analysis: the part itself, or what stands under a key of it."""
    for a in data["analyses"]:
        found = (a["robustness"] or {}).get(part) or {}
        for row in found[rows] if rows and found else found:
            yield {"analysis": a["id"]} | cells(row)


def _choice(row: dict[str, Any]) -> dict[str, Any]:
    """A choice of a multiverse with the number of its levels, which can be thousands."""
    return row | {"levels": len(row["levels"])}


def _studies(findings: Findings) -> Iterable[Row]:
    for study in findings.review.studies:
        cells = study.model_dump(exclude={"moderators"})
        yield {name: value for name, value in cells.items() if value is not None} | dict(study.moderators)


def _effects(found: AnalysisFindings) -> Iterable[dict[str, Any]]:
    weights = found.fit.weights.tolist() if found.fit else []
    z, shown = z_quantile(found.analysis.level), found.measure.shown
    for effect, weight in zip(found.selection.effects, weights, strict=True):
        d, r = effect.derivation, effect.report
        yield {
            "analysis": found.analysis.id, "study": effect.unit.study, "stratum": effect.unit.stratum, "label": effect.unit.title,
            "year": effect.unit.year, "reported_outcome": r.outcome, "measure": found.outcome.measure, "yi": d.yi, "vi": d.vi,
            "shown_estimate": shown(d.yi), "shown_ci_low": shown(d.yi - z * d.se), "shown_ci_high": shown(d.yi + z * d.se),
            "weight": weight, "route": d.route, "status": d.status, "source": d.source, "locator": d.locator, "file": r.file,
            "row": r.row, "worked": d.worked,
        }  # fmt: skip


def _results(data: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for a in data["analyses"]:
        yield {"analysis": a["id"], "by": "", "level": "all"} | _pooled(a["pooled"])
        for group in a["subgroups"]:
            yield {"analysis": a["id"], "by": group["by"], "level": group["level"]} | _pooled(group["pooled"])


def _pooled(pooled: dict[str, Any] | None) -> dict[str, Any]:
    if pooled is None:
        return dict.fromkeys(POOLED)
    flat = {**pooled, **{f"shown_{name}": value for name, value in pooled["shown"].items()}}
    for name in ("ci", "prediction", "shown_ci", "shown_prediction"):
        low, high = flat[name] or (None, None)
        flat |= {f"{name}_low": low, f"{name}_high": high}
    return {name: flat[name] for name in POOLED}


def _flat_ci(row: dict[str, Any]) -> dict[str, Any]:
    low, high = row["ci"] or (None, None)
    return {name: value for name, value in row.items() if name != "ci"} | {"ci_low": low, "ci_high": high}


def columns_of(rows: Iterable[Row]) -> list[str]:
    """The columns of rows, in the order in which they come up."""
    return list(dict.fromkeys(name for row in rows for name in row)) or ["empty"]


def csv_text(rows: Iterable[Row]) -> str:
    """Rows as CSV with a header; a cell that is None is empty."""
    rows = list(rows)
    columns = columns_of(rows)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    return out.getvalue()
