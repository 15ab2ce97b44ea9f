"""How good an order of screening is, by the measures that the field uses; each says in words what it counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from trialpool.errors import NotEstimable

Order = NDArray[np.int64]


def checked_order(relevant: Sequence[int] | Sequence[bool]) -> Order:
    """Labels in the order of screening, as 0 and 1.

    Raises
    ------
    NotEstimable
        where all records are relevant, or none: then no order is better than another
    """
    y = np.asarray(relevant, dtype=np.int64)
    if not 0 < y.sum() < y.size:
        raise NotEstimable(f"{y.sum()} of {y.size} records are relevant. An order can be judged only where some are and some not.")
    return y


def records_to(y: Order, recall: float) -> int:
    """Records screened when ceil(recall * R) of R relevant ones are found.

    >>> records_to(checked_order([1, 0, 1, 0, 0]), 0.95)
    3
    """
    return int(np.searchsorted(np.cumsum(y), ceil(recall * int(y.sum()) - 1e-9))) + 1


def work_saved(y: Order, recall: float = 0.95) -> float:
    """Work saved over sampling (WSS): recall minus the share screened when it is reached.

    Cohen et al. (2006), J Am Med Inform Assoc 13:206-219.

    >>> round(work_saved(checked_order([1, 0, 1, 0, 0])), 3)
    0.35
    """
    return recall - records_to(y, recall) / y.size


def recall_after(y: Order, share: float) -> float:
    """Share of the relevant records that are among the first floor(share * N)."""
    return float(y[: int(share * y.size + 1e-9)].sum() / y.sum())


def time_to_discovery(y: Order) -> float:
    """Average time to discovery (ATD): mean rank of the relevant records, divided by the number of records."""
    return float((np.flatnonzero(y) + 1).mean() / y.size)


def loss(y: Order) -> float:
    """Area between the recall curve and the best one, as a share of that between the worst and the best: 0 best, 0.5 chance."""
    n, found = y.size, int(y.sum())
    return float((found * (n - (found - 1) / 2) - np.cumsum(y).sum()) / (found * (n - found)))


METRICS: dict[str, tuple[Callable[[Order], float], str]] = {
    "WSS@95": (work_saved, "0.95 minus the share of the records screened when 95% of the relevant ones (rounded up) are found"),
    "WSS@100": (lambda y: work_saved(y, 1.0), "1 minus the share of the records screened when all relevant ones are found"),
    "Recall@10%": (lambda y: recall_after(y, 0.1), "share of the relevant records found in the first 10% of the records"),
    "Recall@20%": (lambda y: recall_after(y, 0.2), "share of the relevant records found in the first 20% of the records"),
    "ATD": (time_to_discovery, "mean rank of the relevant records, divided by the number of records"),
    "Loss": (loss, "area between the recall curve and the best possible one; 0 is best, 0.5 is chance, 1 is worst"),
    "n@95": (lambda y: float(records_to(y, 0.95)), "records screened when 95% of the relevant ones (rounded up) are found"),
}  # name: how it is computed from labels in the order of screening, and its definition
HIGHER_IS_BETTER = frozenset({"WSS@95", "WSS@100", "Recall@10%", "Recall@20%"})
NOT_COUNTED = "The records that were known before (one relevant, one irrelevant) are counted in none of these."
