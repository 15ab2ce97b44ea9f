"""A review: everything that its folder says, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, InstanceOf, SkipValidation

from trialpool.review.certainty import Certainty
from trialpool.review.claim_text import ClaimText
from trialpool.review.curve_file import CurveFile
from trialpool.review.plan import Outcome, Plan
from trialpool.review.published import Published
from trialpool.review.report import Report
from trialpool.review.risk_of_bias import RiskOfBiasRow
from trialpool.review.risk_of_bias_tool import Tool
from trialpool.review.screening import DuplicateDecision, ReportOfStudy, ScreeningDecision
from trialpool.review.search import Search
from trialpool.review.study import Study
from trialpool.review.update import Update


class Review(BaseModel):
    """A review folder as frozen values, in the order of its files.

    risk_of_bias : rows of risk_of_bias.csv, with answers as the tool writes them
    unanswered : rows of risk_of_bias.csv that wait for their answer
    tools   : the tools that these rows name, by id
    certainty : judgements of the certainty of the evidence; None where there is no certainty.toml
    curves  : Kaplan-Meier curves read from figures
    claims  : texts to hold against the findings
    screening : every row of every reviewer's decisions; those of one person in the order in which they were written
    included : which record is a report of which study
    unassigned : records of screening/included.csv that wait for their study
    search  : the searches, and the records that they found
    extractors : who read the reports apart from each other, as the folders in extraction/ are named
    adjudicated : how many of their differences a person decided
    updates : versions that were given out, the oldest first
    duplicates : what people decided of pairs of records
    remarks : what was odd in the input but could be read (encoding, separators), as sentences
    """

    model_config = ConfigDict(frozen=True)

    plan: Plan
    studies: tuple[Study, ...]
    reports: tuple[Report, ...]
    published: tuple[Published, ...] = ()
    curves: tuple[InstanceOf[CurveFile], ...] = ()
    risk_of_bias: tuple[RiskOfBiasRow, ...] = ()
    unanswered: tuple[RiskOfBiasRow, ...] = ()
    tools: Mapping[str, Tool] = {}
    certainty: Certainty | None = None
    claims: tuple[ClaimText, ...] = ()
    screening: tuple[ScreeningDecision, ...] = ()
    included: tuple[ReportOfStudy, ...] = ()
    unassigned: tuple[str, ...] = ()
    search: Annotated[Search, SkipValidation] = Search()
    extractors: tuple[str, ...] = ()
    adjudicated: int = 0
    updates: tuple[Update, ...] = ()
    duplicates: tuple[DuplicateDecision, ...] = ()
    remarks: tuple[str, ...] = ()

    def outcome(self, id_: str) -> Outcome:
        """The outcome with this id."""
        return next(outcome for outcome in self.plan.outcomes if outcome.id == id_)

    def curve(self, name: str) -> CurveFile | None:
        """The curves with this name, in upper or lower case; None where there are none."""
        return next((curve for curve in self.curves if curve.name.casefold() == name.casefold()), None)

    def units(self, study: str) -> tuple[Study, ...]:
        """The rows of studies.csv of one study: one, or one a stratum."""
        return tuple(unit for unit in self.studies if unit.study == study)
