"""The screen of `trialpool screen`: what keys do, and what is seen."""

from __future__ import annotations

import asyncio
from itertools import count

from textual.widgets import Static

from trialpool.cli.screen_app.app import ScreeningApp
from trialpool.cli.screen_app.background_ranking import BackgroundRanking
from trialpool.review.plan import ScreeningPlan
from trialpool.review.record import Place, Record
from trialpool.review.screening import STAGES, ScreeningDecision
from trialpool.screening.session import ScreeningSession
from trialpool.screening.state import screening_state

FIRST, SECOND = STAGES
PLAN = {
    "include": ["Adults with myeloma"],
    "exclude": ["Children"],
    "reasons": ["wrong population", "wrong design"],
    "include_words": ["random*"],
    "exclude_words": ["mice"],
}
RECORDS = [
    Record(Place("a.ris", 1), title="A randomised trial", abstract="METHODS: Patients. RESULTS: More.", year=2012, journal="J Ex"),
    Record(Place("a.ris", 2), title="Of mice", flags=("retracted",)),
    Record(Place("a.ris", 3), title="A trial again, randomised", authors=tuple(f"Author {n}" for n in range(12))),
    Record(Place("a.ris", 4), title="Something else [with brackets]"),
]


def row(n, decision, reviewer="mk", stage=FIRST, **more):
    return ScreeningDecision(f"a.ris#{n}", stage, decision, reviewer=reviewer, time="2026-03-01", **more)


def included(*numbers):
    return [row(n, "include", reviewer) for n in numbers for reviewer in ("mk", "jl")]


def opened(
    rows=(), *, reviewer="mk", stage=FIRST, role="reviewer", write=None, learner=None, advise=False, records=RECORDS, **plan
):
    """The screen before it is shown, and the list of what it will keep."""
    kept: list[ScreeningDecision] = []
    minutes = count()
    state = screening_state([record.id for record in records], rows, ScreeningPlan.model_validate(PLAN | plan))
    session = ScreeningSession(
        state, reviewer, stage, role=role, write=write or kept.append, now=lambda: f"2026-03-02T09:{next(minutes):02d}:00Z"
    )
    app = ScreeningApp(session, {record.id: record for record in records}, "A review", learner=learner, advise=advise)
    return app, kept


def seen_on(app):
    """The texts on the screen by the names of their places; what has no name is joined under the empty one."""
    seen = {static.id: str(static.content) for static in app.screen.query(Static) if static.id}
    return seen | {"": "\n".join(str(static.content) for static in app.screen.query(Static) if not static.id)}


def run(keys, rows=(), *, size=(110, 40), **how):
    """Open the screen, press keys, and give the app as it then is with what it kept and what is seen."""
    app, kept = opened(rows, **how)

    async def play():
        async with app.run_test(size=size) as pilot:
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
            app.seen = seen_on(app)

    asyncio.run(play())
    return app, kept


def short(kept):
    return [f"{one.record[-1]} {one.decision}" + (f": {one.reason}" if one.reason else "") for one in kept]


def test_include_exclude_maybe_are_kept_one_after_another():
    app, kept = run(["i", "e", "m"])
    assert short(kept) == ["1 include", "2 exclude", "3 maybe"]
    assert app.seen["text"].startswith("Something else [with brackets]\n")
    assert app.seen["head"] == "Title and abstract   mk   3 decided, 1 left   A review"
    assert app.seen["mine"] == "a.ris#3: maybe."


def test_a_record_is_seen_with_its_parts_and_the_protocol_beside_it():
    app, _ = run([])
    assert app.seen["text"] == "A randomised trial\nJ Ex. 2012\na.ris#1\n\nMethods  Patients.\nResults  More."
    assert "Include if\n· Adults with myeloma\n\nExclude if\n· Children" in app.seen[""]
    assert run(["i"])[0].seen["text"] == (
        "Of mice\nyear not known\nRETRACTED\na.ris#2\n\nNo abstract. Look the record up before you exclude it."
    )
    assert "Author 7; and 4 more" in run(["i", "i"])[0].seen["text"]


def test_reasons_by_number_by_list_and_not_at_all():
    rows = included(1, 2, 3, 4)
    _, kept = run(["2", "e", "1", "e", "down", "enter", "e", "escape"], rows, stage=SECOND)
    assert short(kept) == ["1 exclude: wrong design", "2 exclude: wrong population", "3 exclude: wrong design"]


def test_reasons_by_title_and_abstract_may_be_left_out():
    _, kept = run(["e", "0", "e", "1", "2"], title_abstract_reasons=["animals", "children"])
    assert short(kept) == ["1 exclude", "2 exclude: animals", "3 exclude: children"]


def test_keys_that_decide_nothing_here_do_nothing():
    _, kept = run(["x", "1", "z"])
    assert kept == []
    _, kept = run(["m"], [row(1, "include"), row(1, "exclude", "jl")], reviewer="ot", role="adjudicator")
    assert kept == []


def test_a_full_text_that_is_not_to_be_had():
    _, kept = run(["x"], included(2), stage=SECOND)
    assert short(kept) == ["2 unavailable"]


def test_a_note_goes_with_the_next_decision():
    _app, kept = run(["n", *"maybe not", "enter", "i", "n", *"lost", "escape", "i"])
    assert [(one.decision, one.note) for one in kept] == [("include", "maybe not"), ("include", "")]
    assert run(["n", "h", "i", "enter"])[0].seen["mine"] == "Note: hi"


