"""The tables of tests/reference, as the tests read them, and how close our numbers have to come to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.two_by_two import odds_ratio, risk_difference, risk_ratio

FOLDER = Path(__file__).parents[1] / "reference"
EFFECTS_OF: dict[str, Callable[..., Effects]] = {"RR": risk_ratio, "OR": odds_ratio, "RD": risk_difference}

# what metafor calls the intervals
CI_OF = {"z": "Wald", "t": "t", "knha": "HK", "adhoc": "HK-floor"}

# metafor iterated to 1e-12 here; what it printed has 15 digits
REFERENCE: dict[str, Any] = {"rel": 1e-8, "abs": 1e-14}
# the small tail areas that are left to a z of -13 magnify the error of z a hundredfold
TAIL_AREA: dict[str, Any] = {"rel": 1e-8, "abs": 0.0}


@dataclass(frozen=True, slots=True)
class Entry:
    """A result from outside: the data it is of, the call that made it, its numbers, and whatever else marks it."""

    data: str
    call: str
    result: Mapping[str, Any]
    tags: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, tag: str) -> Any:
        return self.tags[tag]


@cache
def table(name: str) -> tuple[Entry, ...]:
    """The entries of tests/reference/NAME.json."""
    entries = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return tuple(Entry(e.pop("data"), e.pop("call"), e.pop("result"), e) for e in entries)


def each_of(name: str, label: Callable[[Entry], str], entries: Iterable[Entry] | None = None) -> pytest.MarkDecorator:
    """Parametrise a test over the entries of a table, with ids that can be read."""
    chosen = list(table(name) if entries is None else entries)
    return pytest.mark.parametrize("entry", chosen, ids=[f"{e.data}-{label(e)}" for e in chosen])


@cache
def columns(name: str) -> dict[str, list[Any]]:
    """The columns of a data set of tests/reference/data_sets.json, None where a value is missing."""
    entries = json.loads((FOLDER / "data_sets.json").read_text(encoding="utf-8"))
    return next(entry["columns"] for entry in entries if entry["data"] == name)


def effects_of(name: str) -> Effects:
    """The effects of a data set; a study without an effect is absent, as metafor leaves it out."""
    yi, vi = (np.array(columns(name)[c], dtype=float) for c in ("yi", "vi"))
    missing = np.isnan(yi) | np.isnan(vi)
    labels = tuple(str(i + 1) for i in range(len(yi)))
    return Effects(yi=np.where(missing, 0.0, yi), vi=np.where(missing, np.inf, vi), study=labels)


def counted(name: str) -> tuple[dict[str, Any], NDArray[np.bool_]]:
    """The arms of a data set of 2x2 tables, without the trials that lack a count, and which trials these are not."""
    arms = [columns(name)[c] for c in ("events_t", "n_t", "events_c", "n_c")]
    complete = [None not in trial for trial in zip(*arms, strict=True)]
    kept = [[count for count, there in zip(arm, complete, strict=True) if there] for arm in arms]
    return dict(zip(("events_t", "n_t", "events_c", "n_c"), kept, strict=True)), np.array(complete)


def near(expected: ArrayLike, **tolerance: float) -> Any:
    """`expected`, null being nan, within REFERENCE unless told otherwise."""
    return pytest.approx(np.asarray(expected, dtype=float), nan_ok=True, **(tolerance or REFERENCE))
