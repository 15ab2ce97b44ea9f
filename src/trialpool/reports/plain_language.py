"""What was found of an outcome in a sentence whose verb says how certain it is, and whose size words say whether it matters.

Santesso et al. (2020), J Clin Epidemiol 119:126-135 (GRADE guidelines 26).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from trialpool.analysis.certainty_hints import in_words, range_in_words
from trialpool.analysis.placed_effect import PlacedEffect
from trialpool.figures.numerals import level_text
from trialpool.reports.wording import inside_sentence, listed
from trialpool.review.certainty import CertaintyLevel


class _Verbs(NamedTuple):
    less: str
    more: str
    same: str


VERBS: dict[CertaintyLevel, _Verbs] = {
    "high": _Verbs("reduces", "increases", "makes"),
    "moderate": _Verbs("probably reduces", "probably increases", "probably makes"),
    "low": _Verbs("may reduce", "may increase", "may make"),
}
LESS, SAME, MORE = "less", "same", "more"
ALLOWED = {LESS: "a reduction that matters", SAME: "little or no difference", MORE: "an increase that matters"}
ALLOWED_WITHOUT_MID = {LESS: "a reduction", SAME: "no difference", MORE: "an increase"}
NOT_JUDGED = "Not yet judged."


def statement(
    place: PlacedEffect, level: CertaintyLevel | None, *, treatment: str, counted: str, measure: str, confidence: float = 0.95
) -> str:
    """The sentence for one row of the summary of findings.

    Parameters
    ----------
    place : the effect with its limits and thresholds
    level : the certainty; None where it is not yet judged
    treatment, counted : what is given, and what is counted, as words of a sentence
    measure : name of the measure, said where there is no baseline
    confidence : level of the interval
    """
    if level is None:
        return NOT_JUDGED
    if level == "very low":
        return f"The evidence is very uncertain about the effect of {inside_sentence(treatment)} on {counted}."
    if not place.known:
        return f"The effect of {inside_sentence(treatment)} on {counted} could not be told."
    numbers = _numbers(place, measure, confidence)
    if place.mid is None and place.holds_null:
        return f"Whether {inside_sentence(treatment)} reduces or increases {counted} is not clear ({numbers})."
    return f"{_claim(place, VERBS[level], treatment[:1].upper() + treatment[1:], counted)} ({numbers}){_allowed(place)}."


def _claim(place: PlacedEffect, verbs: _Verbs, treatment: str, counted: str) -> str:
    small = place.matters is False
    if small and place.holds_null:
        return f"{treatment} {verbs.same} little or no difference to {counted}"
    verb = verbs.less if place.estimate * place.upward < 0 else verbs.more
    return f"{treatment} {verb} {counted}{' slightly' if small else ''}"


def _numbers(place: PlacedEffect, measure: str, confidence: float) -> str:
    limits = range_in_words(place, place.low, place.high)
    if place.logs:
        ratio = f"{measure} {in_words(place, place.estimate)}"
        return f"{ratio}, {level_text(confidence)} confidence interval {limits.removeprefix('from ')}"
    at = f" at {place.baseline.at}" if place.baseline is not None and place.baseline.at else ""
    if place.unit is not None:
        return f"{in_words(place, place.estimate)}, {level_text(confidence)} confidence interval {limits}"
    limits = limits.removesuffix(" of 1000")
    return f"{in_words(place, place.estimate)} of 1000{at}, {level_text(confidence)} confidence interval {limits}"


def _allowed(place: PlacedEffect) -> str:
    """What else the interval holds, where it crosses a threshold; empty where it holds nothing else."""
    mine = _zone(place, place.estimate)
    words = ALLOWED if place.mid is not None else ALLOWED_WITHOUT_MID
    others = [words[zone] for zone in _zones(place) if zone != mine]
    return f"; the interval also holds {listed(others)}" if others else ""


def _zones(place: PlacedEffect) -> Iterator[str]:
    """The kinds of difference that the interval holds, from less to more."""
    ends = sorted((_zone(place, place.low), _zone(place, place.high)), key=[LESS, SAME, MORE].index)
    order = [LESS, SAME, MORE]
    yield from order[order.index(ends[0]) : order.index(ends[1]) + 1]


def _zone(place: PlacedEffect, number: float) -> str:
    below, above = place.mid if place.mid is not None else (0.0, 0.0)
    if below < number < above or number == 0:
        return SAME
    return LESS if number * place.upward < 0 else MORE
