"""How robust a result is, in sentences: a paragraph a part, and what the part is not to be relied upon for."""

from __future__ import annotations

import numpy as np

from trialpool.analysis.findings import AnalysisFindings
from trialpool.analysis.multiverse import CHOICES
from trialpool.figures.numerals import level_text, range_text
from trialpool.reports.robustness_checks import MIDDLE, how_many, range_of, share_text
from trialpool.reports.wording import effect_text, interval_text, listed, p_text, percent_text
from trialpool.stats.bias.rank_test import RankTest
from trialpool.stats.bias.small_study_test import SmallStudyTest
from trialpool.stats.evidence.information import required_events
from trialpool.stats.evidence.sequential_analysis import VERDICTS, SequentialAnalysis

CANNOT_TELL = (
    "All of these checks repeat the analysis of the same reports. None of them can mend a trial that was badly done, a figure that "
    "was reported wrongly, or an outcome that nobody reported."
)
NOT_TO_RELY_ON = {
    "multiverse": "The analyses are not independent, so that a share of them is no probability; every combination counts alike, "
    "sensible or less so.",
    "influence": "The limits are rules of thumb. That a study stands out is a reason to look for why it differs, not to drop it.",
    "subsets": "Most subsets hold about half of the studies. A study that splits them is a place to look at, not a finding.",
    "small-study": "Asymmetry may come from small-study effects, from heterogeneity or from chance; none of these tells which.",
    "sequential": "All hangs on the smallest effect that was planned for, and on the heterogeneity staying as it is.",
    "bayesian": "The limits are credible limits under the priors that are named; other priors give others.",
}


def multiverse_text(found: AnalysisFindings) -> str:
    """How many analyses, what they vary, and in how many the conclusion holds."""
    of = found.robustness
    if of is None or of.multiverse is None or of.choices is None:
        return ""
    m = of.multiverse
    varied = listed([CHOICES[name].lower() for name, levels in m.levels.items() if len(levels) > 1])
    left = f" Another {m.left_out:,} could not be run, as fewer than two effects remain." if m.left_out else ""
    verdicts = m.verdicts
    below, above = int((verdicts < 0).sum()), int((verdicts > 0).sum())
    return (
        f"The question was answered in {m.n:,} defensible ways, which combine {varied}. The conclusion of the plan holds in "
        f"{how_many(int(m.holds.sum()), m.n)}: the {level_text(found.analysis.level)} interval lies below no effect in {below:,}, "
        f"above it in {above:,}, and holds it in {m.n - below - above:,}. Estimates go from "
        f"{range_of(found, float(m.mu.min()), float(m.mu.max()))}; what moves them most is the choice of "
        f"{CHOICES[of.choices['choice'][0]].lower()}.{left}"
    )


def influence_text(found: AnalysisFindings) -> str:
    """Which studies stand out, and by what."""
    i = found.robustness.influence if found.robustness else None
    if i is None:
        return ""
    flagged = [(study, flags) for study, flags in zip(i.study, i.table()["influential"], strict=True) if flags]
    if not flagged:
        return f"The model was fitted again without each of the {i.k} effects: none stands out."
    said = listed([f"{study} ({flags})" for study, flags in flagged])
    return f"The model was fitted again without each of the {i.k} effects: {said} stand{'s' if len(flagged) == 1 else ''} out."


def subsets_text(found: AnalysisFindings) -> str:
    """What the cloud of subsets looks like."""
    of = found.robustness
    if of is None or of.subsets is None or of.outliers is None or found.fit is None:
        return ""
    s = of.subsets
    low, high = (float(x) for x in np.quantile(s.mu, MIDDLE))
    kind = (
        "Every subset of two studies or more was pooled" if s.complete else "A random sample of the subsets of studies was pooled"
    )
    same = float((np.sign(s.mu) == np.sign(float(found.fit.mu))).mean())
    splits = [study for study, it_does in zip(of.outliers.study, of.outliers.outlying, strict=True) if it_does]
    if splits:
        said = f"{listed(splits)} split{'s' if len(splits) == 1 else ''} the subsets in two: where the result goes depends on it."
    else:
        said = "No study splits them in two."
    return (
        f"{kind}, {s.n:,} of them: 95% of the estimates lie from {range_of(found, low, high)}, and {share_text(same)} on the side "
        f"of no effect where all studies together lie. {said}"
    )


