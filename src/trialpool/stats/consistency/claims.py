"""Is what words claim of a result borne out by its interval?"""

from __future__ import annotations

from typing import Literal

from trialpool.stats.consistency.disagreement import Disagreement
from trialpool.stats.effects.reported import Reported

Claim = Literal["benefit", "harm", "no difference"]
WORTHWHILE = 0.8  # an interval that holds a fifth fewer (or as many more) events leaves an important effect open


def claim_borne_out(r: Reported, claim: Claim, *, lower_is_better: bool = True) -> tuple[Disagreement, ...] | None:
    """A claim of a direction needs an interval on that side of 1; one of no difference, an interval without important effects.

    Parameters
    ----------
    r : a ratio (treatment against control) with both limits
    claim : what the words say of treatment
    lower_is_better : fewer events are the benefit

    Returns
    -------
    None where there is no interval of a ratio; an error where the interval does not bear out a direction, or refutes that
    there is no difference; a warning where "no difference" is said of an interval that reaches 0.80 or 1/0.80

    >>> from trialpool.stats.effects.printed import Printed
    >>> os = Reported(estimate=Printed.of("0.93"), ci_low=Printed.of("0.85"), ci_high=Printed.of("1.01"))
    >>> [d.expected for d in claim_borne_out(os, "benefit")]
    ['an interval below 1; it reaches from 0.85 to 1.01, and no difference is not excluded']
    """
    if r.measure not in ("HR", "RR", "OR") or not (r.ci_low and r.ci_high) or r.inverted is None:
        return None
    low, high = r.ci_low.value, r.ci_high.value
    if r.inverted:
        low, high = 1 / high, 1 / low
    below, above = high < 1, low > 1
    shown = f"{r.measure} {r.estimate} ({r.ci_low} to {r.ci_high})" if r.estimate else f"{r.measure} {r.ci_low} to {r.ci_high}"
    if claim == "no difference":
        return _no_difference(shown, low, high, significant=below or above)
    wants_below = (claim == "benefit") == lower_is_better
    if below if wants_below else above:
        return ()
    side = "below" if wants_below else "above"
    why = "the other side of 1" if (above if wants_below else below) else "no difference is not excluded"
    return (
        Disagreement(
            rule="claim",
            severity="error",
            columns=("estimate", "ci_low", "ci_high"),
            what=f"{claim} is claimed, and the result is {shown}",
            expected=f"an interval {side} 1; it reaches from {low:.3g} to {high:.3g}, and {why}"
            if why.startswith("no")
            else f"an interval {side} 1; it reaches from {low:.3g} to {high:.3g}, on {why}",
            mend="Say what the interval leaves open, or correct the claim",
        ),
    )


def _no_difference(shown: str, low: float, high: float, *, significant: bool) -> tuple[Disagreement, ...]:
    wide = low <= WORTHWHILE or high >= 1 / WORTHWHILE
    if not significant and not wide:
        return ()
    reach = f"a reduction by {1 - low:.0%}" if low <= WORTHWHILE else f"an increase by {high - 1:.0%}"
    return (
        Disagreement(
            rule="claim",
            severity="error" if significant else "warning",
            columns=("estimate", "ci_low", "ci_high"),
            what=f"no difference is claimed, and the result is {shown}",
            expected="an interval that holds 1" if significant else f"a narrow interval; this one holds {reach}",
            mend="Say that no difference was shown, and what the interval leaves open" if wide else "Correct the claim",
        ),
    )
