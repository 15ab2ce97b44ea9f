"""The screen itself: a record to the left, the protocol to the right, and keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.events import Key
from textual.message import Message
from textual.widgets import Footer, ProgressBar, Static

from trialpool.cli.screen_app.background_ranking import BackgroundRanking
from trialpool.cli.screen_app.dialogs import KEYS, NoteDialog, ReasonDialog, TextDialog
from trialpool.cli.screen_app.record_text import record_text, vote_words, votes_text
from trialpool.cli.screen_app.texts import HELP, advice_line, at_the_end, protocol_text
from trialpool.errors import TrialpoolError
from trialpool.review.record import Record
from trialpool.review.screening import ScreeningDecision, Verdict
from trialpool.screening.ranking.ranker import Ranking
from trialpool.screening.reviewers import stopping_of
from trialpool.screening.session import ScreeningSession

STAGE_NAMES = {"title-abstract": "Title and abstract", "full-text": "Full text"}
Learner = Callable[[Callable[[Ranking], object]], BackgroundRanking]


class ScreeningApp(App[None]):
    """One person screens; every decision is in its file before the next record is shown.

    records : what is shown of each publication, by its identifier
    learner : makes the ranking in the background; None where the order stays as it is
    advise : say after every decision whether screening may stop
    """

    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = Path(__file__).with_name("screen.tcss")
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 (as textual declares it)
        (0, "-narrow"),
        (100, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "decide('include')", "Include"),
        Binding("e", "exclude", "Exclude"),
        Binding("m", "decide('maybe')", "Maybe"),
        Binding("x", "decide('unavailable')", "No text"),
        Binding("n", "note", "Note"),
        Binding("u", "undo", "Undo"),
        Binding("s", "skip", "Skip"),
        Binding("b,left", "earlier", "Back"),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
        Binding("f,right", "later", show=False),
        Binding("a", "advice", show=False),
        Binding("ctrl+c,ctrl+q", "quit", show=False),
        Binding("down,j", "scroll(3)", show=False),
        Binding("up,k", "scroll(-3)", show=False),
        Binding("space,pagedown", "scroll(12)", show=False),
        Binding("pageup", "scroll(-12)", show=False),
    ]

    class Ranked(Message):
        """A new ranking is there."""

        def __init__(self, ranking: Ranking) -> None:
            super().__init__()
            self.ranking = ranking

    def __init__(
        self,
        session: ScreeningSession,
        records: Mapping[str, Record],
        title: str,
        *,
        learner: Learner | None = None,
        advise: bool = False,
    ) -> None:
        super().__init__()
        self.advise = advise
        self.session, self.records, self.review = session, records, title
        self.notes: dict[str, str] = {}
        self.said = ""
        self.basis = ""
        self.ranking = learner(lambda ranking: self.post_message(self.Ranked(ranking))) if learner else None

    def compose(self) -> ComposeResult:
        yield Static(id="head")
        yield ProgressBar(id="progress", show_eta=False)
        with Horizontal(id="body"):
            with VerticalScroll(id="record"):
                yield Static(id="text")
            with VerticalScroll(id="protocol"):
                yield Static(protocol_text(self.session.state.plan, self.session.stage))
        yield Static(id="mine")
        yield Static(id="advice")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#record").can_focus = False
        self.query_one("#protocol").can_focus = False
        self.show()
        self.learn()

    def on_unmount(self) -> None:
        if self.ranking is not None:
            self.ranking.stop()

    # What is seen

    def show(self) -> None:
        """Show the current publication, what was decided of it, and how far it is."""
        session, left = self.session, len(self.session.queue)
        done = session.done
        role = ", adjudicator" if session.role == "adjudicator" else ""
        self.query_one("#head", Static).update(
            Text.assemble(
                (f"{STAGE_NAMES[session.stage]}", "bold"),
                f"   {session.reviewer}{role}   {done} decided, {left} left   ",
                (self.review, "dim"),
            )
        )
        self.query_one("#progress", ProgressBar).update(total=max(done + left, 1), progress=done)
        self.query_one("#text", Static).update(self._shown())
        self.query_one("#record").scroll_home(animate=False)
        self.query_one("#mine", Static).update(self._mine())
        self.query_one("#advice", Static).update(self._advice())
        self.refresh_bindings()

    def _shown(self) -> Text:
        publication = self.session.current
        if publication is None:
            return at_the_end(self.session)
        text = record_text(self.records[publication.id], publication.records, self.session.state.plan)
        others = [vote for vote in self.session.votes if vote.reviewer != self.session.reviewer or self.session.role != "reviewer"]
        return text + Text("\n\n") + votes_text(others) if others else text

    def _mine(self) -> Text:
        mine, publication = self.session.mine, self.session.current
        parts = [Text(self.said, "dim")] if self.said else []
        if mine is not None:
            parts.append(Text.assemble("You decided: ", (vote_words(mine), "bold"), ". A new decision replaces it."))
        elif self.session.screened is not None and self.session.reviewer in self.session.screened.again:
            parts.append(Text("You decided two copies of this differently; decide again.", "bold yellow"))
        if publication is not None and (note := self.notes.get(publication.id)):
            parts.append(Text.assemble("Note: ", (note, "italic")))
        return Text("   ").join(parts)

    def _advice(self) -> Text:
        if not self.advise:
            return Text(self.basis, "dim")
        return advice_line(stopping_of(self.session.state, self.session.stage, self.session.reviewer), self.basis)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be decided here has its key shown."""
        if action == "decide":
            return parameters[0] in self.session.verdicts
        return True

    # What the keys do

    def action_decide(self, decision: Verdict, reason: str = "") -> None:
        """Keep a decision, and show the next publication."""
        publication = self.session.current
        if publication is None:
            return
        note = self.notes.get(publication.id, "")
        row = self._kept(lambda: self.session.decide(decision, reason=reason, note=note))
        if row is not None:
            self.notes.pop(publication.id, None)
            self.said = f"{publication.id}: {vote_words(row)}."
            self.learn()
        self.show()

    def action_exclude(self) -> None:
        """Exclude; where the protocol has reasons for the stage, ask for one."""
        if self.session.current is None:
            return
        if not self.session.reasons:
            self.action_decide("exclude")
            return
        dialog = ReasonDialog(self.session.reasons, may_be_left_out=self.session.stage == "title-abstract")
        self.push_screen(dialog, lambda reason: None if reason is None else self.action_decide("exclude", reason))

    def on_key(self, event: Key) -> None:
        """A number excludes for that reason at once."""
        numbered = dict(zip(KEYS[:9], self.session.reasons, strict=False))
        if event.character in numbered and len(self.screen_stack) == 1:
            self.action_decide("exclude", numbered[event.character])

    def action_note(self) -> None:
        """Write a note that goes with the next decision on this publication."""
        publication = self.session.current
        if publication is not None:
            mine = self.session.mine
            before = self.notes.get(publication.id, mine.note if mine else "")
            self.push_screen(NoteDialog(before), lambda note: self._noted(publication.id, note))

    def _noted(self, id_: str, note: str | None) -> None:
        if note is not None:
            self.notes[id_] = note
        self.show()

    def action_undo(self) -> None:
        """Take back the last decision."""
        before = self.session.state
        row = self._kept(self.session.undo)
        if row is not None:
            self.said = f"Taken back: {row.record}."
            self.learn()
        elif self.session.state is before:
            self.said = "There is nothing to take back."
        self.show()

    def action_skip(self) -> None:
        """Leave it for later."""
        if self.session.current is not None:
            self.said = f"{self.session.current.id}: left for later."
            self.session.skip()
            self.show()

    def action_earlier(self) -> None:
        """Show what was shown before."""
        self.said = "" if self.session.back() else "Nothing was shown before this."
        self.show()

    def action_later(self) -> None:
        """Show what one went back from."""
        self.said = "" if self.session.forward() else "Nothing was shown after this."
        self.show()

    def action_scroll(self, lines: int) -> None:
        """Move the record up or down."""
        self.query_one("#record").scroll_relative(y=lines, animate=False)

    def action_advice(self) -> None:
        """Say whether screening may stop, in the words that can be published."""
        if not self.advise:
            why = "Only screening by title and abstract can stop early, and only where records come in ranked or random order."
            self.push_screen(TextDialog("May I stop?", Text(why)))
            return
        advice = stopping_of(self.session.state, self.session.stage, self.session.reviewer)
        self.push_screen(TextDialog("May I stop?", Text(f"{'Yes. ' if advice.stop else 'Not yet. '}{advice}")))

    def action_help(self) -> None:
        """Say what the keys do."""
        self.push_screen(TextDialog("Keys", HELP))

    # The ranking

    def learn(self) -> None:
        """Have the ranking learn from what was decided."""
        if self.ranking is not None:
            self.ranking.learn(self.session.labels())

    def on_screening_app_ranked(self, message: ScreeningApp.Ranked) -> None:
        """Take what comes next in the new order; what is shown stays."""
        before = self.session.current
        self.session.reorder(message.ranking.order)
        self.basis = f"Order: {message.ranking.basis}."
        if before is None and self.session.current is not None:
            self.show()
        self.query_one("#advice", Static).update(self._advice())

    def _kept(self, act: Callable[[], ScreeningDecision | None]) -> ScreeningDecision | None:
        """What an act wrote; None, with the reason on the screen, where it could not be written."""
        try:
            return act()
        except (OSError, TrialpoolError) as error:
            self.said = ""
            self.notify(f"Nothing was kept. {error}", severity="error", timeout=20)
            return None
