"""Figures with known curves: those of the benchmark, drawn by matplotlib, and those that R drew."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
from benchmarks.digitising import COLOURS, Errors, KaplanMeier, Picture, draw, errors_of, trial

import trialpool as tp
from trialpool.digitising.digitised import DigitisedFigure

REFERENCE = Path(__file__).parents[1] / "reference/digitising"
VECTOR, RASTER = 0.0005, 0.006  # root mean square error of survival that is allowed
__all__ = ["COLOURS", "RASTER", "REFERENCE", "VECTOR", "Picture", "drawn", "errors", "lung", "rmse", "trial_of"]


@cache
def trial_of(seed: int, n: int, shape: str, arms: int = 2) -> dict[str, KaplanMeier]:
    return trial(np.random.default_rng(seed), n=n, shape=shape, arms=arms)


def drawn(picture: Picture, folder: Path, seed: int = 0) -> Path:
    """The figure of a simulated trial as a file."""
    path = folder / f"figure.{picture.kind}"
    path.write_bytes(draw(picture, trial_of(seed, picture.n, picture.shape, len(picture.colours))))
    return path


def errors(picture: Picture, folder: Path, seed: int = 0) -> dict[str, Errors]:
    """The errors of each arm when the figure is read as the benchmark reads it."""
    read = tp.digitise(drawn(picture, folder, seed), **picture.axes, curves=picture.looks)
    return errors_of(read, trial_of(seed, picture.n, picture.shape, len(picture.colours)), picture.lowest)


def lung() -> dict[str, KaplanMeier]:
    """What R's survival says of the figures that it drew."""
    with (REFERENCE / "lung.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    arms = {}
    for arm in ("Male", "Female"):
        of_arm = [row for row in rows if row["arm"] == arm]
        time, survival = (np.array([float(row[column]) for row in of_arm]) for column in ("time", "survival"))
        censored = np.array([float(row["time"]) for row in of_arm if int(row["censored"])])
        arms[arm] = KaplanMeier(np.append(0, time), np.append(1, survival), float(time.max()), censored)
    return arms


def rmse(read: DigitisedFigure, arm: str, truth: KaplanMeier) -> float:
    """Root mean square error of survival over the follow-up."""
    times = np.linspace(0, truth.end, 2000)
    return float(np.sqrt(((read.curve(arm).at(times) - truth.at(times)) ** 2).mean()))
