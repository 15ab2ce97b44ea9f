"""`trialpool bench screening`: finished screenings done again, beside ASReview's figures; and rules of stopping."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

import numpy as np
import typer

from trialpool.cli.simulate import progress, shown
from trialpool.cli.terminal_table import print_table
from trialpool.errors import BadInput, Problem
from trialpool.formats.labelled_records import read_labelled_records
from trialpool.screening.ranking.metrics import HIGHER_IS_BETTER, METRICS, NOT_COUNTED
from trialpool.screening.ranking.models import DEFAULT
from trialpool.screening.ranking.simulation import SimulatedScreening, medians, simulate_screening
from trialpool.screening.stopping_rules import RULES, Stopped, stopped


class Peer(NamedTuple):
    """Medians of ASReview LAB 3.0.8 (ELAS u4) over its seeds, one relevant and one irrelevant record known at the start."""

    seeds: int
    wss: float
    recall: float
    loss: float
    atd: float


ASREVIEW = {
    "ACEInhibitors": Peer(3, 0.754, 0.825, 0.0669, 0.074),
    "ADHD": Peer(5, 0.266, 0.632, 0.1032, 0.113),
    "Antihistamines": Peer(5, -0.014, 0.467, 0.2243, 0.239),
    "AtypicalAntipsychotics": Peer(5, 0.259, 0.366, 0.1800, 0.222),
    "Bannach-Brown_2019": Peer(3, 0.409, 0.563, 0.0705, 0.131),
    "BetaBlockers": Peer(3, 0.527, 0.732, 0.1065, 0.115),
    "CalciumChannelBlockers": Peer(3, 0.259, 0.394, 0.1644, 0.192),
    "Estrogens": Peer(5, 0.272, 0.316, 0.1600, 0.235),
    "Kitchenham_2010": Peer(3, 0.674, 0.705, 0.0744, 0.086),
    "NSAIDS": Peer(5, 0.727, 0.600, 0.0642, 0.110),
    "Nagtegaal_2019": Peer(3, 0.732, 0.670, 0.0644, 0.086),
    "Opiods": Peer(3, 0.210, 0.786, 0.1600, 0.163),
    "OralHypoglycemics": Peer(5, 0.176, 0.252, 0.2291, 0.303),
    "SkeletalMuscleRelaxants": Peer(1, 0.184, 0.000, 0.4946, 0.495),
    "UrinaryIncontinence": Peer(5, 0.390, 0.513, 0.1180, 0.165),
}
SEEDS = 3  # of sets that have no figure of ASReview
WIDTH = 132
COMPARED = {"WSS@95": "wss", "Recall@10%": "recall", "Loss": "loss", "ATD": "atd"}


class Measured(NamedTuple):
    """A set and its simulations."""

    name: str
    records: int
    relevant: int
    runs: tuple[SimulatedScreening, ...]


def bench_screening(data: Path, *, model: str, retrain: float) -> None:
    """Print a row a set, beside ASReview, and a row a rule of stopping."""
    measured, model = [], model or DEFAULT
    for path in _files(data):
        labelled = read_labelled_records(path)
        peer = ASREVIEW.get(labelled.name)
        seeds = range(1, (peer.seeds if peer else SEEDS) + 1)
        with progress(labelled.name) as watch:
            runs = simulate_screening(labelled.records, labelled.relevant, seeds=seeds, model=model, retrain=retrain, watch=watch)
        measured.append(Measured(labelled.name, len(labelled.records), sum(labelled.relevant.values()), runs))
    typer.echo(f"Medians over the seeds, model {model}; in brackets ASReview LAB 3.0.8, ELAS u4, with the same seeds\n")
    columns = _table(measured)
    print_table(columns, numbers=[*columns][1:], whole=["Set"], width=WIDTH)
    for line in _compared(measured):
        typer.echo(line)
    for name, (_, definition) in METRICS.items():
        typer.echo(f"{name}: {definition}.")
    typer.echo(NOT_COUNTED)
    typer.echo("\nRules of stopping in these orders (the simulation of seed 1 of each set)\n")
    print_table(
        _rules([np.array(one.runs[0].relevant, dtype=np.int64) for one in measured]), numbers=_NUMBERS, whole=["Rule"], width=WIDTH
    )
    for path in sorted(data.glob("*_rankings.jsonl")):
        orders = list(_orders(path))
        typer.echo(f"\nRules of stopping in the {len(orders)} orders of {path.name}\n")
        print_table(_rules(orders), numbers=_NUMBERS, whole=["Rule"], width=WIDTH)


def _files(data: Path) -> list[Path]:
    files = sorted(data.rglob("*.csv"), key=lambda path: path.stem.casefold()) if data.is_dir() else []
    if not files:
        raise BadInput([Problem(str(data), 0, "", "there is no CSV file in it", "Give the folder that holds the labelled sets")])
    return files


def _table(measured: Sequence[Measured]) -> dict[str, list[str]]:
    rows = [(one, medians(one.runs), ASREVIEW.get(one.name)) for one in measured]
    columns = {
        "Set": [one.name for one, _, _ in rows],
        "Records": [str(one.records) for one, _, _ in rows],
        "Relevant": [str(one.relevant) for one, _, _ in rows],
        "Seeds": [str(len(one.runs)) for one, _, _ in rows],
    }
    for name in METRICS:
        columns[name] = [shown(name, ours[name]) + _bracketed(name, peer) for _, ours, peer in rows]
    return columns


def _bracketed(metric: str, peer: Peer | None) -> str:
    return f" ({shown(metric, getattr(peer, COMPARED[metric]))})" if peer and metric in COMPARED else ""


def _compared(measured: Sequence[Measured]) -> Iterator[str]:
    """For each metric of which ASReview's figures are known: medians and means, and on how many sets ours is at least as good."""
    both = [(medians(one.runs), ASREVIEW[one.name]) for one in measured if one.name in ASREVIEW]
    if not both:
        return
    yield ""
    for name, field in COMPARED.items():
        ours, theirs = [row[name] for row, _ in both], [float(getattr(peer, field)) for _, peer in both]
        digits = 4 if name == "Loss" else 3
        rounded = [round(value, digits) for value in ours]
        good = sum(a >= b if name in HIGHER_IS_BETTER else a <= b for a, b in zip(rounded, theirs, strict=True))
        yield (
            f"{name} over {len(both)} sets: median {shown(name, median(ours))} ({shown(name, median(theirs))}), mean "
            f"{shown(name, mean(ours))} ({shown(name, mean(theirs))}); at least as good as ASReview on {good}"
        )
    yield ""


