"""Texts of the screen: the protocol, the advice, the end, the help."""

from __future__ import annotations

from rich.text import Text

from trialpool.cli.screen_app.dialogs import KEYS
from trialpool.review.plan import ScreeningPlan
from trialpool.review.screening import Stage
from trialpool.screening.session import ScreeningSession
from trialpool.screening.stopping import StoppingAdvice

KEYS_OF = {
    "i": "include",
    "e": "exclude; where the protocol has reasons, one is asked for",
    "1 to 9": "exclude for that reason at once",
    "m": "maybe: it goes on to the full text",
    "x": "the full text is not to be had",
    "n": "a note, kept with your next decision on this",
    "u": "undo your last decision",
    "s": "skip: it comes again at the end",
    "b, f": "back to what was shown before, forward again",
    "a": "may I stop? with a statement that can be published",
    "q": "quit",
}
HELP = Text.assemble(
    *((part, style) for key, what in KEYS_OF.items() for part, style in ((f"{key:8}", "bold"), (f"{what}\n", ""))),
    "\nArrows, space and Page up move the text. A decision is in its file before the next record is shown: quit at any time, and "
    "go on with the same command. A new decision on what you decided before replaces it; the old row stays as history.",
)


def protocol_text(plan: ScreeningPlan, stage: Stage) -> Text:
    """The criteria, and the reasons with their keys."""
    parts: list[Text] = []
    for heading, sentences in (("Include if", plan.include), ("Exclude if", plan.exclude)):
        if sentences:
            parts += [Text(heading, "bold"), *(Text(f"· {sentence}") for sentence in sentences), Text("")]
    reasons = plan.reasons_at(stage)
    if reasons:
        parts.append(Text("Reasons of exclusion", "bold"))
        parts += [Text.assemble((f"{key} ", "bold"), reason) for key, reason in zip(KEYS, reasons, strict=False)]
    if not parts:
        parts = [Text("No criteria. Write them under [screening] in review.toml, as include, exclude and reasons.", "dim")]
    return Text("\n").join(parts)


def advice_line(advice: StoppingAdvice, basis: str) -> Text:
    """How sure one can be by now that enough was found, in a line."""
    if not 0 < advice.screened < advice.total:
        return Text(basis, "dim")
    found = f"{advice.relevant} relevant found, at most {advice.unseen_at_most} unseen ({advice.confidence:.0%} confidence). "
    if advice.stop:
        return Text.assemble((f"Screening may stop: {found}", "bold green"), "Press a for the statement. ", (basis, "dim"))
    p = "< 0.001" if advice.p < 0.001 else f"{advice.p:.3f}"
    return Text.assemble(f"{found}Recall below {advice.target:.0%}: P = {p}. ", (basis, "dim"))


def at_the_end(session: ScreeningSession) -> Text:
    """What to do when nothing is left."""
    counts = session.state.counts(session.stage)
    if session.role == "adjudicator":
        return Text("No conflict is open.", "bold")
    if not counts.publications:
        what = "No record is there." if session.stage == "title-abstract" else "Nothing is included by title and abstract yet."
        return Text(what, "bold")
    further = []
    if counts.pending:
        further.append(f"{_waiting(counts.pending, 'publication')} for other reviewers.")
    if counts.conflict:
        mend = "trialpool screen REVIEW --reviewer NAME --adjudicate"
        further.append(f"{_waiting(counts.conflict, 'conflict')} for an adjudicator: {mend}.")
    if session.stage == "title-abstract" and session.state.counts("full-text").pending:
        further.append("Full texts can be read: --stage full-text.")
    return Text.assemble((f"Nothing is left for {session.reviewer} to decide here.\n\n", "bold"), "\n".join(further))


def _waiting(n: int, what: str) -> str:
    return f"1 {what} waits" if n == 1 else f"{n} {what}s wait"
