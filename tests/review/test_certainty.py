"""The level that decisions add up to: examples by hand, and laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.review.certainty import DOWN, LEVELS, Baseline, Certainty, Downgrade, LevelOverride, OutcomeCertainty, Upgrade


def outcome(start: str = "randomised", *, ups: dict[str, int] | None = None, **down: int) -> OutcomeCertainty:
    moves = {domain: Downgrade(down=down.get(domain, 0), why="why") for domain in DOWN}
    raised = {domain: Upgrade(up=up, why="why") for domain, up in (ups or {}).items()}
    return OutcomeCertainty(analysis="os", evidence=start, **moves, **raised)


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (outcome(), "high"),
        (outcome(imprecision=1), "moderate"),
        (outcome(imprecision=1, risk_of_bias=1), "low"),
        (outcome(imprecision=3), "very low"),
        (outcome(imprecision=3, risk_of_bias=2), "very low"),
        (outcome("non-randomised"), "low"),
        (outcome("non-randomised", ups={"large_effect": 2}), "high"),
        (outcome("non-randomised", ups={"large_effect": 2, "dose_response": 1}), "high"),
        (outcome("non-randomised-robins-i", risk_of_bias=2), "low"),
    ],
)
def test_levels_are_those_of_grade(found: OutcomeCertainty, level: str) -> None:
    assert found.level == level


def test_an_outcome_without_every_decision_is_not_yet_judged() -> None:
    found = OutcomeCertainty(
        analysis="os",
        risk_of_bias=Downgrade(down=1, why="open"),
        override=LevelOverride(level="high", why="for no reason"),
    )
    assert (found.level, found.computed) == (None, None)
    assert found.lacking == ("inconsistency", "indirectness", "imprecision", "publication_bias")


def test_a_person_can_set_another_level_and_the_computed_one_stays() -> None:
    found = outcome(imprecision=1).model_copy(update={"override": LevelOverride(level="low", why="for good reason")})
    assert (found.computed, found.level) == ("moderate", "low")


@given(st.dictionaries(st.sampled_from(list(DOWN)), st.integers(0, 2)), st.sampled_from(list(DOWN)))
def test_rating_down_further_never_raises_the_level(down: dict[str, int], more: str) -> None:
    before, after = outcome(**down), outcome(**{**down, more: down.get(more, 0) + 1})
    assert before.level is not None
    assert after.level is not None
    assert LEVELS.index(after.level) >= LEVELS.index(before.level)


def test_a_baseline_is_the_same_however_it_is_given() -> None:
    risk = Baseline(risk=0.7, low=0.6, high=0.8, source="x")
    free = Baseline(event_free=0.3, low=0.2, high=0.4, source="x")
    assert risk.share_with_event == pytest.approx(free.share_with_event)
    assert risk.risk_interval == pytest.approx(free.risk_interval)
    assert Baseline(risk=0.7, source="x").risk_interval is None


def test_what_is_said_of_an_analysis_is_found_by_its_id() -> None:
    certainty = Certainty(format=1, outcomes=(outcome(),))
    assert certainty.of("os") is certainty.outcomes[0]
    assert certainty.of("pfs") is None
