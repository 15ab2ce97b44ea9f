"""Study data of a review as the CSV files that RevMan Web imports."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.analysis.selection import UnitEffect
from trialpool.review.report import MEAN_DIFFERENCES
from trialpool.review.study import Study

OF_COUNTS = frozenset({"RR", "OR", "RD"})
BY_ARM = ("events and patients", "events and patients by Peto")  # routes of an effect that RevMan finds again from these
INFORMATION = ("Study", "Char: Interventions", "Char: Notes")
ARMS = ("Study", "Arm", "Description", "Intervention")
RESULTS = (
    *("Study", "Outcome", "Data type", "Effect measure", "Arm", "Reference arm", "Sample size", "Cases", "Mean", "SD", "SE"),
    *("Variance", "CI level", "CI start", "CI end", "Exp mean", "Exp CI start", "Exp CI end", "t-test", "z-test", "P value"),
    *("Covariance method", "Covariance", "Other arm 1", "Other arm 2", "Correlation arm 1", "Correlation arm 2", "Correlation"),
    *("Other mean", "Other SE", "Other variance", "Other CI level", "Other CI start", "Other CI end", "Other exp mean"),
    *("Other exp CI start", "Other exp CI end", "Other t-test", "Other z-test", "Other P value", "Footnotes"),
)
README = """\
Study data for RevMan Web, in the order in which it takes them:

1. included.ris      references of the included studies; upload it first, else RevMan makes every study twice
2. study-information.csv
3. study-arms.csv
4. study-results.csv

Before that, make the interventions and outcomes of these files in the review's criteria, with the same names, letter for letter.
Events and patients, or means with standard deviations, are given by arm where the effect comes from these; else the effect
itself, as Mean and SE on the scale of analysis (logarithms for ratios). The footnote of a row says how it was
derived, and from where.
"""


def revman_web(findings: Findings) -> dict[str, str]:
    """The files by name: study-information.csv, study-arms.csv, study-results.csv, and what to do with them.

    Every effect that enters an analysis of the plan has its rows; an outcome that several analyses are of has them once.
    """
    analyses = {found.outcome.id: found for found in reversed(findings.analyses)}
    chosen = [analyses[id_] for id_ in dict.fromkeys(found.outcome.id for found in findings.analyses)]
    units = {e.unit.key: e.unit for found in chosen for e in found.selection.effects}
    return {
        "README.txt": README,
        "study-information.csv": _csv(INFORMATION, (_information(findings, unit) for unit in units.values())),
        "study-arms.csv": _csv(ARMS, (row for unit in units.values() for row in _arms(findings, unit))),
        "study-results.csv": _csv(RESULTS, (row for found in chosen for row in _results(findings, found))),
    }


def _information(findings: Findings, unit: Study) -> dict[str, str]:
    treatment, control = _names(findings, unit)
    notes = (unit.trial, unit.registry, unit.note, *(f"{name}: {value}" for name, value in unit.moderators.items() if value))
    return {
        "Study": unit.title,
        "Char: Interventions": f"{treatment} against {control}",
        "Char: Notes": "; ".join(filter(None, notes)),
    }


def _names(findings: Findings, unit: Study) -> tuple[str, str]:
    """The arms of a study, which must have two names."""
    plan = findings.review.plan
    treatment, control = unit.treatment or plan.treatment, unit.control or plan.control
    return treatment, control if control != treatment else f"{control} (control)"


def _arms(findings: Findings, unit: Study) -> Iterator[dict[str, str]]:
    plan = findings.review.plan
    for name, intervention in zip(_names(findings, unit), (plan.treatment, plan.control), strict=True):
        yield {"Study": unit.title, "Arm": name, "Intervention": intervention}


def _results(findings: Findings, found: AnalysisFindings) -> Iterator[dict[str, str]]:
    for effect in found.selection.effects:
        common = {"Study": effect.unit.title, "Outcome": found.outcome.name, "Data type": "Dichotomous"}
        footnote = {"Footnotes": _footnote(effect)}
        treatment, control = _names(findings, effect.unit)
        arms = effect.arms
        if found.outcome.measure in OF_COUNTS and effect.derivation.route in BY_ARM and None not in arms:
            yield common | {"Arm": treatment, "Cases": str(arms.events_t), "Sample size": str(arms.n_t)} | footnote
            yield common | {"Arm": control, "Cases": str(arms.events_c), "Sample size": str(arms.n_c)}
            continue
        d, r = effect.derivation, effect.report
        if d.route == "means and SDs":
            common |= {"Data type": "Continuous"}
            of_t = {"Mean": str(r.mean_t), "SD": str(r.sd_t), "Sample size": str(r.n_t)}
            of_c = {"Mean": str(r.mean_c), "SD": str(r.sd_c), "Sample size": str(r.n_c)}
            yield common | {"Arm": treatment} | of_t | footnote
            yield common | {"Arm": control} | of_c
            continue
        if found.outcome.measure in MEAN_DIFFERENCES:
            common |= {"Data type": "Continuous"}
        contrast = {"Effect measure": found.outcome.measure, "Arm": treatment, "Reference arm": control}
        yield common | contrast | {"Mean": repr(float(d.yi)), "SE": repr(float(d.se))} | footnote


def _footnote(effect: UnitEffect) -> str:
    r = effect.report
    where = ", ".join(filter(None, (r.source, r.locator)))
    return f"{effect.derivation.route}; {where or f'{r.file}, row {r.row}'}"


def _csv(columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
