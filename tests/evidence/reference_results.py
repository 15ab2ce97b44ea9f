"""The tables of tests/reference/evidence as the tests read them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.effects.two_by_two import risk_ratio
from trialpool.stats.pooling.pairwise import pool_common
from trialpool.stats.pooling.pooled_effect import PooledEffect

FOLDER = Path(__file__).parents[1] / "reference" / "evidence"

# closed forms, given with ten digits or more after the point
CLOSED: dict[str, Any] = {"rel": 1e-9, "abs": 1e-9}


@cache
def table(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def risk_ratios(rows: list[dict[str, int]]) -> Effects:
    """Risk ratios of a data set's rows."""
    ours = {"events_t": "e1", "n_t": "n1", "events_c": "e0", "n_c": "n0"}
    return risk_ratio(**{name: [row[theirs] for row in rows] for name, theirs in ours.items()})


def perioperative_oxygen() -> Effects:
    return risk_ratios(table("fragility")["cases"][0]["rows"])


def one_study(mu: float, se: float, measure: str, level: float = 0.95) -> PooledEffect:
    """A published effect as a fit."""
    return pool_common(effects([mu], [se**2], measure=measure), level=level)
