"""What people decide while they screen: inclusion, duplicates, and which record reports which study."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Stage = Literal["title-abstract", "full-text"]
Verdict = Literal["include", "exclude", "maybe", "unavailable", "undo"]
Role = Literal["reviewer", "adjudicator"]
SameOrNot = Literal["same", "different", "same-study"]
STAGES: tuple[Stage, ...] = get_args(Stage)
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
FOLDER = "screening"
REVIEWER = re.compile(r"\w[\w.-]*")  # what a reviewer may be called: it becomes the name of a file


def file_of(reviewer: str) -> str:
    """Where in a review folder somebody's decisions stand.

    >>> file_of("mk")
    'screening/decisions-mk.csv'
    """
    return f"{FOLDER}/decisions-{reviewer}.csv"


@dataclass(frozen=True, slots=True)
class ScreeningDecision:
    """One row of one person's decisions; rows are only ever added.

    record : identifier of any record of the publication (`pubmed.nbib#12`)
    decision : `unavailable` says that the full text is not to be had; `undo` takes back what this person decided before
    reason : why it was excluded, one of the protocol's
    time : when, in UTC (`2026-03-01T09:30:00Z`), or a date
    role : `adjudicator` where the decision settles a conflict between reviewers
    row : where it stands in the file, the header being row 1; 0 where it was not read from one

    >>> ScreeningDecision("pubmed.nbib#12", "full-text", "exclude", reason="wrong population", reviewer="mk").role
    'reviewer'
    """

    record: str
    stage: Stage
    decision: Verdict
    reason: str = ""
    note: str = ""
    reviewer: str = ""
    time: str = ""
    role: Role = "reviewer"
    row: int = 0


@dataclass(frozen=True, slots=True)
class DuplicateDecision:
    """A row of screening/duplicates.csv: what a person decided of two records."""

    record: str
    duplicate_of: str
    decision: SameOrNot
    reason: str = ""
    reviewer: str = ""
    time: str = ""


@dataclass(frozen=True, slots=True)
class ReportOfStudy:
    """A row of screening/included.csv: this record is a report of that study in studies.csv."""

    record: str
    study: str
