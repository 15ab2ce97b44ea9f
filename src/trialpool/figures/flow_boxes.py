"""What the boxes of a flow diagram say: the counts of a review in the words and the order of PRISMA 2020."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from trialpool.errors import BadArgument
from trialpool.review.flow import STEPS, Counted, FlowArm, FlowCounts, Step, parts

Arm = Literal["previous", "databases", "other", "all"]
Row = Literal["head", "identified", "screened", "sought", "assessed", "included", "total", "pooled"]
LABELS = {
    "identification": "Identification",
    "screening": "Screening",
    "included": "Included",
    "previous_head": "Previous studies",
    "databases_head": "Identification of studies via databases and registers",
    "databases_head_update": "Identification of new studies via databases and registers",
    "other_head": "Identification of studies via other methods",
    "other_head_update": "Identification of new studies via other methods",
    "previous_studies": "Studies included in previous version of review",
    "previous_reports": "Reports of studies included in previous version of review",
    "dropped_studies": "Studies no longer included",
    "dropped_reports": "Reports no longer included",
    "identified": "Records identified from:",
    "databases": "Databases",
    "registers": "Registers",
    "websites": "Websites",
    "organisations": "Organisations",
    "citations": "Citation searching",
    "other_sources": "Other sources",
    "removed": "Records removed before screening:",
    "duplicates": "Duplicate records removed",
    "automation": "Records marked as ineligible by automation tools",
    "removed_other": "Records removed for other reasons",
    "screened": "Records screened",
    "excluded": "Records excluded",
    "excluded_by_people": "by a person",
    "excluded_by_automation": "by automation tools",
    "sought": "Reports sought for retrieval",
    "not_retrieved": "Reports not retrieved",
    "assessed": "Reports assessed for eligibility",
    "excluded_reports": "Reports excluded",
    "studies": "Studies included in review",
    "reports": "Reports of included studies",
    "new_studies": "New studies included in review",
    "new_reports": "Reports of new included studies",
    "total_studies": "Total studies included in review",
    "total_reports": "Reports of total included studies",
    "pooled_studies": "Studies included in meta-analysis",
    "pooled_reports": "Reports of studies included in meta-analysis",
}


@dataclass(frozen=True, slots=True)
class BoxLine:
    """One thing that a box says, set in by so many steps."""

    text: str
    indent: int = 0
    bold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box by its place: the arm and row, and whether it stands beside the way (what leaves the flow) or on it."""

    arm: Arm
    row: Row
    lines: tuple[BoxLine, ...]
    beside: bool = False

    @property
    def is_head(self) -> bool:
        return self.row == "head"


def boxes_of(counts: FlowCounts, labels: Mapping[str, str] | None = None) -> tuple[Box, ...]:
    """The boxes of a flow diagram, arm by arm; boxes of one's own come after what stands beside their step.

    counts : with everything that follows filled in
    labels : other words, by the keys of LABELS
    """
    said = _Said(counts, {**LABELS, **_known(labels or {})})
    previous = said.previous() if counts.is_update else ()
    other = said.other_arm() if counts.has_other_methods else ()
    return (*previous, *said.databases_arm(), *other, *said.included())


def _known(labels: Mapping[str, str]) -> Mapping[str, str]:
    for name in labels:
        if name not in LABELS:
            raise BadArgument(f"there is no label {name!r}. Use one of {', '.join(LABELS)}.")
    return labels


