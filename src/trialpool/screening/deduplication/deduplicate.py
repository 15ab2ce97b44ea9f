"""Which records are the same publication, which may be, and which are reports of one study."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from trialpool.errors import BadArgument
from trialpool.review.record import Record
from trialpool.screening.deduplication.blocking import candidate_pairs
from trialpool.screening.deduplication.comparison import compare
from trialpool.screening.deduplication.fields import fields_of
from trialpool.screening.deduplication.groups import Pair, bridges, groups_of, unique_pairs
from trialpool.screening.deduplication.judgement import judge
from trialpool.screening.deduplication.merging import Merged, merge
from trialpool.stats.tables import Tabular

Decided = Literal["same", "different", "same-study"]
BRIDGE = "but as much like another record, from which this one differs"


@dataclass(frozen=True)
class Decision:
    """What a person decided of two records: `same`, `different`, or `same-study` (two reports of one study)."""

    record: str
    other: str
    decision: Decided
    reviewer: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Match:
    """Two records that are alike.

    points : the evidence, for and against; 12 or more, without doubt, is `same`
    reasons : what was found, strongest first; what speaks against it begins with `but`
    by : `automatic`, or the reviewer who decided
    """

    record: str
    other: str
    points: float
    reasons: tuple[str, ...]
    by: str = "automatic"


@dataclass(frozen=True, repr=False)
class Deduplication(Tabular):
    """What became of the records.

    groups : identifiers of the records that are one publication, in the order of the records; two or more each
    merged : for each group the record that stands for it, and where each of its fields is from
    same : the pairs behind the groups, with reasons
    unsure : pairs for a person to decide, the likeliest first
    related : pairs that are not one publication but may be reports of one study
    contradictions : pairs that would be the same, but would bring together two records that are known to be different
    n : number of records
    """

    groups: tuple[tuple[str, ...], ...]
    merged: tuple[Merged, ...]
    same: tuple[Match, ...]
    unsure: tuple[Match, ...]
    related: tuple[Match, ...]
    contradictions: tuple[Match, ...]
    n: int

    @property
    def duplicates(self) -> int:
        """Records that another record stands for."""
        return sum(len(group) - 1 for group in self.groups)

    @property
    def unique(self) -> int:
        """Publications that are left."""
        return self.n - self.duplicates

    def group_of(self) -> dict[str, tuple[str, ...]]:
        """The group of each record that is in one."""
        return {record: group for group in self.groups for record in group}

    def table(self) -> dict[str, list[Any]]:
        """A row a pair: verdict, records, points, reasons, by whom."""
        rows = [
            (verdict, match)
            for verdict, matches in (("same", self.same), ("unsure", self.unsure), ("related", self.related))
            for match in matches
        ]
        return {
            "verdict": [verdict for verdict, _ in rows],
            "record": [match.record for _, match in rows],
            "other": [match.other for _, match in rows],
            "points": [match.points for _, match in rows],
            "reasons": ["; ".join(match.reasons) for _, match in rows],
            "by": [match.by for _, match in rows],
        }

    def __str__(self) -> str:
        return (
            f"{self.n} records: {self.duplicates} duplicates in {len(self.groups)} groups, {self.unique} publications; "
            f"{len(self.unsure)} pairs to decide, {len(self.related)} pairs that may be reports of one study"
        )

    __repr__ = __str__


def deduplicate(records: Sequence[Record], decisions: Iterable[Decision] = ()) -> Deduplication:
    """Records that are the same publication, found without an identifier or a person where that is safe.

    Pairs of records that share a key (DOI, PMID, parts of the title, volume and page, first author and page or volume) are
    compared field by field. The evidence is weighed in points, after Fellegi and Sunter (J Am Stat Assoc 1969;64:1183-1210).
    Pairs with enough evidence and nothing against it are merged; alike pairs with something against it are left to a person.
    A meeting abstract and its article are not duplicates: they are `related`, perhaps reports of one study.

    The result does not depend on the order of the records, but for which of a group comes first. No record is deleted: a group
    can be undone by a decision `different` on any two of its records.

    Parameters
    ----------
    records
        as `read_records` gives them; identifiers must differ
    decisions
        of persons; they win over what was computed, the last one of a pair over earlier ones

    Raises
    ------
    BadArgument
        where two records have one identifier, or a decision names a record that is not there

    Examples
    --------
    >>> from trialpool.review.record import Place, Record
    >>> article = dict(authors=("Attal M",), year=2006, journal="Blood", volume="108", pages="3289-94")
    >>> title = "Maintenance therapy with thalidomide improves survival in patients with multiple myeloma"
    >>> found = deduplicate([
    ...     Record(Place("pubmed.nbib", 1), title=title + ".", **article),
    ...     Record(Place("embase.ris", 7), title=title, **(article | dict(pages="3289-3294", authors=("Attal, Michel",)))),
    ...     Record(Place("embase.ris", 8), title=title, **(article | dict(journal="Haematologica", volume="91", pages="12"))),
    ... ])
    >>> print(found)
    3 records: 1 duplicates in 1 groups, 2 publications; 0 pairs to decide, 2 pairs that may be reports of one study
    >>> found.groups
    (('pubmed.nbib#1', 'embase.ris#7'),)
    """
    ids = [record.id for record in records]
    row = _rows(ids)
    settled = _settled(decisions, row)
    judgement = judge(compare(fields := fields_of(records), candidate_pairs(fields)))
    pairs, verdict = judgement.comparison.pairs, judgement.verdict

    def matches(wanted: str) -> list[tuple[Pair, Match]]:
        found = np.flatnonzero(verdict == wanted).tolist()
        ranked = sorted(found, key=lambda n: (-judgement.points[n], *sorted((ids[pairs[n, 0]], ids[pairs[n, 1]]))))
        of_rows = [((int(pairs[n, 0]), int(pairs[n, 1])), n) for n in ranked]
        return [
            (pair, Match(ids[pair[0]], ids[pair[1]], float(judgement.points[n]), judgement.reasons(n)))
            for pair, n in of_rows
            if pair not in settled
        ]

    by_person = {pair: _match_of(decision, pair, ids) for pair, decision in settled.items()}

    def chosen(flags: Any) -> list[Pair]:
        return [pair for pair in map(tuple, pairs[flags].tolist()) if pair not in settled]

    parted = [pair for pair, decision in settled.items() if decision.decision != "same"]
    certainly = chosen(judgement.certainly_apart)
    alike = dict(matches("same"))
    open_bridges = bridges(alike, chosen(judgement.weak), [*chosen(judgement.apart), *parted], certainly)
    sure = {pair: match for pair, match in alike.items() if pair not in open_bridges}
    same = dict([*((p, by_person[p]) for p, d in settled.items() if d.decision == "same"), *sure.items()])
    groups, refused = groups_of(len(ids), unique_pairs(same), [*parted, *certainly])
    together = {record: n for n, group in enumerate(groups) for record in group}

    def open_question(pair: Pair) -> bool:
        return pair[0] not in together or together.get(pair[0]) != together.get(pair[1])

    between = [(pair, replace(alike[pair], reasons=(*alike[pair].reasons, BRIDGE))) for pair in alike if pair in open_bridges]
    related = [*((p, by_person[p]) for p, d in settled.items() if d.decision == "same-study"), *matches("related")]
    return Deduplication(
        groups=tuple(tuple(ids[record] for record in group) for group in groups),
        merged=tuple(merge([records[record] for record in group]) for group in groups),
        same=tuple(match for pair, match in same.items() if pair not in set(refused)),
        unsure=tuple(match for pair, match in [*between, *matches("unsure")] if open_question(pair)),
        related=tuple(match for pair, match in related if open_question(pair)),
        contradictions=tuple(same[pair] for pair in refused),
        n=len(ids),
    )


def _rows(ids: Sequence[str]) -> dict[str, int]:
    row = {id_: n for n, id_ in enumerate(ids)}
    if len(row) < len(ids):
        twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})[:3]
        raise BadArgument(f"Records must have different identifiers; {', '.join(twice)} occurs twice. Read each file once.")
    return row


def _settled(decisions: Iterable[Decision], row: dict[str, int]) -> dict[tuple[int, int], Decision]:
    """What persons decided, by pair of rows, the last word on each."""
    decisions = list(decisions)
    unknown = sorted({id_ for decision in decisions for id_ in (decision.record, decision.other) if id_ not in row})
    if unknown:
        raise BadArgument(
            f"Decisions on records that are not there: {', '.join(unknown)}. Correct the identifiers, or read their file."
        )
    return {_ordered(row[decision.record], row[decision.other]): decision for decision in decisions}


def _ordered(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _match_of(decision: Decision, pair: tuple[int, int], ids: Sequence[str]) -> Match:
    reasons = (decision.reason,) if decision.reason else ()
    return Match(ids[pair[0]], ids[pair[1]], float("inf"), reasons, by=decision.reviewer or "person")
