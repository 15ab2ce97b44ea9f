"""Selection models: the effect before studies were selected by their P values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Floats, count
from trialpool.stats.bias.cautions import OF_A_MODEL, caution
from trialpool.stats.bias.selection_fit import LEAST, Data, best_fit, form_of, label_of, truncated_at, without_selection
from trialpool.stats.bias.selection_weights import ALTERNATIVES, MOST, SELECTION_WEIGHTS, SMOOTH, STEPPED
from trialpool.stats.distributions import chi2_p, p_text, quantile, two_sided_p
from trialpool.stats.effects.columns import numbers
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, choose, expect
from trialpool.stats.pooling.weighted import mean
from trialpool.stats.pooling.weighted import weights as weights_of
from trialpool.stats.tables import Summary

FEW = 4  # studies that a weight should rest on


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SelectionModel(Summary):
    """Effects before selection by P values, by maximum likelihood. Numbers are (...) where `effects` is a batch.

    effects     : what was analysed
    weights     : "step", "truncated", "truncated at", "beta", "half-normal", "negative exponential", "logistic" or "power"
    alternative : "greater", "less" or "two-sided"
    steps       : where a step function has its steps, as P values
    model       : "random" or "common"
    mu, se      : the pooled effect before selection, and its standard error
    tau2, tau2_se : between-study variance, and its standard error
    delta, delta_se : (..., q) parameters of selection: weights relative to the first interval, or those of the formula
    fixed       : whether delta was given
    loglik      : log-likelihood
    mu_without, tau2_without, loglik_without : the same model without selection
    studies_by_step : (..., q) studies that each weight of a step function rests on; empty for other shapes
    found       : whether the maximum was found
    """

    COLUMNS = (
        "weights",
        "estimate",
        "se",
        "interval",
        "p",
        "tau2",
        "tau2_se",
        "mu_without",
        "tau2_without",
        "likelihood_ratio",
        "df",
        "p_selection",
        "loglik",
        "k",
        "found",
        "caution",
    )

    effects: Effects
    weights: str
    alternative: str
    steps: tuple[float, ...]
    model: str
    mu: Any
    se: Any
    tau2: Any
    tau2_se: Any
    delta: Any
    delta_se: Any
    fixed: bool
    loglik: Any
    mu_without: Any
    tau2_without: Any
    loglik_without: Any
    studies_by_step: Any
    found: Any

    @property
    def estimate(self) -> Any:
        """The pooled effect before selection on the analysis scale, that is mu."""
        return self.mu

    @property
    def k(self) -> Any:
        """Number of studies."""
        return count(self.effects.vi)

    def interval(self, level: float = 0.95) -> tuple[Any, Any]:
        """Wald limits of the effect."""
        half = quantile(checked_level(level), np.inf) * self.se
        return self.mu - half, self.mu + half

    @property
    def p(self) -> Any:
        """Two-sided P of no effect, normal."""
        return two_sided_p(self.mu / self.se)

    @property
    def likelihood_ratio(self) -> Any:
        """2 (log-likelihood - that without selection), at least 0."""
        return np.maximum(0.0, 2 * (self.loglik - self.loglik_without))

    @property
    def df(self) -> int:
        """Parameters of selection that were estimated."""
        if self.fixed:
            return 0
        return int(np.shape(self.delta)[-1]) - (1 if self.weights in ("step", "truncated") else 0)

    @property
    def p_selection(self) -> Any:
        """P of no selection, by the likelihood ratio; nan where the weights were given."""
        return chi2_p(self.likelihood_ratio, np.full(np.shape(self.loglik), self.df))

    @property
    def caution(self) -> str:
        """Why the estimate should not be relied on; empty where nothing speaks against it."""
        more = []
        if not np.all(self.found):
            more.append("the search for the maximum did not end")
        if not self.fixed and np.size(self.studies_by_step) and np.min(self.studies_by_step) < FEW:
            more.append(f"a weight rests on {int(np.min(self.studies_by_step))} studies")
        if not self.fixed and np.any((np.asarray(self.delta) >= 0.99 * MOST) | (np.asarray(self.delta) <= LEAST)):
            more.append("a parameter of selection is at its bound")
        if np.any(np.isnan(self.se)):
            more.append("the likelihood is too flat for a standard error")
        if self.weights == "truncated at":
            more.append("the likelihood jumps at each study, so that neither standard errors nor the P value of selection hold")
        return caution(self.effects, OF_A_MODEL, *more)

    def table(self) -> dict[str, list[Any]]:
        """A row an analysis, with the parameters of selection as delta_1, delta_2, ..."""
        deltas = np.reshape(self.delta, (-1, np.shape(self.delta)[-1])).T if np.ndim(self.delta) else np.reshape(self.delta, (1, 1))
        return Summary.table(self) | {f"delta_{i + 1}": values.tolist() for i, values in enumerate(deltas)}

    def __repr__(self) -> str:
        return f"<SelectionModel: {self}>"

    def __str__(self) -> str:
        if np.ndim(self.mu):
            return f"{self.weights}, {np.size(self.mu)} analyses"
        low, high = self.interval()
        p = "weights given" if self.fixed else p_text(self.p_selection, "P of selection")
        interval = f"95% CI {low:.3f} to {high:.3f}" if np.isfinite(self.se) else "no interval"
        return f"{self.weights}: {self.mu:.3f} ({interval}), without selection {self.mu_without:.3f}, {p}"


def selection_model(
    effects: Effects,
    weights: str = "step",
    *,
    steps: Sequence[float] = (0.025,),
    delta: Sequence[float] | None = None,
    alternative: str | None = None,
    model: str = "random",
    precision: str | None = None,
) -> SelectionModel:
    """Estimate the effect before studies were selected by their P values.

    Parameters
    ----------
    effects : effects of k studies, or a batch of the shape (..., k)
    weights : how the chance of publication goes with P: "step", "beta", "half-normal", "negative exponential", "logistic", "power",
        "truncated" (a weight for effects of the other sign) or "truncated at" (short of a limit that is estimated too)
    steps : of "step": P values, rising, between which the weight is constant; 0.025 one-sided is 0.05 two-sided
    delta : parameters of selection, where they are given and not estimated; a weight for each interval of "step"
    alternative : "greater" or "less", the effects that are favoured, with one-sided P values, or "two-sided"; by default the side
        of the common effect
    model : "random" or "common" (effect)
    precision : "sei" or "vi", what delta is multiplied with, in shares of the largest, for "half-normal", "negative exponential",
        "logistic" and "power": selection is then weaker for precise studies

    Returns
    -------
    SelectionModel on the analysis scale (log for ratios)

    Raises
    ------
    BadArgument
        for an unknown shape, alternative or model, steps that do not rise between 0 and 1, a wrong number of weights
    NotEstimable
        with fewer than three studies, or where no study has a P value in one of the intervals

    References
    ----------
    Hedges (1992), Stat Sci 7:246-255; Vevea & Hedges (1995), Psychometrika 60:419-435; Vevea & Woods (2005), Psychol Methods
    10:428-443 (given weights); Citkowicz & Vevea (2017), Psychol Methods 22:28-41 (beta); Preston, Ashby & Smyth (2004), J
    Eval Clin Pract 10:313-322 (half-normal, negative exponential, logistic); Rust, Lehmann & Farley (1990), J Mark Res 27:220-226
    (truncated)

    >>> from trialpool.stats.effects.effects import effects
    >>> yi = [-0.62, -0.45, -0.71, -0.12, -0.38, -0.25, -0.81, 0.05, -0.33, -0.55]
    >>> selection_model(effects(yi, [0.08, 0.03, 0.11, 0.01, 0.02, 0.04, 0.15, 0.02, 0.09, 0.05]))
    <SelectionModel: step: -0.072 (95% CI -0.233 to 0.088), without selection -0.319, P of selection = 0.006>
    """
    expect("selection_model", effects, Effects, EFFECT_MAKERS)
    choose("weights", weights, SELECTION_WEIGHTS)
    choose("model", model, ("random", "common"))
    k = count(effects.vi)
    if np.ndim(k) == 0 and k < 3:
        raise NotEstimable(f"Selection model: k = {k}, and it needs 3.")
    favoured = favoured_side(effects, alternative)
    data = data_of(effects, favoured)
    cuts = _steps(weights, steps)
    given = _given(weights, delta, cuts)
    by_step = _studies_by_step(data, weights, cuts, favoured)
    if given is None and np.size(by_step):
        _refuse_empty(effects, by_step, weights, cuts)
    random = model == "random"
    plain = without_selection(data, random=random)
    if weights == "truncated at":
        fit = truncated_at(data, random=random)
    else:
        fit = best_fit(data, form_of(weights, cuts, given, favoured == "two-sided", precision), plain, random=random)
    shape = np.broadcast_shapes(effects.yi.shape, effects.vi.shape)[:-1]
    sign = -1.0 if favoured == "less" else 1.0
    sign_of_limit = sign if weights == "truncated at" else 1.0

    def shaped(values: Any) -> Any:
        values = np.asarray(values)
        return values.reshape((*shape, *values.shape[1:]))[()]

    return SelectionModel(
        effects=effects,
        weights=weights,
        alternative=favoured,
        steps=cuts,
        model=model,
        mu=shaped(sign * fit.mu),
        se=shaped(fit.se),
        tau2=shaped(fit.tau2),
        tau2_se=shaped(fit.tau2_se),
        delta=shaped(fit.delta * np.where(np.arange(fit.delta.shape[-1]) == 1, sign_of_limit, 1.0)),
        delta_se=shaped(fit.delta_se),
        fixed=given is not None,
        loglik=shaped(fit.loglik),
        mu_without=shaped(sign * plain.mu),
        tau2_without=shaped(plain.tau2),
        loglik_without=shaped(plain.loglik),
        studies_by_step=shaped(by_step),
        found=shaped(fit.found),
    )


def favoured_side(effects: Effects, alternative: str | None) -> str:
    if alternative is not None:
        return choose("alternative", alternative, ALTERNATIVES)
    if np.ndim(count(effects.vi)) or effects.yi.ndim > 1:
        raise BadArgument("alternative has to be given for a batch. Choose one of 'greater', 'less', 'two-sided'.")
    return "greater" if mean(effects.yi, weights_of(effects.vi)) >= 0 else "less"


def data_of(effects: Effects, favoured: str) -> Data:
    yi, vi = np.broadcast_arrays(effects.yi, effects.vi)
    yi, vi = yi.reshape(-1, yi.shape[-1]), vi.reshape(-1, vi.shape[-1])
    there = np.isfinite(vi)
    sign = -1.0 if favoured == "less" else 1.0
    return Data(np.where(there, sign * yi, 0.0), np.where(there, vi, 1.0), there)


def _steps(name: str, steps: Sequence[float]) -> tuple[float, ...]:
    if name not in STEPPED:
        return ()
    if name != "step":
        return (0.5,)
    cuts = tuple(float(step) for step in np.atleast_1d(numbers("steps", steps)))
    if not cuts or not all(0 < cut < 1 for cut in cuts) or sorted(set(cuts)) != list(cuts):
        raise BadArgument(f"steps={list(cuts)} are not P values that rise between 0 and 1. Give such as [0.025, 0.5].")
    return cuts


def _given(name: str, delta: Sequence[float] | None, cuts: tuple[float, ...]) -> Floats | None:
    if delta is None:
        return None
    if name == "truncated at":
        raise BadArgument("weights='truncated at' estimates its limit, and takes no delta. Use 'truncated' for the limit 0.")
    given = numbers("delta", delta)
    need = len(SMOOTH[name].none) if name in SMOOTH else len(cuts) + 1
    if given.shape != (need,):
        raise BadArgument(f"delta has {given.shape[-1]} values, and weights={name!r} needs {need}.")
    low = 0.0 if name in SMOOTH and name != "beta" else LEAST
    if not (np.isfinite(given) & (given >= low)).all():
        raise BadArgument(f"delta={given.tolist()} holds what is no weight. Give positive numbers.")
    return given


def _studies_by_step(data: Data, name: str, cuts: tuple[float, ...], favoured: str) -> NDArray[np.intp]:
    if name not in ("step", "truncated"):
        return np.zeros((len(data.yi), 0), dtype=np.intp)
    label = label_of(data, cuts, favoured == "two-sided")
    counted: NDArray[np.intp] = ((label[:, :, np.newaxis] == np.arange(len(cuts) + 1)) & data.there[:, :, np.newaxis]).sum(1)
    return counted


def _refuse_empty(effects: Effects, by_step: NDArray[np.intp], name: str, cuts: tuple[float, ...]) -> None:
    """A weight that no study says anything of is refused, in a single analysis; in a batch it goes to its bound."""
    if len(by_step) > 1 or by_step.all():
        return
    ends = (0.0, *cuts, 1.0)
    at = int(np.flatnonzero(by_step[0] == 0)[0])
    mend = "Merge it with its neighbour, or give delta." if name == "step" else "Give delta."
    raise NotEstimable(f"Selection model: no study has a P value from {ends[at]:g} to {ends[at + 1]:g}. {mend}")
