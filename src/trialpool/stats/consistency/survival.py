"""Do survival figures agree: deaths with progressions, medians with landmarks, one time with another, numbers at risk with both?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from trialpool.stats.arrays import Bools
from trialpool.stats.consistency.disagreement import Disagreement
from trialpool.stats.effects.deriving import TOUCHING
from trialpool.stats.effects.printed import Printed
from trialpool.stats.effects.reported import Reported

Verdict = tuple[Disagreement, ...] | None
ARMS = {"t": "treatment", "c": "control"}
READING = 0.005  # how far a share that was read off a figure may be off
OF_ONE_ARM = "Look whether the figures are of the same patients, time origin and cut-off, or which was mistyped"


def median_agrees_with_landmark(r: Reported) -> Verdict:
    """Survival is at least one half before the median, and at most one half after it, of the same arm and row."""
    arms = [(arm, m, s) for arm, m, s in (("t", r.median_t, r.survival_t), ("c", r.median_c, r.survival_c)) if m and s]
    if not arms or r.landmark is None:
        return None
    found = []
    for arm, median, share in arms:
        at, half = f"{r.landmark:g}", "50%"
        too_low = r.landmark < median.low and share.high < 0.5 - TOUCHING
        too_high = r.landmark > median.high and share.low > 0.5 + TOUCHING
        if too_low or too_high:
            found.append(
                Disagreement(
                    rule="median-landmark",
                    severity="error",
                    columns=(f"median_{arm}", f"survival_{arm}", "landmark"),
                    what=f"the median with {ARMS[arm]} is {median}, and survival at {at} is {100 * share.value:g}%",
                    expected=f"at {at}, before the median, {half} or more" if too_low else f"at {at}, after it, {half} or less",
                    mend=OF_ONE_ARM,
                )
            )
    return tuple(found)


def deaths_within_progressions(deaths: int, events: int, arm: str = "t", *, of: str = "progressions or deaths") -> Verdict:
    """Every death is an event of progression-free survival, in the same patients at the same cut-off.

    >>> [d.expected for d in deaths_within_progressions(140, 120)]
    ['every death counts as one, so at most 120 deaths']
    """
    if deaths <= events:
        return ()
    return (
        Disagreement(
            rule="deaths-progressions",
            severity="error",
            columns=(f"events_{arm}",),
            what=f"{deaths} deaths and {events} {of} with {ARMS[arm]}",
            expected=f"every death counts as one, so at most {events} deaths",
            mend=OF_ONE_ARM,
        ),
    )


def events_grow(early: int, late: int, arm: str = "t") -> Verdict:
    """Who has had the event at one cut-off has had it at every later one, in the same patients.

    >>> [d.expected for d in events_grow(110, 80)]
    ['at least the 110 of the shorter follow-up']
    """
    if late >= early:
        return ()
    return (
        Disagreement(
            rule="events-grow",
            severity="warning",
            columns=(f"events_{arm}", "follow_up"),
            what=f"{late} events with {ARMS[arm]}",
            expected=f"at least the {early} of the shorter follow-up",
            mend="Look whether the follow-ups were swapped, or the events are of other patients or of another definition",
        ),
    )


def medians_in_order(pfs: Printed, os: Printed, arm: str = "t") -> Verdict:
    """Median overall survival is no shorter than median progression-free survival of the same arm."""
    if pfs.low <= os.high + TOUCHING:
        return ()
    return (
        Disagreement(
            rule="median-order",
            severity="error",
            columns=(f"median_{arm}",),
            what=f"median overall survival with {ARMS[arm]} is {os}, and median progression-free survival {pfs}",
            expected=f"overall survival of at least {pfs}, because every death ends progression-free survival",
            mend=OF_ONE_ARM,
        ),
    )


def survival_in_order(pfs: Printed, pfs_time: float, os: Printed, os_time: float, arm: str = "t") -> Verdict:
    """S_OS(t) >= S_PFS(t) >= S_PFS(u) for every u >= t; None where the time of PFS is the earlier one, which says nothing.

    Shares, 0 to 1.
    """
    if os_time > pfs_time:
        return None
    if pfs.low <= os.high + TOUCHING:
        return ()
    at = f"at {os_time:g}" if os_time == pfs_time else f"at {os_time:g} and {pfs_time:g}"
    alive, well = f"{100 * os.value:g}%", f"{100 * pfs.value:g}%"
    return (
        Disagreement(
            rule="survival-order",
            severity="error",
            columns=(f"survival_{arm}",),
            what=f"{alive} are alive and {well} alive without progression with {ARMS[arm]} {at}",
            expected=f"at least {well} alive, because every death ends progression-free survival",
            mend=OF_ONE_ARM,
        ),
    )


def survival_falls(early: Printed, early_time: float, late: Printed, late_time: float, arm: str = "t") -> Verdict:
    """S(u) <= S(t) for every u > t, in one arm and analysis; None where the times are the same or the other way round."""
    if early_time >= late_time:
        return None
    if late.low <= early.high + TOUCHING:
        return ()
    first = f"{100 * early.value:g}%"
    return (
        Disagreement(
            rule="survival-falls",
            severity="error",
            columns=(f"survival_{arm}", "landmark"),
            what=f"survival with {ARMS[arm]} rises from {first} at {early_time:g} to {100 * late.value:g}% at {late_time:g}",
            expected=f"at most {first} at {late_time:g}",
            mend=OF_ONE_ARM,
        ),
    )


def risk_table_of_curves(r: Reported) -> Verdict:
    """The numbers at risk below curves that were read off a figure; half a percentage point is allowed for the reading."""
    if r.curve is None:
        return None
    said = []
    for arm, at_risk, shares, n in (("t", r.curve.at_risk_t, r.curve.s_t, r.n_t), ("c", r.curve.at_risk_c, r.curve.s_c, r.n_c)):
        if at_risk:
            read = [Printed(s.value, max(s.half, READING), s.text) for s in shares]
            found = risk_table_agrees(r.curve.times, at_risk, n=n, survival=read) or ()
            said.append(tuple(replace(d, columns=(f"at_risk_{arm}", f"curve_{arm}", f"n_{arm}")) for d in found))
    return tuple(d for found in said for d in found) if said else None


def rises(times: Any, at_risk: Any) -> Bools:
    """Where the numbers at risk of an arm rise, though they are in the order of time; (..., m) -> (..., m), the first never.

    >>> rises([0, 6, 12, 18], [231, 190, 195, 120])
    array([False, False,  True, False])
    """
    times, n = np.asarray(times, dtype=float), np.asarray(at_risk, dtype=float)
    later = np.diff(times, axis=-1) > 0
    up = (np.diff(n, axis=-1) > 0) & later
    return np.concatenate([np.zeros((*up.shape[:-1], 1), dtype=bool), up], axis=-1)


def most_at_risk(n: Any, survival: Any, half: Any = 0.0) -> Any:
    """The most patients who can be at risk at a time: N S(t), the largest S that rounds to the one printed.

    >>> float(most_at_risk(200, 0.55))
    110.0
    """
    return np.floor(np.asarray(n, dtype=float) * np.minimum(np.asarray(survival, dtype=float) + half, 1.0) + TOUCHING)


def risk_table_agrees(
    times: Sequence[float],
    at_risk: Sequence[int],
    *,
    n: int | None = None,
    survival: Sequence[Printed | None] | None = None,
) -> Verdict:
    """A risk table starts at N, never rises, and holds no more than N S(t).

    Parameters
    ----------
    times, at_risk : of one arm, in the order of time
    n : patients of the arm; the first number at risk where it is not given
    survival : S at those times as printed (0 to 1), None where it is not known

    >>> [d.what for d in risk_table_agrees([0, 6, 12, 18], [231, 190, 195, 120])]
    ['the numbers at risk rise from 190 at 6 to 195 at 12']
    """
    if not at_risk or len(times) != len(at_risk):
        return None
    said = []
    size = at_risk[0] if n is None else n
    if times[0] == 0 and at_risk[0] != size:
        said.append((f"{at_risk[0]} patients are at risk at the start", f"{size}, all patients of the arm"))
    for i in map(int, np.flatnonzero(rises(times, at_risk))):
        what = f"the numbers at risk rise from {at_risk[i - 1]} at {times[i - 1]:g} to {at_risk[i]} at {times[i]:g}"
        said.append((what, f"at most {at_risk[i - 1]} at {times[i]:g}"))
    for time, found, share in zip(times, at_risk, survival or (), strict=False):
        if share is not None and found > (most := int(most_at_risk(size, share.value, share.half))):
            expected = f"at most {size} x {share} = {size * share.value:g}" + (f", {most} by rounding" if share.half else "")
            said.append((f"{found} patients are at risk at {time:g}", expected))
    return tuple(
        Disagreement(rule="at-risk", severity="error", columns=("at_risk", "time"), what=what, expected=expected, mend=OF_ONE_ARM)
        for what, expected in said
    )
