"""The flow of a review, from the records found to the studies included: the counts of a PRISMA 2020 flow diagram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from trialpool.errors import BadArgument

Counted = int | Mapping[str, int] | None
Step = Literal["identified", "screened", "sought", "assessed", "included"]
FlowArm = Literal["databases", "other"]
STEPS: tuple[Step, ...] = get_args(Step)
ARMS: tuple[FlowArm, ...] = get_args(FlowArm)
BY_NAME = (
    "databases", "registers", "removed_other", "excluded", "not_retrieved", "excluded_reports", "other_sources",
    "other_not_retrieved", "other_excluded_reports",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowBox:
    """A box of one's own in a flow diagram, beside a step: studies awaiting classification, ongoing studies, a second search.

    text : what it says
    n : its number; None for words alone
    beside : the step, `identified`, `screened`, `sought`, `assessed` or `included`
    arm : whose step it is, that of `databases` and registers or that of `other` methods
    leaves : whether these are no longer in the flow after this step, so that the arithmetic takes them off
    """

    text: str
    n: int | None = None
    beside: Step = "included"
    arm: FlowArm = "databases"
    leaves: bool = False

    def __post_init__(self) -> None:
        if self.beside not in STEPS:
            raise BadArgument(f"beside is {self.beside!r}. Use one of {', '.join(STEPS)}.")
        if self.arm not in ARMS:
            raise BadArgument(f"arm is {self.arm!r}. Use one of {', '.join(ARMS)}.")
        if self.leaves and self.n is None:
            raise BadArgument(f"the box {self.text!r} leaves the flow and has no number. Give n.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowCounts:
    """The counts of a flow diagram; None where a number is not given, and the arithmetic fills in what follows from the others.

    Counts that have parts are a number, or numbers by name: `databases={"PubMed": 310, "Embase": 420}`,
    `excluded_reports={"wrong population": 12}`. An empty mapping is none at all.

    previous_studies, previous_reports : included in the previous version of the review; these make the diagram one of an update
    databases, registers : records identified, by source
    duplicates, automation, removed_other : records removed before screening; `removed_other` may be by reason
    screened : records screened
    excluded : records excluded by title and abstract; may be by reason
    excluded_by_automation : those of `excluded` that no person decided
    sought, not_retrieved, assessed : reports sought for retrieval, not retrieved, assessed for eligibility
    excluded_reports : reports excluded, by reason
    websites, organisations, citations : records identified by other methods; any of these makes a second arm
    other_sources : the same by further methods, by name
    other_sought, other_not_retrieved, other_assessed, other_excluded_reports : reports of that arm
    new_studies, new_reports : included by this search
    dropped_studies, dropped_reports : of the previous version, included no longer
    total_studies, total_reports : included in all, where there is a previous version
    pooled_studies, pooled_reports : of the studies included, those in a meta-analysis
    boxes : boxes of one's own
    """

    previous_studies: int | None = None
    previous_reports: int | None = None
    databases: Counted = None
    registers: Counted = None
    duplicates: int | None = None
    automation: int | None = None
    removed_other: Counted = None
    screened: int | None = None
    excluded: Counted = None
    excluded_by_automation: int | None = None
    sought: int | None = None
    not_retrieved: Counted = None
    assessed: int | None = None
    excluded_reports: Counted = None
    websites: int | None = None
    organisations: int | None = None
    citations: int | None = None
    other_sources: Counted = None
    other_sought: int | None = None
    other_not_retrieved: Counted = None
    other_assessed: int | None = None
    other_excluded_reports: Counted = None
    new_studies: int | None = None
    new_reports: int | None = None
    dropped_studies: int | None = None
    dropped_reports: int | None = None
    total_studies: int | None = None
    total_reports: int | None = None
    pooled_studies: int | None = None
    pooled_reports: int | None = None
    boxes: tuple[FlowBox, ...] = ()

    def __post_init__(self) -> None:
        for name in NUMBERS:
            value: Any = getattr(self, name)
            if isinstance(value, Mapping):
                if name not in BY_NAME:
                    raise BadArgument(f"{name} is one number, and cannot be split by name.")
                object.__setattr__(self, name, dict(value))
            for part, n in parts(value):
                if not _is_count(n):
                    where = f"{name}[{part!r}]" if part else name
                    raise BadArgument(f"{where} is {n!r}. Give a whole number, 0 or more.")
        object.__setattr__(self, "boxes", tuple(self.boxes))

    @property
    def is_update(self) -> bool:
        """Whether there is a previous version of the review."""
        return self.previous_studies is not None or self.previous_reports is not None

    @property
    def has_other_methods(self) -> bool:
        """Whether records were also identified by other methods than databases and registers."""
        return any(getattr(self, name) is not None for name in OTHER_METHODS)

    def total(self, name: str) -> int | None:
        """A count as one number, its parts added up; None where it is not given.

        >>> FlowCounts(databases={"PubMed": 310, "Embase": 420}).total("databases")
        730
        """
        value: Counted = getattr(self, name)
        return sum(value.values()) if isinstance(value, Mapping) else value

    def leaving(self, step: Step | None, arms: tuple[FlowArm, ...] = ARMS) -> tuple[FlowBox, ...]:
        """The boxes of one's own by which some leave the flow at a step of these arms."""
        return tuple(box for box in self.boxes if box.leaves and box.beside == step and box.arm in arms)

    def with_counts(self, **counts: Any) -> FlowCounts:
        """The same with other counts."""
        return replace(self, **counts)

    def given(self) -> dict[str, Counted]:
        """The counts that are given, by name."""
        return {name: getattr(self, name) for name in NUMBERS if getattr(self, name) is not None}


NUMBERS = tuple(field.name for field in fields(FlowCounts) if field.name != "boxes")
OTHER_METHODS = ("websites", "organisations", "citations", "other_sources", "other_sought", "other_assessed")


def _is_count(n: object) -> bool:
    return isinstance(n, int) and not isinstance(n, bool) and n >= 0


def parts(value: Counted) -> tuple[tuple[str, int], ...]:
    """A count by its parts; one number is a single part without a name.

    >>> parts({"PubMed": 310, "Embase": 420}), parts(5), parts(None)
    ((('PubMed', 310), ('Embase', 420)), (('', 5),), ())
    """
    if value is None:
        return ()
    return tuple(value.items()) if isinstance(value, Mapping) else (("", value),)
