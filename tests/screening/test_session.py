"""One person at work: what comes next, and what each act does to the rows and to what is shown."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.errors import BadArgument
from trialpool.review.plan import ScreeningPlan
from trialpool.review.screening import STAGES, ScreeningDecision
from trialpool.screening.session import ScreeningSession, random_order
from trialpool.screening.state import screening_state

FIRST, SECOND = STAGES
RECORDS = [f"a.ris#{n}" for n in range(1, 6)]
PLAN = {"reasons": ["wrong population", "wrong design"]}


def row(record, decision, reviewer="mk", stage=FIRST, **more):
    return ScreeningDecision(record, stage, decision, reviewer=reviewer, time="2026-03-01", **more)


def session(rows=(), *, reviewer="mk", stage=FIRST, role="reviewer", kept=None, write=None, records=RECORDS, **plan):
    state = screening_state(records, rows, ScreeningPlan.model_validate(PLAN | plan))
    minutes = count()
    write = write or (kept if kept is not None else []).append
    return ScreeningSession(state, reviewer, stage, role=role, write=write, now=lambda: f"2026-03-02T09:{next(minutes):02d}:00Z")


def included(*records):
    return [row(record, "include", reviewer) for record in records for reviewer in ("mk", "jl")]


def shown(at):
    return at.current.id if at.current else None


def test_decisions_are_written_with_who_when_and_why():
    kept = []
    at = session(kept=kept)
    at.decide("include", note="a trial")
    at.decide("exclude")
    assert kept == [
        ScreeningDecision("a.ris#1", FIRST, "include", "", "a trial", "mk", "2026-03-02T09:00:00Z"),
        ScreeningDecision("a.ris#2", FIRST, "exclude", "", "", "mk", "2026-03-02T09:01:00Z"),
    ]
    assert (shown(at), at.done, len(at.queue)) == ("a.ris#3", 2, 3)


def test_what_cannot_be_written_has_not_happened():
    def full(_):
        raise OSError(28, "No space left on device")

    at = session(write=full)
    with pytest.raises(OSError, match="No space left"):
        at.decide("include")
    assert (shown(at), at.done, at.state.decisions) == ("a.ris#1", 0, ())


def test_a_session_goes_on_where_the_last_one_ended():
    kept = []
    at = session(kept=kept)
    at.decide("include")
    at.decide("maybe")
    assert shown(session(kept)) == shown(at) == "a.ris#3"


def test_undo_shows_the_publication_again_then_goes_on_where_one_was():
    kept = []
    at = session(kept=kept)
    at.decide("include")
    at.decide("exclude")
    assert at.undo().record == "a.ris#2"
    assert (shown(at), at.mine, at.done) == ("a.ris#2", None, 1)
    at.decide("maybe")
    assert (shown(at), [(one.record, one.decision) for one in kept[1:]]) == (
        "a.ris#3",
        [("a.ris#2", "exclude"), ("a.ris#2", "undo"), ("a.ris#2", "maybe")],
    )


def test_undo_again_goes_further_back_and_at_last_does_nothing():
    at = session([row("a.ris#1", "include"), row("a.ris#2", "exclude")])
    assert [at.undo().record, at.undo().record, at.undo()] == ["a.ris#2", "a.ris#1", None]
    assert at.done == 0
    assert [at.decide("include").record for _ in range(5)] == ["a.ris#1", "a.ris#2", "a.ris#3", "a.ris#4", "a.ris#5"]


def test_what_is_skipped_comes_last_and_is_not_lost():
    at = session()
    at.skip()
    at.decide("exclude")
    at.skip()
    order = [at.decide("exclude").record for _ in range(4)]
    assert (order, shown(at)) == (["a.ris#4", "a.ris#5", "a.ris#1", "a.ris#3"], None)


def test_skipping_goes_round_among_what_is_left():
    at = session(records=RECORDS[:2])
    seen = []
    for _ in range(4):
        seen.append(shown(at))
        at.skip()
    assert seen == ["a.ris#1", "a.ris#2", "a.ris#1", "a.ris#2"]


def test_back_and_forward_and_a_new_decision_on_an_old_one():
    at = session()
    at.decide("include")
    at.decide("include")
    assert at.back()
    assert at.back()
    assert not at.back()
    assert (shown(at), at.mine.decision) == ("a.ris#1", "include")
    at.decide("exclude")
    assert shown(at) == "a.ris#3"
    assert at.state.stages[FIRST]["a.ris#1"].vote_of("mk").decision == "exclude"
    assert at.done == 2
    assert at.back()
    assert at.forward()
    assert not at.forward()
    assert shown(at) == "a.ris#3"


def test_blinding_hides_the_others_vote_while_one_decides():
    at = session([row("a.ris#1", "exclude", "jl", note="clear")])
    assert (shown(at), at.votes) == ("a.ris#1", ())
    at.decide("include")
    at.back()
    assert [vote.reviewer for vote in at.votes] == ["jl", "mk"]
    assert [vote.reviewer for vote in session([row("a.ris#1", "exclude", "jl")], blinded=False).votes] == ["jl"]


def test_a_ranking_learns_only_from_own_decisions_where_reviewers_are_blinded():
    rows = [*included("a.ris#1"), row("a.ris#2", "exclude", "jl"), row("a.ris#2", "exclude", "ot"), row("a.ris#3", "maybe")]
    assert session(rows).labels() == {"a.ris#1": True, "a.ris#3": True}
    assert session(rows, blinded=False).labels() == {"a.ris#1": True, "a.ris#2": False, "a.ris#3": True}


def test_a_new_order_leaves_what_is_shown_and_loses_nothing():
    at = session()
    at.reorder(["a.ris#4", "a.ris#1", "a.ris#3"])
    assert [at.decide("exclude").record for _ in range(5)] == ["a.ris#1", "a.ris#4", "a.ris#3", "a.ris#2", "a.ris#5"]
    at.reorder(RECORDS)
    assert shown(at) is None


def test_an_adjudicator_is_shown_the_conflicts_with_all_votes():
    rows = [*included("a.ris#1"), row("a.ris#2", "include"), row("a.ris#2", "exclude", "jl"), row("a.ris#3", "include")]
    kept = []
    at = session(rows, reviewer="ot", role="adjudicator", kept=kept)
    assert (shown(at), [vote.decision for vote in at.votes], at.verdicts) == (
        "a.ris#2",
        ["exclude", "include"],
        ("include", "exclude"),
    )
    at.decide("exclude")
    assert (shown(at), kept[0].role, at.done, at.state.counts(FIRST).conflict) == (None, "adjudicator", 1, 0)
    at.undo()
    assert (shown(at), at.state.counts(FIRST).conflict) == ("a.ris#2", 1)


def test_full_texts_are_excluded_with_a_reason_of_the_protocol():
    at = session(included("a.ris#1", "a.ris#3"), stage=SECOND)
    for reason, message in (
        ("", "An excluded full text needs a reason. Choose one of wrong population, wrong design."),
        ("no idea", "'no idea' is no reason here. Choose one of wrong population, wrong design."),
    ):
        with pytest.raises(BadArgument) as refused:
            at.decide("exclude", reason=reason)
        assert str(refused.value) == message
    at.decide("exclude", reason="wrong design")
    at.decide("unavailable")
    assert shown(at) is None
    with pytest.raises(BadArgument) as refused:
        at.decide("include")
    assert str(refused.value) == "There is nothing to decide."


def test_unavailable_is_for_full_texts():
    with pytest.raises(BadArgument) as refused:
        session().decide("unavailable")
    assert str(refused.value) == "'unavailable' cannot be decided here. Choose one of include, exclude, maybe."


def test_a_lone_reviewers_doubts_come_once_a_session():
    rows = [row("a.ris#1", "include"), row("a.ris#2", "include")]
    kept = []
    at = session(rows, stage=SECOND, reviewers=1, kept=kept)
    at.decide("maybe")
    at.decide("include")
    assert shown(at) is None
    assert shown(session([*rows, *kept], stage=SECOND, reviewers=1)) == "a.ris#1"


@given(st.lists(st.sampled_from(["include", "exclude", "maybe", "undo", "skip", "back", "forward", "reorder"]), max_size=40))
def test_whatever_one_does_the_file_gives_the_same_state_and_nothing_is_lost(acts):
    kept = []
    at = session(kept=kept)
    for act in acts:
        if act in ("include", "exclude", "maybe"):
            if at.current is not None:
                at.decide(act)
        elif act == "reorder":
            at.reorder(reversed(RECORDS))
        else:
            getattr(at, act)()
    assert at.state.stages == screening_state(RECORDS, kept, at.state.plan).stages
    left = {publication.id for publication in at.queue}
    assert len(left) + at.done == len(RECORDS)
    for _ in range(2 * len(RECORDS)):  # decide whatever is shown: all comes
        if at.current is None:
            break
        at.decide("exclude")
    assert at.queue == ()


def test_a_random_order_is_fixed_by_its_seed_and_keeps_when_records_are_added():
    before, after = random_order(RECORDS[:4], 7), random_order(RECORDS, 7)
    assert sorted(before) == RECORDS[:4]
    assert [id_ for id_ in after if id_ in before] == before
    assert before != random_order(RECORDS[:4], 8)
