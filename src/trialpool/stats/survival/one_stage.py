"""Patient data of several trials in one model: stratified Cox, shared frailty, piecewise exponential; and in two stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import chdtrc, gammaln

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.pooling.choices import checked_level, choose
from trialpool.stats.survival.cox import fit_cox, partial_likelihood, risk_sets
from trialpool.stats.survival.hazard_ratio import ProportionalHazards, cox, proportional_hazards_test
from trialpool.stats.survival.log_rank import two_arms
from trialpool.stats.survival.patient_times import PatientTimes
from trialpool.stats.tables import Tabular

Trials = Mapping[str, PatientTimes]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stacked:
    """Patients of all trials: time, event, x (1 in the treatment arm) and trial, (n,) each; names of the trials."""

    time: Floats
    event: Bools
    x: Floats
    trial: NDArray[np.intp]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OneStage(Tabular):
    """A hazard ratio that patients of several trials share.

    log_hr, se : ln HR and standard error;  k, n, events : trials, patients, events
    frailty_variance : of the trials' baseline hazards, where the model has one; nan else
    """

    model: str
    log_hr: float
    se: float
    k: int
    n: int
    events: int
    level: float
    frailty_variance: float = float("nan")

    @property
    def hr(self) -> float:
        return float(np.exp(self.log_hr))

    @property
    def interval(self) -> tuple[float, float]:
        """Wald limits of the hazard ratio."""
        z = z_quantile(self.level)
        return float(np.exp(self.log_hr - z * self.se)), float(np.exp(self.log_hr + z * self.se))

    @property
    def p(self) -> float:
        return float(chdtrc(1, (self.log_hr / self.se) ** 2))

    def table(self) -> dict[str, list[Any]]:
        low, high = self.interval
        return {
            "model": [self.model],
            "hr": [self.hr],
            "low": [low],
            "high": [high],
            "log_hr": [self.log_hr],
            "se": [self.se],
            "p": [self.p],
            "k": [self.k],
            "n": [self.n],
            "events": [self.events],
        }

    def __repr__(self) -> str:
        return f"<OneStage: {self}>"

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"HR {self.hr:.3f} ({100 * self.level:g}% CI {low:.3f} to {high:.3f}), {MODELS[self.model]}; "
            f"{self.k} trials, {self.n} patients, {self.events} events"
        )


MODELS = {
    "stratified": "Cox model stratified by trial",
    "frailty": "Cox model with a gamma frailty shared within each trial",
    "piecewise exponential": "piecewise exponential model with a baseline of each trial",
}


def pool_patients(trials: Trials, *, model: str = "stratified", cuts: Any = None, level: float = 0.95) -> OneStage:
    """One hazard ratio from the patients of several trials; each trial compares its second arm with its first.

    Parameters
    ----------
    trials : patient data by trial
    model : "stratified" (a baseline hazard of each trial), "frailty" (one baseline, times a gamma frailty of each trial) or
        "piecewise exponential" (hazards of each trial constant between cuts)
    cuts : times between which hazards are constant, for "piecewise exponential"; eighths of the event times where not given

    Raises
    ------
    BadArgument
        for an unknown model, cuts that are not ascending, or a trial with one arm
    NotEstimable
        where no trial has events while both arms are at risk

    References
    ----------
    Stewart et al. (2012), PLoS ONE 7:e46042; frailty: Therneau, Grambsch & Pankratz (2003), J Comput Graph Stat 12:156-175;
    piecewise exponential: Crowther et al. (2012), BMC Med Res Methodol 12:34

    >>> from trialpool.stats.survival.patient_times import patient_times
    >>> one = patient_times([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1, 1, 0], list("ctcttcct"), arms=("c", "t"))
    >>> two = patient_times([2, 3, 5, 6, 7, 9, 9, 9], [1, 1, 1, 1, 1, 0, 0, 0], list("ccctttct"), arms=("c", "t"))
    >>> print(pool_patients({"A": one, "B": two}))
    HR 0.526 (95% CI 0.161 to 1.722), Cox model stratified by trial; 2 trials, 16 patients, 12 events
    """
    choose("model", model, MODELS)
    checked_level(level)
    data = stacked(trials)
    variance = float("nan")
    if model == "stratified":
        fit = fit_cox(data.time, data.event, data.x[:, np.newaxis], data.trial)
        log_hr, se = float(fit.beta[0]), float(fit.covariance[0, 0] ** 0.5)
    elif model == "frailty":
        log_hr, se, variance = _gamma_frailty(data)
    else:
        log_hr, se = _piecewise_exponential(data, _cuts(cuts, data))
    return OneStage(
        model=model,
        log_hr=log_hr,
        se=se,
        k=len(data.names),
        n=len(data.time),
        events=int(data.event.sum()),
        level=level,
        frailty_variance=variance,
    )


def hazard_ratios_of(trials: Trials) -> Effects:
    """The first of two stages: Cox's log hazard ratio of each trial, ready for `pool`.

    >>> from trialpool.stats.survival.patient_times import patient_times
    >>> one = patient_times([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1, 1, 0], list("ctcttcct"), arms=("c", "t"))
    >>> hazard_ratios_of({"A": one, "B": one})
    <Effects: hazard ratio, 2 studies>
    """
    fits = [cox(patients) for patients in trials.values()]
    return effects([fit.log_hr for fit in fits], [fit.se**2 for fit in fits], list(trials), measure="HR")


def proportional_hazards_over_trials(trials: Trials, *, clock: str = "log") -> ProportionalHazards:
    """Whether hazards are proportional, over all trials: the change of ln HR with the clock, by inverse variance.

    Gives the common slope, and the sum of the trials' chi-squared on as many degrees of freedom, which also sees hazards that
    depart from proportionality in different directions.

    >>> from trialpool.stats.survival.patient_times import patient_times
    >>> one = patient_times([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1, 1, 0], list("ctcttcct"), arms=("c", "t"))
    >>> proportional_hazards_over_trials({"A": one, "B": one}).df
    2
    """
    tests = [proportional_hazards_test(patients, clock=clock) for patients in trials.values()]
    weights = np.array([1 / test.se**2 for test in tests])
    slope = float(weights @ [test.slope for test in tests] / weights.sum())
    chi_squared = sum(test.chi_squared for test in tests)
    return ProportionalHazards(clock=clock, slope=slope, se=float(weights.sum() ** -0.5), chi_squared=chi_squared, df=len(tests))


def stacked(trials: Trials) -> Stacked:
    """The patients of all trials, one after the other."""
    if not trials:
        raise BadArgument("there is no trial. Give patient data by trial, such as {'A': patient_times(...), ...}.")
    parts = []
    for number, patients in enumerate(trials.values()):
        _, _, x, kept = two_arms(patients, None, None)
        parts.append((patients.time[kept], patients.event[kept], x, np.full(len(kept), number)))
    time, event, x, trial = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Stacked(time=time, event=event, x=x, trial=trial, names=tuple(trials))


def _gamma_frailty(data: Stacked) -> tuple[float, float, float]:
    """ln HR, SE and the variance of the frailty, at which the marginal likelihood is largest."""

    def loss(log_theta: float) -> float:
        return -_penalised(data, float(np.exp(log_theta)))[0]

    found = minimize_scalar(loss, bounds=(-14.0, 3.0), method="bounded", options={"xatol": 1e-4})
    theta = float(np.exp(found.x))
    _, log_hr, se = _penalised(data, theta)
    return log_hr, se, theta


def _penalised(data: Stacked, theta: float) -> tuple[float, float, float]:
    """Marginal log likelihood, ln HR and its SE at a frailty variance theta.

    The penalised partial likelihood has the log frailties w as parameters and the penalty sum(w - e^w)/theta; with nu = 1/theta the
    marginal likelihood adds, by trial of d events, nu - (nu + d) ln(nu + d) + nu ln nu + ln Gamma(nu + d) - ln Gamma(nu) + d.
    """
    q, nu = len(data.names), 1 / theta
    X = np.column_stack([data.x, data.trial[:, np.newaxis] == np.arange(q)]).astype(float)
    sets, beta = risk_sets(data.time, data.event, X), np.zeros(q + 1)
    for _ in range(60):
        w = beta[1:]
        at = partial_likelihood(beta, sets)
        score = at.score + np.concatenate([[0.0], nu * (1 - np.exp(w))])
        information = at.information + np.diag(np.concatenate([[0.0], nu * np.exp(w)]))
        step = np.linalg.solve(information, score)
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    else:
        raise NotEstimable("Cox model with frailty: the estimate is infinite, or was not found in 60 steps.")
    at, w = partial_likelihood(beta, sets), beta[1:]
    d = np.bincount(data.trial[data.event], minlength=q)
    correction = nu - (nu + d) * np.log(nu + d) + nu * np.log(nu) + gammaln(nu + d) - gammaln(nu) + d
    penalty = nu * (w - np.exp(w) + 1)
    marginal = at.value + float(penalty.sum() + (correction - nu).sum())
    return marginal, float(beta[0]), float(np.linalg.inv(information)[0, 0] ** 0.5)


def _cuts(cuts: Any, data: Stacked) -> Floats:
    if cuts is None:
        return np.unique(np.quantile(data.time[data.event], np.arange(1, 8) / 8))
    at = np.atleast_1d(np.asarray(cuts, float))
    if (np.diff(at) <= 0).any() or (at <= 0).any():
        raise BadArgument(f"cuts={at.tolist()} are not ascending times above 0.")
    return at


def _piecewise_exponential(data: Stacked, cuts: Floats) -> tuple[float, float]:
    """Newton's method on sum d_t ln(T_t e^b) - D ln(T_c + T_t e^b) over trials and pieces, the baselines being maximised out."""
    edges = np.concatenate([[0.0], cuts, [np.inf]])
    spent = np.clip(data.time[:, np.newaxis] - edges[:-1], 0, np.diff(edges))
    piece = np.searchsorted(cuts, data.time, side="left")
    cell = data.trial[:, np.newaxis] * (len(edges) - 1) + np.arange(len(edges) - 1)
    size = len(data.names) * (len(edges) - 1)
    own = data.trial * (len(edges) - 1) + piece
    d = [np.bincount(own[data.event & (data.x == arm)], minlength=size) for arm in (0, 1)]
    T = [np.bincount(cell[data.x == arm].ravel(), spent[data.x == arm].ravel(), minlength=size) for arm in (0, 1)]
    D, used = d[0] + d[1], (T[0] > 0) & (T[1] > 0)
    D, (T_c, T_t), treated = D[used], (T[0][used], T[1][used]), float(d[1][used].sum())
    if not 0 < treated < D.sum():
        raise NotEstimable("piecewise exponential model: an arm has no event while the other is under observation.")
    b = 0.0
    for _ in range(100):
        share = T_t * np.exp(b) / (T_c + T_t * np.exp(b))
        information = float((D * share * (1 - share)).sum())
        step = (treated - float((D * share).sum())) / information
        b += float(np.clip(step, -2, 2))
        if abs(step) < 1e-12:
            break
    return b, information**-0.5
