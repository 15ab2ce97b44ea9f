"""Generalised linear mixed models of counts: odds ratios, incidence-rate ratios, proportions and rates without any correction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.effects.columns import EVENTS, TIME, Pair, columns_of, numbers, told_apart
from trialpool.stats.effects.effects import Counts, Effects
from trialpool.stats.effects.two_by_two import COUNTS, NO_MORE, PATIENTS, WHOLE, cells_of
from trialpool.stats.exact.batch import Index, MixedModelFits, fit_each, member, shape_of_batch
from trialpool.stats.exact.design import one_group, two_arms, two_rates
from trialpool.stats.exact.likelihoods import Binomial, Poisson
from trialpool.stats.exact.mixed_model_fit import MixedModelFit
from trialpool.stats.exact.person_time import PersonTime, person_time_of
from trialpool.stats.exact.request import GLMM_METHODS, Request
from trialpool.stats.pooling.choices import EFFECT_MAKERS, choose, expect
from trialpool.stats.pooling.mantel_haenszel import complete

NO_COUNTS = "left out: its counts are not complete"
NO_EVENTS = "left out: no events in either arm, which say nothing of a ratio"
ALL_EVENTS = "left out: nothing but events in both arms, which say nothing of a ratio"


def glmm(
    effects: Effects,
    *,
    method: str = "UM.FS",
    model: str = "random",
    moderators: Mapping[str, Any] | None = None,
    ci: str = "Wald",
    level: float = 0.95,
) -> MixedModelFit | MixedModelFits:
    """Pool odds ratios by a generalised linear mixed model of the 2x2 tables: no cell is corrected.

    Parameters
    ----------
    effects : what `odds_ratio` returned, from counts of shape (k,), or (..., k) for a batch
    method : "UM.FS" (unconditional, each trial having a level of its own), "UM.RS" (the levels being random too), "CM.EL"
        (conditional on the events of both arms, exact) or "CM.AL" (the same approximated, for rare events)
    model : "random" or "common" (effect)
    moderators : by name, (k,) numbers that the effect depends on, such as {"latitude": [44, 55]}
    ci : "Wald", or "t" with k - p degrees of freedom
    level : confidence level

    Returns
    -------
    MixedModelFit; MixedModelFits of shape (...) for a batch, fitted one after the other. In the unconditional models the effect of
    trial i is added as half of it to one arm and taken as half from the other, so that both arms vary alike (model 5 of Jackson et
    al.). Trials without events, or without non-events, are left out.

    Raises
    ------
    BadArgument
        where the effects are not odds ratios from counts; for unknown choices and moderators that do not fit
    NotEstimable
        where no trial is left, the estimate is infinite, or the likelihood has no maximum that was found; of a batch, with the
        place of each such analysis

    References
    ----------
    Stijnen, Hamza & Ozdemir (2010), Stat Med 29:3046-3067; Jackson, Law, Stijnen, Viechtbauer & White (2018), Stat Med 37:1059-1085

    >>> from trialpool.stats.effects.two_by_two import odds_ratio
    >>> trials = odds_ratio(events_t=[0, 1, 2, 5], n_t=[116, 44, 208, 151], events_c=[3, 3, 9, 6], n_c=[117, 35, 195, 157])
    >>> print(glmm(trials, method="CM.EL", model="common"))
    OR 0.36 (95% CI 0.16 to 0.81), P = 0.014, k = 4 (CM.EL common)
    """
    expect("glmm", effects, Effects, EFFECT_MAKERS)
    choose("method", method, GLMM_METHODS)
    given = counts_of_odds_ratios(effects, "glmm")
    if shape := shape_of_batch(given.events_t, given.n_t, given.events_c, given.n_c):
        asked_of_all: dict[str, Any] = {"method": method, "model": model, "moderators": moderators, "ci": ci, "level": level}
        return _batch(shape, f"GLMM {method} {model} OR", lambda at: glmm(member(effects, given, at), **asked_of_all))
    counts, labels = complete(given), effects.study
    a, b, c, d = cells_of(counts)
    there = (counts.n_t > 0) & (counts.n_c > 0)
    why_not = {NO_COUNTS: ~there, NO_EVENTS: there & (a + c == 0), ALL_EVENTS: there & (b + d == 0)}
    kept = there & (a + c > 0) & (b + d > 0)
    X, names = design_matrix(moderators, len(labels), kept)
    asked = Request("OR", method, model, ci, level, names, reasons(labels, why_not), picked(labels, kept), effects.library)
    a, b, c, d = (part[kept] for part in (a, b, c, d))
    if method == "UM.RS":  # random levels: only an empty arm makes the estimate infinite
        infinite = not (a.any() and d.any()), not (b.any() and c.any())
    else:
        infinite = bool(((a == 0) | (d == 0)).all()), bool(((b == 0) | (c == 0)).all())
    asked.refuse(*infinite, because="an empty cell points the same way in every trial")
    return asked.fit(two_arms(Counts(events_t=a, n_t=a + b, events_c=c, n_c=c + d), X, method))


def glmm_rates(
    *,
    events_t: Any,
    time_t: Any,
    events_c: Any,
    time_c: Any,
    study: Sequence[str] | None = None,
    method: str = "UM.FS",
    model: str = "random",
    moderators: Mapping[str, Any] | None = None,
    ci: str = "Wald",
    level: float = 0.95,
) -> MixedModelFit | MixedModelFits:
    """Pool incidence-rate ratios by a Poisson mixed model; "CM.EL" is the binomial of the events of both arms.

    Parameters
    ----------
    events_t, time_t, events_c, time_c : (k,), or (..., k) for a batch: events and person-time by arm
    study : (k,) labels
    method : "UM.FS", "UM.RS" or "CM.EL"
    model, moderators, ci, level : as in `glmm`; result and errors too

    References
    ----------
    Stijnen, Hamza & Ozdemir (2010), Stat Med 29:3046-3067; Bagos & Nikolopoulos (2009), Epidemiol Perspect Innov 6:1

    >>> print(glmm_rates(events_t=[9, 8, 3], time_t=[413, 263, 487], events_c=[19, 19, 15], time_c=[398, 245, 478], model="common"))
    IRR 0.36 (95% CI 0.22 to 0.60), P < 0.001, k = 3 (UM.FS common)
    """
    choose("method", method, [key for key in GLMM_METHODS if key != "CM.AL"])
    data = person_time_of(events_t, time_t, events_c, time_c, study)
    labels = data.study
    arms = {name: getattr(data, name) for name in ("events_t", "time_t", "events_c", "time_c")}
    if shape := shape_of_batch(*arms.values()):
        same: dict[str, Any] = {"method": method, "model": model, "moderators": moderators, "ci": ci, "level": level}
        return _batch(shape, f"GLMM {method} {model} IRR", lambda at: glmm_rates(**_part(arms, at), study=labels, **same))
    kept = data.events_t + data.events_c > 0
    X, names = design_matrix(moderators, len(labels), kept)
    asked = Request("IRR", method, model, ci, level, names, reasons(labels, {NO_EVENTS: ~kept}), picked(labels, kept), data.library)
    x1, t1, x2, t2 = (part[kept] for part in (data.events_t, data.time_t, data.events_c, data.time_c))
    asked.refuse(not x1.any(), not x2.any(), because="an arm has no event in any trial")
    return asked.fit(two_rates(PersonTime(events_t=x1, time_t=t1, events_c=x2, time_c=t2, study=asked.study), X, method))


def glmm_proportion(
    *,
    events: Any,
    n: Any,
    study: Sequence[str] | None = None,
    model: str = "random",
    moderators: Mapping[str, Any] | None = None,
    ci: str = "Wald",
    level: float = 0.95,
) -> MixedModelFit | MixedModelFits:
    """Pool proportions of one group by a logistic model with a random intercept (binomial-normal).

    Parameters
    ----------
    events, n : (k,), or (..., k) for a batch: events and patients
    study : (k,) labels
    model, moderators, ci, level : as in `glmm`; result and errors too. The coefficients are log odds

    References
    ----------
    Hamza, van Houwelingen & Stijnen (2008), J Clin Epidemiol 61:41-51

    >>> print(glmm_proportion(events=[16, 10, 8], n=[17, 12, 20], model="common"))
    Proportion 0.694 (95% CI 0.553 to 0.806), k = 3 (common)
    """
    fits = Pair(("events", "n"), lambda e, n: e <= n, NO_MORE, COUNTS)
    columns = columns_of("Counts", {"events": events, "n": n}, {"events": WHOLE, "n": PATIENTS}, fits, study=study)
    labels = columns.study
    if shape := shape_of_batch(columns["events"], columns["n"]):
        given = {"events": columns["events"], "n": columns["n"]}
        same: dict[str, Any] = {"model": model, "moderators": moderators, "ci": ci, "level": level}
        return _batch(shape, f"GLMM {model} PLO", lambda at: glmm_proportion(**_part(given, at), study=labels, **same))
    X, names = design_matrix(moderators, len(labels), np.ones(len(labels), dtype=bool))
    x, y = columns["events"], columns["n"] - columns["events"]
    asked = Request("PLO", "", model, ci, level, names, {}, labels, columns.library)
    asked.refuse(not x.any(), not y.any(), because="the proportion is 0, or 1, in every study")
    add = 0.5 * ((x == 0) | (y == 0))
    return asked.fit(one_group(Binomial(x, x + y), X, float(np.log(x.sum() / y.sum())), 1 / (x + add) + 1 / (y + add)))


def glmm_rate(
    *,
    events: Any,
    time: Any,
    study: Sequence[str] | None = None,
    model: str = "random",
    moderators: Mapping[str, Any] | None = None,
    ci: str = "Wald",
    level: float = 0.95,
) -> MixedModelFit | MixedModelFits:
    """Pool incidence rates of one group by a Poisson model with a random intercept.

    Parameters
    ----------
    events, time : (k,), or (..., k) for a batch: events and person-time
    study : (k,) labels
    model, moderators, ci, level : as in `glmm`; result and errors too. The coefficients are log rates

    References
    ----------
    Stijnen, Hamza & Ozdemir (2010), Stat Med 29:3046-3067

    >>> print(glmm_rate(events=[9, 8, 3], time=[413, 263, 487], model="common"))
    Rate 0.0172 (95% CI 0.0111 to 0.0267), k = 3 (common)
    """
    columns = columns_of("Events and times", {"events": events, "time": time}, {"events": EVENTS, "time": TIME}, study=study)
    labels = columns.study
    if shape := shape_of_batch(columns["events"], columns["time"]):
        given = {"events": columns["events"], "time": columns["time"]}
        same: dict[str, Any] = {"model": model, "moderators": moderators, "ci": ci, "level": level}
        return _batch(shape, f"GLMM {model} IRLN", lambda at: glmm_rate(**_part(given, at), study=labels, **same))
    X, names = design_matrix(moderators, len(labels), np.ones(len(labels), dtype=bool))
    x, time = columns["events"], columns["time"]
    asked = Request("IRLN", "", model, ci, level, names, {}, labels, columns.library)
    asked.refuse(not x.any(), False, because="no study has an event")
    return asked.fit(one_group(Poisson(x, time), X, float(np.log(x.sum() / time.sum())), 1 / np.where(x == 0, 0.5, x)))


# What comes in


def counts_of_odds_ratios(effects: Effects, caller: str) -> Counts:
    """The counts that odds ratios came from, (..., k); anything else is refused."""
    if effects.counts is None or effects.measure != "OR":
        raise BadArgument(f"{caller} needs odds ratios from events and patients by arm: make the effects by odds_ratio.")
    arms = effects.counts
    of_counts = shape_of_batch(arms.events_t, arms.n_t, arms.events_c, arms.n_c)
    of_effects = shape_of_batch(effects.yi, effects.vi)
    if len(of_effects) > len(of_counts):
        raise BadArgument(
            f"{caller} is of counts, which are of shape {arms.events_t.shape}; the effects are a batch of shape {of_effects}. Make "
            "them by odds_ratio from counts of the batch."
        )
    return arms


def _batch(shape: tuple[int, ...], title: str, fit: Callable[[Index], Any]) -> MixedModelFits:
    return MixedModelFits(fits=fit_each(shape, title, fit), shape=shape)


def _part(columns: Mapping[str, Floats], at: Index) -> dict[str, Any]:
    return {name: column[at] for name, column in zip(columns, np.broadcast_arrays(*columns.values()), strict=True)}


def one_analysis_of_counts(effects: Effects, caller: str) -> Counts:
    """The same of one analysis; a batch is refused."""
    arms = counts_of_odds_ratios(effects, caller)
    refuse_batch(caller, arms.events_t, arms.n_t, arms.events_c, arms.n_c)
    return arms


def refuse_batch(caller: str, *columns: Floats) -> None:
    shape = np.broadcast_shapes(*(column.shape for column in columns))
    if len(shape) > 1:
        raise BadArgument(f"{caller} takes one analysis at a time; this is a batch of shape {shape}.")


def design_matrix(moderators: Mapping[str, Any] | None, k: int, kept: Bools) -> tuple[Floats, tuple[str, ...]]:
    """(k kept, p) intercept and moderators, and their names."""
    columns = {name: numbers(name, values) for name, values in (moderators or {}).items()}
    for name, values in columns.items():
        if values.shape != (k,):
            raise BadArgument(f"Moderator {name} has {values.shape[-1]} values for {k} studies. Give one for each.")
        if not np.isfinite(values[kept]).all():
            raise BadArgument(f"Moderator {name} has a missing or infinite value. Leave the study out, or give its value.")
    X = np.column_stack([np.ones(k), *columns.values()])[kept]
    if len(X) > X.shape[1] and np.linalg.matrix_rank(X) < X.shape[1]:
        raise BadArgument(f"Moderators {', '.join(columns)} say the same as each other, or as the intercept. Leave one out.")
    return X, ("intercept", *columns)


def reasons(labels: tuple[str, ...], why: Mapping[str, Bools]) -> dict[str, str]:
    """By label, why a trial is left out."""
    apart = told_apart(labels)
    return {apart[i]: reason for reason, where in why.items() for i in np.flatnonzero(where)}


def picked(labels: tuple[str, ...], kept: Bools) -> tuple[str, ...]:
    return tuple(label for label, there in zip(labels, kept, strict=True) if there)
