"""How many patients the studies have, by arm where that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import numbers
from trialpool.stats.effects.effects import Counts, Effects


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the caller gave of the sizes of the studies, (..., k) each: patients in all, or by arm."""

    n: Any = None
    n_t: Any = None
    n_c: Any = None

    def arms(self, effects: Effects, method: str) -> tuple[Floats, Floats]:
        """Patients by arm: what was given, or those of the counts. Where a study is absent, 1."""
        if self.n_t is not None and self.n_c is not None:
            return _checked("n_t", self.n_t, effects), _checked("n_c", self.n_c, effects)
        if effects.counts is not None:
            return _checked("n_t", effects.counts.n_t, effects), _checked("n_c", effects.counts.n_c, effects)
        raise BadArgument(f"{method} needs the patients of each arm, which these effects don't carry. Give n_t and n_c.")

    def total(self, effects: Effects, method: str) -> Floats:
        """Patients in all: what was given, or the sum of the arms. Where a study is absent, 1."""
        if self.n is not None:
            return _checked("n", self.n, effects)
        if (self.n_t is None or self.n_c is None) and effects.counts is None:
            raise BadArgument(
                f"{method} needs the patients of each study, which these effects don't carry. Give n, or n_t and n_c."
            )
        n_t, n_c = self.arms(effects, method)
        return np.where(np.isfinite(effects.vi), n_t + n_c, 1.0)


def counts_of(effects: Effects, method: str) -> Counts:
    """Events and patients by arm; an absent study has one patient in each and no event."""
    if effects.counts is None:
        raise BadArgument(
            f"{method} needs the events and patients of each arm, which these effects don't carry. "
            "Compute them from counts, with odds_ratio, risk_ratio or another of these functions."
        )
    there = np.isfinite(effects.vi)
    c = effects.counts
    return Counts(
        events_t=np.where(there, c.events_t, 0.0),
        n_t=np.where(there, c.n_t, 1.0),
        events_c=np.where(there, c.events_c, 0.0),
        n_c=np.where(there, c.n_c, 1.0),
    )


def _checked(name: str, values: Any, effects: Effects) -> Floats:
    n = numbers(name, values)
    if n.shape[-1] != effects.vi.shape[-1]:
        raise BadArgument(f"{name} has {n.shape[-1]} values for {effects.vi.shape[-1]} studies. Give one for each.")
    there = np.isfinite(effects.vi)
    bad = np.asarray(there & ~(np.isfinite(n) & (n > 0)))
    if bad.any():
        rows = np.broadcast_to(n, bad.shape).reshape(-1, n.shape[-1])
        flat = bad.reshape(-1, n.shape[-1])
        found = ", ".join(f"{rows[flat[:, i].argmax(), i]:g} ({effects.study[i]})" for i in np.flatnonzero(flat.any(0)))
        raise BadArgument(f"{name} has values that cannot be used: {found}. Patients are counted from 1.")
    return np.where(there, n, 1.0)