def test_undo_and_deciding_anew():
    app, kept = run(["i", "e", "u", "i"])
    assert short(kept) == ["1 include", "2 exclude", "2 undo", "2 include"]
    assert app.session.done == 2
    assert run(["u"])[0].seen["mine"] == "There is nothing to take back."
    assert run(["i", "u"])[0].seen["mine"] == "Taken back: a.ris#1."


def test_back_shows_the_decision_and_forward_returns():
    app, _kept = run(["i", "b"])
    assert app.seen["mine"] == "You decided: include. A new decision replaces it."
    app, _ = run(["i", "left", "right"])
    assert app.session.current.id == "a.ris#2"
    assert run(["b"])[0].seen["mine"] == "Nothing was shown before this."
    assert run(["f"])[0].seen["mine"] == "Nothing was shown after this."


def test_skipped_comes_last():
    _, kept = run(["s", "e", "e", "e", "i"])
    assert short(kept) == ["2 exclude", "3 exclude", "4 exclude", "1 include"]


def test_it_goes_on_where_it_was_left():
    _, kept = run(["i", "e", "q"])
    app, _ = run([], kept)
    assert app.session.current.id == "a.ris#3"


def test_others_votes_are_seen_only_when_all_have_decided():
    rows = [row(1, "exclude", "jl", note="animal work")]
    assert "jl" not in run([], rows)[0].seen["text"]
    assert run(["i", "b"], rows)[0].seen["text"].endswith('\n\njl: exclude, "animal work"')


def test_an_adjudicator_sees_both_and_settles():
    rows = [row(1, "include"), row(1, "exclude", "jl", note="animal work")]
    app, kept = run([], rows, reviewer="ot", role="adjudicator")
    assert app.seen["text"].endswith('\n\njl: exclude, "animal work"\nmk: include')
    app, kept = run(["i"], rows, reviewer="ot", role="adjudicator")
    assert (short(kept), kept[0].role, app.seen["text"]) == (["1 include"], "adjudicator", "No conflict is open.")


def test_what_is_said_at_the_end():
    app, _ = run(["i", "e", "m", "e"], [row(1, "exclude", "jl"), row(3, "include", "jl")])
    assert app.seen["text"] == (
        "Nothing is left for mk to decide here.\n\n2 publications wait for other reviewers.\n1 conflict waits for an adjudicator: "
        "trialpool screen REVIEW --reviewer NAME --adjudicate.\nFull texts can be read: --stage full-text."
    )
    assert run([], stage=SECOND)[0].seen["text"] == "Nothing is included by title and abstract yet."
    assert run(["i", "e", "u", "s", "n", "2"], records=[])[0].seen["text"] == "No record is there."


def test_what_cannot_be_written_is_said_and_nothing_moves():
    def full(_):
        raise OSError(28, "No space left on device")

    app, _ = run(["i"], write=full)
    assert (app.session.current.id, app.session.done) == ("a.ris#1", 0)
    assert [note.message for note in app._notifications] == ["Nothing was kept. [Errno 28] No space left on device"]


def test_the_ranking_comes_in_the_background_and_what_is_shown_stays():
    app, kept = opened(learner=lambda deliver: BackgroundRanking(RECORDS, criteria="", seed=1, deliver=deliver), advise=True)

    async def play():
        async with app.run_test(size=(110, 40)) as pilot:
            for key, basis in (("i", "likeness to 1 relevant record"), ("e", "learnt from 1 relevant and 1 irrelevant record")):
                await pilot.press(key)
                await until(pilot, lambda: app.basis == f"Order: {basis}.")  # noqa: B023
            await pilot.press("e")
            await pilot.pause()
            app.seen = seen_on(app)

    asyncio.run(play())
    assert short(kept) == ["1 include", "2 exclude", "3 exclude"]  # 2 was shown already; of the others, 3 is the likest to 1
    assert app.session.labels() == {"a.ris#1": True, "a.ris#2": False, "a.ris#3": False}
    assert "1 relevant found, at most " in app.seen["advice"]
    assert not app.ranking._process.is_alive()


async def until(pilot, true):
    """Wait until something is so: another process takes its time."""
    for _ in range(1200):
        if true():
            return
        await pilot.pause(0.05)
    raise AssertionError("it never came")


def test_a_ranking_that_dies_is_no_harm():
    app, kept = opened(learner=lambda deliver: BackgroundRanking(RECORDS, criteria="", seed=1, deliver=deliver))
    app.ranking._process.kill()
    app.ranking._process.join()

    async def play():
        async with app.run_test(size=(110, 40)) as pilot:
            for _ in range(3):
                await pilot.press("i")
                await pilot.pause(0.1)

    asyncio.run(play())
    assert short(kept) == ["1 include", "2 include", "3 include"]


def test_advice_is_said_in_full_where_it_holds():
    assert (
        " relevant records were found (at most 3 unseen). That recall is below 95%: P = "
        in run(["i", "a"], advise=True)[0].seen[""]
    )
    assert "only where records come in ranked or random order" in run(["i", "a"])[0].seen[""]


def test_it_is_of_use_in_a_small_terminal():
    _app, kept = run(["i"], size=(60, 16))
    assert short(kept) == ["1 include"]
