"""`trialpool screen`: decide records in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trialpool.errors import TrialpoolError
from trialpool.formats.decision_file import append_decision
from trialpool.formats.screening_folder import ScreeningFolder, read_screening
from trialpool.review.plan import Plan
from trialpool.review.screening import REVIEWER, STAGES, Role, Stage
from trialpool.screening.publications_of_review import ScreenedRecords, screen_records
from trialpool.screening.session import ORDERS, Order, ScreeningSession, random_order

if TYPE_CHECKING:
    from trialpool.cli.screen_app.background_ranking import BackgroundRanking
    from trialpool.screening.ranking.ranker import Ranking


@dataclass(frozen=True)
class Asked:
    """What the user asked for.

    stage : the first at which something is left, where None
    seed : that of review.toml, where None
    """

    reviewer: str
    role: Role
    stage: Stage | None
    order: Order
    seed: int | None


def screen_review(folder: Path, reviewer: str, *, stage: str, order: str, seed: int | None, adjudicate: bool) -> None:
    """Read the review, open the screen, and say at the end how far it is."""
    if not REVIEWER.fullmatch(reviewer):
        raise TrialpoolError(f"{reviewer!r} is no name of a reviewer. Use letters, digits, - and _: it becomes the name of a file.")
    at = next((one for one in STAGES if one == stage), None)
    if stage and at is None:
        raise TrialpoolError(f"--stage {stage} is not known. Use one of {', '.join(STAGES)}.")
    by = next((one for one in ORDERS if one == order), None)
    if by is None:
        raise TrialpoolError(f"--order {order} is not known. Use one of {', '.join(ORDERS)}.")
    read = read_screening(folder)
    if not read.search.records:
        raise TrialpoolError(f"{folder}/search has no records. Put exports of databases there, as they were downloaded.")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise TrialpoolError(
            "trialpool screen needs a terminal to be typed into. `trialpool progress` prints where the screening stands; "
            "decisions made elsewhere can be written to screening/decisions-REVIEWER.csv."
        )
    _screen(folder, read, Asked(reviewer, "adjudicator" if adjudicate else "reviewer", at, by, seed))


def _screen(folder: Path, read: ScreeningFolder, asked: Asked) -> None:
    from trialpool.cli.screen_app.app import ScreeningApp

    for remark in read.remarks:
        typer.echo(f"warning: {remark}", err=True)
    typer.echo(f"{len(read.search.records)} records; looking for duplicates ...")
    found = screen_records(read.search.records, read.decisions, read.plan.screening, duplicates=read.duplicates)
    stage = asked.stage or _open_stage(found, asked)
    session = ScreeningSession(
        found.state, asked.reviewer, stage, role=asked.role, write=lambda row: append_decision(folder, row), now=_now
    )
    seed = read.plan.screening.seed if asked.seed is None else asked.seed
    if asked.order == "random":
        session.restart(random_order([publication.id for publication in found.state.publications], seed))
    alone = asked.role == "reviewer"
    ScreeningApp(
        session,
        found.shown,
        read.plan.title,
        learner=(lambda deliver: _ranking(found, read.plan, seed, deliver)) if alone and asked.order == "ranked" else None,
        advise=alone and asked.order != "file" and stage == STAGES[0],
    ).run()
    left = len(session.queue)
    typer.echo(f"{session.done} decided by {asked.reviewer}, {left} left. More: trialpool progress {folder}")


def _open_stage(found: ScreenedRecords, asked: Asked) -> Stage:
    """The first stage at which something is to be done, else the first."""
    for stage in STAGES:
        if found.state.conflicts(stage) if asked.role == "adjudicator" else found.state.queue(asked.reviewer, stage):
            return stage
    return STAGES[0]


def _ranking(found: ScreenedRecords, plan: Plan, seed: int, deliver: Callable[[Ranking], object]) -> BackgroundRanking:
    from trialpool.cli.screen_app.background_ranking import BackgroundRanking

    asked = plan.question
    criteria = " ".join([plan.title, asked.population, asked.intervention, asked.comparison, *plan.screening.include])
    return BackgroundRanking(list(found.shown.values()), criteria=criteria, seed=seed, deliver=deliver)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
