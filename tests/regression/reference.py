"""The tables of tests/reference/regression, and the fits that answer to their entries."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from tests.stats.reference_tables import CI_OF, Entry

from trialpool.formulas.regress import regress
from trialpool.stats.effects.effects import Effects
from trialpool.stats.regression.meta_regression import MetaRegression

FOLDER = Path(__file__).parents[1] / "reference" / "regression"


@cache
def table(name: str) -> tuple[Entry, ...]:
    """The entries of tests/reference/regression/NAME.json."""
    entries = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return tuple(Entry(e.pop("data"), e.pop("call"), e.pop("result"), e) for e in entries)


@cache
def columns(name: str) -> dict[str, list[Any]]:
    """The columns of a data set, None where a value is missing."""
    entries = json.loads((FOLDER / "data_sets.json").read_text(encoding="utf-8"))
    return next(entry["columns"] for entry in entries if entry["data"] == name)


def effects_of(name: str) -> Effects:
    """The effects of a data set; a study without an effect is absent, as metafor leaves it out."""
    yi, vi = (np.array(columns(name)[c], dtype=float) for c in ("yi", "vi"))
    missing = np.isnan(yi) | np.isnan(vi)
    labels = tuple(str(i + 1) for i in range(len(yi)))
    return Effects(yi=np.where(missing, 0.0, yi), vi=np.where(missing, np.inf, vi), study=labels)


def ours(formula: str) -> str:
    """R's formula in our words."""
    return formula.replace("factor(", "C(").replace("pmin(", "minimum(").strip()


def formula_of(call: str, part: str = "mods") -> str:
    """The formula of an R call; "~ 1" where it has none."""
    found = re.search(rf"{part}=(~(?:[^,()]|\([^()]*\))*)", call)
    return ours(found[1]) if found else "~ 1"


def option(call: str, name: str, default: str) -> str:
    found = re.search(rf'{name}="(\w+)"', call)
    return found[1] if found else default


def fit_of(data: str, call: str, **chosen: Any) -> MetaRegression:
    """The fit that answers to a call of rma."""
    method = option(call, "method", "REML")
    choices: dict[str, Any] = {"model": "common"} if method == "EE" else {"tau2": method}
    given = re.search(r"tau2=([\d.]+)", call)
    if given:
        choices["tau2"] = float(given[1])
    if "weighted=FALSE" in call:
        choices["weights"] = "equal"
    if "weights=1/(vi+0.1)" in call:
        choices["weights"] = 1 / (np.array(columns(data)["vi"], dtype=float) + 0.1)
    if "weights=1/sqrt(vi)" in call:
        choices["weights"] = 1 / np.sqrt(np.array(columns(data)["vi"], dtype=float))
    choices["level"] = 0.90 if "level=90" in call else 0.95
    choices["ci"] = CI_OF[option(call, "test", "z")]
    return regress(effects_of(data), formula_of(call), columns(data), **({"missing": "drop"} | choices | chosen))
