"""Agreement between the reviewers of a screening, and whether they may stop."""

from __future__ import annotations

import pytest

from trialpool.errors import BadArgument
from trialpool.review.plan import ScreeningPlan
from trialpool.review.screening import STAGES, ScreeningDecision
from trialpool.screening.reviewers import moment, screening_agreement, stopping_of
from trialpool.screening.state import screening_state

FIRST, SECOND = STAGES


def rows_of(reviewer, decisions, *, stage=FIRST, minute=0):
    return [
        ScreeningDecision(f"a#{n}", stage, decision, reviewer=reviewer, time=f"2026-03-01T09:{minute + n:02d}:00Z")
        for n, decision in enumerate(decisions, 1)
        if decision
    ]


def state_of(*rows, n=10):
    return screening_state(
        [f"a#{i}" for i in range(1, n + 1)], [row for one in rows for row in one], ScreeningPlan.model_validate({})
    )


def test_agreement_by_hand():
    """Both judged 8: 2 include alike (one a maybe), 5 exclude alike, 1 apart. p_o = 7/8; kappa = (7/8 - p_e) / (1 - p_e)."""
    mk = rows_of("mk", ["include", "maybe", "exclude", *["exclude"] * 5, "include"])
    jl = rows_of("jl", ["include", "include", "include", *["exclude"] * 5])
    found = screening_agreement(state_of(mk, jl), FIRST)
    by_chance = (2 * 3 + 6 * 5) / 64
    assert found["agreement"].value == pytest.approx(7 / 8)
    assert found["Cohen's kappa"].value == pytest.approx((7 / 8 - by_chance) / (1 - by_chance))
    assert found["PABAK"].value == pytest.approx(2 * 7 / 8 - 1)
    assert (found["Cohen's kappa"].reviewers, found["agreement"].units, found.categories) == (
        ("jl", "mk"),
        8,
        ("include", "exclude"),
    )


def test_an_adjudicator_does_not_change_agreement():
    mk, jl = rows_of("mk", ["include", "exclude"]), rows_of("jl", ["include", "include"])
    settled = [ScreeningDecision("a#2", FIRST, "include", reviewer="ot", role="adjudicator")]
    assert screening_agreement(state_of(mk, jl, settled), FIRST).rows[:3] == screening_agreement(state_of(mk, jl), FIRST).rows[:3]


def test_full_texts_have_further_categories_where_they_occur():
    first = [*rows_of("mk", ["include"] * 3), *rows_of("jl", ["include"] * 3)]
    second = [
        *rows_of("mk", ["include", "exclude", "unavailable"], stage=SECOND),
        *rows_of("jl", ["include", "exclude", "exclude"], stage=SECOND),
    ]
    assert screening_agreement(state_of(first, second), SECOND).categories == ("include", "exclude", "unavailable")


def test_one_reviewer_agrees_with_nobody():
    with pytest.raises(BadArgument) as refused:
        screening_agreement(state_of(rows_of("mk", ["include"])), FIRST)
    assert str(refused.value) == "Agreement needs two reviewers or more, not 1. Give a list for each."


def test_stopping_of_one_reviewer_goes_by_their_own_order():
    mk = list(reversed(rows_of("mk", ["exclude", "exclude", "include", "maybe"])))
    advice = stopping_of(state_of(mk, rows_of("jl", ["include"] * 10)), FIRST, "mk")
    assert (advice.screened, advice.total, advice.relevant) == (4, 10, 2)
    taken_back = [*mk, ScreeningDecision("a#4", FIRST, "undo", reviewer="mk")]
    assert stopping_of(state_of(taken_back), FIRST, "mk").relevant == 1


def test_stopping_of_all_counts_what_all_have_decided_and_conflicts_as_relevant():
    mk = rows_of("mk", ["exclude", "include", "include", "include"], minute=20)
    jl = rows_of("jl", ["exclude", "exclude", "include"])
    advice = stopping_of(state_of(mk, jl), FIRST)
    assert (advice.screened, advice.total, advice.relevant) == (3, 10, 2)
    assert (advice.target, advice.confidence) == (0.95, 0.95)


def test_stopping_of_all_goes_by_the_time_of_the_last_vote():
    """99 irrelevant after 1 relevant say more than 99 irrelevant before it."""

    def rows(order):
        return [
            ScreeningDecision(
                f"a#{n}",
                FIRST,
                "include" if n == 1 else "exclude",
                reviewer=reviewer,
                time=f"2026-03-01T{at // 60:02d}:{at % 60:02d}Z",
            )
            for reviewer in ("mk", "jl")
            for at, n in enumerate(order)
        ]

    early = stopping_of(state_of(rows(range(1, 101)), n=120), FIRST)
    late = stopping_of(state_of(rows([*range(2, 101), 1]), n=120), FIRST)
    assert early.relevant == late.relevant == 1
    assert early.unseen_at_most < late.unseen_at_most


def test_times_with_and_without_a_zone_compare():
    assert moment("2026-03-01") < moment("2026-03-01T09:30:00+02:00") < moment("2026-03-01T09:30:00Z")
    assert moment("some day") < moment("1900-01-01")
