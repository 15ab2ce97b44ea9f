"""Simulations of finished screenings beside what ASReview LAB 3.0.8 was measured to do (medians over seeds 1 to 5)."""

from pathlib import Path

import pytest

from trialpool.cli.bench_screening import ASREVIEW
from trialpool.formats.labelled_records import read_labelled_records
from trialpool.screening.ranking.simulation import medians, simulate_screening

SETS = Path(__file__).parents[2].parent / "shared" / "data" / "screening" / "cohen2006"
pytestmark = pytest.mark.skipif(not SETS.is_dir(), reason="the labelled sets are not here")


@pytest.mark.parametrize("name", ["UrinaryIncontinence", "Antihistamines"])
def test_elas_u4_does_what_asreview_does(name):
    labelled, theirs = read_labelled_records(SETS / f"{name}.csv"), ASREVIEW[name]
    ours = medians(simulate_screening(labelled.records, labelled.relevant, seeds=range(1, 6), model="elas-u4", retrain=0.02))
    assert ours["WSS@95"] == pytest.approx(theirs.wss, abs=0.02)  # the solver's own chance differs
    assert ours["Loss"] == pytest.approx(theirs.loss, abs=0.004)
    assert ours["Recall@10%"] == pytest.approx(theirs.recall, abs=0.07)  # one relevant record of 15


def test_the_model_of_trialpool_finds_more_than_chance_from_the_start():
    labelled = read_labelled_records(SETS / "UrinaryIncontinence.csv")
    ours = medians(simulate_screening(labelled.records, labelled.relevant, retrain=0.1))
    assert ours["Loss"] < 0.15
    assert ours["Recall@20%"] > 0.5
