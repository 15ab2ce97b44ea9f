"""Rayyan's customizations_log.csv: when each person decided, and for which reason."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from trialpool.errors import Problem
from trialpool.review.screening import Verdict

REQUIRED = frozenset({"created_at", "article_id", "key", "value"})
USERS = ("user_name", "user_email", "user_id")
VALUES: Mapping[str, Verdict] = {"1": "include", "0": "maybe", "-1": "exclude"}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """The last decision of one person on one article. time : as the log has it"""

    time: str
    value: str
    reasons: tuple[str, ...]


Log = Mapping[str, Mapping[str, LogEntry]]  # by person, as the log calls them, and article


def read_rayyan_log(data: bytes, file: str, problems: list[Problem]) -> Log:
    """What the log says; nothing, with a warning, where it is not in the layout that is known."""
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig", errors="replace"), newline=""))
    columns = frozenset(rows.fieldnames or ())
    user = next((name for name in USERS if name in columns), None)
    if not columns >= REQUIRED or user is None:
        mend = "The decisions were read; without the log they have no times"
        problems.append(Problem(file, 0, "", f"the log has other columns ({', '.join(sorted(columns))})", mend, "warning"))
        return {}
    last: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    reasons: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
    for row in sorted(rows, key=lambda one: one["created_at"] or ""):
        who, article, key, value = (" ".join((row[name] or "").split()) for name in (user, "article_id", "key", "value"))
        if key == "included":
            last[who][article] = (row["created_at"] or "", value)
        elif "__EXR__" in key:
            reasons[(who, article)][" ".join(key.replace('"', "").replace("__EXR__", "").split())] = value == "1"
    return {
        who: {
            article: LogEntry(time, value, tuple(name for name, on in reasons[(who, article)].items() if on))
            for article, (time, value) in said.items()
        }
        for who, said in last.items()
    }


def named(log: Log, decisions: Mapping[str, Mapping[str, Verdict]]) -> dict[tuple[str, str], LogEntry]:
    """The entries by article and the name that the export gives the person.

    The log calls people by their address or a number. Somebody is taken for a name only where every decision in the log is
    what the export says of that name, of no other name, and of nobody else in the log.
    """
    names = dict.fromkeys(name for said in decisions.values() for name in said)
    fits = {who: [name for name in names if who == name or _agree(entries, decisions, name)] for who, entries in log.items()}
    alone = {who: found[0] for who, found in fits.items() if len(found) == 1}
    taken = list(alone.values())
    sure = {who: name for who, name in alone.items() if taken.count(name) == 1}
    return {(article, name): entry for who, name in sure.items() for article, entry in log[who].items()}


def _agree(entries: Mapping[str, LogEntry], decisions: Mapping[str, Mapping[str, Verdict]], name: str) -> bool:
    known = [(article, VALUES[entry.value]) for article, entry in entries.items() if entry.value in VALUES and article in decisions]
    return bool(known) and all(decisions[article].get(name) == verdict for article, verdict in known)
