"""What the files of a review folder must obey together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from trialpool.errors import Problem
from trialpool.formats.cells import nearest
from trialpool.formats.quoted import quoted
from trialpool.formats.robustness_rules import robustness_problems
from trialpool.review.in_numbers import in_numbers
from trialpool.review.plan import RISK_OF_BIAS, Analysis, Outcome, Plan
from trialpool.review.published import Published
from trialpool.review.report import Report
from trialpool.review.study import Study
from trialpool.stats.pooling.intervals import COMMON_EFFECT_INTERVALS, GOES_WITH

FILE = "review.toml"
OF_MODEL = {"mantel-haenszel": ("RR", "OR", "RD"), "peto": ("OR",)}  # the measures that a model is for, where not all


def study_problems(report: Report, strata: Mapping[str, Sequence[str]]) -> list[Problem]:
    """A report must name a study, and a stratum, that studies.csv has: `strata` by study."""
    return unit_problems(report.file, report.row, report.study, report.stratum, strata, whole="for a report of the whole study")


def unit_problems(
    file: str, row: int, study: str, stratum: str, strata: Mapping[str, Sequence[str]], *, whole: str
) -> list[Problem]:
    """The same of any row; `whole` says what an empty stratum is for."""
    if study not in strata:
        near = get_close_matches(study, strata, n=1)
        mend = "Add it there, or correct it" + (f" (nearest: {near[0]})" if near else "")
        return [Problem(file, row, "study", f"studies.csv has no study {quoted(study)}", mend)]
    named = [name for name in strata[study] if name]
    if stratum and stratum not in named:
        known = f"it has {', '.join(named)}" if named else "it has none"
        what = f"studies.csv has no stratum {quoted(stratum)} of {study}; {known}"
        return [Problem(file, row, "stratum", what, f"Correct it, or leave it empty {whole}")]
    return []


def plan_problems(plan: Plan, studies: tuple[Study, ...], reports: tuple[Report, ...], *, judged: bool = False) -> list[Problem]:
    """Ids are unique, analyses name an outcome of the plan, subgroups name columns of studies.csv, outcomes are reported.

    judged : whether risk_of_bias.csv has rows, which give the column `risk of bias`
    """
    problems = [
        Problem(FILE, 0, table, f"the id {id_!r} stands twice", "Give each its own")
        for table in ("outcomes", "analyses")
        for id_ in _twice([item.id for item in getattr(plan, table)])
    ]
    problems += _unreported(plan, reports)
    outcomes = dict.fromkeys(outcome.id for outcome in plan.outcomes)
    for i, analysis in enumerate(plan.analyses, start=1):
        if analysis.outcome not in outcomes:
            what = f"there is no outcome {analysis.outcome!r}"
            problems.append(Problem(FILE, 0, f"analyses[{i}].outcome", what, f"Use one of {', '.join(outcomes)}"))
        for key in ("subgroups", "sensitivity", "robustness", "small_study_tests"):
            problems += [
                Problem(FILE, 0, f"analyses[{i}].{key}", f"{name!r} stands twice", "Remove one")
                for name in _twice(getattr(analysis, key) or ())
            ]
        of = next((outcome for outcome in plan.outcomes if outcome.id == analysis.outcome), None)
        problems += robustness_problems(f"analyses[{i}]", analysis, of, studies)
        problems += _ill_matched(f"analyses[{i}].ci", analysis)
        problems += _of_model(f"analyses[{i}]", analysis, of)
        problems += _unknown_factors(f"analyses[{i}].subgroups", analysis.subgroups, studies, judged=judged)
    return problems


def _of_model(place: str, analysis: Analysis, outcome: Outcome | None) -> Iterator[Problem]:
    """A model that the measure cannot have, and keys that are of random effects alone."""
    if outcome is not None and outcome.measure not in OF_MODEL.get(analysis.model, (outcome.measure,)):
        allowed = " or ".join(OF_MODEL[analysis.model])
        what = f"{analysis.model!r} pools {allowed} from counts, and the outcome's measure is {outcome.measure}"
        yield Problem(FILE, 0, f"{place}.model", what, "Use 'random' or 'common'")
    if analysis.model == "random":
        return
    for key in ("tau2", "ci", "prediction", "subgroup_tau2"):
        if key in analysis.model_fields_set:
            what = f"nothing uses it with model = {analysis.model!r}"
            yield Problem(FILE, 0, f"{place}.{key}", what, "Remove it, or use model = 'random'", "warning")


def _ill_matched(place: str, analysis: Analysis) -> list[Problem]:
    """An interval that is made for one estimator of tau2, or that subgroups with a common tau2 cannot have."""
    if analysis.model != "random":
        return []
    tau2 = GOES_WITH.get(analysis.ci, analysis.tau2)
    if tau2 != analysis.tau2:
        what = f"the interval {analysis.ci!r} goes with tau2 = {tau2!r}, not with {analysis.tau2!r}"
        return [Problem(FILE, 0, place, what, "Change one of the two")]
    if analysis.subgroups and analysis.subgroup_tau2 == "common" and analysis.ci not in COMMON_EFFECT_INTERVALS:
        what = f"subgroups that share one tau2 cannot have the interval {analysis.ci!r}"
        return [Problem(FILE, 0, place, what, f"Use one of {', '.join(COMMON_EFFECT_INTERVALS)}, or subgroup_tau2 = 'separate'")]
    return []


def _unreported(plan: Plan, reports: tuple[Report, ...]) -> list[Problem]:
    """Outcomes that no row gives, under whatever name: the review builds, and the report says so."""
    names = list(dict.fromkeys(report.outcome for report in reports))
    what = "no row of results/*.csv has the outcome {}"
    return [
        Problem(
            FILE,
            0,
            f"outcomes[{i}].reported_as",
            what.format(" or ".join(map(repr, outcome.reported_as))),
            nearest(outcome.reported_as[0], names, otherwise="Reported are"),
            "warning",
        )
        for i, outcome in enumerate(plan.outcomes, start=1)
        if reports and not set(outcome.reported_as) & set(names)
    ]


def _unknown_factors(place: str, subgroups: Sequence[str], studies: tuple[Study, ...], *, judged: bool) -> list[Problem]:
    columns = sorted({name for study in studies for name in study.moderators} | ({RISK_OF_BIAS} if judged else set()))
    problems = []
    for name in dict.fromkeys(name for subgroup in subgroups for name in factors(subgroup)):
        if studies and name not in columns:
            own = name in Study.model_fields
            if name == RISK_OF_BIAS:
                what = "no result is judged"
                problems.append(Problem(FILE, 0, place, what, "Judge results in risk_of_bias.csv, or remove the subgroup"))
                continue
            what = f"the column {name!r} is not for subgroups" if own else f"studies.csv has no column {name!r}"
            further = f"Its further columns are {', '.join(columns)}" if columns else "Add a column for it there"
            problems.append(Problem(FILE, 0, place, what, further))
    return problems


def direction_problems(reports: tuple[Report, ...]) -> list[Problem]:
    """An estimate needs an orientation where nothing else in its row tells the direction."""
    mend = "Give treatment_vs_control or control_vs_treatment"
    return [
        Problem(
            report.file,
            report.row,
            "orientation",
            f"which arm {report.measure} {report.estimate} compares with which is not said, and nothing in the row tells it",
            mend,
        )
        for report in reports
        if report.estimate is not None and report.measure is not None and report.orientation is None and report.use != "no"
        if in_numbers(report, report.measure).direction is None
    ]


def use_problems(reports: tuple[Report, ...]) -> list[Problem]:
    """`use = yes` decides between reports: it must stand once, and it does not make a recalled row count."""
    problems: list[Problem] = []
    seen: dict[tuple[str, str, str], str] = {}
    for report in reports:
        if report.use != "yes":
            continue
        key = (report.study, report.stratum, report.outcome)
        if key in seen:
            what = f"{seen[key]} of the same outcome is marked use = yes too, so that the preference decides between them"
            problems.append(Problem(report.file, report.row, "use", what, "Mark one of them", "warning"))
        if report.status == "recalled":
            what = "use = yes stands on a recalled row, which never enters a primary result"
            problems.append(
                Problem(report.file, report.row, "use", what, "Read it at its source, and change the status", "warning")
            )
        seen.setdefault(key, f"{report.file}, row {report.row}")
    return problems


def unreported_studies(studies: tuple[Study, ...], reports: tuple[Report, ...]) -> list[Problem]:
    """A note of the studies of which there is no row at all."""
    without = list(dict.fromkeys(study.study for study in studies if study.study not in {report.study for report in reports}))
    if not reports or not without:
        return []
    what = f"no row of results/*.csv is of {', '.join(without)}"
    return [
        Problem("studies.csv", 0, "study", what, "Add what was reported, or leave it: no outcome then has an effect of it", "note")
    ]


def scope_problems(published: tuple[Published, ...], studies: tuple[Study, ...]) -> list[Problem]:
    """A scope `column=level` must name a level that studies.csv has, else it is shown and not compared."""
    problems = []
    for row in published:
        column, equals, level = row.scope.partition("=")
        levels = list(dict.fromkeys(study.moderators[column] for study in studies if study.moderators.get(column)))
        if equals and levels and level not in levels:
            what = f"studies.csv has no level {quoted(level)} of {column}, so that this row is not compared"
            problems.append(Problem("published.csv", row.row, "scope", what, f"Its levels are {', '.join(levels)}", "warning"))
    return problems


def factors(subgroup: str) -> tuple[str, ...]:
    """The columns that a subgroup crosses: `drug x setting` -> drug, setting."""
    return tuple(part.strip() for part in subgroup.split(" x "))


def _twice(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
