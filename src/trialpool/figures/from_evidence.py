"""How firm an answer is, drawn: all defensible analyses, looks over the years, what is believed, what selection would hide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from trialpool.analysis.multiverse import AND, CHOICES, Multiverse
from trialpool.errors import BadArgument
from trialpool.figures.funnel import FunnelPlot, SelectionBand, draw_funnel
from trialpool.figures.posterior import PosteriorDensity, PosteriorPlot, draw_posterior
from trialpool.figures.sequential_analysis import SequentialPlot, draw_sequential_analysis
from trialpool.figures.specification_curve import Choice, SpecificationCurve, draw_specification_curve
from trialpool.stats.bayes.pooling import BayesianPooling
from trialpool.stats.bayes.posterior import Known, TauPosterior
from trialpool.stats.bias.selection_model import SelectionModel
from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.evidence.boundaries import CLOSEST, sequential_boundaries
from trialpool.stats.evidence.sequential_analysis import SequentialAnalysis
from trialpool.stats.pooling.choices import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from trialpool.figures.canvas import Figure
    from trialpool.stats.arrays import Floats
    from trialpool.stats.bayes.posterior import Mixture
    from trialpool.stats.evidence.boundaries import Boundaries

MOST_OPTIONS = 24  # of studies left out; of more, only how many they are is drawn
GRID = 801  # values at which a density is drawn
TAIL = 0.0005  # probability beyond either end of the grid


def specification_curve(found: Multiverse, *, title: str = "") -> Figure:
    """A specification curve: every analysis of a multiverse in the order of its estimate, with the choices it made below it.

    Parameters
    ----------
    found : what `multiverse` returned; a choice that comes down to one level is not drawn, and of very many sets of studies left
        out only how many each leaves out
    title : heading of the plot

    References
    ----------
    Simonsohn, Simmons & Nelson (2020), Nat Hum Behav 4:1208-1214

    >>> from trialpool.analysis.multiverse import multiverse
    >>> from trialpool.formats.review_folder import read_review
    >>> found = multiverse(read_review("reviews/imid-maintenance"), "pfs", choices={"tau2": ["REML", "DL"]}, leave_out=0)
    >>> specification_curve(found).description
    'Specification curve, Hazard ratio. The 95% interval lies below no effect in ...'
    """
    expect("specification_curve", found, Multiverse, "multiverse")
    return draw_specification_curve(specification_curve_of(found, title))


def specification_curve_of(found: Multiverse, title: str = "") -> SpecificationCurve:
    """What the curve shows."""
    measure = MEASURES[found.measure]
    return SpecificationCurve(
        estimates=found.mu,
        low=found.low,
        high=found.high,
        choices=tuple(choice for name in found.levels if len((choice := _choice(found, name)).options) > 1),
        primary=found.planned_at,
        measure=measure.code,
        measure_name=measure.name,
        log=measure.log,
        level=found.planned.level,
        title=title,
    )


def _choice(found: Multiverse, name: str) -> Choice:
    options, chosen = found.labels[name], found.codes[name]
    if name == "excluded" and len(options) > MOST_OPTIONS:
        none, *_ = found.levels[name]
        left_out = np.array([0 if level == none else 1 + level.count(AND) for level in found.levels[name]])
        sizes, of_level = np.unique(left_out, return_inverse=True)
        words = {0: "all studies", 1: "without one study"}
        options, chosen = tuple(words.get(size, f"without {size} studies") for size in sizes.tolist()), of_level[chosen]
    taken, of_taken = np.unique(chosen, return_inverse=True)  # a level may leave too few studies, and no analysis
    words_of = tuple(options[i][:1].upper() + options[i][1:] for i in taken.tolist())
    return Choice(name=CHOICES[name], options=words_of, chosen=of_taken)


def sequential_analysis_plot(
    found: SequentialAnalysis, *, title: str = "", favours: tuple[str, str] = ("Favours treatment", "Favours control")
) -> Figure:
    """The cumulative z of a sequential analysis against the share of the required information, with its boundaries.

    Where the information is not reached, the boundaries go on to that of one last look that reaches it.

    Parameters
    ----------
    found : what `sequential_analysis` returned
    title : heading of the plot
    favours : what an effect below and above no effect means

    References
    ----------
    Wetterslev, Thorlund, Brok & Gluud (2008), J Clin Epidemiol 61:64-75

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.evidence.sequential_analysis import sequential_analysis
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> trials = effects([-0.2, -0.1, -0.3], [0.02, 0.01, 0.03], ["A", "B", "C"], measure="HR")
    >>> found = sequential_analysis(pool(trials, ci="Wald"), [2006, 2008, 2012], smallest_effect=0.85, power=0.90)
    >>> sequential_analysis_plot(found).description
    'Trial sequential analysis of 3 looks. Cumulative z is -2.22 at 46% of the required information. ...'
    """
    expect("sequential_analysis_plot", found, SequentialAnalysis, "sequential_analysis")
    bounds = _to_the_end(found.boundaries)
    futility = None if bounds.futility is None else np.where(np.isfinite(bounds.futility), bounds.futility, np.nan)
    return draw_sequential_analysis(
        SequentialPlot(
            information=100 * found.t,
            z=found.z,
            labels=tuple(str(look) for look in found.looks),
            boundary_information=100 * bounds.t,
            upper=bounds.z,
            lower=-bounds.z,
            futility_information=None if futility is None else 100 * bounds.t,
            futility_upper=futility,
            futility_lower=None if futility is None else -futility,
            required=100.0,
            conventional=float(z_quantile(found.level)),
            information_name="Information (% of that required)",
            percent=True,
            favours=favours,
            title=title,
        )
    )


def _to_the_end(bounds: Boundaries) -> Boundaries:
    """With a last look where all information is there; looks before it keep their boundaries."""
    if bounds.futility is not None or bounds.t[-1] * (1 + 2 * CLOSEST) >= 1:
        return bounds
    return sequential_boundaries(np.append(bounds.t, 1.0), spending=bounds.spending, level=bounds.level)


def posterior_plot(fit: BayesianPooling, *, title: str = "") -> Figure:
    """Posterior densities of the pooled effect, of the heterogeneity, and of the effect in a new study, with proper priors dashed.

    Parameters
    ----------
    fit : what `pool_bayesian` returned
    title : heading of the plot

    Raises
    ------
    BadArgument
        where the effect is known and tau is too, so that there is nothing to draw

    >>> from trialpool.stats.bayes.pooling import pool_bayesian
    >>> from trialpool.stats.effects.effects import effects
    >>> fit = pool_bayesian(effects([-0.36, -0.73, -0.10], [0.02, 0.03, 0.01], ["A", "B", "C"], measure="HR"))
    >>> posterior_plot(fit).description
    'Posterior densities. Hazard ratio: 0.69 (95% CrI 0.39–1.16); Between studies, τ: 0.332 (95% CrI 0.075 to 0.907); ...'
    """
    expect("posterior_plot", fit, BayesianPooling, "pool_bayesian")
    densities = posterior_densities(fit)
    if not densities:
        raise BadArgument("posterior_plot: effect and tau are known, so there is no density to draw.")
    return draw_posterior(PosteriorPlot(densities=densities, level=fit.level, title=title))


def posterior_densities(fit: BayesianPooling) -> tuple[PosteriorDensity, ...]:
    """What the plot shows: the densities of the effect, of the heterogeneity and of a new effect, as far as they are not known."""
    measure = MEASURES[fit.effects.measure]
    name = measure.name or "Effect"
    return (
        *_density(name, fit.mu, log=measure.log, prior=_effect_prior(fit)),
        *_density("Between studies, τ", fit.tau, prior=_tau_prior(fit)),
        *_density(f"{name} in a new study", fit.prediction, log=measure.log),
    )


def _density(
    name: str, of: Mixture | TauPosterior | Known, *, log: bool = False, prior: Callable[[Floats], Floats] | None = None
) -> list[PosteriorDensity]:
    """The density of one parameter; nothing of one that is known."""
    if isinstance(of, Known):
        return []
    positive = isinstance(of, TauPosterior)
    first, last = 0.0 if positive else float(of.quantile(TAIL)), float(of.quantile(1 - TAIL))
    wider = last - first  # so that a prior goes on to the ends of the axis
    grid = np.linspace(first if positive else min(first, 0.0) - wider, max(last, 0.0) + wider, GRID)
    low, high = of.interval()
    return [
        PosteriorDensity(
            name=name,
            grid=grid,
            density=of.density(grid),
            prior=None if prior is None else prior(grid),
            estimate=float(of.median),
            low=float(low),
            high=float(high),
            log=log,
            positive=positive,
        )
    ]


def _effect_prior(fit: BayesianPooling) -> Callable[[Floats], Floats] | None:
    prior = fit.effect_prior
    if not 0 < prior.variance < np.inf:
        return None
    return lambda x: np.asarray(np.exp(-((x - prior.mean) ** 2) / (2 * prior.variance)) / np.sqrt(2 * np.pi * prior.variance))


def _tau_prior(fit: BayesianPooling) -> Callable[[Floats], Floats] | None:
    prior = fit.tau_prior
    return (lambda x: np.asarray(np.exp(prior.log_density(x)))) if prior.proper else None


def selection_funnel(found: SelectionModel, *, title: str = "", level: float = 0.95) -> Figure:
    """A funnel plot shaded by how likely a selection model holds it that a study there is published, with the effect before that.

    Parameters
    ----------
    found : what `selection_model` returned for one analysis; of shapes other than "step" and "truncated" the effect alone is drawn
    title : heading of the plot
    level : confidence level of the funnel's sides

    Raises
    ------
    BadArgument
        for a batch of analyses

    References
    ----------
    Hedges (1992), Stat Sci 7:246-255; Vevea & Hedges (1995), Psychometrika 60:419-435

    >>> from trialpool.stats.bias.selection_model import selection_model
    >>> from trialpool.stats.effects.effects import effects
    >>> yi = [-0.62, -0.45, -0.71, -0.12, -0.38, -0.25, -0.81, 0.05, -0.33, -0.55]
    >>> vi = [0.08, 0.03, 0.11, 0.01, 0.02, 0.04, 0.15, 0.02, 0.09, 0.05]
    >>> selection_funnel(selection_model(effects(yi, vi, measure="HR"))).description
    'Funnel plot of 10 studies: ... Before selection the pooled effect is 0.93; ...'
    """
    expect("selection_funnel", found, SelectionModel, "selection_model")
    if np.ndim(found.mu):
        raise BadArgument("A funnel plot is of one analysis, not of a batch. Draw the analyses one at a time.")
    measure = MEASURES[found.effects.measure]
    return draw_funnel(
        FunnelPlot(
            yi=found.effects.yi,
            vi=found.effects.vi,
            labels=found.effects.study,
            centre=float(found.mu_without),
            centre_name="Without selection",
            measure=measure.code,
            measure_name=measure.name,
            log=measure.log,
            title=title,
            level=level,
            adjusted=float(found.mu),
            selection=_bands(found),
        )
    )


def _bands(found: SelectionModel) -> tuple[SelectionBand, ...]:
    """Where P values are between two steps, in terms of z = yi / se, and the weight there."""
    if found.weights not in ("step", "truncated"):
        return ()
    two_sided, ends = found.alternative == "two-sided", (0.0, *found.steps, 1.0)
    z = [float(-ndtri(p / (2 if two_sided else 1))) for p in ends]
    weights = [float(w) for w in found.delta]
    bands: list[SelectionBand] = []
    for i, weight in enumerate(weights):
        below, above = z[i + 1], z[i]
        mirrored, upright = (-above, -below), (below, above)
        sides = {"less": (mirrored,), "greater": (upright,), "two-sided": (mirrored, upright)}[found.alternative]
        text = f"P {ends[i]:g} to {ends[i + 1]:g}: {weight:.2g}"
        bands.append(SelectionBand(sides=sides, share=weight / max(weights), text=text))
    return tuple(bands)
