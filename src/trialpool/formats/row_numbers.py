"""Numbers of rows in words."""

from __future__ import annotations

from collections.abc import Iterable


def rows_in_words(numbers: Iterable[int]) -> str:
    """Numbers of rows, those that follow on each other by the first and the last.

    >>> rows_in_words([2, 3, 4, 7]), rows_in_words([9])
    ('rows 2 to 4, 7', 'row 9')
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    listed = ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)
    return f"row{'s' if len(runs) > 1 or len(runs[0]) > 1 else ''} {listed}"
