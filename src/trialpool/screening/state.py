"""Where the screening of a review stands: what is open, what is in conflict, what was decided and why.

Everything follows from the records, their duplicates, the rows of decisions and the protocol, and is never stored. Records that are
added later are open, and what was decided stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from trialpool.errors import BadArgument
from trialpool.review.plan import ScreeningPlan
from trialpool.review.screening import STAGES, ScreeningDecision, Stage
from trialpool.screening.publications import Publication, publications_of
from trialpool.screening.votes import IN, Votes, votes_of

Standing = Literal["pending", "conflict", "include", "exclude", "unavailable"]
FIRST, SECOND = STAGES


@dataclass(frozen=True, slots=True)
class Screened:
    """Where one publication stands at one stage.

    votes : what each reviewer decided and did not take back, by name
    adjudication : what settled a conflict; it counts once all who must have decided
    again : reviewers who decided two copies differently, so that they are asked once more
    standing : `pending` until as many reviewers have decided as the protocol asks for; `conflict` until they agree or
        somebody settles it; then what holds. After title and abstract `maybe` counts as include; of a full text it must be settled
    reason : why it is excluded: the adjudicator's reason, else of the reviewers' reasons the one that comes first in the protocol
    """

    publication: Publication
    stage: Stage
    votes: tuple[ScreeningDecision, ...]
    adjudication: ScreeningDecision | None
    again: tuple[str, ...]
    standing: Standing
    reason: str = ""

    def vote_of(self, reviewer: str) -> ScreeningDecision | None:
        """What this reviewer decided."""
        return next((vote for vote in self.votes if vote.reviewer == reviewer), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCounts:
    """How many publications stand where at a stage; the parts sum to `publications`.

    reasons : (reason, publications) of those excluded, in the protocol's order; an empty reason where none was given
    adjudicated : how many of those decided were settled by an adjudicator
    """

    stage: Stage
    publications: int
    pending: int
    conflict: int
    included: int
    excluded: int
    unavailable: int
    reasons: tuple[tuple[str, int], ...]
    adjudicated: int


@dataclass(frozen=True)
class ScreeningState:
    """The state of a screening.

    publications : what is screened, in the order of the records
    plan : the protocol
    decisions : every row, in the order given
    stages : by stage and publication (its identifier) where it stands; full texts only of what was included before
    not_counted : rows on full texts of publications that are not, or no longer, included by title and abstract
    """

    publications: tuple[Publication, ...]
    plan: ScreeningPlan
    decisions: tuple[ScreeningDecision, ...] = field(repr=False)
    stages: Mapping[Stage, Mapping[str, Screened]] = field(repr=False)
    not_counted: tuple[ScreeningDecision, ...] = ()
    _rows: Mapping[str, tuple[ScreeningDecision, ...]] = field(default_factory=dict, repr=False)
    _publication_of: Mapping[str, Publication] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        first, second = map(self.counts, STAGES)
        return (
            f"{self.records} records, {first.publications} publications. By title and abstract: {first.included} included, "
            f"{first.excluded} excluded, {first.conflict} in conflict, {first.pending} pending. Full texts: {second.included} "
            f"included, {second.excluded} excluded, {second.unavailable} not to be had, {second.conflict} in conflict, "
            f"{second.pending} pending."
        )

    @property
    def records(self) -> int:
        """Records, duplicates among them."""
        return len(self._publication_of)

    @property
    def duplicates(self) -> int:
        """Records that another record stands for."""
        return self.records - len(self.publications)

    @property
    def included(self) -> tuple[Publication, ...]:
        """What is included after its full text was read."""
        return tuple(found.publication for found in self.at(SECOND) if found.standing == "include")

    @property
    def reviewers(self) -> tuple[str, ...]:
        """Everybody who decided something as a reviewer, by name."""
        return tuple(sorted({row.reviewer for row in self.decisions if row.role == "reviewer"}))

    def publication_of(self, record: str) -> Publication:
        """The publication that a record is of.

        Raises
        ------
        BadArgument
            for a record that is not there
        """
        if record not in self._publication_of:
            raise BadArgument(f"There is no record {record}. Read its file, or correct the identifier.")
        return self._publication_of[record]

    def at(self, stage: Stage) -> tuple[Screened, ...]:
        """Where every publication of a stage stands, in the order of the records."""
        return tuple(self.stages[stage].values()) if stage == FIRST else self._second

    @cached_property
    def _second(self) -> tuple[Screened, ...]:
        found = self.stages[SECOND]
        return tuple(found[publication.id] for publication in self.publications if publication.id in found)

    def conflicts(self, stage: Stage) -> tuple[Screened, ...]:
        """What an adjudicator must settle."""
        return tuple(found for found in self.at(stage) if found.standing == "conflict")

    def queue(self, reviewer: str, stage: Stage) -> tuple[Publication, ...]:
        """What this reviewer has still to decide, in the order of the records: what is pending, and was not decided by this
        reviewer, nor by as many others as the protocol asks for. A lone reviewer's own `maybe` on a full text comes last.
        """
        at = self.at(stage)
        open_ = [found.publication for found in at if found.standing == "pending" and self._asked(found, reviewer)]
        alone = self.plan.reviewers == 1 and stage == SECOND
        unsure = [found.publication for found in at if alone and found.standing == "conflict" and found.vote_of(reviewer)]
        return (*open_, *unsure)

    def _asked(self, found: Screened, reviewer: str) -> bool:
        return reviewer in found.again or (found.vote_of(reviewer) is None and len(found.votes) < self.plan.reviewers)

    def shown_to(self, reviewer: str, publication: Publication, stage: Stage) -> tuple[ScreeningDecision, ...]:
        """The votes that this reviewer may see: with blinding only their own, until all who must have decided."""
        found = self.stages[stage].get(publication.id)
        if found is None:
            return ()
        return tuple(
            vote for vote in found.votes if not self.plan.blinded or found.standing != "pending" or vote.reviewer == reviewer
        )

    def record_to_decide(self, reviewer: str, publication: Publication, stage: Stage) -> str:
        """The record that this reviewer's next decision on a publication is written for: the one decided before, else its first."""
        rows = self._rows.get(publication.id, ())
        mine = [row.record for row in rows if row.reviewer == reviewer and row.stage == stage]
        return mine[-1] if mine else publication.id

    def counts(self, stage: Stage) -> StageCounts:
        """How many publications stand where."""
        at = self.at(stage)
        number = {standing: sum(found.standing == standing for found in at) for standing in ("pending", "conflict", "unavailable")}
        excluded = [found.reason for found in at if found.standing == "exclude"]
        order = dict.fromkeys((*self.plan.reasons_at(stage), *sorted(set(excluded) - {""}), ""))
        return StageCounts(
            stage=stage,
            publications=len(at),
            included=sum(found.standing == "include" for found in at),
            excluded=len(excluded),
            reasons=tuple((reason, excluded.count(reason)) for reason in order if reason in excluded),
            adjudicated=sum(found.adjudication is not None and found.standing != "pending" for found in at),
            **number,
        )

    def added(self, decision: ScreeningDecision) -> ScreeningState:
        """The state after one more decision; the same as that of all rows with it at their end.

        Raises
        ------
        BadArgument
            for a record that is not there
        """
        publication = self.publication_of(decision.record)
        rows = (*self._rows.get(publication.id, ()), decision)
        found = _screened(publication, rows, self.plan)
        stages = {stage: dict(self.stages[stage]) for stage in STAGES}
        stages[SECOND].pop(publication.id, None)
        for screened in found:
            stages[screened.stage][publication.id] = screened
        others = [row for row in self.not_counted if self._publication_of[row.record] is not publication]
        mine = _not_counted(rows, found)
        return replace(
            self,
            decisions=(*self.decisions, decision),
            stages=stages,
            not_counted=(*others, *mine),
            _rows={**self._rows, publication.id: rows},
        )


