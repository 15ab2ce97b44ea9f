"""What the laws are tried on: sets of studies and of 2x2 tables, made by Hypothesis."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# what two ways of computing the same number may differ by: rounding, of a few operations, on numbers of size 1
LAW: dict[str, Any] = {"rel": 1e-9, "abs": 1e-10}
# what is computed in the very same way differs by nothing, but for the order of a sum
SAME: dict[str, Any] = {"rel": 1e-12, "abs": 1e-13}

# where a law is tried under each estimator and each interval
FEW = settings(max_examples=30)


@st.composite
def studies(draw: st.DrawFn, min_k: int = 2, max_k: int = 8) -> tuple[Floats, Floats]:
    """yi from -3 to 3 and vi from 0.001 to 3, as precise as papers print them."""
    k = draw(st.integers(min_k, max_k))
    yi = draw(st.lists(st.integers(-300, 300), min_size=k, max_size=k))
    vi = draw(st.lists(st.integers(1, 3000), min_size=k, max_size=k))
    return np.array(yi) / 100, np.array(vi) / 1000


@st.composite
def two_by_two_tables(draw: st.DrawFn, min_k: int = 1, max_k: int = 6, min_events: int = 0) -> dict[str, Any]:
    """Arms of up to 300 patients, with at least `min_events` events and as many non-events in each."""
    k = draw(st.integers(min_k, max_k))
    arms: dict[str, Any] = {}
    for arm in ("t", "c"):
        n = draw(st.lists(st.integers(2 * min_events + 1, 300), min_size=k, max_size=k))
        arms[f"events_{arm}"] = [draw(st.integers(min_events, patients - min_events)) for patients in n]
        arms[f"n_{arm}"] = n
    return arms
