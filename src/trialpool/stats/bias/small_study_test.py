"""Tests of small-study effects by name: one function a test, gathered in the table SMALL_STUDY_TESTS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trialpool.errors import NotEstimable
from trialpool.stats.arrays import Floats
from trialpool.stats.bias.rank_test import RankTest, begg, rank_test
from trialpool.stats.bias.regression_test import RegressionTest, finite, line_test
from trialpool.stats.bias.sizes import Sizes, counts_of
from trialpool.stats.effects.effects import Counts, Effects
from trialpool.stats.effects.two_by_two import arcsine_difference, peto_odds_ratio
from trialpool.stats.pooling.choices import EFFECT_MAKERS, choose, expect
from trialpool.stats.pooling.tau2 import TAU2

SmallStudyTest = RegressionTest | RankTest
OF_COUNTS = ("few studies", "heterogeneous")  # what speaks against tests whose predictor has nothing to do with the effect


@dataclass(frozen=True, slots=True)
class Options:
    """What a test may need beside the effects.

    tau2      : estimator of tau2, as `pool` takes it
    reference : what the P value of a rank test is by
    sizes     : patients
    """

    tau2: str
    reference: str
    sizes: Sizes


def egger_test(effects: Effects, options: Options) -> RegressionTest:
    """Weighted line on the standard error. Egger et al. (1997), BMJ 315:629-634."""
    return line_test(effects, "Egger's test", "standard error", np.sqrt(finite(effects.vi)))


def thompson_sharp(effects: Effects, options: Options) -> RegressionTest:
    """Egger's line with an additive tau2, by t. Thompson & Sharp (1999), Stat Med 18:2693-2708, model 3b."""
    return line_test(
        effects,
        "Thompson and Sharp's test",
        "standard error",
        np.sqrt(finite(effects.vi)),
        model="random",
        tau2=options.tau2,
        normal=False,
        reasons=("few studies", "bound to its error", "standard errors alike"),
    )


def begg_test(effects: Effects, options: Options) -> RankTest:
    """Rank correlation of standardised effects with variances. Begg & Mazumdar (1994), Biometrics 50:1088-1101."""
    return begg(effects, reference=options.reference)


def peters(effects: Effects, options: Options) -> RegressionTest:
    """Line on 1 / patients, weighted by 1 / (1/events + 1/non-events). Peters et al. (2006), JAMA 295:676-680."""
    method = "Peters' test"
    c = counts_of(effects, method)
    events, patients = c.events_t + c.events_c, c.n_t + c.n_c
    return line_test(effects, method, "1 / patients", 1 / patients, wi=events * (patients - events) / patients, reasons=OF_COUNTS)


def harbord(effects: Effects, options: Options) -> RegressionTest:
    """Line of Z/V on 1/sqrt(V), weighted by V; Z the efficient score of the log odds ratio, V its variance, by the margins.

    Harbord, Egger & Sterne (2006), Stat Med 25:3443-3457.
    """
    method = "Harbord's test"
    score = _of_the_same(effects, peto_odds_ratio, method)
    return line_test(score, method, "1 / root of score variance", np.sqrt(finite(score.vi)), reasons=OF_COUNTS)


def macaskill(effects: Effects, options: Options) -> RegressionTest:
    """Line on patients, weighted by 1/vi. Macaskill, Walter & Irwig (2001), Stat Med 20:641-654."""
    method = "Macaskill's test"
    n = options.sizes.total(effects, method)
    return line_test(effects, method, "patients", n, reasons=OF_COUNTS, vanishes=False)


def deeks(effects: Effects, options: Options) -> RegressionTest:
    """Line on 1/sqrt(ESS), weighted by ESS = 4 n1 n2 / (n1 + n2). Deeks, Macaskill & Irwig (2005), J Clin Epidemiol 58:882-893."""
    method = "Deeks' test"
    n_t, n_c = options.sizes.arms(effects, method)
    ess = 4 * n_t * n_c / (n_t + n_c)
    return line_test(effects, method, "1 / root of effective sample size", 1 / np.sqrt(ess), wi=ess, reasons=OF_COUNTS)


