"""Measures of an order of screening."""

from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.errors import NotEstimable
from trialpool.screening.ranking.metrics import (
    METRICS,
    checked_order,
    loss,
    recall_after,
    records_to,
    time_to_discovery,
    work_saved,
)

BY_HAND = [1, 1, 0, 1, 0, 0, 0, 0, 1, 0]  # 4 of 10, at ranks 1, 2, 4, 9
orders = st.lists(st.integers(0, 1), min_size=2, max_size=80).filter(lambda y: 0 < sum(y) < len(y))


def test_by_hand():
    y = checked_order(BY_HAND)
    assert records_to(y, 0.95) == 9  # ceil(3.8) = 4 found
    assert records_to(y, 0.5) == 2
    assert work_saved(y) == pytest.approx(0.95 - 0.9)
    assert work_saved(y, 1.0) == pytest.approx(1 - 0.9)
    assert recall_after(y, 0.1) == 0.25
    assert recall_after(y, 0.35) == 0.5  # floor(3.5) = 3 records
    assert time_to_discovery(y) == pytest.approx((1 + 2 + 4 + 9) / 4 / 10)
    assert loss(y) == pytest.approx((1 + 5) / (4 * 6))  # a swap of neighbours adds 1: rank 4 is 1 off, rank 9 is 5 off


@given(orders)
def test_loss_is_the_share_of_pairs_in_the_wrong_order(y):
    wrong = sum(y[i] < y[j] for i in range(len(y)) for j in range(i + 1, len(y)))
    assert loss(checked_order(y)) == pytest.approx(wrong / (sum(y) * (len(y) - sum(y))))


@given(orders, st.sampled_from([0.5, 0.8, 0.95, 1.0]))
def test_records_to_is_the_first_place_at_which_enough_are_found(y, recall):
    n, enough = records_to(checked_order(y), recall), ceil(round(recall * sum(y), 9))
    assert sum(y[:n]) == enough
    assert sum(y[: n - 1]) < enough


@given(orders)
def test_nothing_is_better_than_all_relevant_first(y):
    best = checked_order(sorted(y, reverse=True))
    assert (loss(best), work_saved(best, 1.0)) == (0, pytest.approx(1 - sum(y) / len(y)))
    assert work_saved(checked_order(y)) <= work_saved(best)


@pytest.mark.parametrize("y", [[0, 0], [1, 1]])
def test_no_order_where_all_are_alike(y):
    message = rf"^{sum(y)} of 2 records are relevant\. An order can be judged only where some are and some not\.$"
    with pytest.raises(NotEstimable, match=message):
        checked_order(y)


def test_every_metric_has_a_definition():
    y = np.array(BY_HAND)
    assert all(np.isfinite(compute(y)) and definition for compute, definition in METRICS.values())
