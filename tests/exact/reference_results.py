"""The tables of tests/reference/exact as the tests read them."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.two_by_two import odds_ratio

FOLDER = Path(__file__).parents[1] / "reference" / "exact"

# closed forms: what R printed has 15 digits
CLOSED: dict[str, Any] = {"rel": 1e-9, "abs": 1e-14}


@cache
def table(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return entries


@cache
def columns(name: str) -> dict[str, NDArray[np.float64]]:
    with (FOLDER / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: np.array([float(row[column]) for row in rows]) for column in rows[0]}


def arms(name: str) -> dict[str, NDArray[np.float64]]:
    """The counts of a data set of two arms, without its moderators."""
    return {column: values for column, values in columns(name).items() if column.split("_")[0] in ("events", "n", "time")}


def odds_ratios(name: str) -> Effects:
    return odds_ratio(**arms(name))
