"""Simulated trials with a known hazard ratio, and what they would print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.stats.effects_routes.reports import report

from trialpool.stats.distributions import two_sided_p
from trialpool.stats.effects.reported import Reported

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Two arms with exponential survival; patients enter evenly over `accrual` months and all are followed to one date."""

    n_t: int = 300
    n_c: int = 300
    log_hr: float = -0.4
    median_c: float = 24.0
    accrual: float = 36.0
    after_accrual: float = 24.0
    landmark: float = 18.0


def printed_trials(design: Design, trials: int, rng: np.random.Generator) -> list[Reported]:
    """Each trial's log-rank test, Cox estimate, events, medians and landmark survival, to the decimals of a generous paper."""
    n = design.n_t + design.n_c
    arm = np.repeat([1.0, 0.0], [design.n_t, design.n_c])
    hazard = np.log(2) / design.median_c * np.exp(design.log_hr * arm)
    survival, followed = rng.exponential(1 / hazard, (trials, n)), design.after_accrual + design.accrual * rng.random((trials, n))
    order = np.argsort(np.minimum(survival, followed), axis=-1)
    t, d, x = (np.take_along_axis(a, order, -1) for a in (np.minimum(survival, followed), survival <= followed, arm + 0 * survival))
    at_risk = {"t": np.cumsum(x[:, ::-1], -1)[:, ::-1], "c": np.cumsum(1 - x[:, ::-1], -1)[:, ::-1]}
    share = at_risk["t"] / (at_risk["t"] + at_risk["c"])
    figures = {"o_minus_e": (d * (x - share)).sum(-1), "v": (d * share * (1 - share)).sum(-1)} | _cox(d, x, at_risk)
    figures["p"] = two_sided_p(figures["o_minus_e"] / np.sqrt(figures["v"]))
    for name, here in (("t", x == 1), ("c", x == 0)):
        S = np.cumprod(np.where(d & here, 1 - 1 / np.maximum(at_risk[name], 1), 1.0), -1)
        figures[f"events_{name}"] = (d & here).sum(-1)
        first_below_half = np.take_along_axis(t, (S <= 0.5).argmax(-1)[:, None], -1)[:, 0]
        figures[f"median_{name}"] = np.where(S[:, -1] <= 0.5, first_below_half, np.nan)
        figures[f"survival_{name}"] = np.take_along_axis(S, ((t <= design.landmark).sum(-1) - 1)[:, None], -1)[:, 0]
    columns = {name: column.tolist() for name, column in figures.items()} | {"follow_up": np.median(followed, -1).tolist()}
    return [_print({name: column[i] for name, column in columns.items()}, design) for i in range(trials)]


def _cox(d: Any, x: Floats, at_risk: dict[str, Floats]) -> dict[str, Floats]:
    """The Cox estimate for one binary covariate, by Newton's method, with its 95% Wald interval."""
    log_hr = np.zeros(len(x))
    for _ in range(10):
        share = at_risk["t"] / (at_risk["t"] + at_risk["c"] * np.exp(-log_hr)[:, None])
        information = (d * share * (1 - share)).sum(-1)
        log_hr = log_hr + (d * (x - share)).sum(-1) / information
    half = 1.959963985 / np.sqrt(information)
    return {"estimate": np.exp(log_hr), "ci_low": np.exp(log_hr - half), "ci_high": np.exp(log_hr + half)}


DECIMALS = {"o_minus_e": 2, "v": 2, "estimate": 3, "ci_low": 3, "ci_high": 3, "median_t": 1, "median_c": 1}
DECIMALS |= {"survival_t": 3, "survival_c": 3}


def _print(trial: dict[str, float], design: Design) -> Reported:
    figures: dict[str, Any] = {name: f"{trial[name]:.{places}f}" for name, places in DECIMALS.items() if trial[name] == trial[name]}
    figures |= {name: int(trial[name]) for name in ("events_t", "events_c")}
    return report(
        p=f"{trial['p']:.3g}", n_t=design.n_t, n_c=design.n_c, landmark=design.landmark, follow_up=trial["follow_up"], **figures
    )