def screening_state(
    records: Iterable[str],
    decisions: Iterable[ScreeningDecision],
    plan: ScreeningPlan | None = None,
    *,
    groups: Iterable[Sequence[str]] = (),
) -> ScreeningState:
    """Where the screening stands.

    Parameters
    ----------
    records
        identifiers of all records, in the order in which they were read
    decisions
        every row of every reviewer; those of one person in the order in which they were written
    plan
        the protocol: how many reviewers must decide, reasons of exclusion, blinding
    groups
        records that are duplicates of each other, as `deduplicate` gives them: a decision on one of them holds for all

    Raises
    ------
    BadArgument
        where a decision or a group names a record that is not there

    Examples
    --------
    >>> def row(record, decision, reviewer):
    ...     return ScreeningDecision(record, "title-abstract", decision, reviewer=reviewer)
    >>> state = screening_state(
    ...     ["a.ris#1", "a.ris#2", "b.ris#1"],
    ...     [row("a.ris#1", "include", "mk"), row("b.ris#1", "maybe", "jl"), row("a.ris#2", "exclude", "mk"),
    ...      row("a.ris#2", "include", "jl")],
    ...     groups=[("a.ris#1", "b.ris#1")],
    ... )
    >>> [(found.publication.id, found.standing) for found in state.at("title-abstract")]
    [('a.ris#1', 'include'), ('a.ris#2', 'conflict')]
    """
    plan = plan or ScreeningPlan.model_validate({})
    publications = publications_of(records, groups)
    of = {record: publication for publication in publications for record in publication.records}
    rows: dict[str, list[ScreeningDecision]] = {}
    decisions = tuple(decisions)
    for row in decisions:
        if row.record not in of:
            raise BadArgument(f"A decision of {row.reviewer} names the record {row.record}, which is not there. Read its file.")
        rows.setdefault(of[row.record].id, []).append(row)
    stages: dict[Stage, dict[str, Screened]] = {stage: {} for stage in STAGES}
    early: list[ScreeningDecision] = []
    for publication in publications:
        mine = tuple(rows.get(publication.id, ()))
        found = _screened(publication, mine, plan)
        for screened in found:
            stages[screened.stage][publication.id] = screened
        early += _not_counted(mine, found)
    return ScreeningState(
        publications=publications,
        plan=plan,
        decisions=decisions,
        stages=stages,
        not_counted=tuple(early),
        _rows={id_: tuple(found) for id_, found in rows.items()},
        _publication_of=of,
    )


