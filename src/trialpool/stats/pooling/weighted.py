"""Inverse-variance weighted quantities that the estimators have in common."""

from __future__ import annotations

from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats


def weights(vi: Floats, tau2: Any = 0.0) -> Floats:
    """wi = 1 / (vi + tau2): zero where a study is absent."""
    wi: Floats = 1 / (vi + (np.asarray(tau2)[..., np.newaxis] if np.ndim(tau2) else tau2))
    return wi


def mean(yi: Floats, wi: Floats) -> Any:
    """Weighted mean over the last axis; nan where nothing has weight."""
    if wi.ndim == 1 and yi.ndim == 1:
        total = wi.sum()
        return (wi * yi).sum() / total if total else np.float64(np.nan)
    with np.errstate(invalid="ignore"):
        return (wi * yi).sum(-1) / wi.sum(-1)


def cochran_q(yi: Floats, vi: Floats, tau2: Any = 0.0) -> Any:
    """Q = sum wi (yi - mu)^2 with weights 1 / (vi + tau2); Cochran's Q where tau2 is 0, generalised Q elsewhere."""
    wi = weights(vi, tau2)
    mu = mean(yi, wi)
    ri = yi - (mu[..., np.newaxis] if np.ndim(mu) else mu)
    return (wi * ri * ri).sum(-1)


def at_least_zero(values: Any, *, where: Any) -> Any:
    """max(values, 0), and nan where the quantity does not exist."""
    return np.where(where, np.maximum(values, 0.0), np.nan)[()]
