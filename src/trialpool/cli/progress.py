"""`trialpool progress`: where the screening of a review stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from trialpool.cli.terminal_table import print_table
from trialpool.errors import TrialpoolError
from trialpool.formats.screening_folder import read_screening
from trialpool.review.screening import STAGES, Stage
from trialpool.screening.publications_of_review import screen_records
from trialpool.screening.reviewers import screening_agreement, stopping_of
from trialpool.screening.state import ScreeningState
from trialpool.stats.agreement.agreement import Agreement

NAMES: dict[Stage, str] = {"title-abstract": "Title and abstract", "full-text": "Full text"}
SHOWN = 20  # conflicts that are listed; --json has all


def print_progress(folder: Path, *, as_json: bool) -> None:
    """Print counts by stage, what each reviewer has done, conflicts, agreement, and whether screening may stop."""
    read = read_screening(folder)
    found = screen_records(read.search.records, read.decisions, read.plan.screening, duplicates=read.duplicates)
    state = found.state
    if as_json:
        typer.echo(json.dumps(progress_data(state), ensure_ascii=False, indent=1, allow_nan=False))
        return
    for remark in read.remarks:
        typer.echo(f"warning: {remark}", err=True)
    typer.echo(f"{state.records} records, {state.duplicates} of them duplicates: {len(state.publications)} publications.\n")
    if not state.publications:
        return
    _print_counts(state)
    for stage in STAGES:
        _print_reviewers(state, stage)
        _print_reasons(state, stage)
        _print_conflicts(state, stage, {id_: record.title for id_, record in found.shown.items()})
        _print_agreement(state, stage)
    _print_stopping(state)


def progress_data(state: ScreeningState) -> dict[str, Any]:
    """The same for programs."""
    return {
        "records": state.records,
        "duplicates": state.duplicates,
        "publications": len(state.publications),
        "stages": {stage: _stage_data(state, stage) for stage in STAGES},
        "not_counted": [decision.record for decision in state.not_counted],
        "included": [publication.id for publication in state.included],
    }


def _stage_data(state: ScreeningState, stage: Stage) -> dict[str, Any]:
    counts, agreement = state.counts(stage), _agreement(state, stage)
    data: dict[str, Any] = {
        "publications": counts.publications,
        "pending": counts.pending,
        "conflict": counts.conflict,
        "included": counts.included,
        "excluded": counts.excluded,
        "unavailable": counts.unavailable,
        "adjudicated": counts.adjudicated,
        "reasons": dict(counts.reasons),
        "reviewers": _reviewers(state, stage),
        "conflicts": [
            {"record": found.publication.id, "votes": {vote.reviewer: vote.decision for vote in found.votes}}
            for found in state.conflicts(stage)
        ],
        "agreement": _rows(agreement) if isinstance(agreement, Agreement) else [],
        "no_agreement": None if isinstance(agreement, Agreement) else agreement,
    }
    if stage == STAGES[0]:
        advice = stopping_of(state, stage)
        data["stopping"] = {
            "stop": advice.stop,
            "p": advice.p,
            "recall_at_least": advice.recall_at_least,
            "unseen_at_most": advice.unseen_at_most,
            "statement": str(advice),
        }
    return data


def _agreement(state: ScreeningState, stage: Stage) -> Agreement | str:
    """Agreement at a stage, or why there is none."""
    try:
        return screening_agreement(state, stage)
    except TrialpoolError:
        return "No publication was decided by two reviewers yet."


def _rows(agreement: Agreement) -> list[dict[str, Any]]:
    """Coefficients as plain values; None where a number cannot be had."""
    columns = agreement.table()
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [{name: None if value != value else value for name, value in row.items()} for row in rows]


def _reviewers(state: ScreeningState, stage: Stage) -> dict[str, dict[str, int]]:
    """What each reviewer decided at a stage, and what is left for them."""
    found: dict[str, dict[str, int]] = {}
    at = state.at(stage)
    for reviewer in state.reviewers:
        votes = [vote.decision for screened in at if (vote := screened.vote_of(reviewer)) is not None]
        kinds = {kind: votes.count(kind) for kind in ("include", "maybe", "exclude", "unavailable")}
        found[reviewer] = {"decided": len(votes), **kinds, "left": len(state.queue(reviewer, stage))}
    return found


def _print_counts(state: ScreeningState) -> None:
    names = ("publications", "included", "excluded", "unavailable", "conflict", "pending", "adjudicated")
    columns = {NAMES[stage]: [str(getattr(state.counts(stage), name)) for name in names] for stage in STAGES}
    print_table({"where they stand": names, **columns}, numbers=list(columns))


def _print_reviewers(state: ScreeningState, stage: Stage) -> None:
    rows = {name: row for name, row in _reviewers(state, stage).items() if row["decided"]}
    if rows:
        names = [name for name in next(iter(rows.values())) if name != "unavailable" or stage == STAGES[1]]
        columns = {name: [str(row[name]) for row in rows.values()] for name in names}
        typer.echo(f"\n{NAMES[stage]}, by reviewer")
        print_table({"reviewer": list(rows), **columns}, numbers=names)


def _print_reasons(state: ScreeningState, stage: Stage) -> None:
    reasons = state.counts(stage).reasons
    if any(reason for reason, _ in reasons):
        typer.echo(f"\n{NAMES[stage]}, reasons of exclusion")
        print_table(
            {"reason": [reason or "(none given)" for reason, _ in reasons], "publications": [str(n) for _, n in reasons]},
            numbers=["publications"],
        )


def _print_conflicts(state: ScreeningState, stage: Stage, titles: dict[str, str]) -> None:
    conflicts = state.conflicts(stage)
    if not conflicts:
        return
    more = f", the first {SHOWN} of {len(conflicts)}" if len(conflicts) > SHOWN else ""
    typer.echo(f"\n{NAMES[stage]}, conflicts{more}: trialpool screen REVIEW --reviewer NAME --adjudicate")
    shown = conflicts[:SHOWN]
    print_table(
        {
            "record": [found.publication.id for found in shown],
            "votes": [", ".join(f"{vote.reviewer} {vote.decision}" for vote in found.votes) for found in shown],
            "title": [titles[found.publication.id] for found in shown],
        },
        whole=["record"],
    )


def _print_agreement(state: ScreeningState, stage: Stage) -> None:
    agreement = _agreement(state, stage)
    if not isinstance(agreement, Agreement):
        return
    rows = agreement.rows
    typer.echo(f"\n{NAMES[stage]}, agreement before conflicts were settled")
    print_table(
        {
            "coefficient": [row.coefficient for row in rows],
            "reviewers": [" and ".join(row.reviewers) for row in rows],
            "value": [_number(row.value) for row in rows],
            f"{agreement.level:.0%} interval": [_interval(row.ci_low, row.ci_high) for row in rows],
            "publications": [str(row.units) for row in rows],
        },
        numbers=["value", "publications"],
    )


def _number(value: float) -> str:
    return "" if value != value else f"{value:.2f}"


def _interval(low: float, high: float) -> str:
    return "" if low != low else f"{low:.2f} to {high:.2f}"


def _print_stopping(state: ScreeningState) -> None:
    advice = stopping_of(state, STAGES[0])
    if not advice.screened:
        return
    if advice.screened == advice.total:
        open_ = state.counts(STAGES[0]).conflict
        left = "" if not open_ else "; 1 conflict is to be settled" if open_ == 1 else f"; {open_:,} conflicts are to be settled"
        typer.echo(f"\nEvery publication was decided by title and abstract{left}.")
        return
    typer.echo(f"\nMay screening by title and abstract stop? {'Yes' if advice.stop else 'Not yet'}, by what all have decided:")
    typer.echo(str(advice))
    typer.echo("This holds where records were shown in ranked or random order.")
