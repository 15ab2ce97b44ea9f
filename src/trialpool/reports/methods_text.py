"""The methods section, generated from the plan that was run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.analysis.run import FEW_FOR_EGGER
from trialpool.analysis.selection import PREFERENCE
from trialpool.figures.numerals import level_text
from trialpool.reports.wording import listed
from trialpool.review.plan import Analysis
from trialpool.review.report import STATUSES
from trialpool.stats.pooling.intervals import INTERVAL_NAMES, PREDICTION_NAMES
from trialpool.stats.pooling.tau2 import TAU2_NAMES

REFERENCES = {
    "DL": "DerSimonian R, Laird N. Meta-analysis in clinical trials. Control Clin Trials. 1986;7:177-188.",
    "REML": "Viechtbauer W. Bias and efficiency of meta-analytic variance estimators in the random-effects model. "
    "J Educ Behav Stat. 2005;30:261-293.",
    "PM": "Paule RC, Mandel J. Consensus values and weighting factors. J Res Natl Bur Stand. 1982;87:377-385.",
    "HK": "Hartung J, Knapp G. A refined method for the meta-analysis of controlled clinical trials with binary outcome. "
    "Stat Med. 2001;20:3875-3889.",
    "HK-floor": "Knapp G, Hartung J. Improved tests for a random effects meta-regression with a single covariate. "
    "Stat Med. 2003;22:2693-2710.",
    "t": "Follmann DA, Proschan MA. Valid inference in random effects meta-analysis. Biometrics. 1999;55:732-737.",
    "prediction": "Higgins JPT, Thompson SG, Spiegelhalter DJ. A re-evaluation of random-effects meta-analysis. "
    "J R Stat Soc A. 2009;172:137-159.",
    "I2": "Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis. Stat Med. 2002;21:1539-1558.",
    "QP": "Viechtbauer W. Confidence intervals for the amount of heterogeneity in meta-analysis. Stat Med. 2007;26:37-52.",
    "routes": "Parmar MKB, Torri V, Stewart L. Extracting summary statistics to perform meta-analyses of the published literature "
    "for survival endpoints. Stat Med. 1998;17:2815-2834.",
    "tierney": "Tierney JF, Stewart LA, Ghersi D, Burdett S, Sydes MR. Practical methods for incorporating summary time-to-event "
    "data into meta-analysis. Trials. 2007;8:16.",
    "MH": "Mantel N, Haenszel W. Statistical aspects of the analysis of data from retrospective studies of disease. "
    "J Natl Cancer Inst. 1959;22:719-748.",
    "egger": "Egger M, Davey Smith G, Schneider M, Minder C. Bias in meta-analysis detected by a simple, graphical test. "
    "BMJ. 1997;315:629-634.",
    "subgroups": "Borenstein M, Higgins JPT. Meta-analysis and subgroups. Prev Sci. 2013;14:134-143.",
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the methods, and the keys of the references it leans on."""

    heading: str
    text: str
    cites: tuple[str, ...] = ()


def methods(findings: Findings) -> tuple[Paragraph, ...]:
    """The methods section of what was run, in paragraphs."""
    return tuple(
        paragraph for part in (_data, _effects, _pooling, _subgroups, _sensitivity, _small_studies) for paragraph in part(findings)
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


def _pooling(findings: Findings) -> Iterator[Paragraph]:
    plans: dict[tuple[str, str, str, float], list[str]] = {}
    for found in findings.analyses:
        a = found.analysis
        if found.fit is None:
            continue
        plans.setdefault((a.tau2, a.ci, a.prediction, a.level), []).append(found.outcome.name.lower())
    for (tau2, ci, prediction, level), names in plans.items():
        yield Paragraph(
            "Pooling" if len(plans) == 1 else f"Pooling of {listed(names)}",
            f"Effects on {listed(names)} were pooled by a random-effects model, with the between-study variance τ² by "
            f"{TAU2_NAMES[tau2]}, {level_text(level)} confidence intervals by {_method(INTERVAL_NAMES[ci])}, and prediction "
            f"intervals by the {PREDICTION_NAMES[prediction]}. I² and H² are those of the estimated τ²; their intervals follow the "
            "Q-profile interval of τ². Ratios were analysed as logarithms.",
            tuple(key for key in (tau2, ci, "prediction", "I2", "QP") if key in REFERENCES),
        )


def _method(name: str) -> str:
    return name if not name.startswith("t distribution") else f"the {name}"


def _subgroups(findings: Findings) -> Iterator[Paragraph]:
    by = dict.fromkeys(stratified.by for found in findings.analyses for stratified in found.subgroups)
    if by:
        shared = {found.analysis.subgroup_tau2 for found in findings.analyses if found.subgroups}
        how = "one τ² shared by the subgroups" if shared == {"common"} else "a τ² for each subgroup"
        yield Paragraph(
            "Subgroups",
            f"Studies were stratified by {listed(list(by))}, with {how}. Differences between subgroups were tested by Cochran's Q "
            "between the pooled effects; where subgroups have their own τ² it uses the model's (Wald) standard errors, also under "
            "Hartung-Knapp. Subgroups compare trials, not patients within trials, and may differ for other reasons.",
            ("subgroups",),
        )


def _sensitivity(findings: Findings) -> Iterator[Paragraph]:
    ids = dict.fromkeys(id_ for found in findings.analyses for id_ in found.analysis.sensitivity)
    said = [WORDS[id_] for id_ in ids if id_ in WORDS and _has(findings, id_)]
    if said:
        cites = tuple(key for id_, key in (("dl-wald", "DL"), ("mantel-haenszel", "MH")) if id_ in ids and _has(findings, id_))
        yield Paragraph("Sensitivity analyses", f"Each analysis was repeated {'; '.join(said)}.", cites)


def _has(findings: Findings, id_: str) -> bool:
    return any(found.variation(id_) for found in findings.analyses)


WORDS = {
    "hk-floor": "with the Hartung-Knapp scale factor at least 1",
    "dl-wald": "with the DerSimonian-Laird estimator and Wald intervals",
    "common": "with a common-effect model",
    "mantel-haenszel": "by Mantel-Haenszel without continuity correction, where counts by arm are known",
    "read-only": "with rows of status read only",
    "all-rows": "with all rows, recalled ones too, in which the better route comes before the better status",
    "leave-one-out": "without each study in turn",
}


def _small_studies(findings: Findings) -> Iterator[Paragraph]:
    if any(found.egger for found in findings.analyses):
        yield Paragraph(
            "Small-study effects",
            f"Funnel plots were drawn, and Egger's regression test was run where at least {FEW_FOR_EGGER} studies were pooled.",
            ("egger",),
        )


def plan_line(analysis: Analysis, found: AnalysisFindings) -> str:
    """The model of one analysis in a line, for captions."""
    return (
        f"Random effects, τ² by {TAU2_NAMES[analysis.tau2]}, {level_text(analysis.level)} intervals by "
        f"{INTERVAL_NAMES[analysis.ci]}; {found.measure.name.lower()}."
    )
