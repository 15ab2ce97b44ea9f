"""How far results can be trusted, in the methods section: what was run, with its sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.analysis.multiverse import CHOICES
from trialpool.analysis.robustness import FEW_FOR_ASYMMETRY, Robustness
from trialpool.reports.method_references import Paragraph
from trialpool.reports.wording import listed, percent_text
from trialpool.stats.bias.small_study_test import SMALL_STUDY_TEST_NAMES
from trialpool.stats.evidence.spending import SPENDING_NAMES

Part = tuple[AnalysisFindings, Robustness]


def methods_of_robustness(findings: Findings) -> Iterator[Paragraph]:
    """A paragraph for each part that was run for any outcome."""
    run = [(found, found.robustness) for found in findings.analyses if found.robustness is not None]
    for make in (_multiverse, _influence, _subsets, _small_studies, _sequential, _bayesian):
        yield from make(run)


def _names(run: list[Part], there: Callable[[Robustness], object]) -> list[str]:
    """The outcomes for which a part was run."""
    return [found.outcome.name.lower() for found, of in run if there(of)]


def _multiverse(run: list[Part]) -> Iterator[Paragraph]:
    names = _names(run, lambda of: of.multiverse)
    if names:
        made = [of.multiverse for _, of in run if of.multiverse is not None]
        varied = [CHOICES[c].lower() for c in CHOICES if any(len(m.levels[c]) > 1 for m in made)]
        most = max(found.analysis.multiverse.leave_out for found, of in run if of.multiverse is not None)
        yield Paragraph(
            "Multiverse",
            f"The analyses of {listed(names)} were repeated in every combination of the defensible ways to choose "
            f"{listed(varied)}, up to {most} of the studies being left out at once. The report says in how many the interval lies "
            "on the same side of no effect (or holds it) as in the analysis that was planned, and how much each choice matters: "
            "the mean difference between the estimates of two of its ways, all else the same.",
            ("multiverse",),
        )


def _influence(run: list[Part]) -> Iterator[Paragraph]:
    if any(of.influence for _, of in run):
        yield Paragraph(
            "Influence",
            "Each model was fitted again without each of its effects, τ² included. A study is said to stand out where |DFFITS| is "
            "above 3 √(1/(k − 1)), Cook's distance above the median of χ² on 1 degree of freedom, the hat value above 3/k, or "
            "|DFBETAS| above 1. Baujat plots show squared residuals against the shift of the pooled effect.",
            ("influence", "baujat"),
        )


def _subsets(run: list[Part]) -> Iterator[Paragraph]:
    if any(of.subsets for _, of in run):
        sampled = [found for found, of in run if of.subsets is not None and not of.subsets.complete]
        drawn = f"; where these were too many, {sampled[0].analysis.subsets.most:,} drawn at random" if sampled else ""
        yield Paragraph(
            "Subsets",
            f"All subsets of two studies or more were pooled by the estimator of the plan{drawn}. A study is said to split them "
            "where half or more of the variance of their estimates lies between the subsets with it and those without, or half of "
            "that of I² and 25 points.",
            ("subsets",),
        )


def _small_studies(run: list[Part]) -> Iterator[Paragraph]:
    tests = list(dict.fromkeys(s.method for _, of in run for s in of.small_study))
    if tests:
        said = listed([f"{test} ({SMALL_STUDY_TEST_NAMES[test]})" for test in tests])
        yield Paragraph(
            "Small-study effects",
            f"Funnel plots were drawn, and where at least {FEW_FOR_ASYMMETRY} effects were pooled, small-study effects were tested "
            f"by {said}, and missing studies were filled in by trim and fill (L0).",
            ("asymmetry", *(["egger"] if "Egger" in tests else []), "trim and fill"),
        )


def _sequential(run: list[Part]) -> Iterator[Paragraph]:
    for found, of in run:
        s = of.sequential
        if s is None:
            continue
        futility = " and boundaries of futility that need not be kept to" if s.boundaries.futility is not None else ""
        given = (
            "as the plan gives it"
            if found.analysis.sequential and found.analysis.sequential.diversity is not None
            else "as estimated"
        )
        yield Paragraph(
            f"Sequential analysis of {found.outcome.name.lower()}",
            f"The information (1 / variance) required to find a {found.measure.name.lower()} of {s.smallest_effect:g} with "
            f"{100 * s.power:g}% power at a two-sided error of {100 * (1 - s.level):g}% was divided by 1 − D², the diversity D² "
            f"({percent_text(s.diversity)}) {given}. Studies of one year make one look; boundaries are those of Lan and DeMets, "
            f"with {SPENDING_NAMES[s.boundaries.spending]}{futility}.",
            ("sequential", "diversity", "spending"),
        )


def _bayesian(run: list[Part]) -> Iterator[Paragraph]:
    priors: dict[str, list[str]] = {}
    for found, of in run:
        if of.bayesian is not None:
            said = f"a prior of the effect that is {of.bayesian.effect_prior} and one of τ that is {of.bayesian.tau_prior}"
            priors.setdefault(said, []).append(found.outcome.name.lower())
    for said, names in priors.items():
        yield Paragraph(
            "Bayesian model",
            f"The random-effects model of {listed(names)} was also fitted with {said}, on the scale of the analysis, by numerical "
            "integration; limits are the central credible ones.",
            ("bayesian", "priors"),
        )
