"""The tables of tests/reference/influence, and the fits that answer to their entries."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from tests.stats.reference_tables import Entry

from trialpool.formulas.regress import regress
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.regression.meta_regression import MetaRegression

FOLDER = Path(__file__).parents[1] / "reference" / "influence"


@cache
def table(name: str) -> tuple[Entry, ...]:
    """The entries of tests/reference/influence/NAME.json."""
    entries = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return tuple(Entry(e.pop("data"), e.pop("call"), e.pop("result"), e) for e in entries)


@cache
def columns(name: str) -> dict[str, list[float]]:
    """The columns of a data set."""
    entries = json.loads((FOLDER / "data_sets.json").read_text(encoding="utf-8"))
    return next(entry["columns"] for entry in entries if entry["data"] == name)


def effects_of(entry: Entry) -> Effects:
    return effects(columns(entry.data)["yi"], columns(entry.data)["vi"])


def fit_of(entry: Entry) -> Any:
    """The fit that answers to a call of rma: with moderators a MetaRegression."""
    these, method = effects_of(entry), entry["method"]
    moderators = re.search(r"mods=(~ [\w +]+)", entry.call)
    if moderators:
        return regress(these, moderators[1], columns(entry.data), tau2=method, ci="Wald")
    return pool_common(these) if method == "EE" else pool(these, tau2=method, ci="Wald")


def yi_vi(fit: PooledEffect | MetaRegression) -> tuple[np.ndarray, np.ndarray]:
    return fit.effects.yi, fit.effects.vi
