"""Following a line through a picture: the path that never rises and has the most ink under it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialpool.digitising.drawing import Floats

_WANDER = 1e-3  # cost of each row down, so that a path stays level inside a thick line


def descend(gain: Floats, jump_cost: Floats, start_row: int | None) -> NDArray[np.intp]:
    """The best path from the left that goes one column at a time and never up: dynamic programming over all of them.

    Parameters
    ----------
    gain      : (rows, columns) what a path has of a level piece in a pixel, negative on bare ground
    jump_cost : (rows, columns) what it costs to pass a pixel on the way down
    start_row : row from which the path goes down in the first column; None for any

    Returns
    -------
    (m,) row of the path in each of the first m columns; it ends where to go on would cost more than it brings

    >>> ink = np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0.0]])
    >>> descend(2 * ink - 1, 1 - ink, 0)
    array([0, 2, 2])
    """
    rows, columns = gain.shape
    brings = np.ascontiguousarray(gain.T)
    passed = np.cumsum(np.ascontiguousarray(jump_cost.T) + _WANDER, axis=1)
    best = np.zeros(rows) if start_row is None else np.full(rows, -np.inf)
    if start_row is not None:
        best[start_row] = 0.0
    from_row = np.empty((columns, rows))  # what a path has before it goes on from each row, but for what it has passed above
    top, ends = -np.inf, (0, 0)
    for column in range(columns):
        np.add(best, passed[column], out=from_row[column])
        best = np.maximum.accumulate(from_row[column])
        best -= passed[column]
        best += brings[column]
        row = int(best.argmax())
        if best[row] > top:
            top, ends = float(best[row]), (column, row)
    column, row = ends
    path = np.empty(column + 1, dtype=np.intp)
    for at in range(column, -1, -1):
        path[at] = row
        row -= int(from_row[at, row::-1].argmax())
    return path
