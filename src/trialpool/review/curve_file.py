"""Published Kaplan-Meier curves of one outcome of one study, as read from a figure."""

from __future__ import annotations

from dataclasses import dataclass

from trialpool.stats.survival.published_curve import PublishedCurve

CONTROL = "control"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveFile:
    """The curves of one outcome of one study, by arm, the control arm first.

    study, outcome : from the name of the file, `STUDY-OUTCOME.csv`
    file           : path in the review's folder
    curves         : coordinates, numbers at risk and censoring marks by arm
    """

    study: str
    outcome: str
    file: str
    curves: dict[str, PublishedCurve]

    @property
    def name(self) -> str:
        """As the column `curve` of results/*.csv names it: `attal2012-os`."""
        return f"{self.study}-{self.outcome}"
