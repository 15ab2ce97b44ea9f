"""What a caller of the mixed models asked for, what is refused, and the fit that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from trialpool.errors import NotEstimable
from trialpool.stats.arrays import Floats
from trialpool.stats.exact.design import Design
from trialpool.stats.exact.heterogeneity import heterogeneity_tests, typical_variance
from trialpool.stats.exact.mixed_model_fit import MixedModelFit
from trialpool.stats.exact.newton import Maximum, climb, maximum
from trialpool.stats.pooling.choices import checked_level, choose

GLMM_METHODS = {
    "UM.FS": "unconditional, each trial having a level of its own",
    "UM.RS": "unconditional, the trials' levels being random too",
    "CM.EL": "conditional on the events of both arms, exact likelihood (non-central hypergeometric; binomial for rates)",
    "CM.AL": "conditional on the events of both arms, the hypergeometric approximated by a binomial (odds ratios only)",
}
GLMM_MODELS = {"random": "the trials' effects differ, with variance tau2", "common": "one effect for all trials"}
GLMM_INTERVALS = {"Wald": "normal", "t": "t with k - p degrees of freedom"}


class Request(NamedTuple):
    """The fields are those of MixedModelFit."""

    measure: str
    method: str
    model: str
    ci_method: str
    level: float
    names: tuple[str, ...]
    left_out: Mapping[str, str]
    study: tuple[str, ...]
    library: str = ""

    @property
    def title(self) -> str:
        return " ".join(part for part in ("GLMM", self.method, self.model, self.measure) if part)

    def refuse(self, lowest: bool, highest: bool, *, because: str) -> None:
        """Choices are checked, and trials that leave nothing to estimate, or only an infinity, are refused."""
        choose("model", self.model, GLMM_MODELS)
        choose("ci", self.ci_method, GLMM_INTERVALS)
        checked_level(self.level)
        k, p = len(self.study), len(self.names)
        if not k:
            raise NotEstimable(f"{self.title}: no trial says anything (k = 0; {len(self.left_out)} left out).")
        if k < p + (self.model == "random"):
            needed = p + (self.model == "random")
            raise NotEstimable(f"{self.title}: k = {k} trials are too few for {needed} parameters of the effect.")
        if lowest or highest:
            end = "minus infinity" if lowest else "infinity"
            raise NotEstimable(f"{self.title}: {because} (k = {k}), so the estimate is {end}.")

    def fit(self, design: Design) -> MixedModelFit:
        common = self._found(climb(design.arms, design.start), design)
        best = self._found(maximum(design.arms, common), design) if self.model == "random" else common
        saturated, tests = heterogeneity_tests(design, common)
        covariance, se_tau = _covariance(best)
        effect = slice(design.first_effect, len(best.at.beta))
        return MixedModelFit(
            **self._asdict(),
            coefficients=best.at.beta[effect],
            covariance=covariance[effect, effect],
            tau2=best.at.tau**2,
            se_tau2=2 * best.at.tau * se_tau if best.at.tau else None,
            sigma2=best.at.sigma**2 if design.start.sigma else None,
            loglik=best.loglik,
            loglik_saturated=saturated,
            heterogeneity=tests,
            typical_variance=typical_variance(design.own_variance, design.X),
            converged=best.converged,
            steps=best.steps,
            last_step=best.last,
        )

    def _found(self, best: Maximum, design: Design) -> Maximum:
        if best.converged:
            return best
        mu = best.at.beta[design.first_effect]
        raise NotEstimable(
            f"{self.title}: no maximum of the likelihood was found (k = {len(self.study)}). After {best.steps} steps the next "
            f"would be of {best.last:.2g}, from mu = {mu:.3g}, tau = {best.at.tau:.3g}. A parameter may be infinite."
        )


def _covariance(best: Maximum) -> tuple[Floats, float]:
    """Of the coefficients, by the observed information of these and the standard deviations; standard error of tau."""
    p = len(best.at.beta)
    free = np.array([True] * p + [best.at.tau > 0, best.at.sigma > 0])
    covariance = np.linalg.inv(best.information[np.ix_(free, free)])
    return covariance[:p, :p], float(np.sqrt(covariance[p, p])) if best.at.tau > 0 else 0.0
