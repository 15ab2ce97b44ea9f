"""Results in words and figures, the same everywhere in a report."""

from __future__ import annotations

from typing import Any

import numpy as np

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.figures.heterogeneity import p_text, percent_text, tau2_text
from trialpool.figures.numerals import level_text, number_text, range_text
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling.pooled_effect import PooledEffect

__all__ = ["p_text", "percent_text", "tau2_text"]  # said in figures and reports alike


def effect_text(fit: PooledEffect) -> str:
    """An effect with its interval, back-transformed: `0.63 (0.56–0.70)`."""
    low, high = fit.interval()
    return interval_text(fit.mu, low, high, fit.effects.measure)


def interval_text(mu: Any, low: Any, high: Any, measure: str) -> str:
    """An estimate with limits on the analysis scale, as printed."""
    log = MEASURES[measure].log
    decimals = _decimals(log, mu, low, high)
    limits = range_text(float(low), float(high), log=log, decimals=decimals)
    return f"{number_text(float(mu), log=log, decimals=decimals)} ({limits})"


def _decimals(log: bool, *numbers: Any) -> int:
    """Decimals of a difference: three where all of its numbers are below 0.1."""
    return 3 if not log and max(abs(float(x)) for x in numbers) < 0.1 else 2


def effect_in_words(fit: PooledEffect, unit: str = "") -> str:
    """`hazard ratio 0.63, 95% confidence interval 0.56 to 0.70, P < 0.001`; a mean difference with its unit."""
    measure = MEASURES[fit.effects.measure]
    decimals = _decimals(measure.log, fit.mu, *fit.interval())
    low, high = (number_text(float(x), log=measure.log, decimals=decimals) for x in fit.interval())
    said = f" {unit}" if unit and measure.code == "MD" else ""
    return (
        f"{measure.name.lower()} {number_text(float(fit.mu), log=measure.log, decimals=decimals)}{said}, "
        f"{level_text(fit.level)} confidence interval {low} to {high}, {p_text(fit.p)}"
    )


def prediction_text(fit: PooledEffect, method: str = "t") -> str:
    """The prediction interval, or that there is none."""
    low, high = (float(x) for x in fit.prediction_interval(method=method))
    if not np.isfinite([low, high]).all():
        return "not estimable"
    return range_text(low, high, log=MEASURES[fit.effects.measure].log)


def name_of(found: AnalysisFindings, findings: Findings) -> str:
    """The outcome's name, with the id of the analysis where a name would stand twice."""
    several = sum(a.outcome.name == found.outcome.name for a in findings.analyses) > 1
    return f"{found.outcome.name} ({found.analysis.id})" if several else found.outcome.name


def inside_sentence(name: str) -> str:
    """A name as it stands inside a sentence: its first letter small, but for abbreviations.

    >>> inside_sentence("No vaccine"), inside_sentence("IMiD maintenance"), inside_sentence("BCG")
    ('no vaccine', 'IMiD maintenance', 'BCG')
    """
    return name[:1].lower() + name[1:] if name[1:2].islower() or not name[1:2].isalpha() else name


def studies_text(k: Any) -> str:
    """`1 study`, `18 studies`."""
    return f"{int(k)} stud{'y' if int(k) == 1 else 'ies'}"


def listed(words: list[str] | tuple[str, ...]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), *words[-1:]])
