"""What the settings of an analysis's robustness must obey, beside being of the right kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trialpool.errors import Problem
from trialpool.formats.quoted import quoted
from trialpool.review.plan import Analysis, Outcome, goes_together
from trialpool.review.report import MEAN_DIFFERENCES
from trialpool.review.study import Study

FILE = "review.toml"
RATIOS_OF_RISKS = ("RR", "OR")
DIFFERENCES = ("RD", *MEAN_DIFFERENCES)
OF_COUNTS = (*RATIOS_OF_RISKS, "RD")


def robustness_problems(place: str, analysis: Analysis, outcome: Outcome | None, studies: Sequence[Study]) -> list[Problem]:
    """Settings that are missing, that nothing uses, that clash, or that the outcome's measure cannot have."""
    found = [*_lacking_settings(place, analysis), *_multiverse(f"{place}.multiverse", analysis, studies)]
    if outcome is not None:
        found += [*_of_measure(place, analysis, outcome), *_sequential(f"{place}.sequential", analysis, outcome)]
    return found


def _lacking_settings(place: str, analysis: Analysis) -> Iterator[Problem]:
    asked = "sequential" in analysis.wanted
    if asked and analysis.sequential is None:
        what = "'sequential' has no smallest effect to plan for"
        yield Problem(FILE, 0, f"{place}.robustness", what, "Give smallest_effect under [analyses.sequential]")
    if not asked and analysis.sequential is not None:
        mend = "Add 'sequential' to robustness, or remove the table"
        yield Problem(
            FILE, 0, f"{place}.sequential", "it is not among the parts of robustness, so that nothing uses it", mend, "warning"
        )


def _multiverse(place: str, analysis: Analysis, studies: Sequence[Study]) -> Iterator[Problem]:
    plan = analysis.multiverse
    if plan.tau2 and plan.ci and not any(goes_together(tau2, ci) for tau2 in plan.tau2 for ci in plan.ci):
        what = f"no interval of {quoted(list(plan.ci))} goes with an estimator of {quoted(list(plan.tau2))}"
        yield Problem(FILE, 0, f"{place}.ci", what, "Add 'Wald', which goes with every one")
    ids = {study.study for study in studies}
    for study in plan.excluded:
        if studies and study not in ids:
            yield Problem(FILE, 0, f"{place}.excluded", f"studies.csv has no study {quoted(study)}", "Give ids of studies.csv")


def _of_measure(place: str, analysis: Analysis, outcome: Outcome) -> Iterator[Problem]:
    plan, measure = analysis.multiverse, outcome.measure
    allowed = RATIOS_OF_RISKS if measure in RATIOS_OF_RISKS else (measure,)
    for other in plan.measure:
        if other not in allowed:
            what = f"{other} cannot be set beside the outcome's {measure}"
            yield Problem(FILE, 0, f"{place}.multiverse.measure", what, f"Use {' or '.join(allowed)}, or leave it out")
    if measure not in OF_COUNTS and any(policy != "only" for policy in plan.zero_cells):
        what = f"effects measured by {measure} have no empty cells to deal with"
        yield Problem(FILE, 0, f"{place}.multiverse.zero_cells", what, "Leave it out")
    if measure in DIFFERENCES and "bayesian" in analysis.wanted and analysis.bayesian.tau_scale is None:
        what = "a difference has no default prior of the heterogeneity, for it depends on the outcome"
        yield Problem(FILE, 0, f"{place}.bayesian.tau_scale", what, "Give its scale, such as 0.05")


def _sequential(place: str, analysis: Analysis, outcome: Outcome) -> Iterator[Problem]:
    plan = analysis.sequential
    if plan is None:
        return
    effect, ratio = plan.smallest_effect, outcome.measure not in DIFFERENCES
    if ratio and not (0 < effect < float("inf") and effect != 1):
        yield Problem(
            FILE, 0, f"{place}.smallest_effect", f"{effect:g} is no effect on a ratio", "Give a ratio such as 0.80, which is not 1"
        )
    if outcome.measure in MEAN_DIFFERENCES and not 0 < abs(effect) < float("inf"):
        what = f"{effect:g} is no difference between two means"
        yield Problem(FILE, 0, f"{place}.smallest_effect", what, "Give a difference in the unit of the outcome, which is not 0")
    elif outcome.measure == "RD" and not 0 < abs(effect) < 1:
        what = f"{effect:g} is no difference between two risks"
        yield Problem(FILE, 0, f"{place}.smallest_effect", what, "Give a difference such as -0.05, which is not 0")
