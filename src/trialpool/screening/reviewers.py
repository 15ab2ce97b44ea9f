"""How the reviewers of a screening agree, how far each is, and whether they may stop."""

from __future__ import annotations

from datetime import UTC, datetime

from trialpool.review.screening import STAGES, Stage
from trialpool.screening.state import Screened, ScreeningState
from trialpool.screening.stopping import StoppingAdvice, stopping_advice
from trialpool.screening.votes import IN
from trialpool.stats.agreement.agreement import Agreement, agreement


def screening_agreement(state: ScreeningState, stage: Stage, *, level: float = 0.95) -> Agreement:
    """How well the reviewers agree at a stage, from what each decided before any conflict was settled by an adjudicator.

    By title and abstract `maybe` counts as include, as it does for what goes on. A reviewer who changes a decision to end a
    conflict makes agreement look better than it was; an adjudicator's row does not.

    Raises
    ------
    BadArgument
        where fewer than two reviewers have decided anything
    NotEstimable
        where no publication was decided by two
    """
    at = state.at(stage)
    deciding = sorted({vote.reviewer for found in at for vote in found.votes})
    ratings = {reviewer: [_category(found, reviewer, stage) for found in at] for reviewer in deciding}
    used = {value for values in ratings.values() for value in values if value is not None}
    further = [name for name in ("maybe", "unavailable") if name in used]
    return agreement(ratings, ("include", "exclude", *further), level=level)


def _category(found: Screened, reviewer: str, stage: Stage) -> str | None:
    vote = found.vote_of(reviewer)
    if vote is None:
        return None
    return "include" if stage == STAGES[0] and vote.decision in IN else vote.decision


def stopping_of(state: ScreeningState, stage: Stage, reviewer: str = "") -> StoppingAdvice:
    """Whether screening may stop: of one reviewer by their own decisions, without a name by those on which all have decided.

    Publications are taken in the order in which they were first decided (by one reviewer), or fully decided (by all). What is in
    conflict counts as relevant. The statement holds where they were shown in random order, or likely ones first.
    """
    at = state.at(stage)
    relevant = _own(state, stage, reviewer) if reviewer else _of_all(state, stage)
    return stopping_advice(relevant, len(at), target=state.plan.recall, confidence=state.plan.confidence)


def _own(state: ScreeningState, stage: Stage, reviewer: str) -> list[int]:
    """What a reviewer decided, in the order in which each publication was first decided."""
    rows = (row for row in state.decisions if (row.reviewer, row.stage, row.role) == (reviewer, stage, "reviewer"))
    order = dict.fromkeys(state.publication_of(row.record).id for row in rows)
    found = (state.stages[stage].get(id_) for id_ in order)
    votes = [screened.vote_of(reviewer) for screened in found if screened is not None]
    return [int(vote.decision in IN) for vote in votes if vote is not None]


def _of_all(state: ScreeningState, stage: Stage) -> list[int]:
    """What was decided by as many as must, in the order of the last vote on each."""
    place = {id(row): number for number, row in enumerate(state.decisions)}
    done = [found for found in state.at(stage) if found.standing != "pending"]
    order = sorted(done, key=lambda found: max((moment(vote.time), place[id(vote)]) for vote in found.votes))
    return [int(found.standing in ("include", "conflict")) for found in order]


def moment(time: str) -> datetime:
    """A time of a decision; a date is the beginning of that day, in UTC, and what is no time comes before everything."""
    try:
        found = datetime.fromisoformat(time)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
