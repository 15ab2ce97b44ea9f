"""What can go wrong, in one place: a root exception, a few children, and the problem that names a cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A cell that cannot be used, or that disagrees with others; rows count as a spreadsheet does, the header being row 1.

    `row` is 0 where the whole file is meant, and `column` is empty where the whole row is.

    >>> print(Problem("results/os.csv", 14, "events_t", "61 events among 58 patients", "Correct n_t, or swap the two"))
    results/os.csv, row 14, column events_t: 61 events among 58 patients. Correct n_t, or swap the two.
    """

    file: str
    row: int
    column: str
    what: str
    mend: str
    severity: Severity = "error"

    @property
    def place(self) -> str:
        parts = [self.file]
        if self.row:
            parts.append(f"row {self.row}")
        if self.column:
            parts.append(f"column {self.column}" if self.row else self.column)
        return ", ".join(parts)

    def __str__(self) -> str:
        return f"{self.place}: {self.what}. {self.mend}{'' if self.mend.endswith('?') else '.'}"


class TrialpoolError(Exception):
    """Anything that trialpool refuses to do, said in a sentence."""


class BadInput(TrialpoolError):
    """Input that cannot be used: every problem found, together.

    >>> raise BadInput([Problem("studies.csv", 3, "year", "'20o8' is not a whole number", "Correct it")])
    Traceback (most recent call last):
    trialpool.errors.BadInput: studies.csv, row 3, column year: '20o8' is not a whole number. Correct it.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class BadArgument(TrialpoolError, ValueError):
    """An argument of a Python call that cannot be used: which, what was found, and what would do."""


class NotEstimable(TrialpoolError):
    """A number that can't be had from what is there: the method, the outcome, k and the last step are named."""
