"""The effects that were chosen of a review, as the arrays that pooling takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trialpool.analysis.selection import UnitEffect
from trialpool.stats.effects.effects import Counts, Effects

COUNTED = ("events and patients", "percentages and patients", "events and patients by Peto")  # routes from counts by arm


def effects_of(chosen: Sequence[UnitEffect], measure: str) -> Effects:
    """Chosen effects as the arrays that pooling takes, labelled by the titles of their units."""
    return Effects(
        yi=np.array([e.derivation.yi for e in chosen], dtype=float),
        vi=np.array([e.derivation.vi for e in chosen], dtype=float),
        study=tuple(e.unit.title for e in chosen),
        measure=measure,
        derivations=tuple(e.derivation for e in chosen),
        counts=_counts(chosen),
    )


def _counts(chosen: Sequence[UnitEffect]) -> Counts | None:
    """Events and patients by arm, where every effect came from these."""
    columns = ("events_t", "n_t", "events_c", "n_c")
    if not chosen or any(column not in e.derivation.inputs for e in chosen for column in columns):
        return None
    if any(e.derivation.route not in COUNTED for e in chosen):
        return None
    return Counts(**{column: np.array([float(e.derivation.inputs[column]) for e in chosen]) for column in columns})
