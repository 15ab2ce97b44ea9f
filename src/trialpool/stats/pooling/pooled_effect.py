"""The result of pooling, as a frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import chi2_p, p_text, quantile, two_sided_p
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling import heterogeneity
from trialpool.stats.pooling.best_predictions import BestPredictions, best_predictions
from trialpool.stats.pooling.choices import checked_level, choose
from trialpool.stats.pooling.intervals import KR_PREDICTIONS, LIMITS, PREDICTIONS
from trialpool.stats.pooling.tau2_intervals import TAU2_INTERVALS, TAU2_SE, tau2_se
from trialpool.stats.pooling.weighted import weights
from trialpool.stats.tables import frame, html_table

if TYPE_CHECKING:
    from trialpool.stats.regression.information import Criteria

COLLAPSED = (
    "all effects are the same: the Hartung-Knapp interval has collapsed to a point; read the Wald interval, or that of "
    "Hartung-Knapp with a floor"
)
ONE_STUDY = {
    "random": "one study: its own effect and Wald interval; tau2 and a prediction interval do not exist",
    "common": "one study: its own effect and interval; there is no heterogeneity to test or to measure",
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PooledEffect:
    """A pooled effect on the analysis scale (log for ratios). Numbers are arrays of shape (...) where `effects` is a batch.

    effects     : what was pooled; studies are absent where their variance is infinite
    model       : "random" or "common"
    method      : "IV" for inverse variance, "MH" for Mantel-Haenszel
    tau2_method : estimator of tau2 as `pool` takes it, such as "REML"; "" for a common-effect model
    ci_method   : interval as `pool` takes it, such as "HK"
    level       : confidence level, such as 0.95
    mu, se      : pooled effect and its standard error
    df          : degrees of freedom of its reference distribution; inf for the normal
    tau2        : between-study variance, in squared units of mu; nan with fewer than two studies
    Q, k        : Cochran's Q about the common effect; number of studies
    """

    effects: Effects
    model: str
    method: str = "IV"
    tau2_method: str
    ci_method: str
    level: float
    mu: Any
    se: Any
    df: Any
    tau2: Any
    Q: Any
    k: Any

    @property
    def estimate(self) -> Any:
        """The pooled effect on the analysis scale, that is mu."""
        return self.mu

    def interval(self, level: float | None = None) -> tuple[Any, Any]:
        """Confidence limits on the analysis scale."""
        level = self._level(level)
        if self.ci_method in LIMITS:
            return LIMITS[self.ci_method].limits(self.effects.yi, self.effects.vi, self.tau2, level)
        half = quantile(level, self.df) * self.se
        return self.mu - half, self.mu + half

    @property
    def statistic(self) -> Any:
        """mu / se: z or t; infinite, or nan, where effects that are all the same leave no Hartung-Knapp standard error."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.mu / self.se

    @property
    def p(self) -> Any:
        """Two-sided P of no effect."""
        if self.ci_method in LIMITS:
            return LIMITS[self.ci_method].p(self.effects.yi, self.effects.vi, self.tau2)
        return two_sided_p(self.statistic, self.df)

    @property
    def Q_p(self) -> Any:
        """P of homogeneity, by chi-squared with k - 1 degrees of freedom."""
        return chi2_p(self.Q, self.k - 1)

    @property
    def weights(self) -> Floats:
        """(..., k) share of each study in the pooled effect: by inverse variance, or by Mantel and Haenszel's weights."""
        if self.method == "MH" and self.effects.counts is not None:
            from trialpool.stats.pooling.mantel_haenszel import mh_shares

            return mh_shares(self.effects)
        wi = weights(self.effects.vi, np.nan_to_num(self.tau2))
        shares: Floats = wi / wi.sum(-1, keepdims=True)
        return shares

    @property
    def I2(self) -> Any:
        """Share of the variance between estimates that is due to heterogeneity, 0 to 1.

        From tau2 and the typical sampling variance; for a common-effect model from Q, where it is
        max(0, (Q - df) / Q). Higgins & Thompson (2002), Stat Med 21:1539-1558, eq. 9 and 10.
        """
        return 1 - 1 / self.H2

    @property
    def H2(self) -> Any:
        """1 / (1 - I2): how many times the variance is larger than it would be without heterogeneity."""
        if self.model == "common":
            return np.maximum(self.Q / np.where(self.k > 1, self.k - 1, np.nan), 1.0)
        return heterogeneity.h2(self.tau2, heterogeneity.typical_variance(self.effects.vi))

    def tau2_interval(self, level: float | None = None, *, method: str = "QP") -> tuple[Any, Any]:
        """Limits of tau2 by Q-profile ("QP", Viechtbauer (2007), Stat Med 26:37-52) or another method.

        "GENQ" and "BJ" are exact for the generalised and for Cochran's Q, "PL" is the profile likelihood (of REML or ML), "SJ" that
        of Sidik and Jonkman, "HT" test-based, "Wald" for comparison. nan for a common-effect model.
        """
        choose("method", method, TAU2_INTERVALS)
        level = self._level(level)
        yi, vi = self.effects.yi, self.effects.vi
        return TAU2_INTERVALS[method](yi, vi, None, tau2=self.tau2, method=self.tau2_method, level=level)

    @property
    def tau2_se(self) -> Any:
        """Standard error of tau2, which is far from normal: prefer `tau2_interval`. nan for a common-effect model."""
        if self.tau2_method not in TAU2_SE:
            return self.mu * np.nan
        return tau2_se(self.effects.yi, self.effects.vi, tau2=self.tau2, method=self.tau2_method)

    def I2_interval(self, level: float | None = None, *, method: str = "QP") -> tuple[Any, Any]:
        """Limits of I2 that answer to those of tau2."""
        low, high = self.H2_interval(level, method=method)
        return 1 - 1 / low, 1 - 1 / high

    def H2_interval(self, level: float | None = None, *, method: str = "QP") -> tuple[Any, Any]:
        """Limits of H2 that answer to those of tau2."""
        low, high = self.tau2_interval(level, method=method)
        typical = heterogeneity.typical_variance(self.effects.vi)
        return heterogeneity.h2(low, typical), heterogeneity.h2(high, typical)

    def prediction_interval(self, level: float | None = None, *, method: str = "t") -> tuple[Any, Any]:
        """Limits between which the effect of a new study of the same kind lies: mu -+ q sqrt(tau2 + se^2).

        q is of t with k - 1 degrees of freedom ("t"), with k - 2 ("HTS"), normal ("normal") or, for a fit with ci="KR", of t with
        the degrees of freedom of its interval ("KR") or one fewer ("KR-PR"); nan where there are too few studies, and for a
        common-effect model. Higgins, Thompson & Spiegelhalter (2009), JRSS A 172:137-159; Partlett & Riley (2017), Stat Med
        36:301-317. A parametric bootstrap is `bootstrap_prediction_interval`.
        """
        choose("method", method, (*PREDICTIONS, *KR_PREDICTIONS))
        level = self._level(level)
        if method in KR_PREDICTIONS and self.ci_method != "KR":
            raise BadArgument(f"method={method!r} goes with a fit by ci='KR', not ci={self.ci_method!r}.")
        if self.model == "common":
            return self.mu * np.nan, self.mu * np.nan
        df = KR_PREDICTIONS[method](self.df) if method in KR_PREDICTIONS else PREDICTIONS[method](self.k)
        half = quantile(level, df) * np.sqrt(self.tau2 + self.se**2)
        return self.mu - half, self.mu + half

    @property
    def best_predictions(self) -> BestPredictions:
        """What each study's own effect is likely to be: drawn to the pooled effect, the more so, the less precise it is."""
        return best_predictions(
            self.effects.yi,
            self.effects.vi,
            self.tau2,
            self.mu,
            self.se,
            self.df,
            study=self.effects.study,
            level=self.level,
        )

    def loglik(self, *, restricted: bool | None = None) -> Any:
        """The log-likelihood, by default the restricted one except with tau2 by "ML" and for a common-effect model."""
        from trialpool.stats.regression.information import normal_log_likelihood

        yi, vi, mu = self.effects.yi, self.effects.vi, np.asarray(self.mu)
        total = vi + np.asarray(self.tau2)[..., np.newaxis]
        ones = np.ones((yi.shape[-1], 1))
        chosen = self._restricted if restricted is None else restricted
        return normal_log_likelihood(yi, total, ones, mu[..., np.newaxis], chosen)

    @property
    def criteria(self) -> Criteria:
        """AIC, BIC and AICc by the likelihood that `loglik` gives."""
        from trialpool.stats.regression.information import criteria_of

        return criteria_of(self.loglik(), 2 if self.model == "random" else 1, self.k - (1 if self._restricted else 0))

    @property
    def _restricted(self) -> bool:
        return self.model == "random" and self.tau2_method != "ML"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of this fit: fallbacks, corrections, studies left out."""
        said = tuple(f"{study}: {note}" for study, note in self.effects.notes.items())
        return said + (self._notes_of_k if np.ndim(self.k) == 0 else ())

    @property
    def _notes_of_k(self) -> tuple[str, ...]:
        if self.k == 1:
            return (ONE_STUDY[self.model],)
        if self.method != "IV":
            return ()
        if self.ci_method == "HK" and self.Q < 1e-12:  # 0, but for rounding
            return (COLLAPSED,)
        if self.ci_method == "KR" and self.df < 1:
            return (f"the Kenward-Roger interval rests on {self.df:.2g} degrees of freedom, too few to say anything",)
        if self.k == 2 and self.ci_method in ("HK", "HK-floor", "HK-wider", "HK-IQWiG", "t"):
            return ("two studies: the interval of the pooled effect and the prediction interval rest on 1 degree of freedom",)
        return ()

    def _level(self, level: float | None) -> float:
        return self.level if level is None else checked_level(level)

    def table(self) -> dict[str, list[Any]]:
        """A row a study with its weight; of a batch, a row an analysis with its pooled effect.

        Of one analysis the columns are those of `Effects.table` and weight; of a batch k, mu, se, ci_low, ci_high, p, tau2, I2, Q,
        and shown (back-transformed).
        """
        if np.ndim(self.mu) == 0:
            return self.effects.table() | {"weight": self.weights.tolist()}
        shown = [MEASURES[self.effects.measure].shown(mu) if np.isfinite(mu) else np.nan for mu in np.ravel(self.mu).tolist()]
        columns = {"k": self.k, "mu": self.mu, "se": self.se} | dict(zip(("ci_low", "ci_high"), self.interval(), strict=True))
        columns |= {"p": self.p, "tau2": self.tau2, "I2": self.I2, "Q": self.Q, "shown": shown}
        return {name: np.ravel(values).tolist() for name, values in columns.items()}

    def to_dict(self, *, prediction: str = "t") -> dict[str, Any]:
        """The result of one analysis as plain numbers: settings, estimate, interval, heterogeneity and prediction interval.

        Numbers are on the analysis scale; `shown` has the back-transformed ones. What does not exist is None. Of a batch, the
        columns of `table`.
        """
        if np.ndim(self.mu):
            return self.table()
        shown = MEASURES[self.effects.measure].shown
        ci, predicted = _pair(self.interval()), _pair(self.prediction_interval(method=prediction))
        estimate = _number(self.mu)
        return {
            "model": self.model,
            "method": self.method,
            "tau2_method": self.tau2_method or None,
            "ci_method": self.ci_method,
            "level": self.level,
            "k": int(self.k),
            "estimate": estimate,
            "se": _number(self.se),
            "df": _number(self.df),
            "statistic": _number(self.statistic),
            "ci": ci,
            "p": _number(self.p),
            "tau2": _number(self.tau2),
            "tau2_ci": _pair(self.tau2_interval()),
            "Q": _number(self.Q),
            "Q_df": int(self.k) - 1,
            "Q_p": _number(self.Q_p),
            "I2": _number(self.I2),
            "I2_ci": _pair(self.I2_interval()),
            "H2": _number(self.H2),
            "prediction": predicted,
            "prediction_method": prediction if predicted else None,
            "shown": {
                "estimate": None if estimate is None else _number(shown(estimate)),
                "ci": [_number(shown(x)) for x in ci] if ci else None,
                "prediction": [_number(shown(x)) for x in predicted] if predicted else None,
            },
        }

    def to_frame(self, library: str = "") -> Any:
        """The columns of `table` as a frame of the caller's library, or of `library`: "pandas", "polars" or "pyarrow"."""
        return frame(self.table(), library or self.effects.library)

    def _repr_html_(self) -> str:
        return html_table(self.table(), caption=str(self))

    def __repr__(self) -> str:
        return f"<PooledEffect: {self}>"

    def __str__(self) -> str:
        if np.ndim(self.mu):
            return f"{np.size(self.mu)} analyses, {self.model} effects"
        measure = MEASURES[self.effects.measure]
        low, high = (measure.shown(limit) for limit in self.interval())
        spread = f", I2 = {100 * self.I2:.0f}%" if self.k > 1 else ""
        return (
            f"{measure.code or measure.name} {measure.shown(self.mu):.2f} "
            f"({100 * self.level:g}% CI {low:.2f} to {high:.2f}), {p_text(self.p)}, k = {self.k}{spread}"
        )


def _number(value: Any) -> float | None:
    number = float(value)
    return number if np.isfinite(number) else None


def _pair(limits: tuple[Any, Any]) -> list[float] | None:
    low, high = (_number(limit) for limit in limits)
    return None if low is None or high is None else [low, high]