def pustejovsky_rodgers(effects: Effects, options: Options) -> RegressionTest:
    """Line on sqrt(W), W = 1/n1 + 1/n2, weighted by 1/vi, for standardised mean differences.

    W is the part of the variance that the difference has no part in. Pustejovsky & Rodgers (2019), Res Synth Methods 10:57-71.
    """
    method = "Pustejovsky and Rodgers' test"
    n_t, n_c = options.sizes.arms(effects, method)
    return line_test(effects, method, "root of 1/n_t + 1/n_c", np.sqrt(1 / n_t + 1 / n_c), reasons=OF_COUNTS)


def arcsine_thompson(effects: Effects, options: Options) -> RegressionTest:
    """Thompson and Sharp's line through arcsine differences, whose variance is that of the sizes of the arms alone.

    Ruecker, Schwarzer & Carpenter (2008), Stat Med 27:746-763.
    """
    method = "Arcsine test"
    arcsines = _of_the_same(effects, arcsine_difference, method)
    return line_test(
        arcsines,
        method,
        "standard error",
        np.sqrt(finite(arcsines.vi)),
        model="random",
        tau2=options.tau2,
        normal=False,
        reasons=("few studies", "standard errors alike"),
    )


def schwarzer(effects: Effects, options: Options) -> RankTest:
    """Rank correlation of (a - E) / sqrt(V) with V, E and V of the events with treatment at the Mantel-Haenszel odds ratio.

    a, E and V are those of the non-central hypergeometric distribution, all margins given; made for sparse data.
    Schwarzer, Antes & Schumacher (2007), Stat Med 26:721-733.
    """
    method = "Schwarzer's test"
    counts = counts_of(effects, method)
    log_or = mantel_haenszel_log_odds_ratio(counts, np.isfinite(effects.vi))
    if np.ndim(log_or) == 0 and not np.isfinite(log_or):
        found = "undefined" if np.isnan(log_or) else "0" if log_or < 0 else "infinite"
        raise NotEstimable(f"{method}: the Mantel-Haenszel odds ratio is {found}, so that no counts are expected by it.")
    standardised, V = standardised_counts(effects, counts, log_or)
    informative = replace(effects, vi=np.where(V > 0, effects.vi, np.inf))
    with np.errstate(divide="ignore"):
        return rank_test(informative, method, standardised, 1 / V, reference=options.reference, reasons=OF_COUNTS)


def standardised_counts(effects: Effects, c: Counts, log_or: Floats) -> tuple[Floats, Floats]:
    """(..., k) (a - E) / sqrt(V) and V at a common log odds ratio (...), all margins given; 0 where a study is absent."""
    from trialpool.stats.exact.hypergeometric import SupportSums

    there = np.isfinite(effects.vi)
    shape = np.broadcast_shapes(there.shape, c.n_t.shape)
    eta = np.broadcast_to(log_or[..., np.newaxis], shape)
    arms = [np.broadcast_to(arm, shape).ravel() for arm in (c.events_t, c.n_t, c.events_c, c.n_c)]
    moments = SupportSums.of(*arms).at(eta.reshape(-1, 1))
    beyond, V = -moments.mean.reshape(shape), moments.var.reshape(shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(there, beyond / np.sqrt(V), 0.0), V


def mantel_haenszel_log_odds_ratio(c: Counts, there: Any) -> Floats:
    """(...) log of sum ad/N over sum bc/N. Mantel & Haenszel (1959), J Natl Cancer Inst 22:719-748."""
    N = c.n_t + c.n_c
    ad = np.where(there, c.events_t * (c.n_c - c.events_c) / N, 0.0).sum(-1)
    bc = np.where(there, (c.n_t - c.events_t) * c.events_c / N, 0.0).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(ad) - np.log(bc))


