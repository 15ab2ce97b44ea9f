"""The simulated trials whose patients, curves and statistics are known: computed with R's survival 3.5-3."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import trialpool as tp
from trialpool.stats.survival.patient_times import PatientTimes
from trialpool.stats.survival.published_curve import PublishedCurve

HERE = Path(__file__).parent.parent / "reference" / "survival"
CASES = ("ph_pfs", "ph_os_heavy_censoring", "delayed_effect", "small_coarse_risk_table")
ARMS = ("control", "research")


def case(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return found


def patients(name: str) -> PatientTimes:
    with (HERE / f"{name}_true_ipd.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    columns = [[float(row["time"]) for row in rows], [int(row["event"]) for row in rows], [row["arm"] for row in rows]]
    return tp.patient_times(*columns, arms=ARMS, unit="months")


def curves(name: str, coordinates: str, *, table: bool = True, events: bool = True) -> dict[str, PublishedCurve]:
    made = {}
    for arm, read in case(name)["arms"].items():
        time, survival = zip(*read[coordinates], strict=True)
        risk = read["at_risk"] if table else read["at_risk"][:1]
        made[arm] = tp.published_curve(
            time,
            survival,
            risk_time=[t for t, _ in risk],
            at_risk=[n for _, n in risk],
            events=read["total_events"] if events else None,
            end=max(read["last_follow_up"], time[-1]),
        )
    return {arm: made[arm] for arm in ARMS}
