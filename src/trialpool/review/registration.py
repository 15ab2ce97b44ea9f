"""A trial as a registry describes it: the record, and the results posted there."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervention:
    """What is given to an arm, or done to it."""

    kind: str
    name: str
    description: str = ""
    other_names: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredArm:
    """An arm as planned; `kind` in the registry's words (`EXPERIMENTAL`, `PLACEBO_COMPARATOR`)."""

    label: str
    kind: str = ""
    description: str = ""
    interventions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group that results are reported for; its id holds within one outcome (`OG000`) or within adverse events (`EG000`)."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A figure of one group, as text, with the row of the table that it stands in."""

    group: str
    value: str
    row: str = ""
    spread: str = ""
    low: str = ""
    high: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedAnalysis:
    """A statistical analysis of an outcome, every figure as the registry has it.

    path     : where it stands in the file
    groups   : ids of the groups compared; sometimes one only, sometimes none
    about    : what the registry says of the comparison
    method   : statistical method (`Log Rank`)
    measure  : what was estimated (`Hazard Ratio (HR)`)
    level, sides : of the interval, level in percent; empty where not said
    p        : with its sign
    comments : further words, each with its heading
    """

    path: str
    groups: tuple[str, ...] = ()
    about: str = ""
    hypothesis: str = ""
    method: str = ""
    measure: str = ""
    estimate: str = ""
    low: str = ""
    high: str = ""
    level: str = ""
    sides: str = ""
    p: str = ""
    dispersion: str = ""
    dispersion_value: str = ""
    comments: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> str:
        """Everything that it says in words."""
        return " ".join(filter(None, (self.about, *(text for _, text in self.comments))))


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedOutcome:
    """An outcome with its figures by group.

    path     : where it stands in the file
    kind     : `PRIMARY`, `SECONDARY`, ...
    parameter, dispersion, unit : what the figures are (`MEDIAN`, `95% Confidence Interval`, `months`)
    analysed : number of participants by group, as text
    """

    path: str
    kind: str
    title: str
    description: str = ""
    time_frame: str = ""
    population: str = ""
    parameter: str = ""
    dispersion: str = ""
    unit: str = ""
    groups: tuple[Group, ...] = ()
    analysed: tuple[tuple[str, str], ...] = ()
    measured: tuple[Measured, ...] = ()
    analyses: tuple[PostedAnalysis, ...] = ()

    def analysed_in(self, group: str) -> str:
        """How many were analysed in a group; empty where it is not said."""
        return dict(self.analysed).get(group, "")

    def in_group(self, group: str) -> tuple[Measured, ...]:
        """The figures of a group, in the order of the table."""
        return tuple(m for m in self.measured if m.group == group)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCount:
    """Participants with an event in one group: `affected` of `at_risk`, and how many events; None where not said."""

    group: str
    affected: int | None = None
    at_risk: int | None = None
    events: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdverseEvent:
    """An adverse event by group. `kind` is `serious`, `other`, or `deaths`; totals of a kind have the term `Total`."""

    path: str
    kind: str
    term: str
    system: str = ""
    counts: tuple[EventCount, ...] = ()

    def of(self, group: str) -> EventCount | None:
        """The count of a group."""
        return next((count for count in self.counts if count.group == group), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdverseEvents:
    """The adverse events of a trial. `threshold`: percent that an event that is not serious had to exceed to be listed."""

    groups: tuple[Group, ...] = ()
    time_frame: str = ""
    description: str = ""
    threshold: str = ""
    events: tuple[AdverseEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A trial's entry in a registry.

    nct       : its number (`NCT00114101`)
    phases, allocation, masking, status, ... : in the registry's words
    enrolment : number of participants, None where not said; `enrolment_kind` is `ACTUAL` or `ESTIMATED`
    start, primary_completion, completion, first_posted, results_posted, updated : dates as written
    version   : date of the registry's data, where the file says it
    planned   : outcomes as planned: (`primary` or `secondary` or `other`, measure, time frame)
    references : (PubMed number, kind, citation)
    outcomes, adverse : posted results
    further   : every other field of the record (path, value), results aside, which stay in the file
    """

    nct: str
    title: str = ""
    official_title: str = ""
    acronym: str = ""
    secondary_ids: tuple[str, ...] = ()
    sponsor: str = ""
    collaborators: tuple[str, ...] = ()
    study_type: str = ""
    phases: tuple[str, ...] = ()
    allocation: str = ""
    model: str = ""
    purpose: str = ""
    masking: str = ""
    status: str = ""
    start: str = ""
    primary_completion: str = ""
    completion: str = ""
    first_posted: str = ""
    results_posted: str = ""
    updated: str = ""
    version: str = ""
    enrolment: int | None = None
    enrolment_kind: str = ""
    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    summary: str = ""
    arms: tuple[RegisteredArm, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    planned: tuple[tuple[str, str, str], ...] = ()
    references: tuple[tuple[str, str, str], ...] = ()
    outcomes: tuple[PostedOutcome, ...] = field(default=(), repr=False)
    adverse: AdverseEvents = field(default_factory=AdverseEvents, repr=False)
    further: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def address(self) -> str:
        """Where the entry is to be read."""
        return f"https://clinicaltrials.gov/study/{self.nct}"
