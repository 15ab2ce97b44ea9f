"""What a person's rows on one publication come to: later rows win over earlier ones, and `undo` takes back the last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trialpool.review.screening import ScreeningDecision

IN = frozenset({"include", "maybe"})  # decisions by which a publication goes on to the full text


@dataclass(frozen=True, slots=True)
class Votes:
    """The standing decisions on one publication at one stage, in the order of the reviewers' names.

    again : reviewers who decided two copies of it differently, so that they are asked once more
    """

    reviewers: tuple[ScreeningDecision, ...] = ()
    adjudicators: tuple[ScreeningDecision, ...] = ()
    again: tuple[str, ...] = ()


@dataclass(slots=True)
class _OfRecord:
    """One person's decisions on one record that were not taken back, and how many there ever were."""

    stack: list[tuple[int, ScreeningDecision]]
    rows: int = 0


def votes_of(rows: Iterable[ScreeningDecision]) -> Votes:
    """The standing decision of each person; rows of one person are in the order in which they were written."""
    people: dict[tuple[str, str], list[ScreeningDecision]] = {}
    for row in rows:
        people.setdefault((row.role, row.reviewer), []).append(row)
    standing = {person: _standing(people[person]) for person in sorted(people)}
    return Votes(
        reviewers=tuple(
            found for (role, _), found in standing.items() if role == "reviewer" and isinstance(found, ScreeningDecision)
        ),
        adjudicators=tuple(
            found for (role, _), found in standing.items() if role == "adjudicator" and isinstance(found, ScreeningDecision)
        ),
        again=tuple(name for (role, name), found in standing.items() if role == "reviewer" and found == "again"),
    )


def _standing(rows: Sequence[ScreeningDecision]) -> ScreeningDecision | str:
    """One person's last decision that was not taken back; "again" where copies were decided differently, "" where there is none.

    Decisions on two copies that differ were made when nobody knew of the copies. Whoever decides one of them a second time has
    settled it.
    """
    of_record: dict[str, _OfRecord] = {}
    for number, row in enumerate(rows):
        mine = of_record.setdefault(row.record, _OfRecord([]))
        if row.decision == "undo":
            if mine.stack:
                mine.stack.pop()
            continue
        mine.stack.append((number, row))
        mine.rows += 1
    last = [(*mine.stack[-1], mine.rows) for mine in of_record.values() if mine.stack]
    if not last:
        return ""
    _, decision, times = max(last, key=lambda found: found[0])
    differ = {_side(row) for _, row, _ in last} != {_side(decision)}
    return "again" if differ and times == 1 else decision


def _side(decision: ScreeningDecision) -> str:
    return "include" if decision.decision in IN else decision.decision
