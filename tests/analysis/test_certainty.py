"""Hints beside a person's decisions: what they say, laws of the thresholds, and decisions that they contradict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.reference_results import one_study
from tests.formats.folders import COUNTS_PLAN, counts, findings, folder

from trialpool.analysis.certainty import EvidenceProfile, certainty_notes
from trialpool.analysis.placed_effect import PlacedEffect, placed
from trialpool.analysis.selection import Selection
from trialpool.formats.review_folder import read_review
from trialpool.review.certainty import Baseline, OutcomeCertainty, SmallestImportant
from trialpool.review.plan import Analysis, Outcome
from trialpool.stats.effects.measure import MEASURES

HEAD = "format = 1\n[[outcomes]]\nanalysis = 'os'\ncounted = 'deaths'\n"
EMPTY = Selection(effects=(), missing=())
DOMAINS = ("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias")


def certainty(extra: str = "", **down: int) -> str:
    decisions = "".join(f"{domain} = {{ down = {down.get(domain, 0)}, why = 'so it is' }}\n" for domain in DOMAINS)
    return HEAD + decisions + extra


def place(
    effect: float, se: float, risk: float | None, *, measure: str = "RR", target: str = "null", free: bool = False, **mid: float
) -> PlacedEffect:
    """One pooled effect at one baseline."""
    outcome = Outcome(id="os", name="Death", measure=measure, reported_as=("OS",))
    baselines = () if risk is None else (Baseline(risk=risk, at="3 years", source="x"),)
    entry = OutcomeCertainty(
        analysis="os",
        counted="deaths",
        target=target,
        shows="event-free" if free else "events",
        baselines=baselines,
        mid=SmallestImportant(**mid) if mid else None,
    )
    mu = float(np.log(effect)) if MEASURES[measure].log else effect
    return placed(entry, Analysis(id="os", outcome="os"), outcome, EMPTY, one_study(mu, se, measure))[0]


def profile(tmp_path: Path, text: str | None, *, results: Any = None) -> EvidenceProfile:
    """The profile of three trials with counts."""
    rows = results or [counts("a-2001", 30, 100, 40, 100), counts("b-2005", 28, 100, 40, 100), counts("c-2010", 32, 100, 40, 100)]
    found = findings(folder(tmp_path, toml=COUNTS_PLAN, results=rows, certainty=text)).analyses[0]
    assert found.certainty is not None
    return found.certainty


def said(profile: EvidenceProfile, domain: str) -> dict[str, tuple[str, int | None]]:
    return {hint.name: (hint.found, hint.levels) for hint in profile.of(domain)}


# Thresholds. At a risk of 40% a smallest difference of 40 of 1000 is reached by a risk ratio of 0.90 or 1.10


@pytest.mark.parametrize(
    ("ratio", "se", "target", "levels"),
    [
        (0.80, 0.05, "null", 0),  # 0.73 to 0.88
        (0.80, 0.15, "null", 1),  # 0.60 to 1.07
        (0.95, 0.15, "null", 2),  # 0.71 to 1.27: a benefit that matters, and a harm
        (0.80, 0.05, "mid", 0),  # all of it below 0.90
        (0.85, 0.05, "mid", 1),  # 0.77 to 0.94 crosses 0.90, not no effect
        (0.98, 0.02, "mid", 0),  # 0.94 to 1.02: no difference that matters, and surely so
        (0.98, 0.055, "mid", 1),  # 0.88 to 1.09
        (0.98, 0.15, "mid", 2),
        (1.25, 0.05, "mid", 0),  # 1.13 to 1.38: a harm that matters
    ],
)
def test_an_interval_speaks_for_as_many_levels_as_it_crosses(ratio: float, se: float, target: str, levels: int) -> None:
    assert place(ratio, se, 0.40, target=target, per_1000=40).crossed(target) == levels


def test_without_a_baseline_the_ratio_itself_is_judged() -> None:
    found = place(0.85, 0.05, None, target="mid", ratio=0.90)
    assert found.logs
    assert found.effect is None
    assert found.mid == pytest.approx((np.log(0.9), -np.log(0.9)))
    assert found.crossed("mid") == 1


def test_a_ratio_as_smallest_difference_is_set_at_the_baseline() -> None:
    found = place(0.62, 0.04, 0.70, measure="HR", free=True, ratio=0.85)
    assert found.mid == pytest.approx((0.3 ** (1 / 0.85) - 0.3, 0.3**0.85 - 0.3))


def test_people_free_of_the_event_are_the_others() -> None:
    events, free = (place(0.62, 0.04, 0.70, measure="HR", free=free, per_1000=50) for free in (False, True))
    assert (free.low, free.estimate, free.high) == pytest.approx((-events.high, -events.estimate, -events.low))
    assert (events.good, free.good) == (False, True)
    assert events.crossed("mid") == free.crossed("mid")


ratios, errors, risks = st.floats(0.3, 3.0), st.floats(0.01, 0.5), st.floats(0.02, 0.9)


@given(ratios, errors, risks, st.floats(5, 200))
def test_a_wider_interval_never_speaks_for_fewer_levels(ratio: float, se: float, risk: float, mid: float) -> None:
    for target in ("null", "mid"):
        narrow, wide = (place(ratio, by * se, risk, target=target, per_1000=mid).crossed(target) for by in (1, 1.5))
        assert narrow <= wide


@given(ratios, errors, st.floats(0.02, 0.4), st.floats(1.01, 2))
def test_the_difference_grows_with_the_baseline_risk(ratio: float, se: float, risk: float, times: float) -> None:
    few, many = place(ratio, se, risk), place(ratio, se, min(risk * times, 0.999))
    if ratio * risk * times < 1:
        assert abs(many.estimate) >= abs(few.estimate) - 1e-12


@given(ratios, errors, risks, st.sampled_from(["RR", "OR", "HR"]))
def test_the_interval_holds_no_effect_at_a_baseline_where_the_ratio_does(
    ratio: float, se: float, risk: float, measure: str
) -> None:
    if abs(abs(np.log(ratio)) - 1.959964 * se) > 1e-6:
        assert place(ratio, se, risk, measure=measure).holds_null == place(ratio, se, None, measure=measure).holds_null


@given(ratios, errors, risks, st.floats(5, 200))
def test_swapping_benefit_and_harm_of_a_difference_changes_no_level(ratio: float, se: float, risk: float, mid: float) -> None:
    found = place(ratio, se, risk, per_1000=mid)
    assert found.mid is not None
    mirrored = replace(found, estimate=-found.estimate, low=-found.high, high=-found.low)
    for target in ("null", "mid"):
        assert mirrored.crossed(target) == found.crossed(target)


# Hints


def test_hints_say_what_was_computed(tmp_path: Path) -> None:
    """RR 0.75 (90 v 120 of 300): I2 0; a trial of 25% at 40%: p = .35, 4 x 7.849 x .2275 / .01 = 714 patients."""
    baseline = "[outcomes.mid]\nper_1000 = 50\n[[outcomes.baselines]]\nrisk = 0.40\nsource = 'control arms'\n"
    found = profile(tmp_path, certainty(baseline))
    assert said(found, "inconsistency")["Side of no effect"] == ("3 of 3 estimates, with 100% of the weight, lie below 1", None)
    assert said(found, "inconsistency")["Prediction interval"] == ("with 3 studies a new one can hardly be predicted", None)
    low, high = found.placed[0].low, found.placed[0].high
    limits = f"from {-1000 * low:.0f} fewer to {-1000 * high:.0f} fewer of 1000"
    assert said(found, "imprecision")["Interval"] == (f"the interval {limits} does not cross the line of no effect", 0)
    assert said(found, "imprecision")["Optimal information size"] == (
        (
            "600 patients, where 714 are needed at a risk of 40.0%, 84% of what one trial needs for a relative "
            "reduction of 25% at a power of 80%; that is asked of effects above 30%, and this is smaller"
        ),
        0,
    )
    assert said(found, "publication_bias")["Small-study effects"] == (
        "with 3 effects, fewer than 10, no test can tell asymmetry from chance",
        None,
    )
    assert said(found, "risk_of_bias")["Weight by level"] == (
        "the review holds no judgements of the risk of bias of these results",
        None,
    )
    assert [hint.levels for hint in found.of("indirectness")] == [None]
    assert found.of("large_effect") == ()
    assert (found.patients, found.events, found.level) == (600, 210, "high")


def test_a_large_effect_on_few_patients_speaks_for_rating_down(tmp_path: Path) -> None:
    # 4 x 7.849 x .27 x .73 / .06^2 = 1719 patients
    rows = [counts(study, 10, 100, 30, 100) for study in ("a-2001", "b-2005", "c-2010")]
    found = profile(tmp_path, certainty("information = { relative_reduction = 0.2 }\n"), results=rows)
    found_text, levels = said(found, "imprecision")["Optimal information size"]
    assert levels == -1
    assert found_text.startswith("600 patients, where 1,719 are needed at a risk of 30.0%, 35% of what one trial needs")


def test_non_randomised_evidence_with_a_large_effect_can_be_rated_up(tmp_path: Path) -> None:
    rows = [counts(study, 10, 100, 30, 100) for study in ("a-2001", "b-2005", "c-2010")]
    found = profile(tmp_path, certainty("evidence = 'non-randomised'\n"), results=rows)
    assert said(found, "large_effect") == {"Size of the effect": ("the ratio is 0.33", 1)}


def test_an_outcome_that_nobody_judged_has_hints_and_no_level(tmp_path: Path) -> None:
    found = profile(tmp_path, None)
    assert (found.judged, found.level, found.notes) == (None, None, ())
    assert {hint.domain for hint in found.hints} == set(DOMAINS)
    baseline = found.placed[0].baseline
    assert baseline is not None
    assert (baseline.risk, baseline.source, found.placed[0].stated) == (0.4, "median of the 3 control arms of this analysis", False)


def test_an_outcome_without_a_usable_study_has_nothing_to_judge(tmp_path: Path) -> None:
    found = profile(tmp_path, certainty(), results=[counts("a-2001", 3, 100, 4, 100, status="recalled")])
    assert (found.placed, found.hints, found.patients) == ((), (), None)


# Decisions against hints

WIDE = [counts("a-2001", 9, 30, 10, 30), counts("b-2005", 11, 30, 10, 30), counts("c-2010", 10, 30, 10, 30)]


def test_a_decision_that_a_hint_contradicts_is_a_note(tmp_path: Path) -> None:
    review = read_review(folder(tmp_path, toml=COUNTS_PLAN, results=WIDE, certainty=certainty("mid = { per_1000 = 60 }\n")))
    assert [f"{note.severity}: {note}" for note in certainty_notes(review)] == [
        (
            "note: certainty.toml, outcomes[1].imprecision: no level is taken off or added, but the interval from 73 "
            "fewer to 95 more of 1000 holds differences that matter both ways, and crosses the line of no effect. Say "
            "in the reason why imprecision is judged otherwise, or change the decision."
        )
    ]


def test_taking_off_where_nothing_speaks_for_it_is_a_note_too(tmp_path: Path) -> None:
    rows = [counts(study, 300, 1000, 400, 1000) for study in ("a-2001", "b-2005", "c-2010")]
    review = read_review(folder(tmp_path, toml=COUNTS_PLAN, results=rows, certainty=certainty(imprecision=1)))
    note = certainty_notes(review)[0]
    assert note.what.startswith("one level is taken off, but nothing that was computed speaks for it: the interval from")


def test_a_decision_that_hints_speak_for_is_no_note(tmp_path: Path) -> None:
    text = certainty("mid = { per_1000 = 60 }\n", imprecision=2)
    review = read_review(folder(tmp_path, toml=COUNTS_PLAN, results=WIDE, certainty=text))
    assert certainty_notes(review) == ()


def test_the_notes_are_those_that_the_analysis_finds(tmp_path: Path) -> None:
    made = folder(tmp_path, toml=COUNTS_PLAN, results=WIDE, certainty=certainty("mid = { per_1000 = 60 }\n"))
    found = findings(made).analyses[0].certainty
    assert found is not None
    assert found.notes == certainty_notes(read_review(made))
