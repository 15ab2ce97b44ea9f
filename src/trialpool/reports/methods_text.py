"""The methods section, generated from the plan that was run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.analysis.selection import PREFERENCE
from trialpool.figures.numerals import level_text
from trialpool.reports.method_references import REFERENCES, Paragraph
from trialpool.reports.methods_of_certainty import methods_of_certainty
from trialpool.reports.methods_of_robustness import methods_of_robustness
from trialpool.reports.risk_of_bias_text import methods_of_risk_of_bias
from trialpool.reports.wording import listed
from trialpool.review.plan import Analysis
from trialpool.review.report import MEAN_DIFFERENCES, STATUSES, Measure
from trialpool.stats.pooling.intervals import INTERVAL_NAMES, PREDICTION_NAMES
from trialpool.stats.pooling.tau2 import TAU2_NAMES


def methods(findings: Findings) -> tuple[Paragraph, ...]:
    """The methods section of what was run, in paragraphs."""
    return tuple(
        paragraph
        for part in (
            _data,
            methods_of_risk_of_bias,
            _effects,
            _pooling,
            _subgroups,
            _sensitivity,
            methods_of_robustness,
            methods_of_certainty,
        )
        for paragraph in part(findings)
    )


def references(findings: Findings) -> tuple[str, ...]:
    """What the methods section cites, in the order in which it does."""
    keys = dict.fromkeys(key for paragraph in methods(findings) for key in paragraph.cites)
    return tuple(REFERENCES[key] for key in keys)


def _data(findings: Findings) -> Iterator[Paragraph]:
    review = findings.review
    studies = len({study.study for study in review.studies})
    by_status = Counter(report.status for report in review.reports)
    counted = listed([f"{by_status[status]} {status}" for status in STATUSES if by_status[status]])
    unsourced = sum(not report.source for report in review.reports)
    sources = f", {unsourced} of them without a source" if unsourced else ", each with its source"
    statuses = "; ".join(f"{status}: {meaning}" for status, meaning in STATUSES.items())
    yield Paragraph(
        "Data",
        f"The review holds {len(review.reports)} reports of {studies} studies ({counted}){sources}. {PREFERENCE} Each report has "
        f"a status ({statuses}). Recalled rows never enter a primary result. A study that reports its strata apart enters once for "
        "each of them, or as a whole where a stratum cannot be used.",
    )
    if len(review.extractors) > 1:
        n, who = review.adjudicated, listed(review.extractors)
        yield Paragraph(
            "Extraction",
            f"Reports were read by {len(review.extractors)} extractors apart from each other ({who}), whose tables were compared "
            f"cell by cell; a person decided {n or 'no'} difference{'' if n == 1 else 's'}.",
        )


def _effects(findings: Findings) -> Iterator[Paragraph]:
    measures = {found.outcome.measure for found in findings.analyses}
    if "HR" in measures:
        yield Paragraph(
            "Hazard ratios",
            "Log hazard ratios and their standard errors were taken, in this order of preference, from a hazard ratio with "
            "its interval, O - E and V, a hazard ratio with P or events, P with events, the same with the events that medians "
            "or landmark survival lead to expect, landmark survival, medians with events or patients, and landmark survival "
            "or medians with P. A standard error from P was refused where it would take more information than the events or "
            "patients can carry, and came last where the rounding of P alone leaves it open by more than a factor of 1.5. A P "
            "value printed as an inequality made no standard error; it raised one that it contradicts, and lowered one only "
            "where the hazard ratio itself is printed.",
            ("routes", "tierney"),
        )
    if measures & {"RR", "OR", "RD"}:
        yield Paragraph(
            "Ratios and differences of risk",
            "These were computed from events and patients by arm, with 0.5 added to the four cells of a trial that has an empty "
            "one; trials without events in both arms do not enter a ratio.",
        )
    yield from _effects_of_means(measures)
    if "IRR" in measures:
        yield Paragraph(
            "Rate ratios",
            "These were computed from events and time at risk by arm, with 0.5 added to the events of both arms where one had "
            "none, or taken as printed; trials without events in both arms do not enter.",
        )


def _effects_of_means(measures: set[Measure]) -> Iterator[Paragraph]:
    if not measures & MEAN_DIFFERENCES:
        return
    standardised = (
        " Standardised differences are Hedges' g with the exact correction of small-sample bias; means and standard deviations "
        "came before a printed standardised difference."
    )
    yield Paragraph(
        "Mean differences",
        "Mean differences were taken, in this order of preference, as printed with their interval or standard error (limits by t "
        "with n₁ + n₂ - 2 degrees of freedom where the patients are known), from means and standard deviations by arm, these from "
        "standard errors or confidence limits of the means where need be, from means or the difference with P, and from medians "
        f"with quartiles or ranges (means by Luo, standard deviations by Wan).{standardised if 'SMD' in measures else ''}",
        ("wan", "luo", *(("hedges",) if "SMD" in measures else ())),
    )


def _pooling(findings: Findings) -> Iterator[Paragraph]:
    plans: dict[tuple[str, ...], list[AnalysisFindings]] = {}
    for found in findings.analyses:
        a = found.analysis
        if found.fit is not None:
            of_random = (a.tau2, a.ci, a.prediction) if a.model == "random" else ()
            plans.setdefault((a.model, f"{a.level}", *of_random), []).append(found)
    for some in plans.values():
        names = [found.outcome.name.lower() for found in some]
        heading = "Pooling" if len(plans) == 1 else f"Pooling of {listed(names)}"
        yield from _pooled_by(some[0].analysis, heading, names)


def _pooled_by(plan: Analysis, heading: str, names: list[str]) -> Iterator[Paragraph]:
    level = plan.level
    if plan.model in COMMON_MODELS:
        how, empty, cites = COMMON_MODELS[plan.model]
        yield Paragraph(
            heading,
            f"Effects on {listed(names)} were pooled {how}, with {level_text(level)} Wald intervals.{empty} The model takes "
            "one effect for all trials, so that it says nothing of a new trial of another kind; I² is that of Cochran's Q. Ratios "
            "were analysed as logarithms.",
            cites,
        )
    else:
        tau2, ci, prediction = plan.tau2, plan.ci, plan.prediction
        yield Paragraph(
            heading,
            f"Effects on {listed(names)} were pooled by a random-effects model, with the between-study variance τ² by "
            f"{TAU2_NAMES[tau2]}, {level_text(level)} confidence intervals by {_method(INTERVAL_NAMES[ci])}, and prediction "
            f"intervals by the {PREDICTION_NAMES[prediction]}. I² and H² are those of the estimated τ²; their intervals follow the "
            "Q-profile interval of τ². Ratios were analysed as logarithms.",
            tuple(key for key in (tau2, ci, "prediction", "I2", "QP") if key in REFERENCES),
        )


COMMON_MODELS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "common": ("by a common-effect model, weighted by inverse variance", "", ("I2",)),
    "mantel-haenszel": (
        "by Mantel and Haenszel's method, a common-effect model",
        " It needs no correction of empty cells; the trials' own estimates have 0.5 added to their cells where one is empty.",
        ("MH", "I2"),
    ),
    "peto": (
        "by Peto's one-step method, a common-effect model for odds ratios of rare events",
        " It needs no correction of empty cells; each trial is shown by its own one-step estimate.",
        ("peto", "I2"),
    ),
}


def _method(name: str) -> str:
    return name if not name.startswith("t distribution") else f"the {name}"


def _subgroups(findings: Findings) -> Iterator[Paragraph]:
    by = dict.fromkeys(stratified.by for found in findings.analyses for stratified in found.subgroups)
    if by:
        shared = {found.analysis.subgroup_tau2 for found in findings.analyses if found.subgroups}
        how = ", with one τ² shared by the subgroups" if shared == {"common"} else ", with a τ² for each subgroup"
        random = any(found.analysis.model == "random" for found in findings.analyses if found.subgroups)
        yield Paragraph(
            "Subgroups",
            f"Studies were stratified by {listed(list(by))}{how if random else ''}. Differences between subgroups were tested by "
            "Cochran's Q between the pooled effects; where subgroups have their own τ² it uses the model's (Wald) standard errors, "
            "also under Hartung-Knapp. Subgroups compare trials, not patients within trials, and may differ for other reasons.",
            ("subgroups",),
        )


def _sensitivity(findings: Findings) -> Iterator[Paragraph]:
    ids = dict.fromkeys(id_ for found in findings.analyses for id_ in found.analysis.sensitivity)
    said = [WORDS[id_] for id_ in ids if id_ in WORDS and _has(findings, id_)]
    if said:
        cites = tuple(key for id_, key in (("dl-wald", "DL"), ("mantel-haenszel", "MH")) if id_ in ids and _has(findings, id_))
        yield Paragraph("Sensitivity analyses", f"Each analysis was repeated {'; '.join(said)}.", cites)


def _has(findings: Findings, id_: str) -> bool:
    return any(v.id == id_ or v.id.startswith(f"{id_}:") for found in findings.analyses for v in found.sensitivity)


WORDS = {
    "hk-floor": "with the Hartung-Knapp scale factor at least 1",
    "dl-wald": "with the DerSimonian-Laird estimator and Wald intervals",
    "common": "with a common-effect model",
    "random-effects": "with random effects, τ² by REML and Hartung-Knapp intervals",
    "mantel-haenszel": "by Mantel-Haenszel without continuity correction, where counts by arm are known",
    "read-only": "with rows of status read only",
    "all-rows": "with all rows, recalled ones too, in which the better route comes before the better status",
    "rounding-edges": "with every printed figure at the edge of its rounding, as far as that moves the estimate and its limits",
    "without-high-risk": "without results at high risk of bias",
    "low-risk-only": "with results at low risk of bias alone",
    "leave-one-out": "without each study in turn",
}


def plan_line(analysis: Analysis, found: AnalysisFindings) -> str:
    """The model of one analysis in a line, for captions."""
    if analysis.model != "random":
        name = {"common": "Common effect", "mantel-haenszel": "Mantel-Haenszel", "peto": "Peto's method"}[analysis.model]
        return f"{name}, {level_text(analysis.level)} Wald intervals; {found.measure.name.lower()}."
    return (
        f"Random effects, τ² by {TAU2_NAMES[analysis.tau2]}, {level_text(analysis.level)} intervals by "
        f"{INTERVAL_NAMES[analysis.ci]}; {found.measure.name.lower()}."
    )
