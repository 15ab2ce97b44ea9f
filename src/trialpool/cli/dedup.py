"""`trialpool dedup`: which records of a review are one publication, and the pairs that a person must decide."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from trialpool.cli.terminal_table import print_table
from trialpool.errors import BadInput, Problem, TrialpoolError
from trialpool.formats.duplicates_csv import FILE, add_duplicates, read_duplicates
from trialpool.formats.duplicates_sheet import OpenPair, read_sheet, write_sheet
from trialpool.formats.search_folder import read_search
from trialpool.review.screening import DuplicateDecision
from trialpool.review.search import Search
from trialpool.screening.deduplication.decided import decided
from trialpool.screening.deduplication.deduplicate import Deduplication, Match

SHOWN = 20  # pairs on the terminal; the sheet has all


def dedup_review(review: Path, *, unsure: Path | None, decide: Path | None, reviewer: str, now: str) -> None:
    """Print the counts and the open pairs; write them to a sheet, or take decisions from one."""
    search, decisions = _read(review)
    if decide is not None:
        decisions += _taken(review, decide, search, decisions, reviewer, now)
    found = decided(search.records, decisions)
    _print(found, search)
    if unsure is not None and not found.unsure:
        typer.echo(f"{unsure} was not written: there is nothing to decide.")
    elif unsure is not None:
        write_sheet([_open(match, search) for match in found.unsure], unsure)
        typer.echo(
            f"{_count(len(found.unsure), 'pair')} in {unsure}. Fill in `decision` (same, different, same-study), then give it back:"
        )
        typer.echo(f"    trialpool dedup {review} --decide {unsure} --reviewer NAME")


def _read(review: Path) -> tuple[Search, tuple[DuplicateDecision, ...]]:
    """The records and decisions of a review; nothing else of it need be there yet."""
    if not review.is_dir():
        raise TrialpoolError(f"{review}: there is no such folder. Give the path of a review folder.")
    problems: list[Problem] = []
    search = read_search(review, problems)
    decisions = read_duplicates(review, search.by_id, problems)
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise BadInput(errors)
    if not search.records:
        raise TrialpoolError(f"{review} has no records yet. Take exports in with: trialpool import {review} FILE...")
    return search, decisions


def _taken(
    review: Path, sheet: Path, search: Search, before: tuple[DuplicateDecision, ...], reviewer: str, now: str
) -> tuple[DuplicateDecision, ...]:
    """The decisions of a sheet that are new, put into screening/duplicates.csv."""
    if not reviewer:
        raise TrialpoolError("Say who decided with --reviewer.")
    standing = {frozenset((d.record, d.duplicate_of)): d.decision for d in before}
    said = read_sheet(sheet, search.by_id, reviewer=reviewer, time=now)
    new = tuple(d for d in said if standing.get(frozenset((d.record, d.duplicate_of))) != d.decision)
    if new:
        add_duplicates(review, new)
    known = f"; {len(said) - len(new)} stood there already" if len(new) < len(said) else ""
    typer.echo(f"{_count(len(new), 'decision')} added to {FILE}{known}.")
    return new


def _print(found: Deduplication, search: Search) -> None:
    typer.echo(f"{_count(found.n, 'record')} in {_count(len(search.found), 'file')}.")
    groups, left = _count(len(found.groups), "group"), _count(found.unique, "publication")
    typer.echo(f"{_count(found.duplicates, 'duplicate')} in {groups}; {left} left.")
    _print_related(found, search)
    for match in found.contradictions:
        typer.echo(f"{match.record} and {match.other} are alike, but would join records that were decided to be different.")
    typer.echo(f"{_count(len(found.unsure), 'pair')} to decide." if found.unsure else "No pair is left to decide.")
    if found.unsure:
        _print_pairs(found.unsure, search)
    if len(found.unsure) > SHOWN:
        typer.echo(f"{len(found.unsure) - SHOWN} more: --unsure FILE.csv writes all of them to a sheet.")


def _print_related(found: Deduplication, search: Search) -> None:
    """Pairs of publications: of those that have several records one pair stands for all."""
    first_of = {id_: group[0] for group in found.groups for id_ in group}
    pairs = {frozenset(first_of.get(id_, id_) for id_ in (match.record, match.other)): match for match in reversed(found.related)}
    related = list(pairs.values())[::-1]
    typer.echo(f"{_count(len(related), 'pair')} that may be reports of one study.")
    if not related:
        return
    shown = [(search.by_id[match.record], search.by_id[match.other]) for match in related[:SHOWN]]
    print_table(
        {
            "record": [one.id for one, _ in shown],
            "other": [other.id for _, other in shown],
            "title": [one.title for one, _ in shown],
            "published": ["; ".join(f"{record.year or ''} {record.journal}".strip() for record in pair) for pair in shown],
        }
    )


def _print_pairs(matches: Sequence[Match], search: Search) -> None:
    shown = matches[:SHOWN]
    print_table(
        {
            "record": [match.record for match in shown],
            "other": [match.other for match in shown],
            "title": [search.by_id[match.record].title for match in shown],
            "found": ["; ".join(match.reasons) for match in shown],
        }
    )


def _open(match: Match, search: Search) -> OpenPair:
    return OpenPair(search.by_id[match.record], search.by_id[match.other], "; ".join(match.reasons))


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
