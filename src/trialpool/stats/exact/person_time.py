"""Events and person-time of two arms, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import EVENTS, TIME, columns_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonTime:
    """Events and person-time by arm, each of shape (..., k), the labels of the trials, and the library of the columns."""

    events_t: Floats
    time_t: Floats
    events_c: Floats
    time_c: Floats
    study: tuple[str, ...]
    library: str = ""


def person_time_of(events_t: Any, time_t: Any, events_c: Any, time_c: Any, study: Sequence[str] | None) -> PersonTime:
    """Checked counts and person-time; everything that is wrong with them is said at once.

    >>> person_time_of([3], [0], [9], [10], ["A"])
    Traceback (most recent call last):
    trialpool.errors.BadArgument: Events and times cannot be used: time_t is 0 for A. Time at risk is above 0.
    """
    given = {"events_t": events_t, "time_t": time_t, "events_c": events_c, "time_c": time_c}
    rules = {name: EVENTS if name.startswith("events") else TIME for name in given}
    found = columns_of("Events and times", given, rules, study=study)
    return PersonTime(**found.values, study=found.study, library=found.library)
