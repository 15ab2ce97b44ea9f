"""`trialpool import-decisions`: decisions made in Rayyan, Covidence or ASReview into a review."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import typer

from trialpool.analysis.decision_import import KeptApart, Naming, TakenDecisions, take_decisions
from trialpool.cli.terminal_table import print_table
from trialpool.errors import BadInput, Problem, TrialpoolError
from trialpool.formats.decision_file import append_decisions
from trialpool.formats.screening_exports import COVIDENCE_LISTS, ScreeningExport, read_screening_export
from trialpool.formats.screening_folder import ScreeningFolder, read_screening
from trialpool.formats.search_folder import FOLDER, exports_in, is_date
from trialpool.formats.whole_file import write_whole
from trialpool.review.record import Record
from trialpool.review.screening import STAGES, VERDICTS, ScreeningDecision, file_of

SHOWN = 10  # of each list; --conflicts has all that were kept apart
MANY = 3000  # records; comparing more takes a while
Shown = TypeVar("Shown")
APART = ("record", "stage", "reviewer", "title", "decision_here", "decision_there", "reason_there", "note", "time")


def import_decisions(
    folder: Path,
    files: Sequence[Path],
    *,
    stage: str,
    reviewers: Sequence[str],
    reasons: Sequence[str],
    listed: str,
    date: str,
    conflicts: Path | None,
) -> None:
    """Read the exports, say what becomes of each, and add the rows: all of them or none."""
    naming = _naming(stage, reviewers, reasons, date)
    if listed and listed not in COVIDENCE_LISTS:
        raise TrialpoolError(f"--list {listed} is not known. Use one of {', '.join(COVIDENCE_LISTS)}.")
    if conflicts is not None and conflicts.exists():
        raise TrialpoolError(f"{conflicts} is there already. Give another name; nothing was written.")
    read = read_screening(folder)
    if not read.search.records:
        told = f"Take the exports of the searches in with: trialpool import {folder}"
        raise TrialpoolError(f"{folder}/search has no records yet. {told}")
    if len(read.search.records) > MANY:
        typer.echo(f"{len(read.search.records)} records; looking for those of the export among them ...", err=True)
    exports, found = _taken(folder, read, files, naming, listed)
    rows = [row for taken in found for row in taken.new]
    append_decisions(folder, rows)
    for export, taken in zip(exports, found, strict=True):
        _print(export, taken)
    apart = [one for taken in found for one in taken.apart]
    if conflicts is not None and apart:
        write_whole(conflicts, _sheet(apart))
        typer.echo(f"{len(apart)} that were kept apart are in {conflicts}.")
    written = ", ".join(dict.fromkeys(file_of(row.reviewer) for row in rows))
    typer.echo(f"{len(rows)} decisions added to {written}." if rows else "No decision was added.")
    _pending(read, rows, folder)


def _naming(stage: str, reviewers: Sequence[str], reasons: Sequence[str], date: str) -> Naming:
    at = next((one for one in STAGES if one == stage), None)
    if stage and at is None:
        raise TrialpoolError(f"--stage {stage} is not known. Use one of {', '.join(STAGES)}.")
    if not is_date(date):
        raise TrialpoolError(f"--date {date!r} is no date. Write it as 2026-03-01.")
    alone = [name for name in reviewers if "=" not in name]
    if len(alone) > 1:
        raise TrialpoolError('Several reviewers are told apart by their names in the export: --reviewer "Their Name=mk".')
    named = {theirs.strip(): ours.strip() for theirs, _, ours in (name.rpartition("=") for name in reviewers if "=" in name)}
    if wrong := [reason for reason in reasons if "=" not in reason]:
        raise TrialpoolError(f'--reason {wrong[0]!r} has no =. Write it as "their reason=one of the protocol".')
    pairs = {theirs.strip(): ours.strip() for theirs, _, ours in (reason.rpartition("=") for reason in reasons)}
    return Naming(at, alone[0] if alone else "", named, pairs, date)


def _taken(
    folder: Path, read: ScreeningFolder, files: Sequence[Path], naming: Naming, listed: str
) -> tuple[list[ScreeningExport], list[TakenDecisions]]:
    """What becomes of each file, those before it counted; every reason against any of them together."""
    there = {sha256((folder / FOLDER / name).read_bytes()).digest(): name for name in exports_in(folder / FOLDER)}
    exports, found, problems = list[ScreeningExport](), list[TakenDecisions](), list[Problem]()
    for path in files:
        try:
            export = read_screening_export(path, listed=listed)
            same = there.get(sha256(export.data).digest(), "")
            own = _with_protocol(naming, read, export)
            before = [row for taken in found for row in taken.new]
            found.append(take_decisions(read, export, same, own, before))
            exports.append(export)
        except BadInput as bad:
            problems += bad.problems
    if problems:
        raise BadInput(problems)
    return exports, found


def _with_protocol(naming: Naming, read: ScreeningFolder, export: ScreeningExport) -> Naming:
    """The naming, with the protocol's reasons by their own names, whatever their capitals; one name alone holds for one person."""
    plan = read.plan.screening
    own = {reason: reason for stage in STAGES for reason in plan.reasons_at(stage)}
    people = {vote.reviewer for vote in export.votes} - {""}
    alone = {next(iter(people)): naming.reviewer} if naming.reviewer and len(people) == 1 else {}
    wrong = [ours for ours in naming.reasons.values() if ours and own and ours not in own]
    if wrong:
        raise TrialpoolError(f"--reason: review.toml has no reason {wrong[0]!r}. It has {', '.join(own)}.")
    return replace(naming, reasons=own | dict(naming.reasons), reviewers=alone | dict(naming.reviewers))


