"""Priors of tau2 that were fitted to thousands of meta-analyses, by kind of outcome and comparison.

Only those settings are here whose published values were found confirmed in a second source; for others give the numbers of the
papers' tables to `LogNormal` or `LogT`.

Turner, Davey, Clarke, Thompson & Higgins (2012), Int J Epidemiol 41:818-827; Turner, Jackson, Wei, Thompson & Higgins (2015),
Stat Med 34:984-998, table IV; Rhodes, Turner & Higgins (2015), J Clin Epidemiol 68:52-60
"""

from __future__ import annotations

from dataclasses import dataclass

from trialpool.stats.bayes.priors import LogNormal, LogT
from trialpool.stats.pooling.choices import choose


@dataclass(frozen=True, slots=True)
class EmpiricalPrior:
    """A published prior: the measure its tau2 is of, the distribution, and who published it."""

    measure: str
    prior: LogNormal | LogT
    source: str


EMPIRICAL_PRIORS = {
    "binary, any": EmpiricalPrior("OR", LogNormal(-2.56, 1.74), "Turner et al. (2015)"),
    "all-cause mortality, drug v placebo or control": EmpiricalPrior("OR", LogNormal(-3.95, 1.34), "Turner et al. (2015)"),
    "pain, drug v placebo or control": EmpiricalPrior("OR", LogNormal(-1.83, 1.52), "Turner et al. (2015)"),
    "all-cause mortality, not drugs": EmpiricalPrior("OR", LogNormal(-3.93, 1.51), "Turner et al. (2012)"),
    "subjective, drug v placebo or control": EmpiricalPrior("OR", LogNormal(-2.13, 1.58), "Turner et al. (2012)"),
    "subjective, drug v drug": EmpiricalPrior("OR", LogNormal(-2.34, 1.62), "Turner et al. (2012)"),
    "continuous, any": EmpiricalPrior("SMD", LogT(-3.44, 2.59, 5), "Rhodes et al. (2015)"),
}


def empirical_prior(setting: str) -> LogNormal | LogT:
    """The published prior of tau2 in a setting.

    Settings are "binary, any", "all-cause mortality, drug v placebo or control", "pain, drug v placebo or control", "all-cause
    mortality, not drugs", "subjective, drug v placebo or control", "subjective, drug v drug" and "continuous, any". It is of log
    odds ratios, or of standardised mean differences for "continuous, any".

    >>> print(empirical_prior("all-cause mortality, drug v placebo or control"))
    log-normal for tau2 (location -3.95, scale 1.34)
    """
    return EMPIRICAL_PRIORS[choose("setting", setting, EMPIRICAL_PRIORS)].prior
