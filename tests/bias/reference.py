"""The tables of tests/reference/bias as the tests read them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialpool.stats.effects.effects import Effects, effects

FOLDER = Path(__file__).parents[1] / "reference" / "bias"

# closed forms: what R printed has 15 digits
CLOSED: dict[str, Any] = {"rel": 1e-8, "abs": 1e-12}
# small tail areas magnify the error of z
TAIL_AREA: dict[str, Any] = {"rel": 1e-8, "abs": 0.0}


@cache
def table(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return entries


def of_kind(name: str, kind: str) -> pytest.MarkDecorator:
    """Parametrise a test over the entries of a table whose kind starts so."""
    entries = [entry for entry in table(name) if entry["kind"].startswith(kind)]
    assert entries
    return pytest.mark.parametrize("entry", entries, ids=[f"{e['data']}-{e['call']}" for e in entries])


@cache
def columns(name: str, data: str) -> dict[str, Any]:
    found = next(entry["columns"] for entry in table(name) if entry["data"] == data)
    return {column: np.array(values) for column, values in found.items()}


def effects_of(data: str, measure: str = "") -> Effects:
    given = columns("effects", data)
    return effects(given["yi"], given["vi"], measure=measure)


def first(values: Any) -> Any:
    """R gives numbers as vectors of one."""
    return values[0] if isinstance(values, list) else values
