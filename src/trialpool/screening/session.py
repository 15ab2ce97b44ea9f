"""One person at work: which publication comes next, and what a decision does. A terminal or a web page shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Literal, get_args

from trialpool.errors import BadArgument
from trialpool.review.screening import Role, ScreeningDecision, Stage, Verdict
from trialpool.screening.publications import Publication
from trialpool.screening.state import Screened, ScreeningState
from trialpool.screening.votes import IN

Order = Literal["ranked", "file", "random"]
ORDERS: tuple[Order, ...] = get_args(Order)
Write = Callable[[ScreeningDecision], object]


class ScreeningSession:
    """What one person decides, one publication after another.

    Every decision is written before anything else happens, so that whatever stops the program costs the one being made at most.

    state : where the screening stands, this session's decisions among it
    reviewer, stage, role : who decides what; an adjudicator is shown the conflicts
    current : what is to be decided now; None where nothing is left
    write : keeps a decision; where it fails, nothing has happened
    now : gives the time as it stands in a row
    """

    def __init__(
        self, state: ScreeningState, reviewer: str, stage: Stage, *, role: Role = "reviewer", write: Write, now: Callable[[], str]
    ) -> None:
        self.state, self.reviewer, self.stage, self.role = state, reviewer, stage, role
        self._write, self._now = write, now
        self._order: list[str] = [publication.id for publication in state.publications]
        self._skipped: dict[str, None] = {}
        self._decided: set[str] = set()  # in this session
        self._seen: list[str] = []  # what was shown before the current one, the latest last
        self._ahead: list[str] = []  # what one went back from
        self.current: Publication | None = None
        self._next()

    # What is shown

    @property
    def screened(self) -> Screened | None:
        """Where the current publication stands."""
        return self.state.stages[self.stage].get(self.current.id) if self.current else None

    @property
    def votes(self) -> tuple[ScreeningDecision, ...]:
        """The votes on the current publication that may be shown: an adjudicator sees all, a reviewer what blinding allows."""
        if self.current is None or self.screened is None:
            return ()
        if self.role == "adjudicator":
            return self.screened.votes
        return self.state.shown_to(self.reviewer, self.current, self.stage)

    @property
    def mine(self) -> ScreeningDecision | None:
        """What this person has decided of the current publication."""
        if self.screened is None:
            return None
        return self.screened.adjudication if self.role == "adjudicator" else self.screened.vote_of(self.reviewer)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What can be decided here: an adjudicator settles, so that there is no `maybe`."""
        possible: list[Verdict] = ["include", "exclude"]
        if self.role == "reviewer":
            possible.append("maybe")
        if self.stage == "full-text":
            possible.append("unavailable")
        return tuple(possible)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The protocol's reasons of exclusion at this stage."""
        return self.state.plan.reasons_at(self.stage)

    @property
    def queue(self) -> tuple[Publication, ...]:
        """What is still to be decided, in the order of the records."""
        if self.role == "adjudicator":
            return tuple(found.publication for found in self.state.conflicts(self.stage))
        return self.state.queue(self.reviewer, self.stage)

    @property
    def done(self) -> int:
        """How many publications this person has decided at this stage."""
        if self.role == "adjudicator":
            return sum(found.adjudication is not None for found in self.state.at(self.stage))
        return sum(found.vote_of(self.reviewer) is not None for found in self.state.at(self.stage))

    def labels(self) -> dict[str, bool]:
        """What a ranking may learn from, by publication: with blinding only this person's decisions, else what stands too."""
        found: dict[str, bool] = {}
        for screened in self.state.at(self.stage):
            vote = screened.vote_of(self.reviewer)
            if vote is not None:
                found[screened.publication.id] = vote.decision in IN
            elif not self.state.plan.blinded and screened.standing in ("include", "exclude"):
                found[screened.publication.id] = screened.standing == "include"
        return found

    # What is done

    def decide(self, decision: Verdict, *, reason: str = "", note: str = "") -> ScreeningDecision:
        """Decide the current publication, and go on to the next.

        Raises
        ------
        BadArgument
            where there is nothing to decide, or the protocol does not have such a decision or reason here
        """
        if self.current is None or self.screened is None:
            raise BadArgument("There is nothing to decide.")
        if decision not in self.verdicts:
            raise BadArgument(f"{decision!r} cannot be decided here. Choose one of {', '.join(self.verdicts)}.")
        if reason and (decision != "exclude" or reason not in self.reasons):
            raise BadArgument(f"{reason!r} is no reason here. Choose one of {', '.join(self.reasons)}.")
        if decision == "exclude" and self.stage == "full-text" and self.reasons and not reason:
            raise BadArgument(f"An excluded full text needs a reason. Choose one of {', '.join(self.reasons)}.")
        row = self._keep(self._record(self.current), decision, reason, note)
        self._skipped.pop(self.current.id, None)
        self._decided.add(self.current.id)
        self._leave()
        self._next()
        return row

    def undo(self) -> ScreeningDecision | None:
        """Take back this person's last decision that stands at this stage, and show its publication; None where there is none."""
        mine = (self.reviewer, self.stage, self.role)
        record = last_standing(row for row in self.state.decisions if (row.reviewer, row.stage, row.role) == mine)
        if record is None:
            return None
        row = self._keep(record, "undo", "", "")
        publication = self.state.publication_of(record)
        self._decided.discard(publication.id)
        if publication.id in self.state.stages[self.stage]:
            if self.current is not None and self.current != publication:
                self._ahead.append(self.current.id)
            self.current = publication
            self._seen = [id_ for id_ in self._seen if id_ != publication.id]
        return row

    def skip(self) -> None:
        """Leave the current publication for later: it comes again when everything else is decided."""
        if self.current is not None:
            self._skipped.pop(self.current.id, None)
            self._skipped[self.current.id] = None
            self._leave()
            self._next()

    def back(self) -> bool:
        """Show what was shown before; whether there was anything."""
        if not self._seen:
            return False
        if self.current is not None:
            self._ahead.append(self.current.id)
        self.current = self.state.publication_of(self._seen.pop())
        return True

    def forward(self) -> bool:
        """Show what one went back from; whether there was anything."""
        if not self._ahead:
            return False
        self._leave()
        self.current = self.state.publication_of(self._ahead.pop())
        return True

    def reorder(self, ids: Iterable[str]) -> None:
        """Take what comes after the current publication in this order; what it does not name comes last."""
        first = dict.fromkeys(ids)
        self._order = [*first, *(id_ for id_ in self._order if id_ not in first)]
        if self.current is None:
            self._next()

    def restart(self, ids: Iterable[str]) -> None:
        """Begin with the first that is open in this order."""
        self.reorder(ids)
        self._next()

    def _leave(self) -> None:
        if self.current is not None:
            self._seen.append(self.current.id)
            self.current = None

    def _next(self) -> None:
        """What one went back from, then what is open, then what was skipped; a full text that stays a `maybe` comes once."""
        while self._ahead:
            self.current = self.state.publication_of(self._ahead.pop())
            if self.mine is None and self.current in self.queue:
                return
        self.current = None
        queue = {publication.id: publication for publication in self.queue if publication.id not in self._decided}
        later = [id_ for id_ in self._skipped if id_ in queue]
        fresh = (id_ for id_ in self._order if id_ in queue and id_ not in self._skipped)
        chosen = next(fresh, later[0] if later else None)
        if chosen is not None:
            self.current = queue[chosen]

    def _record(self, publication: Publication) -> str:
        return self.state.record_to_decide(self.reviewer, publication, self.stage)

    def _keep(self, record: str, decision: Verdict, reason: str, note: str) -> ScreeningDecision:
        row = ScreeningDecision(record, self.stage, decision, reason, note, self.reviewer, self._now(), self.role)
        self._write(row)
        self.state = self.state.added(row)
        return row


def last_standing(rows: Iterable[ScreeningDecision]) -> str | None:
    """The record of one person's last decision that was not taken back; None where all were."""
    stack: list[str] = []
    for row in rows:
        if row.decision != "undo":
            stack.append(row.record)
        elif row.record in stack:
            del stack[len(stack) - 1 - stack[::-1].index(row.record)]
    return stack[-1] if stack else None


def random_order(ids: Sequence[str], seed: int) -> list[str]:
    """An order that chance makes and a seed fixes; records that are added later do not change that of the others.

    >>> random_order(["a", "b", "c"], 1) == [id_ for id_ in random_order(["a", "b", "c", "d"], 1) if id_ != "d"]
    True
    """
    return sorted(ids, key=lambda id_: sha256(f"{seed}:{id_}".encode()).digest())
