"""Rules by which people stop screening, tried on orders whose end is known: what each would have missed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialpool.screening.stopping import stopping_point

Order = NDArray[np.int64]
Rule = Callable[[Order], int]


@dataclass(frozen=True)
class Stopped:
    """Where a rule stops in one order.

    screened : records screened until then; all of them where the rule never says stop
    recall : share of the relevant records that were found by then
    """

    screened: int
    total: int
    recall: float


def after_irrelevant(y: Order, many: int) -> int:
    """Records screened when so many in a row are irrelevant, once anything was found; all where that never happens.

    >>> after_irrelevant(np.array([0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1]), 3)
    10
    """
    last = np.maximum.accumulate(np.where(y == 1, np.arange(1, y.size + 1), 0))
    enough = (last > 0) & (np.arange(1, y.size + 1) - last >= many)
    return int(np.argmax(enough)) + 1 if enough.any() else y.size


def by_advice(y: Order, target: float) -> int:
    """Records screened when `stopping_advice`, asked after every decision, says for the first time that one may stop."""
    return stopping_point(y.tolist(), y.size, target=target) or y.size


RULES: dict[str, Rule] = {
    "50 irrelevant in a row": lambda y: after_irrelevant(y, 50),
    "100 irrelevant in a row": lambda y: after_irrelevant(y, 100),
    "200 irrelevant in a row": lambda y: after_irrelevant(y, 200),
    "5% of all in a row": lambda y: after_irrelevant(y, max(1, round(0.05 * y.size))),
    "10% of all in a row": lambda y: after_irrelevant(y, max(1, round(0.1 * y.size))),
    "advice, recall of 90%": lambda y: by_advice(y, 0.9),
    "advice, recall of 95%": lambda y: by_advice(y, 0.95),
}


def stopped(order: Sequence[int] | Sequence[bool] | Order, rule: Rule) -> Stopped:
    """Where a rule stops in an order of records, and what it found by then."""
    y = np.asarray(order, dtype=np.int64)
    screened = rule(y)
    return Stopped(screened, y.size, float(y[:screened].sum() / y.sum()))
