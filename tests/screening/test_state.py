"""Where a screening stands: by hand for each rule, then laws over any decisions."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.errors import BadArgument
from trialpool.review.plan import ScreeningPlan
from trialpool.review.screening import STAGES, ScreeningDecision
from trialpool.screening.state import ScreeningState, screening_state

FIRST, SECOND = STAGES
RECORDS = ["a.ris#1", "a.ris#2", "a.ris#3", "b.ris#1"]
PLAN = ScreeningPlan.model_validate({"reasons": ["wrong population", "wrong design"]})


def row(record, decision, reviewer="mk", stage=FIRST, **more):
    return ScreeningDecision(record, stage, decision, reviewer=reviewer, time="2026-03-01", **more)


def both(record, *decisions, stage=FIRST):
    """What reviewers mk, jl, ... decide of a record."""
    return [row(record, decision, reviewer, stage) for decision, reviewer in zip(decisions, ("mk", "jl", "ot"), strict=False)]


def standing(rows, *, plan=PLAN, stage=FIRST, groups=()):
    state = screening_state(RECORDS, rows, plan, groups=groups)
    return {found.publication.id: found.standing for found in state.at(stage)}


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        ((), "pending"),
        (("include",), "pending"),
        (("include", "include"), "include"),
        (("include", "maybe"), "include"),
        (("maybe", "maybe"), "include"),
        (("exclude", "exclude"), "exclude"),
        (("maybe", "exclude"), "conflict"),
        (("include", "include", "exclude"), "conflict"),
        (("include", "undo"), "pending"),
    ],
)
def test_two_reviewers_of_a_title_and_abstract(decisions, expected):
    assert standing(both("a.ris#1", *decisions))["a.ris#1"] == expected


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        (("include", "include"), "include"),
        (("exclude", "exclude"), "exclude"),
        (("unavailable", "unavailable"), "unavailable"),
        (("unavailable", "exclude"), "conflict"),
        (("maybe", "include"), "conflict"),
        (("maybe", "maybe"), "conflict"),
    ],
)
def test_two_reviewers_of_a_full_text(decisions, expected):
    rows = both("a.ris#1", "include", "include") + both("a.ris#1", *decisions, stage=SECOND)
    assert standing(rows, stage=SECOND) == {"a.ris#1": expected}


def test_a_full_text_is_read_only_of_what_was_included_by_title_and_abstract():
    early = both("a.ris#2", "include", "include", stage=SECOND)
    state = screening_state(RECORDS, both("a.ris#1", "include", "include") + both("a.ris#2", "include") + early, PLAN)
    assert [found.publication.id for found in state.at(SECOND)] == ["a.ris#1"]
    assert list(state.not_counted) == early
    assert state.included == ()


def test_an_adjudicator_settles_a_conflict_and_can_take_it_back():
    conflict = both("a.ris#1", "include", "exclude")
    settled = [*conflict, row("a.ris#1", "include", "ot", role="adjudicator")]
    assert standing(settled)["a.ris#1"] == "include"
    assert standing([*settled, row("a.ris#1", "undo", "ot", role="adjudicator")])["a.ris#1"] == "conflict"
    assert standing([*settled, row("a.ris#1", "undo", "ot")])["a.ris#1"] == "include"  # which was nothing of ot as a reviewer
    assert standing([*settled, row("a.ris#1", "exclude", "pa", role="adjudicator")])["a.ris#1"] == "conflict"


def test_an_adjudicator_cannot_stand_in_for_a_reviewer():
    assert standing([row("a.ris#1", "exclude", "ot", role="adjudicator"), *both("a.ris#1", "exclude")])["a.ris#1"] == "pending"


def test_the_reason_is_the_adjudicators_else_the_first_in_the_protocol():
    first = both("a.ris#1", "include", "include")
    full = [
        row("a.ris#1", "exclude", "mk", SECOND, reason="wrong design"),
        row("a.ris#1", "exclude", "jl", SECOND, reason="wrong population"),
    ]
    state = screening_state(RECORDS, first + full, PLAN)
    assert state.counts(SECOND).reasons == (("wrong population", 1),)
    settled = [*first, *full, row("a.ris#1", "exclude", "ot", SECOND, reason="wrong design", role="adjudicator")]
    counts = screening_state(RECORDS, settled, PLAN).counts(SECOND)
    assert (counts.reasons, counts.adjudicated, counts.excluded) == ((("wrong design", 1),), 1, 1)


def test_a_decision_on_a_copy_holds_for_the_publication():
    rows = [row("a.ris#1", "include", "mk"), row("b.ris#1", "maybe", "jl")]
    assert standing(rows, groups=[("a.ris#1", "b.ris#1")]) == {"a.ris#1": "include", "a.ris#2": "pending", "a.ris#3": "pending"}
    assert standing(rows)["a.ris#1"] == "pending"


def test_who_decided_copies_differently_is_asked_again():
    rows = [row("a.ris#1", "include"), row("b.ris#1", "exclude"), row("a.ris#1", "exclude", "jl")]
    state = screening_state(RECORDS, rows, PLAN, groups=[("a.ris#1", "b.ris#1")])
    found = state.at(FIRST)[0]
    assert (found.standing, found.again) == ("pending", ("mk",))
    assert found.publication in state.queue("mk", FIRST)
    assert found.publication not in state.queue("jl", FIRST)
    record = state.record_to_decide("mk", found.publication, FIRST)
    assert state.added(row(record, "exclude")).at(FIRST)[0].standing == "exclude"
    assert state.added(row(record, "include")).at(FIRST)[0].standing == "conflict"


def test_two_of_three_reviewers_decide_each():
    state = screening_state(RECORDS, both("a.ris#1", "include", "exclude") + both("a.ris#2", "include"), PLAN)
    assert [publication.id for publication in state.queue("ot", FIRST)] == ["a.ris#2", "a.ris#3", "b.ris#1"]
    assert [publication.id for publication in state.queue("mk", FIRST)] == ["a.ris#3", "b.ris#1"]


def test_a_lone_reviewer_meets_the_doubtful_full_texts_at_the_end():
    plan = ScreeningPlan.model_validate({"reviewers": 1})
    rows = [row("a.ris#1", "include"), row("a.ris#2", "include"), row("a.ris#1", "maybe", stage=SECOND)]
    state = screening_state(RECORDS, rows, plan)
    assert [publication.id for publication in state.queue("mk", SECOND)] == ["a.ris#2", "a.ris#1"]


@pytest.mark.parametrize(("blinded", "seen"), [(True, ["jl"]), (False, ["jl", "mk"])])
def test_others_votes_are_hidden_until_all_have_decided(blinded, seen):
    plan = ScreeningPlan.model_validate({"reviewers": 3, "blinded": blinded})
    state = screening_state(RECORDS, both("a.ris#1", "include", "exclude"), plan)
    first = state.publications[0]
    assert [vote.reviewer for vote in state.shown_to("jl", first, FIRST)] == seen
    state = state.added(row("a.ris#1", "include", "ot"))
    assert [vote.reviewer for vote in state.shown_to("jl", first, FIRST)] == ["jl", "mk", "ot"]
    assert state.shown_to("jl", first, SECOND) == ()


def test_in_words():
    rows = both("a.ris#1", "include", "include") + both("a.ris#2", "include", "exclude")
    assert str(screening_state(RECORDS, rows, PLAN, groups=[("a.ris#1", "b.ris#1")])) == (
        "4 records, 3 publications. By title and abstract: 1 included, 0 excluded, 1 in conflict, 1 pending. Full texts: 0 "
        "included, 0 excluded, 0 not to be had, 0 in conflict, 1 pending."
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: screening_state(RECORDS, [row("c.ris#1", "include")]),
            "A decision of mk names the record c.ris#1, which is not there. Read its file.",
        ),
        (
            lambda: screening_state(RECORDS, [], groups=[("a.ris#1", "c.ris#1")]),
            (
                "The record c.ris#1 is in a group of duplicates and is not there. "
                "Take groups as `deduplicate` gives them, of these records."
            ),
        ),
        (
            lambda: screening_state(RECORDS, [], groups=[("a.ris#1", "a.ris#2"), ("a.ris#2", "b.ris#1")]),
            "The record a.ris#2 is in two groups of duplicates. Take groups as `deduplicate` gives them, of these records.",
        ),
        (
            lambda: screening_state(RECORDS, []).publication_of("c.ris#1"),
            "There is no record c.ris#1. Read its file, or correct the identifier.",
        ),
    ],
)
def test_what_is_not_there_is_refused(call, message):
    with pytest.raises(BadArgument) as refused:
        call()
    assert str(refused.value) == message


# Laws

rows_ = st.lists(
    st.builds(
        ScreeningDecision,
        st.sampled_from(RECORDS),
        st.sampled_from(STAGES),
        st.sampled_from(["include", "exclude", "maybe", "undo"]),
        reason=st.sampled_from(["", "wrong design", "wrong population"]),
        reviewer=st.sampled_from(["mk", "jl", "ot"]),
        role=st.sampled_from(["reviewer", "reviewer", "adjudicator"]),
    ),
    max_size=30,
)
groups_ = st.sampled_from([(), (("a.ris#1", "b.ris#1"),), (("a.ris#1", "a.ris#2", "b.ris#1"),)])
plans = st.builds(lambda n: ScreeningPlan.model_validate({"reviewers": n, "reasons": list(PLAN.reasons)}), st.integers(1, 3))


def seen(state: ScreeningState):
    return {stage: state.at(stage) for stage in STAGES}


@given(rows_, groups_, plans, st.randoms())
def test_only_the_order_of_one_persons_rows_matters(rows, groups, plan, random):
    of_one = defaultdict(list)
    for one in rows:
        of_one[one.reviewer].append(one)
    mixed = [one.reviewer for one in rows]
    random.shuffle(mixed)
    shuffled = [of_one[reviewer].pop(0) for reviewer in mixed]
    assert seen(screening_state(RECORDS, shuffled, plan, groups=groups)) == seen(
        screening_state(RECORDS, rows, plan, groups=groups)
    )


@given(rows_, groups_, plans)
def test_adding_rows_one_by_one_is_the_same_as_all_at_once(rows, groups, plan):
    state = screening_state(RECORDS, [], plan, groups=groups)
    for one in rows:
        state = state.added(one)
    whole = screening_state(RECORDS, rows, plan, groups=groups)
    assert seen(state) == seen(whole)
    assert sorted(map(str, state.not_counted)) == sorted(map(str, whole.not_counted))


@given(rows_, plans, st.sampled_from(RECORDS), st.sampled_from(["include", "exclude", "maybe"]), st.sampled_from(STAGES))
def test_undo_restores_what_was(rows, plan, record, decision, stage):
    state = screening_state(RECORDS, rows, plan)
    done = state.added(row(record, decision, stage=stage)).added(row(record, "undo", stage=stage))
    assert seen(done) == seen(state)


@given(rows_, groups_, plans)
def test_every_publication_stands_somewhere_once(rows, groups, plan):
    state = screening_state(RECORDS, rows, plan, groups=groups)
    first, second = map(state.counts, STAGES)
    assert first.publications == len(state.publications) == state.records - state.duplicates
    assert second.publications == first.included
    for counts in (first, second):
        parts = counts.pending + counts.conflict + counts.included + counts.excluded + counts.unavailable
        assert (parts, sum(n for _, n in counts.reasons)) == (counts.publications, counts.excluded)
        assert {publication for name in ("mk", "jl", "ot", "pa") for publication in state.queue(name, counts.stage)} <= set(
            state.publications
        )


@given(rows_, plans)
def test_new_records_are_pending_and_change_nothing_else(rows, plan):
    before, after = (screening_state(records, rows, plan) for records in (RECORDS, [*RECORDS, "c.nbib#1"]))
    assert seen(after)[FIRST][:-1] == seen(before)[FIRST]
    assert (seen(after)[FIRST][-1].standing, seen(after)[SECOND]) == ("pending", seen(before)[SECOND])


@given(rows_, st.sampled_from(RECORDS), st.sampled_from(RECORDS), plans)
def test_a_record_without_decisions_may_join_any_group(rows, one, new, plan):
    rows = [row for row in rows if row.record != new]
    groups = [] if one == new else [(one, new)]
    apart, together = (screening_state(RECORDS, rows, plan, groups=g) for g in ([], groups))
    of = together.publication_of(one).id
    assert together.stages[FIRST][of].standing == apart.stages[FIRST][one].standing
