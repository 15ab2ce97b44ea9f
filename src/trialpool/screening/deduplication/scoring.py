"""How well duplicates were found, on records whose duplicates are known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """Counts of records, after Rathbone et al. (Syst Rev 2015;4:6) as the benchmark of BibDedupe counts them.

    A known cluster of which k records are kept: k = 0 is one false positive (a publication lost) and the rest true positives;
    otherwise one true negative, k - 1 false negatives, and the removed ones true positives. A record without duplicates is a true
    negative where it is kept, a false positive where not.
    """

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int

    @property
    def sensitivity(self) -> float:
        """Share of the removable records that were removed."""
        return self.true_positives / (self.true_positives + self.false_negatives)

    @property
    def specificity(self) -> float:
        """Share of the publications that were kept."""
        return self.true_negatives / (self.true_negatives + self.false_positives)


def score(records: Sequence[str], found: Collection[Sequence[str]], known: Collection[Sequence[str]]) -> Score:
    """The found groups against the known clusters, both of identifiers; the first of each found group is kept.

    >>> score(["a", "b", "c", "d"], found=[("a", "b")], known=[("a", "b", "c")])
    Score(true_positives=1, false_positives=0, true_negatives=2, false_negatives=1)
    """
    removed = {record for group in found for record in group[1:]}
    kept = [sum(record not in removed for record in cluster) for cluster in known]
    clustered = {record for cluster in known for record in cluster}
    alone = [record for record in records if record not in clustered]
    lost = sum(k == 0 for k in kept) + sum(record in removed for record in alone)
    return Score(
        true_positives=sum(len(cluster) - max(k, 1) for cluster, k in zip(known, kept, strict=True)),
        false_positives=lost,
        true_negatives=len(known) + len(alone) - lost,
        false_negatives=sum(max(k - 1, 0) for k in kept),
    )
