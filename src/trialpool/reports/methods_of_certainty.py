"""The certainty of the evidence in the methods section: how it was judged, and how absolute effects were reckoned."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool.analysis.certainty_hints import ASYMMETRIC, HEAVY, LARGE
from trialpool.analysis.findings import Findings
from trialpool.reports.method_references import Paragraph
from trialpool.reports.wording import listed
from trialpool.review.certainty import EVIDENCE, Certainty, OutcomeCertainty

RISKS = {
    "HR": "1 - (1 - r)^HR for a hazard ratio, that is S^HR for those free of the event",
    "RR": "r RR for a risk ratio",
    "OR": "OR r / (1 - r + OR r) for an odds ratio",
    "RD": "r + RD for a risk difference",
}


def methods_of_certainty(findings: Findings) -> Iterator[Paragraph]:
    """Two paragraphs where the review holds judgements."""
    certainty = findings.review.certainty
    if certainty is None:
        return
    yield _judging(certainty)
    measures = dict.fromkeys(found.outcome.measure for found in findings.analyses if found.certainty and found.certainty.placed)
    said = [RISKS[measure] for measure in measures if measure in RISKS]
    if said:
        yield Paragraph(
            "Absolute effects",
            f"From a risk r with the comparator, the risk with treatment was taken as {listed(said)}; limits are those that the "
            "limits of the pooled effect lead to, and allow for the error of the baseline where its limits are given. Baseline "
            "risks and their sources stand under the summary of findings; where none was stated and arms are counted, the median "
            "of the control arms was taken.",
            ("absolute",),
        )


def _judging(certainty: Certainty) -> Paragraph:
    judged = [outcome for outcome in certainty.outcomes if outcome.level is not None]
    starts = dict.fromkeys(f"{EVIDENCE[outcome.evidence]} start at {outcome.start}" for outcome in judged)
    start = f" ({listed(list(starts))})" if starts else ""
    return Paragraph(
        "Certainty of the evidence",
        f"The certainty of the evidence was judged by GRADE for {len(judged)} of {len(certainty.outcomes)} outcomes{start}: a "
        "person decided on every domain, and the levels follow from the decisions. Beside them stand, computed and without any "
        "say: the interval against no effect and against the smallest difference that matters, the optimal information size for "
        f"effects above {100 * LARGE:.0f}% ({_information(judged)}), I² and the prediction interval against the same "
        f"thresholds, the weight of results at high risk of bias (taken to speak from {100 * HEAVY:.0f}% on) and the result "
        f"without them, and tests of small-study effects (P below {ASYMMETRIC:.2f}). Statements in plain language follow GRADE "
        "guidelines 26; an effect is called slight where it is below the smallest difference that matters and its interval "
        "leaves out no effect.",
        ("GRADE", "imprecision", "statements"),
    )


def _information(judged: list[OutcomeCertainty]) -> str:
    plans = dict.fromkeys(
        f"relative reduction of {100 * o.information.relative_reduction:.0f}%, error {100 * (1 - o.information.level):.0f}%, "
        f"power {100 * o.information.power:.0f}%"
        for o in judged
    )
    return "; ".join(plans) or "where judged"
