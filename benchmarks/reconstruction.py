"""Patient data from published curves: how far the reconstruction is from the truth, beside the peers.

    python benchmarks/reconstruction.py [trials of each shape, 30 if not given]

Trials are simulated with a known truth; their curves are handed over as a figure would show them: with every step, to three
decimals ("steps"), and as a digitiser reads pixels, 400 columns by 400 rows, each reading off by up to a row ("pixels"). Ours is
the mean of ln HR over all that the figure allows (`reconstructed_hazard_ratio`); what the patients that are given have alone stands
in a column of its own. Beside it stands the iteration of Guyot et al. (2012), written here after their paper, on the same input.
The peers' figures are of another set of trials of the same shapes (IPDfromKM 0.1.10, kmdata, reconstructKM; 30 trials of each
shape): the best of the three.
Where the reference cases lie beside the project, they come first in each shape.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

import trialpool as tp
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.survival.life_table import life_table, survival_at
from trialpool.stats.survival.patient_times import PatientTimes

REFERENCE = Path(__file__).parent.parent.parent / "shared" / "reference" / "km"
ARMS = ("control", "research")
GRID = 400


@dataclass(frozen=True)
class Shape:
    """A kind of trial: patients by arm, follow-up from `least` to `most` months, dropout a month, risk table, axis and horizon."""

    n: tuple[int, int]
    least: float
    most: float
    dropout: float
    table: int
    axis: float
    tau: float


SHAPES = {
    "ph_pfs": Shape((230, 231), 30, 72, 0.003, 6, 72, 60),
    "ph_os_heavy_censoring": Shape((250, 500), 24, 75, 0.004, 12, 78, 60),
    "delayed_effect": Shape((300, 300), 28, 54, 0.003, 6, 54, 42),
    "small_coarse_risk_table": Shape((60, 58), 16, 48, 0.004, 12, 48, 36),
}
INFORMATION = {
    "steps, risk table, events": ("steps", True, True),
    "steps, risk table": ("steps", True, False),
    "pixels, risk table, events": ("pixels", True, True),
    "pixels, risk table": ("pixels", True, False),
    "pixels, N and events": ("pixels", False, True),
}
PEERS = {  # best published-peer median / 90th centile of |error in ln HR|
    "steps, risk table, events": "0.005 / 0.022",
    "steps, risk table": "0.005 / 0.016",
    "pixels, risk table, events": "0.004 / 0.013",
    "pixels, risk table": "0.004 / 0.013",
    "pixels, N and events": "0.016 / 0.036",
}


@dataclass(frozen=True)
class Read:
    """What a figure shows of an arm."""

    n: int
    events: int | None
    last: float
    risk_time: list[float]
    at_risk: list[int]
    steps: tuple[list[float], list[float]]
    pixels: tuple[list[float], list[float]]


def times_to_event(shape: str, arm: int, n: int, rng: np.random.Generator) -> Floats:
    """Weibull times; in `delayed_effect` the treatment works after six months."""
    median, power, hr = {
        "ph_pfs": (20, 1.0, 0.58),
        "ph_os_heavy_censoring": (95, 1.1, 0.95),
        "delayed_effect": (15, 0.95, 1.0),
        "small_coarse_risk_table": (11, 1.1, 0.55),
    }[shape]
    rate = np.log(2) / median**power * (hr if arm else 1.0)
    t: Floats = (rng.exponential(size=n) / rate) ** (1 / power)
    return np.where((t > 6) & (arm == 1), 6 + (t - 6) / 0.5, t) if shape == "delayed_effect" else t


def simulated(shape: str, rng: np.random.Generator) -> PatientTimes:
    """Staggered entry makes follow-up uniform; some drop out before."""
    kind, time, event, arm = SHAPES[shape], [], [], []
    for code, n in enumerate(kind.n):
        t = times_to_event(shape, code, n, rng)
        c = np.minimum(rng.uniform(kind.least, kind.most, n), rng.exponential(1 / kind.dropout, n))
        time.append(np.maximum(np.round(np.minimum(t, c), 4), 1e-4))
        event.append(t <= c)
        arm += [ARMS[code]] * n
    return tp.patient_times(np.concatenate(time), np.concatenate(event), arm, unit="months")


def figure_of(shape: str, t: Floats, e: Bools, rng: np.random.Generator) -> Read:
    """What a figure would show; the last column of pixels is where the curve ends."""
    kind, table, last = SHAPES[shape], life_table(t, e), float(t.max())
    at = [float(r) for r in range(0, int(kind.axis) + 1, kind.table) if r <= last]
    columns = np.arange(GRID) * kind.axis / GRID
    columns = np.append(columns[columns < last], last)
    rows = np.clip(np.round(survival_at(table, columns) * GRID) + rng.integers(-1, 2, len(columns)), 0, GRID) / GRID
    rows[0] = 1.0
    steps = ([0.0, *table.time.round(3).tolist()], [1.0, *table.survival.round(3).tolist()])
    risk = [int((t >= r).sum()) for r in at]
    pixels = (columns.round(4).tolist(), rows.round(4).tolist())
    return Read(n=len(t), events=int(e.sum()), last=last, risk_time=at, at_risk=risk, steps=steps, pixels=pixels)


def reference(shape: str) -> tuple[PatientTimes, tuple[Read, Read]]:
    """A reference case, whose truth and figure were made elsewhere."""
    case = json.loads((REFERENCE / f"{shape}.json").read_text())
    with (REFERENCE / f"{shape}_true_ipd.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    truth = tp.patient_times(
        [float(r["time"]) for r in rows], [int(r["event"]) for r in rows], [r["arm"] for r in rows], arms=ARMS, unit="months"
    )

    def read(arm: dict[str, list[dict[str, float]]]) -> Read:
        exact, pixel = (([p["t"] for p in arm[key]], [p["s"] for p in arm[key]]) for key in ("km_exact", "km_pixel"))
        return Read(
            n=arm["n"],
            events=arm["total_events"],
            last=arm["last_follow_up"],
            risk_time=[r["t"] for r in arm["at_risk"]],
            at_risk=[r["n"] for r in arm["at_risk"]],
            steps=exact,
            pixels=pixel,
        )

    return truth, (read(case["arms"]["control"]), read(case["arms"]["research"]))


@dataclass(frozen=True)
class Made:
    """Patients, and the log hazard ratio that goes with them."""

    patients: PatientTimes
    log_hr: float


def ours(reads: tuple[Read, Read], coordinates: str, table: bool, events: bool) -> Made:
    """The reconstruction; a miss of the risk table or of the events is a failure."""
    curves = {}
    for name, read in zip(ARMS, reads, strict=True):
        t, S = getattr(read, coordinates)
        many = len(read.at_risk) if table else 1
        curves[name] = tp.published_curve(
            t,
            S,
            risk_time=read.risk_time[:many],
            at_risk=read.at_risk[:many],
            events=read.events if events else None,
            end=max(read.last, t[-1]),
        )
    made = tp.reconstruct(curves)
    if made.misses:
        raise ValueError("; ".join(made.misses))
    return Made(made.patients, tp.reconstructed_hazard_ratio(made).log_hr)


def guyot(reads: tuple[Read, Read], coordinates: str, table: bool, events: bool) -> Made:
    """The iteration of Guyot et al. (2012), without the adjustment to the total of events; it needs a risk table."""
    if not table:
        raise ValueError("no risk table")
    time, event, arm = [], [], []
    for name, read in zip(ARMS, reads, strict=True):
        t, S = (np.asarray(column, float) for column in getattr(read, coordinates))
        parts = guyot_arm(t, np.minimum.accumulate(S), read)
        time += parts[0]
        event += parts[1]
        arm += [name] * len(parts[0])
    patients = tp.patient_times(time, event, arm, arms=ARMS)
    return Made(patients, tp.cox(patients).log_hr)


def guyot_arm(t: Floats, S: Floats, read: Read) -> tuple[list[float], list[int]]:
    """Interval by interval: censor evenly, walk the clicks, change the censoring by the miss, until the next number fits."""
    time: list[float] = []
    event: list[int] = []
    n, km, rate = read.n, 1.0, 0.0
    edges = [*read.risk_time, max(read.last, float(t[-1])) + 1e-6]
    for i, (start, stop) in enumerate(pairwise(edges)):
        own = np.flatnonzero((t >= start) & (t < stop) & (t > 0))
        final = i == len(read.risk_time) - 1
        S_end = S[own[-1]] if own.size else km
        wanted = n if final else read.at_risk[i + 1]
        censored = max(round(rate * (stop - start)), 0) if final else max(round(n * S_end / max(km, 1e-9) - wanted), 0)
        for _ in range(60):
            at, d, left, reached = walked(t[own], S[own], start, stop, n, km, min(censored, n))
            miss = 0 if final else left - wanted
            if not miss or (censored == 0 and miss < 0):
                break
            censored = max(censored + miss, 0)
        time += at
        event += d
        rate = censored / (stop - start) if not final else rate
        n, km = left, reached
    return time + [edges[-1] - 1e-6] * n, event + [0] * n


def walked(
    t: Floats, S: Floats, start: float, stop: float, n: int, km: float, censored: int
) -> tuple[list[float], list[int], int, float]:
    """Events at the clicks of one interval, with so many censored at even distances."""
    at, d, c = [], [], start + (np.arange(censored) + 0.5) / max(censored, 1) * (stop - start)
    done = 0
    for time_k, S_k in zip(t, S, strict=True):
        gone = int((c <= time_k).sum()) - done
        gone = min(gone, n)
        at += c[done : done + gone].tolist()
        d += [0] * gone
        done, n = done + gone, n - gone
        events = min(max(round(n * (1 - S_k / km)), 0), n) if km > 0 and n else 0
        at += [float(time_k)] * events
        d += [1] * events
        if events:
            km *= 1 - events / n
            n -= events
    rest = min(censored - done, n)
    at += c[done : done + rest].tolist()
    return at, d + [0] * rest, n - rest, km


@dataclass(frozen=True)
class Error:
    """|error| in ln HR, in that of Cox's model of the patients alone, in the RMST difference (months), and integrated over both
    curves; seconds."""

    log_hr: float
    of_patients: float
    rmst: float
    iae: float
    seconds: float


def error(shape: str, truth: PatientTimes, found: Made, seconds: float) -> Error:
    made, log_hr = found.patients, tp.cox(truth).log_hr
    tau = SHAPES[shape].tau
    at = np.linspace(0, tau, 2001)
    apart = [np.abs(survival_at(table(truth, arm), at) - survival_at(table(made, arm), at)).mean() for arm in range(2)]
    rmst = abs(rmst_difference(made, tau) - rmst_difference(truth, tau))
    of_patients = abs(tp.cox(made).log_hr - log_hr)
    return Error(abs(found.log_hr - log_hr), of_patients, rmst, float(np.mean(apart)), seconds)


def table(patients: PatientTimes, arm: int):
    own = patients.arm == arm
    return life_table(patients.time[own], patients.event[own])


def rmst_difference(patients: PatientTimes, tau: float) -> float:
    last = min(tau, *(float(patients.time[patients.arm == arm].max()) for arm in range(2)))
    return float(tp.rmst(patients, min(tau, last)).difference[0])


def measured(method, shape: str, trials, information: str) -> tuple[list[Error], int]:
    errors, failed = [], 0
    for truth, reads in trials:
        before = time.process_time()
        try:
            made = method(reads, *INFORMATION[information])
            seconds = time.process_time() - before
            errors.append(error(shape, truth, made, seconds))
        except (ValueError, tp.TrialpoolError):
            failed += 1
    return errors, failed


def trials_of(shape: str, number: int) -> list[tuple[PatientTimes, tuple[Read, Read]]]:
    rng = np.random.default_rng(2012)
    trials = [reference(shape)] if REFERENCE.is_dir() else []
    for _ in range(number):
        truth = simulated(shape, rng)
        reads = [figure_of(shape, truth.time[truth.arm == a], truth.event[truth.arm == a], rng) for a in range(2)]
        trials.append((truth, (reads[0], reads[1])))
    return trials


def line(name: str, errors: list[Error], failed: int, peer: str) -> str:
    if not errors:
        return f"| {name} | – | – | – | – | – | {failed} | – | {peer} |"
    log_hr, of_patients = [e.log_hr for e in errors], [e.of_patients for e in errors]
    return (
        f"| {name} | {np.median(log_hr):.4f} / {np.quantile(log_hr, 0.9):.4f} | {max(log_hr):.4f} "
        f"| {np.median(of_patients):.4f} / {np.quantile(of_patients, 0.9):.4f} "
        f"| {np.median([e.rmst for e in errors]):.3f} | {np.median([e.iae for e in errors]):.4f} | {failed} "
        f"| {np.mean([e.seconds for e in errors]):.2f} | {peer} |"
    )


def main(number: int) -> None:
    trials = {shape: trials_of(shape, number) for shape in SHAPES}
    print(f"{sum(map(len, trials.values()))} trials\n")
    print(
        "| what was given | ln HR: median / 90th centile | worst | of the patients given | RMST diff., months | IAE of S | failed "
        "| CPU s | best peer |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for information in INFORMATION:
        for name, method in (("", ours), (", Guyot's iteration", guyot)):
            pooled: list[Error] = []
            failures = 0
            for shape, own in trials.items():
                errors, failed = measured(method, shape, own, information)
                pooled += errors
                failures += failed
                if method is ours:
                    print(line(f"{information}: {shape}", errors, failed, ""), flush=True)
            print(line(f"**{information}{name}, all**", pooled, failures, PEERS[information] if method is ours else ""), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