def small_study_test_text(found: AnalysisFindings, test: SmallStudyTest) -> str:
    """A test in a sentence."""
    if isinstance(test, RankTest):
        return f"{test.method}: Kendall's tau is {float(test.tau):.2f}, {p_text(test.p)}."
    low, high = (float(x) for x in test.interval(found.analysis.level))
    kind = "z" if np.isinf(test.df) else "t"
    df = "" if np.isinf(test.df) else f" on {float(test.df):.0f} degrees of freedom"
    limits = f"{level_text(found.analysis.level)} CI {number(low)} to {number(high)}"
    return (
        f"{test.method}: the effect changes by {number(test.slope)} ({limits}) per unit of {test.predictor}, {p_text(test.p)} "
        f"({kind} = {number(test.statistic)}{df})."
    )


def trim_and_fill_text(found: AnalysisFindings) -> str:
    """How many studies were filled in, and the result with them."""
    filled = found.robustness.trim_and_fill if found.robustness else None
    if filled is None:
        return ""
    if not filled.k0:
        return f"Trim and fill ({filled.estimator}) finds no study missing on the {filled.side}."
    n = f"{filled.k0} stud{'y' if filled.k0 == 1 else 'ies'}"
    result = effect_text(filled.filled)
    return f"Trim and fill ({filled.estimator}) adds {n} on the {filled.side}; with them the result would be {result}."


def sequential_text(found: AnalysisFindings, s: SequentialAnalysis) -> str:
    """What was planned for, how much of the information is there, and the verdict."""
    why = found.analysis.sequential.why if found.analysis.sequential else ""
    measure, futility = found.measure, "" if np.isnan(s.futility) else f", that of futility {s.futility:.2f}"
    limits = [measure.shown(limit) for limit in s.interval()]
    adjusted = f"{limits[0]:.2f} to {limits[1]:.2f}" if np.isfinite(limits).all() else "without limits"
    return (
        f"To find a {measure.name.lower()} of {s.smallest_effect:g} with {100 * s.power:g}% power at a two-sided error of "
        f"{100 * (1 - s.level):g}%, with repeated looks and the studies' diversity (D² {percent_text(s.diversity)}) allowed for, "
        f"takes an information (1 / variance) of {s.required:.0f}{_events(found, s)}. {percent_text(s.information_fraction)} of it "
        f"is there. The cumulative z is {number(s.z[-1])} at a boundary of {s.boundary:.2f}{futility}: {VERDICTS[s.verdict]}. The "
        f"{level_text(s.level)} interval adjusted for repeated looks is {adjusted}.{f' {why}' if why else ''}"
    )


def _events(found: AnalysisFindings, s: SequentialAnalysis) -> str:
    """The same in events, for hazard ratios."""
    return f", which is about {required_events(s.required):,.0f} events in equal arms" if found.outcome.measure == "HR" else ""


def number(x: float) -> str:
    """Two decimals and a true minus sign."""
    return f"{float(x):.2f}".replace("-", "−")


def bayesian_text(found: AnalysisFindings) -> str:
    """Posterior median and credible limits of the effect and tau, and how probable each side is."""
    b = found.robustness.bayesian if found.robustness else None
    if b is None:
        return ""
    log = found.measure.log
    tau_low, tau_high = b.tau_interval()
    treatment_better = b.probability_below() if found.outcome.better == "lower" else 1 - b.probability_below()
    return (
        f"With a prior of the effect that is {b.effect_prior} and one of the standard deviation between studies (τ) that is "
        f"{b.tau_prior}, the {found.measure.name.lower()} is {interval_text(b.estimate, *b.interval(), found.outcome.measure)} "
        f"({level_text(b.level)} credible limits), τ {float(b.tau.median):.2f} ({tau_low:.2f} to {tau_high:.2f}), and a new study "
        f"would be expected within {range_text(*b.prediction_interval(), log=log)}. The probability that treatment does better on "
        f"average is {share_text(treatment_better)}."
    )