SMALL_STUDY_TESTS: dict[str, Callable[[Effects, Options], SmallStudyTest]] = {
    "Egger": egger_test,
    "Thompson-Sharp": thompson_sharp,
    "Begg": begg_test,
    "Peters": peters,
    "Harbord": harbord,
    "Macaskill": macaskill,
    "Deeks": deeks,
    "Schwarzer": schwarzer,
    "Pustejovsky-Rodgers": pustejovsky_rodgers,
    "arcsine": arcsine_thompson,
}
SMALL_STUDY_TEST_NAMES = {
    "Egger": "weighted regression on the standard error",
    "Thompson-Sharp": "random-effects regression on the standard error",
    "Begg": "rank correlation of standardised effects with variances",
    "Peters": "weighted regression on 1 / patients, for odds ratios",
    "Harbord": "regression of the efficient score, for odds ratios",
    "Macaskill": "weighted regression on patients",
    "Deeks": "weighted regression on 1 / root of the effective sample size, for diagnostic odds ratios",
    "Schwarzer": "rank correlation of standardised cell counts, for sparse 2x2 tables",
    "Pustejovsky-Rodgers": "regression on root of 1/n_t + 1/n_c, for standardised mean differences",
    "arcsine": "random-effects regression of arcsine differences, for 2x2 tables",
}


def small_study_test(
    effects: Effects,
    method: str = "Egger",
    *,
    tau2: str = "REML",
    reference: str = "auto",
    n: Any = None,
    n_t: Any = None,
    n_c: Any = None,
) -> SmallStudyTest:
    """Test whether small studies show other effects than large ones.

    Parameters
    ----------
    effects : effects of k studies, or a batch of the shape (..., k)
    method : "Egger", "Thompson-Sharp", "Begg"; of effects from counts "Peters", "Harbord", "Macaskill",
        "Deeks", "Schwarzer", "arcsine"; of standardised mean differences "Pustejovsky-Rodgers"
    tau2 : estimator of the residual between-study variance of "Thompson-Sharp" and "arcsine", as `pool` takes it
    reference : what the P value of "Begg" and "Schwarzer" is by: "auto", "exact" or "normal"
    n, n_t, n_c : (..., k) patients of each study, or of each arm, where the effects do not come from counts

    Returns
    -------
    RegressionTest, or RankTest for "Begg" and "Schwarzer". Its `caution` says when it should not be relied on.

    Raises
    ------
    BadArgument
        for an unknown method, or where counts or patients are needed and not known
    NotEstimable
        with fewer than three studies, or where all studies are of the same size

    References
    ----------
    Sterne et al. (2011), BMJ 343:d4002, recommendations; those of each test are in its own docstring

    >>> from trialpool.stats.effects.two_by_two import odds_ratio
    >>> rr = odds_ratio(events_t=[4, 6, 3, 62], n_t=[123, 306, 231, 13598], events_c=[11, 29, 11, 248], n_c=[139, 303, 220, 12867])
    >>> small_study_test(rr, "Peters")
    <RegressionTest: Peters' test: slope 60.3 on 1 / patients, t(2) = 0.72, P = 0.546>
    """
    expect("small_study_test", effects, Effects, EFFECT_MAKERS)
    choose("tau2", tau2, TAU2)
    options = Options(tau2=tau2, reference=reference, sizes=Sizes(n=n, n_t=n_t, n_c=n_c))
    return SMALL_STUDY_TESTS[choose("method", method, SMALL_STUDY_TESTS)](effects, options)


def _of_the_same(effects: Effects, measure: Callable[..., Effects], method: str) -> Effects:
    """Effects of another measure by the counts of these, of the same studies."""
    c = counts_of(effects, method)
    found = measure(events_t=c.events_t, n_t=c.n_t, events_c=c.events_c, n_c=c.n_c, study=effects.study)
    there = np.isfinite(effects.vi) & np.isfinite(found.vi)
    if not there.any():
        raise NotEstimable(f"{method}: k = 0, and it needs 3.")
    return Effects(
        yi=np.where(there, found.yi, 0.0), vi=np.where(there, found.vi, np.inf), study=effects.study, measure=found.measure
    )
