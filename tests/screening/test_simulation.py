"""Screenings done again."""

import numpy as np
import pytest
from tests.screening.test_ranking import RECORDS

from trialpool.errors import BadArgument, NotEstimable
from trialpool.screening.ranking.simulation import known_at_start, medians, simulate_screening
from trialpool.screening.stopping_rules import RULES, after_irrelevant, stopped

RELEVANT = {record.id: "myeloma" in record.title for record in RECORDS}


class TestSimulation:
    def test_every_record_is_shown_once_with_its_decision(self):
        for run in simulate_screening(RECORDS, RELEVANT, seeds=[1, 2, 3]):
            assert sorted([*run.known, *run.order]) == sorted(RELEVANT)
            assert run.relevant == tuple(RELEVANT[id_] for id_ in run.order)
            assert [RELEVANT[id_] for id_ in run.known] == [True, False]

    def test_the_same_seed_gives_the_same_order(self):
        assert simulate_screening(RECORDS, RELEVANT, seeds=[2]) == simulate_screening(RECORDS, RELEVANT, seeds=[1, 2])[1:]

    def test_records_known_at_the_start_are_those_that_asreview_draws(self):
        y = np.zeros(851, dtype=bool)  # as numpy's RandomState(42).choice draws them from 20 and from 831
        y[:20] = True
        first, second = np.random.RandomState(42).choice(20, 1, False)[0], np.random.RandomState(42).choice(831, 1, False)[0] + 20
        assert known_at_start(y, 42) == (first, second)

    def test_progress_is_told_up_to_all_simulations(self):
        told = []
        simulate_screening(RECORDS, RELEVANT, seeds=[1, 2], watch=lambda done, of: told.append((done, of)))
        assert told == sorted(told)
        assert {of for _, of in told} == {2 * len(RECORDS)}

    def test_medians(self):
        runs = simulate_screening(RECORDS, RELEVANT, seeds=[1, 2, 3])
        assert medians(runs)["Loss"] == sorted(run.metrics["Loss"] for run in runs)[1]

    def test_too_few_of_a_kind(self):
        few = {id_: id_ == "a.ris#1" for id_ in RELEVANT}
        message = r"^1 of 8 records are relevant\. A simulation needs two of each kind at least\.$"
        with pytest.raises(NotEstimable, match=message):
            simulate_screening(RECORDS, few)

    def test_records_without_a_decision(self):
        message = r"^1 records have no decision, a\.ris#8 among them\. Leave them out\.$"
        with pytest.raises(BadArgument, match=message):
            simulate_screening(RECORDS, {id_: value for id_, value in RELEVANT.items() if id_ != "a.ris#8"})


class TestRules:
    @pytest.mark.parametrize(
        ("y", "screened"), [([0, 0, 0, 1, 0, 0, 0], 7), ([1, 0, 0, 0, 1], 4), ([0, 0, 0, 0], 4), ([1, 0, 0], 3)]
    )
    def test_irrelevant_in_a_row(self, y, screened):
        assert after_irrelevant(np.array(y), 3) == screened

    @pytest.mark.parametrize("rule", RULES)
    def test_recall_is_that_of_what_was_screened(self, rule):
        y = [1, 0, 1, 1] + [0] * 300 + [1] + [0] * 200
        stop = stopped(y, RULES[rule])
        assert stop.recall == sum(y[: stop.screened]) / 4
