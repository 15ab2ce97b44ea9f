"""When screening may stop."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from trialpool.errors import BadArgument
from trialpool.screening.stopping import stopping_advice, stopping_point

RANKINGS = Path(__file__).parents[2].parent / "shared" / "data" / "screening" / "clef_tar_2017_rankings.jsonl"
decisions = st.lists(st.integers(0, 1), min_size=1, max_size=60)


def smallest_p(y, total, target):
    """Callaghan & Müller-Hansen 2020 as they describe it: every window, the hypergeometric distribution of SciPy."""
    n, found = len(y), sum(y)
    drawn, hits = np.arange(1, n + 1), np.cumsum(y[::-1])
    relevant = np.floor(found / target - found + 1e-9) + 1 + hits
    return min(hypergeom.cdf(hits, total - n + drawn, np.minimum(relevant, total - n + drawn), drawn).min(), 1.0)


class TestRule:
    @given(decisions, st.integers(30, 400), st.sampled_from([0.8, 0.9, 0.95]))
    def test_is_the_published_one_over_every_window_times_the_tenth_of_what_was_found(self, y, unseen, target):
        got = stopping_advice(y, len(y) + unseen, target=target)
        corrected = smallest_p(y, len(y) + unseen, target) * max(1, sum(y) / 10)
        assert got.p == pytest.approx(min(corrected, 1), rel=1e-8, abs=1e-12)

    @given(decisions, st.integers(0, 200))
    def test_what_was_found_and_what_may_be_unseen_give_the_recall(self, y, unseen):
        got = stopping_advice(y, len(y) + unseen)
        assert 0 <= got.unseen_at_most <= unseen
        assert got.recall_at_least == pytest.approx(sum(y) / max(sum(y) + got.unseen_at_most, 1))

    @given(decisions, st.integers(1, 200))
    def test_the_lower_limit_and_the_test_agree(self, y, unseen):
        got = stopping_advice(y, len(y) + unseen, target=0.9)
        assert got.stop == (got.recall_at_least >= 0.9 and sum(y) > 0)

    def test_everything_screened(self):
        got = stopping_advice([0, 1, 0], total=3)
        assert (got.recall_at_least, got.unseen_at_most, got.stop) == (1.0, 0, True)

    def test_nothing_found_is_no_reason_to_stop(self):
        assert not stopping_advice([0] * 500, total=520).stop

    def test_the_sentence(self):
        assert str(stopping_advice([1, 1, 1] + [0] * 300, total=400)).startswith(
            "303 of 400 records screened, 3 relevant. With 95% confidence at least "
        )


class TestPoint:
    @given(decisions, st.integers(0, 60), st.sampled_from([0.5, 0.8, 0.9]))
    def test_is_the_first_decision_after_which_the_advice_is_to_stop(self, y, unseen, target):
        total = len(y) + unseen
        steps = range(1, len(y) + 1)
        first = next((s for s in steps if stopping_advice(y[:s], total, target=target).stop), None)
        assert stopping_point(y, total, target=target) == first


@pytest.mark.parametrize(
    ("y", "total", "options"), [([2], 3, {}), ([0, 1], 1, {}), ([0], 3, {"target": 1.2}), ([0], 3, {"confidence": 1})]
)
def test_bad_input(y, total, options):
    with pytest.raises(BadArgument):
        stopping_advice(y, total, **options)


@pytest.mark.skipif(not RANKINGS.is_file(), reason="the labelled rankings are not here")
@pytest.mark.parametrize("target", [0.9, 0.95])
def test_never_below_the_target_on_real_orders_looking_after_every_decision(target):
    for topic in map(json.loads, RANKINGS.read_text(encoding="utf-8").splitlines()):
        total, found = topic["n_pool"], np.array(topic["rel_positions_abstract"])
        y = np.zeros(total, dtype=int)
        y[found - 1] = 1
        stop = stopping_point(y.tolist(), total, target=target) or total
        assert y[:stop].sum() / found.size >= target, topic["topic"]
