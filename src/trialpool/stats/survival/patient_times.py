"""Patient data of a trial: when each patient had the event, or was last seen without it, and in which arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PatientTimes(Tabular):
    """Times of n patients.

    time  : (n,) time to the event or to the end of follow-up, >= 0
    event : (n,) True where the event was seen, False where the patient was censored
    arm   : (n,) index of the arm in `arms`
    arms  : names of the arms; the first is the control arm, that others are compared with
    unit  : unit of time, such as "months"; "" where not said
    """

    time: Floats
    event: Bools
    arm: NDArray[np.intp]
    arms: tuple[str, ...]
    unit: str = ""

    @property
    def n(self) -> tuple[int, ...]:
        """Patients by arm."""
        return tuple(int(count) for count in np.bincount(self.arm, minlength=len(self.arms)))

    @property
    def events(self) -> tuple[int, ...]:
        """Events by arm."""
        return tuple(int(count) for count in np.bincount(self.arm[self.event], minlength=len(self.arms)))

    def of(self, *arms: str) -> PatientTimes:
        """The patients of some arms, in the order given."""
        unknown = [arm for arm in arms if arm not in self.arms]
        if unknown:
            raise BadArgument(f"arm {unknown[0]!r} is not known. Choose one of {', '.join(map(repr, self.arms))}.")
        which = np.array([arms.index(name) if name in arms else -1 for name in self.arms])[self.arm]
        kept = which >= 0
        return PatientTimes(time=self.time[kept], event=self.event[kept], arm=which[kept], arms=arms, unit=self.unit)

    def table(self) -> dict[str, list[Any]]:
        """A row a patient: time, event (1 or 0) and arm."""
        return {
            "time": self.time.tolist(),
            "event": [int(event) for event in self.event],
            "arm": [self.arms[arm] for arm in self.arm],
        }

    def __repr__(self) -> str:
        return f"<PatientTimes: {self}>"

    def __str__(self) -> str:
        arms = (f"{d} events among {n} in {name}" for name, n, d in zip(self.arms, self.n, self.events, strict=True))
        return ", ".join(arms)


def patient_times(time: Any, event: Any, arm: Any = None, *, arms: tuple[str, ...] | None = None, unit: str = "") -> PatientTimes:
    """Patient data from columns.

    Parameters
    ----------
    time : (n,) times from randomisation to the event or the end of follow-up, >= 0
    event : (n,) true or 1 where the event was seen, false or 0 where the patient was censored
    arm : (n,) name of each patient's arm; None for a single arm
    arms : names of the arms, control first; in order of appearance where not given
    unit : unit of time, such as "months"

    Raises
    ------
    BadArgument
        for columns of different length, a time that is negative or not finite, an event that is neither 0 nor 1, or an arm that is
        not among `arms`

    >>> print(patient_times([1.0, 2.5, 3.0], [1, 0, 1], ["placebo", "drug", "drug"]))
    1 events among 1 in placebo, 1 events among 2 in drug
    """
    times = np.asarray(time, float)
    happened = np.asarray(event)
    names = [str(name) for name in (["all"] * len(times) if arm is None else np.asarray(arm).tolist())]
    _check(times, happened, names)
    listed = arms if arms is not None else tuple(dict.fromkeys(names))
    strangers = [name for name in dict.fromkeys(names) if name not in listed]
    if strangers:
        raise BadArgument(f"arm {strangers[0]!r} is not among arms={listed!r}. Add it, or leave out its patients.")
    codes = np.array([listed.index(name) for name in names], dtype=np.intp)
    return PatientTimes(time=times, event=happened.astype(bool), arm=codes, arms=tuple(listed), unit=unit)


def _check(time: Floats, event: NDArray[Any], arm: list[str]) -> None:
    if time.ndim != 1 or event.shape != time.shape or len(arm) != len(time):
        raise BadArgument(f"time, event and arm have {time.shape}, {event.shape} and ({len(arm)},) values. Give a value a patient.")
    if not len(time):
        raise BadArgument("there is no patient. Give at least one time.")
    bad = np.flatnonzero(~(np.isfinite(time) & (time >= 0)))
    if len(bad):
        raise BadArgument(f"time of patient {bad[0] + 1} is {time[bad[0]]:g}. Times are finite and not below 0.")
    odd = [value for value in event.tolist() if value not in (0, 1)]
    if odd:
        raise BadArgument(f"event={odd[0]!r} is neither 0 nor 1. Give 1 for an event that was seen, and 0 for a censored time.")
