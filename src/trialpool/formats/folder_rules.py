"""What the files of a review folder must obey together."""

from __future__ import annotations

from difflib import get_close_matches

from trialpool.errors import Problem
from trialpool.review.in_numbers import in_numbers
from trialpool.review.plan import Plan
from trialpool.review.report import Report
from trialpool.review.study import Study


def study_problems(report: Report, studies: tuple[Study, ...]) -> list[Problem]:
    """A report must name a study, and a stratum, that studies.csv has."""
    units = [unit for unit in studies if unit.study == report.study]
    if not units:
        near = get_close_matches(report.study, [unit.study for unit in studies], n=1)
        mend = "Add it there, or correct it" + (f" (nearest: {near[0]})" if near else "")
        return [Problem(report.file, report.row, "study", f"studies.csv has no study {report.study!r}", mend)]
    strata = [unit.stratum for unit in units if unit.stratum]
    if report.stratum and report.stratum not in strata:
        known = f"it has {', '.join(strata)}" if strata else "it has none"
        what = f"studies.csv has no stratum {report.stratum!r} of {report.study}; {known}"
        return [Problem(report.file, report.row, "stratum", what, "Correct it, or leave it empty for a report of the whole study")]
    return []


def plan_problems(plan: Plan, studies: tuple[Study, ...]) -> list[Problem]:
    """Ids are unique, analyses name an outcome of the plan, subgroups name columns of studies.csv."""
    problems = []
    for table in ("outcomes", "analyses"):
        ids = [item.id for item in getattr(plan, table)]
        problems += [
            Problem("review.toml", 0, table, f"the id {id_!r} stands twice", "Give each its own")
            for id_ in sorted({i for i in ids if ids.count(i) > 1})
        ]
    outcomes = [outcome.id for outcome in plan.outcomes]
    columns = sorted({name for study in studies for name in study.moderators})
    for i, analysis in enumerate(plan.analyses, start=1):
        if analysis.outcome not in outcomes:
            what = f"there is no outcome {analysis.outcome!r}"
            problems.append(Problem("review.toml", 0, f"analyses[{i}].outcome", what, f"Use one of {', '.join(outcomes)}"))
        for subgroup in analysis.subgroups:
            problems += [
                Problem("review.toml", 0, f"analyses[{i}].subgroups", f"studies.csv has no column {name!r}", _columns(columns))
                for name in factors(subgroup)
                if studies and name not in columns
            ]
    return problems


def direction_problems(plan: Plan, reports: tuple[Report, ...]) -> list[Problem]:
    """An estimate needs an orientation where nothing else in its row tells the direction."""
    problems = []
    for report in reports:
        if report.estimate is None or report.orientation is not None or report.measure is None or report.use == "no":
            continue
        null = 0 if report.measure == "RD" else 1
        if report.estimate != null and in_numbers(report, report.measure).direction is None:
            what = f"which arm {report.measure} {report.estimate} compares with which is not said, and nothing in the row tells it"
            problems.append(
                Problem(report.file, report.row, "orientation", what, "Give treatment_vs_control or control_vs_treatment")
            )
    return problems


def factors(subgroup: str) -> tuple[str, ...]:
    """The columns that a subgroup crosses: `drug x setting` -> drug, setting."""
    return tuple(part.strip() for part in subgroup.split(" x "))


def _columns(columns: list[str]) -> str:
    return f"Its further columns are {', '.join(columns)}" if columns else "Add the column there"
