"""What the laws are tried on: trials with rare events, made by Hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

# closed forms computed in another order
LAW: dict[str, Any] = {"rel": 1e-9, "abs": 1e-10}
# maxima of a likelihood, both ends of the law iterated to a step of 1e-9
ITERATED: dict[str, Any] = {"rel": 1e-6, "abs": 1e-7}


@st.composite
def trials(draw: st.DrawFn, min_k: int = 2, max_k: int = 6, most_events: int = 8, min_events: int = 0) -> dict[str, list[int]]:
    """Arms of 20 to 300 patients with few events; in each arm some trial has an event."""
    k = draw(st.integers(min_k, max_k))
    made: dict[str, list[int]] = {}
    for arm in "tc":
        made[f"n_{arm}"] = draw(st.lists(st.integers(20, 300), min_size=k, max_size=k))
        made[f"events_{arm}"] = draw(st.lists(st.integers(min_events, most_events), min_size=k, max_size=k))
        made[f"events_{arm}"][0] = max(1, made[f"events_{arm}"][0])
    return made


def swapped(arms: dict[str, Any]) -> dict[str, Any]:
    other = {"t": "c", "c": "t"}
    return {f"{name[:-1]}{other[name[-1]]}": values for name, values in arms.items()}


def relabelled(arms: dict[str, Any]) -> dict[str, Any]:
    """Non-events for events."""
    non_events = {f"events_{a}": [n - e for e, n in zip(arms[f"events_{a}"], arms[f"n_{a}"], strict=True)] for a in "tc"}
    return arms | non_events


def backwards(arms: dict[str, Any]) -> dict[str, Any]:
    return {name: list(values)[::-1] for name, values in arms.items()}


def with_more(arms: dict[str, Any], **trial: int) -> dict[str, Any]:
    return {name: [*values, trial[name]] for name, values in arms.items()}