def _print(export: ScreeningExport, taken: TakenDecisions) -> None:
    records, votes = export.records, len(export.votes)
    typer.echo(f"{records.file} ({export.program}): {len(records)} records, {votes} decisions.")
    counts = Counter((row.reviewer, row.stage, row.decision) for row in taken.new)
    people = list(dict.fromkeys((row.reviewer, row.stage) for row in taken.new))
    if people:
        shown = [verdict for verdict in VERDICTS if any(counts[(*one, verdict)] for one in people)]
        columns: dict[str, Sequence[str]] = {"reviewer": [who for who, _ in people], "stage": [stage for _, stage in people]}
        columns |= {verdict: [str(counts[(*one, verdict)]) for one in people] for verdict in shown}
        print_table(columns, numbers=tuple(shown))
    for problem in export.problems:
        typer.echo(f"{problem.severity}: {problem}")
    if taken.there:
        typer.echo(f"{taken.there} stand there already.")
    if taken.noted:
        said = ", ".join(f"{reason} ({n})" for reason, n in taken.noted.items())
        typer.echo(f"Reasons that review.toml does not have went into the notes: {said}.")
    _listed(taken.apart, "differ from what the same person decided, and were not taken", _apart)
    _listed(taken.unmatched, "records with decisions are not in search/, and were left out", _called)


def _listed(found: Sequence[Shown], what: str, said: Callable[[Shown], str]) -> None:
    if found:
        typer.echo(f"{len(found)} {what}:")
    for one in found[:SHOWN]:
        typer.echo(f"  {said(one)}")
    if len(found) > SHOWN:
        typer.echo(f"  and {len(found) - SHOWN} more")


def _apart(one: KeptApart) -> str:
    row = one.decision
    here = f"{one.other.decision} of {one.other.record or 'a copy'} ({one.other.time})"
    return f"{row.record} by {row.reviewer}, {row.stage}: {row.decision}, but {here}: {_title(one.record)}"


def _called(record: Record) -> str:
    return f"{record.place}: {_title(record)}"


def _title(record: Record) -> str:
    title = record.title or "without a title"
    return title if len(title) <= 70 else title[:69] + "\N{HORIZONTAL ELLIPSIS}"


def _sheet(apart: Sequence[KeptApart]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(APART)
    for one in apart:
        row = one.decision
        cells = (row.record, row.stage, row.reviewer, one.record.title, one.other.decision, row.decision)
        writer.writerow((*cells, row.reason, row.note, row.time))
    return text.getvalue().encode()


def _pending(read: ScreeningFolder, rows: Sequence[ScreeningDecision], folder: Path) -> None:
    """One name for a whole team decides nothing where the protocol asks for two."""
    needed = read.plan.screening.reviewers
    people = {row.reviewer for row in (*read.decisions, *rows) if row.role == "reviewer"}
    if rows and len(people) < needed:
        typer.echo(
            f"review.toml asks for {needed} reviewers, and {len(people)} decided so far. Where these are what a team agreed on, "
            "set `reviewers = 1` in [screening] and say so in the methods; agreement cannot be reckoned from them."
        )
    typer.echo(f"Where it stands: trialpool progress {folder}")