_NUMBERS = ("Orders", "Mean recall", "Worst recall", "At least 95%", "At least 90%", "Mean share screened")


def _rules(orders: Sequence[np.ndarray]) -> dict[str, list[str]]:
    found = {name: [stopped(order, rule) for order in orders] for name, rule in RULES.items()}
    columns: dict[str, Callable[[list[Stopped]], str]] = {
        "Orders": lambda stops: str(len(stops)),
        "Mean recall": lambda stops: f"{mean(stop.recall for stop in stops):.3f}",
        "Worst recall": lambda stops: f"{min(stop.recall for stop in stops):.3f}",
        "At least 95%": lambda stops: str(sum(stop.recall >= 0.95 for stop in stops)),
        "At least 90%": lambda stops: str(sum(stop.recall >= 0.9 for stop in stops)),
        "Mean share screened": lambda stops: f"{mean(stop.screened / stop.total for stop in stops):.2f}",
    }
    return {"Rule": [*found]} | {name: [show(stops) for stops in found.values()] for name, show in columns.items()}


def _orders(path: Path) -> Iterator[np.ndarray]:
    """Orders of screening in a file of rankings: a JSON object a line, with the number of records and the relevant places."""
    for line in path.read_text(encoding="utf-8").splitlines():
        topic = json.loads(line)
        y = np.zeros(topic["n_pool"], dtype=np.int64)
        y[np.array(topic["rel_positions_abstract"]) - 1] = 1
        yield y
