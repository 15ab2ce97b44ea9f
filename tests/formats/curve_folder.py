"""A review whose first study has its effect from a Kaplan-Meier figure."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.formats.folders import Rows, folder, row
from tests.survival.reference_cases import curves

from trialpool.stats.survival.published_curve import PublishedCurve

CASE = "small_coarse_risk_table"
ROW = row(measure="", estimate="", ci_low="", ci_high="", orientation="", curve="a-2001-os", source="the paper", locator="fig. 2")
OTHERS = (row(study="b-2005"), row(study="c-2010"))


def with_curve(path: Path, *, arms: tuple[str, str] = ("control", "research"), results: Rows = (ROW, *OTHERS)) -> Path:
    """A review whose first study has its effect from a figure: the reference trial of 118 patients."""
    made = folder(path, results=results)
    (made / "results/curves").mkdir()
    read = curves(CASE, "km_exact")
    for suffix, columns in (("", ("time", "survival", "arm")), ("-risk", ("time", "at_risk", "arm"))):
        with (made / f"results/curves/a-2001-os{suffix}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            for arm, name in zip(("control", "research"), arms, strict=True):
                writer.writerows((t, value, name) for t, value in _rows(read[arm], suffix))
    return made


def _rows(curve: PublishedCurve, suffix: str) -> list[tuple[float, float]]:
    """Coordinates up to the last follow-up, or the risk table."""
    if suffix:
        return list(zip(curve.risk_time, curve.at_risk.astype(int), strict=True))
    return [*zip(curve.time, curve.survival, strict=True), (curve.end, curve.survival[-1])]