def _screened(publication: Publication, rows: Sequence[ScreeningDecision], plan: ScreeningPlan) -> list[Screened]:
    """Where a publication stands at the stages that it has reached."""
    first = _at_stage(publication, FIRST, rows, plan)
    return [first, _at_stage(publication, SECOND, rows, plan)] if first.standing == "include" else [first]


def _not_counted(rows: Sequence[ScreeningDecision], found: Sequence[Screened]) -> list[ScreeningDecision]:
    return [row for row in rows if row.stage == SECOND] if len(found) == 1 else []


def _at_stage(publication: Publication, stage: Stage, rows: Sequence[ScreeningDecision], plan: ScreeningPlan) -> Screened:
    votes = votes_of(row for row in rows if row.stage == stage)
    standing = _standing(votes, stage, plan.reviewers)
    adjudication = votes.adjudicators[0] if votes.adjudicators else None
    deciding = (adjudication,) if adjudication is not None else votes.reviewers
    reason = _reason(deciding, plan.reasons_at(stage)) if standing == "exclude" else ""
    return Screened(publication, stage, votes.reviewers, adjudication, votes.again, standing, reason)


def _standing(votes: Votes, stage: Stage, needed: int) -> Standing:
    if len(votes.reviewers) < needed or votes.again:
        return "pending"
    sides = {_side(vote, stage) for vote in votes.adjudicators or votes.reviewers}
    return sides.pop() if len(sides) == 1 else "conflict"


def _side(vote: ScreeningDecision, stage: Stage) -> Standing:
    """What a decision counts as; a full text that is a `maybe` is still to be settled."""
    if vote.decision in IN:
        return "conflict" if stage == SECOND and vote.decision == "maybe" else "include"
    return "unavailable" if vote.decision == "unavailable" else "exclude"


def _reason(votes: Sequence[ScreeningDecision], protocol: Sequence[str]) -> str:
    """Of the reasons given the first in the protocol's order; one that it does not have comes after these, by alphabet."""
    given = {vote.reason for vote in votes if vote.reason}
    return next((reason for reason in (*protocol, *sorted(given)) if reason in given), "")
