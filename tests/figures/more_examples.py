"""Plots of how far an answer can be trusted, with few and many studies, and with what no review should have."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from trialpool.figures.canvas import Figure
from trialpool.figures.labbe import LabbePlot, draw_labbe

NAMES = ("Attal 2006", "Spencer 2009", "Lokhorst 2010", "Morgan 2012 (IX)", "Stewart 2013", "Barlogie 2008")
LONG = "A very long label that goes on and on, with an acronym (MYELOMA-XI-INTENSIVE-PATHWAY) and its stratum"
HR = {"measure": "HR", "measure_name": "Hazard ratio", "log": True}
SIZES = (1, 3, 18, 60)


def labels(k: int) -> tuple[str, ...]:
    return tuple(NAMES[i % len(NAMES)] for i in range(k))


def labbe(k: int) -> LabbePlot:
    rng = np.random.default_rng(k)
    n = rng.integers(40, 900, (2, k)).astype(float)
    risk = rng.beta(4, 8, k)
    events = rng.binomial(n.astype(int), [risk * rng.uniform(0.5, 1.1, k), risk]).astype(float)
    more = {"measure": "RR", "measure_name": "Risk ratio", "mu": math.log(0.75), "title": f"Thromboembolism, k = {k}"}
    return LabbePlot(events_t=events[0], n_t=n[0], events_c=events[1], n_c=n[1], labels=labels(k), **more)


def labbe_nasty() -> LabbePlot:
    events_t, n_t = np.array([0.0, 0, 10, 50, np.nan, 0]), np.array([50.0, 50, 10, 100, 30, 0])
    events_c, n_c = np.array([0.0, 0, 10, 50, 3, 2]), np.array([50.0, 50, 10, 100, 30, 10])
    more = {"labels": (LONG, "Tie", "All", "Half", "Missing", "No patients"), "measure": "OR", "mu": -0.7, "title": LONG * 2}
    return LabbePlot(events_t=events_t, n_t=n_t, events_c=events_c, n_c=n_c, treatment=LONG, control=LONG, **more)


MORE: dict[str, Callable[[], Figure]] = {
    **{f"labbe-{k}": lambda k=k: draw_labbe(labbe(k)) for k in (0, *SIZES)},
    "labbe-nasty": lambda: draw_labbe(labbe_nasty()),
}
