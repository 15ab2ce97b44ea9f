"""The defining equations in exact rational arithmetic, written apart from the package: what its roundings are judged by."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction


def exact_restricted_score(yi: Iterable[float], vi: Iterable[float], tau2: float) -> float:
    """Twice the derivative of the restricted log-likelihood of one mean: y'PPy - tr P at the very numbers given."""
    y, wi = [Fraction(float(y)) for y in yi], [1 / (Fraction(float(v)) + Fraction(float(tau2))) for v in vi]
    sum_w = sum(wi)
    mu = sum(w * a for w, a in zip(wi, y, strict=True)) / sum_w
    yPPy = sum((w * (a - mu)) ** 2 for w, a in zip(wi, y, strict=True))
    return float(yPPy - (sum_w - sum(w * w for w in wi) / sum_w))


def exact_generalised_q(yi: Iterable[float], vi: Iterable[float], tau2: float) -> float:
    """sum wi (yi - mu)^2 with wi = 1 / (vi + tau2), at the very numbers given."""
    y, wi = [Fraction(float(y)) for y in yi], [1 / (Fraction(float(v)) + Fraction(float(tau2))) for v in vi]
    mu = sum(w * a for w, a in zip(wi, y, strict=True)) / sum(wi)
    return float(sum(w * (a - mu) ** 2 for w, a in zip(wi, y, strict=True)))