@dataclass(frozen=True, slots=True)
class _Said:
    counts: FlowCounts
    labels: Mapping[str, str]

    def previous(self) -> Iterator[Box]:
        yield self._head("previous", "previous_head")
        lines = (*self._optional("previous_studies"), *self._optional("previous_reports"))
        yield Box(arm="previous", row="identified", lines=lines)

    def databases_arm(self) -> Iterator[Box]:
        head = "databases_head_update" if self.counts.is_update else "databases_head"
        yield self._head("databases", head)
        found = (*self._optional("databases", 1), *self._optional("registers", 1))
        yield self._box("databases", "identified", self._under("identified", found))
        removed = (line for name in ("duplicates", "automation", "removed_other") for line in self._optional(name, 1))
        yield self._box("databases", "identified", self._under("removed", removed), beside=True)
        yield from self._own("identified")
        yield from self._step("databases", "screened", "screened", (*self._counted("excluded"), *self._by_whom()))
        yield from self._own("screened")
        yield from self._step("databases", "sought", "sought", self._counted("not_retrieved"))
        yield from self._own("sought")
        yield from self._step("databases", "assessed", "assessed", self._counted("excluded_reports"))
        yield from self._own("assessed")

    def other_arm(self) -> Iterator[Box]:
        yield self._head("other", "other_head_update" if self.counts.is_update else "other_head")
        sources = (line for name in ("websites", "organisations", "citations") for line in self._optional(name, 1))
        further = (BoxLine(_with_number(name, n), 1) for name, n in self._named("other_sources"))
        yield self._box("other", "identified", self._under("identified", (*sources, *further)))
        yield from self._own("identified", "other")
        yield from self._own("screened", "other")
        yield from self._step("other", "sought", "other_sought", self._counted("other_not_retrieved"))
        yield from self._own("sought", "other")
        yield from self._step("other", "assessed", "other_assessed", self._counted("other_excluded_reports"))
        yield from self._own("assessed", "other")

    def included(self) -> Iterator[Box]:
        update = self.counts.is_update
        names = ("new_studies", "new_reports") if update else ("studies", "reports")
        lines = (
            BoxLine(_with_number(self.labels[name], self.counts.total(count)))
            for name, count in zip(names, ("new_studies", "new_reports"), strict=True)
        )
        yield Box(arm="all", row="included", lines=tuple(lines))
        yield from self._own("included")
        if update:
            total = [line for name in ("total_studies", "total_reports") for line in self._counted(name)]
            dropped = [line for name in ("dropped_studies", "dropped_reports") for line in self._optional(name, 1)]
            yield Box(arm="all", row="total", lines=(*total, *dropped))
        pooled = [line for name in ("pooled_studies", "pooled_reports") for line in self._optional(name)]
        if pooled:
            yield Box(arm="all", row="pooled", lines=tuple(pooled))

    def _head(self, arm: Arm, label: str) -> Box:
        return Box(arm=arm, row="head", lines=(BoxLine(self.labels[label], bold=True),))

    def _box(self, arm: Arm, row: Row, lines: tuple[BoxLine, ...], *, beside: bool = False) -> Box:
        return Box(arm=arm, row=row, lines=lines, beside=beside)

    def _step(self, arm: Arm, row: Row, count: str, leaving: tuple[BoxLine, ...]) -> Iterator[Box]:
        yield self._box(arm, row, self._counted(count))
        yield self._box(arm, row, leaving, beside=True)

    def _own(self, step: Step, of: FlowArm = "databases") -> Iterator[Box]:
        """The user's own boxes beside a step; what is included, both arms share."""
        arm: Arm = "all" if step == STEPS[-1] else of
        for box in self.counts.boxes:
            if box.beside == step and (arm == "all" or box.arm == of):
                text = box.text if box.n is None else _with_number(box.text, box.n)
                yield self._box(arm, step, (BoxLine(text),), beside=True)

    def _under(self, heading: str, lines: Iterator[BoxLine] | tuple[BoxLine, ...]) -> tuple[BoxLine, ...]:
        """Lines under a heading; a heading without lines says that the number is not given."""
        found = tuple(lines)
        return (BoxLine(self.labels[heading]), *(found or (BoxLine(NOT_GIVEN, 1),)))

    def _optional(self, name: str, indent: int = 0) -> tuple[BoxLine, ...]:
        return () if getattr(self.counts, name) is None else self._counted(name, indent)

    def _counted(self, name: str, indent: int = 0) -> tuple[BoxLine, ...]:
        """The total of a count, and its parts set in."""
        value: Counted = getattr(self.counts, name)
        label = self.labels[name.removeprefix("other_") if name not in self.labels else name]
        named = self._named(name)
        total = BoxLine(_with_number(label, self.counts.total(name)) + (":" if named else ""), indent)
        return (total, *(BoxLine(_with_number(part, n), indent + 1) for part, n in parts(value) if part))

    def _named(self, name: str) -> tuple[tuple[str, int], ...]:
        """The parts of a count that have names; one number goes by the label of the count, where only parts are shown."""
        value: Counted = getattr(self.counts, name)
        if name == "other_sources" and isinstance(value, int):
            return ((self.labels[name], value),)
        return tuple((part, n) for part, n in parts(value) if part)

    def _by_whom(self) -> tuple[BoxLine, ...]:
        automation, excluded = self.counts.excluded_by_automation, self.counts.total("excluded")
        if automation is None or excluded is None:
            return ()
        people = BoxLine(_with_number(self.labels["excluded_by_people"], excluded - automation), 1)
        return (people, BoxLine(_with_number(self.labels["excluded_by_automation"], automation), 1))


GIVEN = "(n\u00a0=\u00a0{:,})"
NOT_GIVEN = "(n\u00a0=\u00a0?)"


def _with_number(text: str, n: int | None) -> str:
    """A label with its number, which are not parted by a line's end where that can be helped.

    >>> _with_number("Records screened", 12345)
    'Records screened (n\\xa0=\\xa012,345)'
    """
    return f"{text} {NOT_GIVEN if n is None else GIVEN.format(n)}"
