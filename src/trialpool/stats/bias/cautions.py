"""When a finding on small-study effects should not be relied on: one function a reason, gathered in the table CAUTIONS."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from trialpool.stats.arrays import Floats, count
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.weighted import cochran_q

FEWEST = 10  # Sterne et al. (2011), BMJ 343:d4002
ALIKE = 1.25  # ratio of the largest to the smallest standard error
STRONG = 0.5  # I2; Ioannidis & Trikalinos (2007), CMAJ 176:1091-1096

BOUND = {
    "OR": "a log odds ratio is correlated with its standard error",
    "PETO": "a log odds ratio is correlated with its standard error",
    "MPOR": "a log odds ratio is correlated with its standard error",
    "RR": "a log risk ratio is correlated with its standard error",
    "RD": "a risk difference is correlated with its standard error",
    "IRR": "a log rate ratio is correlated with its standard error",
    "PLO": "a logit of a proportion is correlated with its standard error",
    "PLN": "a log proportion is correlated with its standard error",
    "PR": "a proportion is correlated with its standard error",
    "SMD": "a standardised mean difference is part of its own standard error",
    "SMCC": "a standardised mean change is part of its own standard error",
    "SMCR": "a standardised mean change is part of its own standard error",
    "COR": "a correlation is part of its own standard error",
}
INSTEAD = {
    **dict.fromkeys(("OR", "PETO", "RR", "RD"), "Harbord's, Peters' and the arcsine test are not misled by that"),
    "SMD": "the test of Pustejovsky and Rodgers is not misled by that",
    "COR": "Fisher's z is not",
}


def few_studies(effects: Effects) -> str:
    """Fewer than ten studies. Sterne et al. (2011), BMJ 343:d4002."""
    k = int(np.min(count(effects.vi)))
    said = f"with {k} studies, fewer than {FEWEST}, the test has too little power to tell chance from asymmetry"
    return said if k < FEWEST else ""


def few_studies_to_model(effects: Effects) -> str:
    """Fewer than ten studies. Hedges & Vevea (1996), J Educ Behav Stat 21:299-332, found that it takes many more."""
    k = int(np.min(count(effects.vi)))
    said = f"with {k} studies, fewer than {FEWEST}, the estimate rests on the assumed model more than on the data"
    return said if k < FEWEST else ""


def bound_to_its_error(effects: Effects) -> str:
    """An effect that is correlated with its standard error where there is no selection.

    Peters et al. (2006), JAMA 295:676-680; Pustejovsky & Rodgers (2019), Res Synth Methods 10:57-71.
    """
    if effects.measure not in BOUND:
        return ""
    instead = INSTEAD.get(effects.measure)
    return f"{BOUND[effects.measure]}, which is asymmetry without selection{'; ' + instead if instead else ''}"


def standard_errors_alike(effects: Effects) -> str:
    """Standard errors so alike that no study is small beside another; of fewer than ten studies the number says it all."""
    if np.min(count(effects.vi)) < FEWEST:
        return ""
    ratio = float(np.min(spread_of_errors(effects.vi)))
    return f"the standard errors are nearly equal (largest / smallest = {ratio:.2f})" if ratio < ALIKE else ""


def heterogeneous(effects: Effects) -> str:
    """I2 above 50%. Ioannidis & Trikalinos (2007), CMAJ 176:1091-1096."""
    I2 = float(np.max(i2(effects)))
    said = f"the studies differ much (I2 = {100 * I2:.0f}%), and the method finds selection in that too easily"
    return said if I2 > STRONG else ""


def spread_of_errors(vi: Floats) -> Floats:
    """(...) the largest standard error over the smallest."""
    there = np.isfinite(vi)
    largest = np.where(there, vi, 0.0).max(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Floats = np.sqrt(largest / vi.min(-1))
        return ratio


def i2(effects: Effects) -> Floats:
    """(...) max(0, 1 - df / Q), 0 to 1. Higgins & Thompson (2002), Stat Med 21:1539-1558, eq. 10."""
    Q, df = cochran_q(effects.yi, effects.vi), count(effects.vi) - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(Q > df, 1 - df / Q, 0.0)


CAUTIONS: dict[str, Callable[[Effects], str]] = {
    "few studies": few_studies,
    "few studies to model": few_studies_to_model,
    "bound to its error": bound_to_its_error,
    "standard errors alike": standard_errors_alike,
    "heterogeneous": heterogeneous,
}
OF_ASYMMETRY = ("few studies", "bound to its error", "standard errors alike", "heterogeneous")
OF_ASYMMETRY_AND_TAU2 = ("few studies", "bound to its error", "standard errors alike")
OF_AN_ADJUSTED_EFFECT = ("few studies to model", "bound to its error", "standard errors alike", "heterogeneous")
OF_A_MODEL = ("few studies to model",)


def caution(effects: Effects, reasons: Iterable[str], *more: str) -> str:
    """The reasons of CAUTIONS that hold, and any others that are given, as one sentence; empty where none does.

    >>> from trialpool.stats.effects.effects import effects
    >>> caution(effects([0.1, 0.2], [0.01, 0.02]), OF_A_MODEL)
    'with 2 studies, fewer than 10, the estimate rests on the assumed model more than on the data'
    """
    return "; ".join(said for said in (*(CAUTIONS[reason](effects) for reason in reasons), *more) if said)
