"""The same rare events by every method: how far the choice of method moves the odds ratio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from trialpool.errors import NotEstimable
from trialpool.stats.distributions import p_text
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.two_by_two import odds_ratio
from trialpool.stats.exact.beta_binomial import beta_binomial
from trialpool.stats.exact.glmm import glmm, one_analysis_of_counts
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, expect
from trialpool.stats.pooling.mantel_haenszel import complete, mantel_haenszel
from trialpool.stats.pooling.pairwise import pool_common
from trialpool.stats.pooling.peto import RARE, peto
from trialpool.stats.tables import Tabular


class Method(NamedTuple):
    """A way to pool odds ratios of rare events: its name, "common" or "random" effect, and the call."""

    name: str
    model: str
    fit: Callable[[Effects, float], Any]


def _inverse_variance(effects: Effects, level: float) -> Any:
    counts = one_analysis_of_counts(effects, "rare_event_sensitivity")
    arms = {name: getattr(counts, name) for name in ("events_t", "n_t", "events_c", "n_c")}
    return pool_common(odds_ratio(**arms, study=effects.study, zero_cells="only", missing="drop"), level=level)


def _glmm(method: str, model: str) -> Method:
    return Method(f"GLMM {method}", model, lambda effects, level: glmm(effects, method=method, model=model, level=level))


RARE_EVENT_METHODS = {
    "MH": Method("Mantel-Haenszel, nothing added", "common", lambda effects, level: mantel_haenszel(effects, level=level)),
    "Peto": Method("Peto, one step", "common", lambda effects, level: peto(effects, level=level)),
    "IV": Method("Inverse variance, 0.5 added to empty cells", "common", _inverse_variance),
    "UM.FS common": _glmm("UM.FS", "common"),
    "UM.FS random": _glmm("UM.FS", "random"),
    "UM.RS random": _glmm("UM.RS", "random"),
    "CM.EL common": _glmm("CM.EL", "common"),
    "CM.EL random": _glmm("CM.EL", "random"),
    "CM.AL common": _glmm("CM.AL", "common"),
    "CM.AL random": _glmm("CM.AL", "random"),
    "beta-binomial": Method("Beta-binomial", "random", lambda effects, level: beta_binomial(effects, level=level)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodResult:
    """What one method makes of the counts; the numbers are None where it has no answer, and `why_not` says why.

    method       : such as "MH" or "UM.FS random"; name, model : what that is in words
    mu, se       : log odds ratio and its standard error; low, high : confidence limits; p : two-sided P of no effect
    tau2         : variance between trials, for random effects of the odds ratio
    k            : trials that the estimate rests on
    left_out     : by label, the trials that it does not rest on, and why
    converged    : whether the iterations arrived; True where there are none
    cautions     : why the method may be biased for these trials
    """

    method: str
    name: str
    model: str
    mu: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    tau2: float | None = None
    k: int = 0
    left_out: Mapping[str, str] = field(default_factory=dict)
    converged: bool = False
    why_not: str = ""
    cautions: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.mu is None or self.low is None or self.high is None or self.p is None:
            return f"{self.name} ({self.model}): {self.why_not}"
        odds_ratio, low, high = (np.exp(value) for value in (self.mu, self.low, self.high))
        p = p_text(self.p)
        return f"{self.name} ({self.model}): OR {odds_ratio:.2f} ({low:.2f} to {high:.2f}), {p}, k = {self.k}"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RareEventSensitivity(Tabular):
    """The odds ratio of the same trials by every method.

    rows   : a MethodResult each
    level  : confidence level
    k      : trials with patients in both arms; double_zero, single_zero : how many have no event in both arms, or in one
    events : in the treatment and in the control arm; patients : the same
    library : the data-frame library in which `to_frame` answers
    """

    rows: tuple[MethodResult, ...]
    level: float
    k: int
    double_zero: int
    single_zero: int
    events: tuple[int, int]
    patients: tuple[int, int]
    library: str = ""

    def table(self) -> dict[str, list[Any]]:
        """A row a method: log odds ratio with its interval, as shown too, P, tau2, trials, and why there is no answer."""
        names = ("method", "mu", "se", "low", "high", "p", "tau2", "k", "converged", "why_not")
        columns = {name: [getattr(row, name) for row in self.rows] for name in names}
        columns["odds_ratio"] = [None if row.mu is None else float(np.exp(row.mu)) for row in self.rows]
        return columns

    def __getitem__(self, method: str) -> MethodResult:
        return next(row for row in self.rows if row.method == method)

    @property
    def estimated(self) -> tuple[MethodResult, ...]:
        """The rows that have an answer."""
        return tuple(row for row in self.rows if row.mu is not None)

    @property
    def factor(self) -> float:
        """The largest odds ratio over the smallest: how far the method alone moves the answer."""
        logs = [row.mu for row in self.estimated if row.mu is not None]
        return float(np.exp(max(logs) - min(logs))) if logs else float("nan")

    @property
    def statement(self) -> str:
        """What a reader should know of the choice of method, in a sentence or two."""
        ranked = sorted(self.estimated, key=lambda row: row.mu or 0.0)
        none = [row.method for row in self.rows if row.mu is None]
        without = f" No estimate: {', '.join(none)}." if none else ""
        if not ranked:
            return f"No method has an estimate.{without}"
        ends = " to ".join(f"{np.exp(row.mu or 0.0):.2f} ({row.method})" for row in (ranked[0], ranked[-1]))
        excluding = [row.method for row in self.estimated if (row.low or 0.0) > 0 or (row.high or 0.0) < 0]
        every, some = len(ranked), len(excluding)
        if some in (0, every):
            said = f"{'All' if some else 'None'} of the {every} intervals exclude{'' if some else 's'} 1."
        else:
            plural = "s" if some == 1 else ""
            said = f"{some} of the {every} intervals exclude{plural} 1 ({', '.join(excluding)}): the method decides."
        return f"By method the odds ratio goes from {ends}, a factor of {self.factor:.2f}. {said}{without}"

    def __repr__(self) -> str:
        return f"<RareEventSensitivity: {len(self.estimated)} of {len(self.rows)} methods, factor {self.factor:.2f}>"

    def __str__(self) -> str:
        return "\n".join([*map(str, self.rows), self.statement])


def rare_event_sensitivity(effects: Effects, *, level: float = 0.95) -> RareEventSensitivity:
    """Pool the same odds ratios by every method for rare events, and say how far the method moves the answer.

    Parameters
    ----------
    effects : what `odds_ratio` returned, one analysis; its own correction of empty cells plays no part
    level : confidence level

    Returns
    -------
    RareEventSensitivity with a row for each of "MH", "Peto", "IV", the mixed models, common and random, and "beta-binomial". A
    method that has no answer has a row that says why.

    Raises
    ------
    BadArgument
        where the effects are not odds ratios from counts, or are a batch

    References
    ----------
    Cochrane Handbook, section 10.4.4; Bradburn et al. (2007), Stat Med 26:53-77; Kuss (2015), Stat Med 34:1097-1116

    >>> from trialpool.stats.effects.two_by_two import odds_ratio
    >>> trials = odds_ratio(events_t=[0, 1, 2, 5], n_t=[116, 44, 208, 151], events_c=[3, 3, 9, 6], n_c=[117, 35, 195, 157])
    >>> methods = rare_event_sensitivity(trials)
    >>> print(methods["MH"])
    Mantel-Haenszel, nothing added (common): OR 0.36 (0.16 to 0.81), P = 0.014, k = 4
    >>> print(methods.statement)
    By method the odds ratio goes from 0.34 (CM.EL random) to 0.41 (IV), a factor of 1.19. All of the 11 intervals exclude 1.
    """
    expect("rare_event_sensitivity", effects, Effects, EFFECT_MAKERS)
    counts = complete(one_analysis_of_counts(effects, "rare_event_sensitivity"))
    checked_level(level)
    there = (counts.n_t > 0) & (counts.n_c > 0)
    no_t, no_c = (counts.events_t == 0) & there, (counts.events_c == 0) & there
    return RareEventSensitivity(
        rows=tuple(_row(key, effects, level) for key in RARE_EVENT_METHODS),
        level=level,
        k=int(there.sum()),
        double_zero=int((no_t & no_c).sum()),
        single_zero=int((no_t ^ no_c).sum()),
        events=(int(counts.events_t.sum()), int(counts.events_c.sum())),
        patients=(int(counts.n_t.sum()), int(counts.n_c.sum())),
        library=effects.library,
    )


def _row(key: str, effects: Effects, level: float) -> MethodResult:
    name, model, run = RARE_EVENT_METHODS[key]
    try:
        fit = run(effects, level)
    except NotEstimable as reason:
        return MethodResult(method=key, name=name, model=model, why_not=str(reason))
    low, high = fit.interval()
    notes = fit.effects.notes if hasattr(fit, "effects") else fit.left_out
    cautions = getattr(fit, "cautions", ())
    if key.startswith("CM.AL"):
        cautions = _not_rare(effects)
    return MethodResult(
        method=key,
        name=name,
        model=model,
        mu=float(fit.mu),
        se=float(fit.se),
        low=float(low),
        high=float(high),
        p=float(fit.p),
        tau2=float(fit.tau2) if model == "random" and hasattr(fit, "tau2") else None,
        k=int(fit.k),
        left_out={label: note for label, note in notes.items() if note.startswith("left out")},
        converged=bool(getattr(fit, "converged", True)),
        cautions=cautions,
    )


def _not_rare(effects: Effects) -> tuple[str, ...]:
    """The binomial is near the hypergeometric only for rare events. Stijnen et al. (2010), Stat Med 29:3046-3067, section 3.3."""
    counts = complete(one_analysis_of_counts(effects, "rare_event_sensitivity"))
    risk = max(counts.events_t.sum() / counts.n_t.sum(), counts.events_c.sum() / counts.n_c.sum())
    if risk <= RARE:
        return ()
    return (f"CM.AL: events in {100 * risk:.1f}% of an arm are not rare (1% or less), and the likelihood is approximate",)
