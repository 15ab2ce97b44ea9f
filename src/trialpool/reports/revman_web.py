"""Study data of a review as the CSV files that RevMan Web imports."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.analysis.selection import UnitEffect
from trialpool.review.report import MEAN_DIFFERENCES
from trialpool.review.risk_of_bias import Assessment, DomainJudgement
from trialpool.review.study import Study

OF_COUNTS = frozenset({"RR", "OR", "RD"})
BY_ARM = ("events and patients", "events and patients by Peto")  # routes of an effect that RevMan finds again from these
INFORMATION = ("Study", "Year", "ID: CTG", "Char: Interventions", "Char: Notes")
CRITERIA = (
    *("Outcome", "Data type", "Effect measure", "Experimental intervention", "Control intervention", "Better", "Unit"),
    *("Favours experimental", "Favours control"),
)
IDENTIFIERS = ("ID: DOI", "ID: PubMed", "ID: registry")
ROB2 = {
    "D1": "Bias arising from the randomization process",
    "D2": "Bias due to deviations from intended interventions",
    "D3": "Bias due to missing outcome data",
    "D4": "Bias in measurement of the outcome",
    "D5": "Bias in selection of the reported result",
}  # as RevMan Web heads them
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
5. risk-of-bias.csv     (where there are judgements)

Before that, make the interventions and outcomes of these files in the review's criteria, with the same names, letter for letter:
criteria.csv lists them, with measures and directions, and covariates.csv the covariates of the studies. These two are for you, and
for trialpool, which makes a review of this folder again (trialpool new FOLDER --from revman); RevMan does not take them.
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
    known = {unit.key: unit for unit in findings.review.studies}  # without what an analysis has added to the moderators
    units = {e.unit.key: known.get(e.unit.key, e.unit) for found in chosen for e in found.selection.effects}
    judged = _risk_of_bias(chosen)
    covariates = list(dict.fromkeys(name for unit in units.values() for name in unit.moderators))
    return {
        "README.txt": README,
        "criteria.csv": _csv(CRITERIA, (_criterion(findings, found) for found in chosen)),
        "covariates.csv": _csv(("Study", *IDENTIFIERS, *covariates), (_covariates(unit) for unit in units.values())),
        "study-information.csv": _csv(INFORMATION, (_information(findings, unit) for unit in units.values())),
        "study-arms.csv": _csv(ARMS, (row for unit in units.values() for row in _arms(findings, unit))),
        "study-results.csv": _csv(RESULTS, (row for found in chosen for row in _results(findings, found))),
    } | ({"risk-of-bias.csv": judged} if judged else {})


def _covariates(unit: Study) -> dict[str, str]:
    identifiers = dict(zip(IDENTIFIERS, (unit.doi, unit.pmid, unit.registry), strict=True))
    return {"Study": unit.title, **identifiers, **unit.moderators}


def _criterion(findings: Findings, found: AnalysisFindings) -> dict[str, str]:
    plan, outcome = findings.review.plan, found.outcome
    return {
        "Outcome": outcome.name,
        "Data type": _data_type(outcome.measure),
        "Effect measure": outcome.measure,
        "Experimental intervention": plan.treatment,
        "Control intervention": plan.control,
        "Better": outcome.better,
        "Unit": outcome.unit,
        "Favours experimental": outcome.favours_treatment,
        "Favours control": outcome.favours_control,
    }


def _data_type(measure: str) -> str:
    return "Continuous" if measure in MEAN_DIFFERENCES else "Dichotomous"


def _risk_of_bias(chosen: Iterable[AnalysisFindings]) -> str:
    """The judgements of each result, a row each; empty where there are none."""
    rows, domains = list[dict[str, str]](), dict[str, None]()
    for found in chosen:
        for assessment in found.risk_of_bias.judged if found.risk_of_bias else ():
            row = {"Study": assessment.unit.title, "Outcome": found.outcome.name}
            row |= {"Data type": _data_type(found.outcome.measure), "Effect measure": found.outcome.measure}
            for judged in (*assessment.domains, assessment.overall):
                name = _heading(assessment, judged)
                domains[name] = None
                level = assessment.tool.level(judged.level).name if judged.level else ""
                row |= {f"Domain (judgement): {name}": level, f"Domain (support): {name}": _support(judged)}
            rows.append(row)
    columns = [f"Domain ({part}): {name}" for name in domains for part in ("judgement", "support")]
    return _csv(("Study", "Outcome", "Data type", "Effect measure", *columns), rows) if rows else ""


def _heading(assessment: Assessment, judged: DomainJudgement) -> str:
    if judged.domain is None:
        return "Overall bias"
    own = judged.domain.name
    return ROB2.get(judged.domain.id, own) if assessment.tool.id.startswith("rob2") else own


def _support(judged: DomainJudgement) -> str:
    """What the judgement rests on: the reason of a person, and every answer with its quote and note."""
    said = [judged.reason] if judged.reason else []
    for answered in judged.answers:
        parts = [part for row in answered.rows for part in (f"\u201c{row.quote}\u201d" if row.quote else "", row.note) if part]
        if parts:
            said.append(f"{answered.question.id} {answered.answer}: {' '.join(parts)}")
    return "; ".join(said)


def _information(findings: Findings, unit: Study) -> dict[str, str]:
    treatment, control = _names(findings, unit)
    notes = (unit.trial, unit.registry, unit.note, *(f"{name}: {value}" for name, value in unit.moderators.items() if value))
    return {
        "Study": unit.title,
        "Year": str(unit.year),
        "ID: CTG": next(iter(re.findall(r"NCT\d{8}", unit.registry)), ""),
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
        common = {"Study": effect.unit.title, "Outcome": found.outcome.name, "Data type": _data_type(found.outcome.measure)}
        footnote = {"Footnotes": _footnote(effect)}
        treatment, control = _names(findings, effect.unit)
        arms = effect.arms
        if found.outcome.measure in OF_COUNTS and effect.derivation.route in BY_ARM and None not in arms:
            yield common | {"Arm": treatment, "Cases": str(arms.events_t), "Sample size": str(arms.n_t)} | footnote
            yield common | {"Arm": control, "Cases": str(arms.events_c), "Sample size": str(arms.n_c)}
            continue
        d, r = effect.derivation, effect.report
        if d.route == "means and SDs":
            of_t = {"Mean": str(r.mean_t), "SD": str(r.sd_t), "Sample size": str(r.n_t)}
            of_c = {"Mean": str(r.mean_c), "SD": str(r.sd_c), "Sample size": str(r.n_c)}
            yield common | {"Arm": treatment} | of_t | footnote
            yield common | {"Arm": control} | of_c
            continue
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
