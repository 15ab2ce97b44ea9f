"""`trialpool extract`: the effects that a text states, proposed as rows of results/*.csv."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trialpool.cli.terminal_lines import print_line
from trialpool.cli.terminal_table import print_table
from trialpool.errors import TrialpoolError
from trialpool.formats.plain_text import read_text
from trialpool.formats.proposals import Proposals, propose
from trialpool.formats.review_folder import read_review

if TYPE_CHECKING:
    from trialpool.formats.registry_proposals import Wanted
    from trialpool.review.report import Orientation

NUMBERS = ("estimate", "ci_low", "ci_high", "p", "events_t", "n_t", "events_c", "n_c")
ORIENTATIONS: tuple[Orientation, ...] = ("treatment_vs_control", "control_vs_treatment")


def extract_text(text: Path, *, out: Path | None, into: Path | None, study: str, source: str, orientation: str) -> None:
    """Print what was read and write the proposals beside it; into a review only where `into` names it. Nothing is overwritten."""
    which = said(orientation)
    target = _target(text, out, into, study, needed=which is None)
    read = read_text(text)
    proposals = propose(read, study=study, source=source, orientation=which, sound=into is not None)
    _show(proposals)
    for doubtful in proposals.doubtful if into is not None else ():
        print_line(f"Not put into the review, for the text names no outcome, or the figures can't be right: {doubtful}")
    if not proposals.rows:
        print_line("No effect statement that results/*.csv could hold was found in this text; nothing was written.")
        return
    _write(proposals, target)


def said(orientation: str) -> Orientation | None:
    """The orientation that an option names; None where it is left out."""
    if orientation and orientation not in ORIENTATIONS:
        raise TrialpoolError(f"{orientation!r} is no orientation. Use one of {', '.join(ORIENTATIONS)}.")
    return next((o for o in ORIENTATIONS if o == orientation), None)


def extract_registry(path: Path, wanted: Wanted, *, out: Path | None, into: Path | None, source: str) -> None:
    """The same of a registry's file: its results listed where none are named, else the rows proposed."""
    from trialpool.cli.extract_registry import list_results, proposed

    if not wanted.outcomes and not wanted.events:
        list_results(path)
        return
    target = _target(path, out, into, wanted.study)
    proposals = proposed(path, wanted)
    if source:
        proposals = replace(proposals, rows=tuple(row | {"source": source} for row in proposals.rows))
    _show(proposals)
    for doubtful in proposals.doubtful if into is not None else ():
        print_line(f"Not put into the review: {doubtful}")
    if not proposals.rows:
        typer.echo("Nothing was written.")
        return
    _write(proposals, target)


def _write(proposals: Proposals, target: Path) -> None:
    try:
        with target.open("x", encoding="utf-8", newline="") as file:
            file.write(proposals.csv())
    except FileExistsError:
        raise TrialpoolError(_exists(target)) from None
    n = len(proposals.rows)
    print_line(f"{n} row{'' if n == 1 else 's'} proposed in {target}. Look at each: accept it, change it, or drop it.")


def _target(text: Path, out: Path | None, into: Path | None, study: str, *, needed: bool = False) -> Path:
    """Where the rows go, once it is sure that they may; `needed` where an orientation must be said and is not."""
    if out is not None and into is not None:
        raise TrialpoolError("--out and --into are both given. Give one: a file, or a review whose results/ gets one.")
    target = out or Path(f"{text.stem}-proposals.csv")
    if into is not None:
        _fits_review(into, study, needed)
        target = into / "results" / f"{text.stem}.csv"
    if target.exists():
        raise TrialpoolError(_exists(target))
    return target


def _fits_review(into: Path, study: str, needed: bool) -> None:
    """Rows that go into a review at once need what a person would fill in."""
    studies = list(dict.fromkeys(unit.study for unit in read_review(into).studies))
    if study not in studies:
        found = f"{study!r} is no study of {into}" if study else "no study is named"
        raise TrialpoolError(f"{found}. Name one with --study: {', '.join(studies)}.")
    if needed:
        raise TrialpoolError(
            f"which arm is compared with which is not said. Say it with --orientation: {' or '.join(ORIENTATIONS)}."
        )


def _exists(target: Path) -> str:
    return f"{target} exists already, and nothing is overwritten. Move it away, or give another name with --out."


def _show(proposals: Proposals) -> None:
    """A row a proposal, and what the layout has no place for."""
    numbers = tuple(name for name in NUMBERS if any(row.get(name) for row in proposals.rows))
    columns = ("outcome", "measure", *numbers, "locator", "quote")
    if proposals.rows:
        print_table({name: [row[name] for row in proposals.rows] for name in columns}, numbers=numbers)
    for other in proposals.others:
        why = "" if isinstance(other, str) else ", for results/*.csv has no such measure"
        print_line(f"Not proposed{why}: {other}")
