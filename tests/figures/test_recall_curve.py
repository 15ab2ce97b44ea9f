"""The recall curve of simulated screenings."""

import pytest

from trialpool.figures.recall_curve import StopMark, middle_run, recall_curve
from trialpool.screening.ranking.simulation import SimulatedScreening


def run(seed, *relevant):
    return SimulatedScreening(
        seed, ("a#1", "a#2"), tuple(f"a#{i}" for i in range(3, 3 + len(relevant))), tuple(map(bool, relevant))
    )


RUNS = (run(1, 1, 1, 0, 0), run(2, 0, 0, 1, 1), run(3, 1, 0, 1, 0))


def test_the_middle_simulation_is_that_of_median_loss():
    assert middle_run(RUNS).seed == 3
    assert middle_run(RUNS[:2]).seed == 1


def test_in_words():
    assert recall_curve(RUNS, stops=[StopMark(name="Advice to stop", screened=4, recall=1.0)]).description == (
        "Recall over records screened in 3 simulations; 95% of the relevant records are found after 3 of 4 records; "
        "Advice to stop would stop after 4, at a recall of 100.0%."
    )


@pytest.mark.parametrize("bound", [(), ((1, 0.2), (4, 1.0))])
def test_the_legend_names_what_is_drawn(bound):
    words = {mark.text for mark in recall_curve(RUNS, at_least=bound, title="T").marks if hasattr(mark, "text")}
    assert ("Recall is at least, 95% confidence" in words) == bool(bound)
    assert {"Simulation of median loss", "Other simulations", "Best possible", "Chance", "95%"} <= words
    assert "Other simulations" not in {mark.text for mark in recall_curve(RUNS[:1]).marks if hasattr(mark, "text")}
