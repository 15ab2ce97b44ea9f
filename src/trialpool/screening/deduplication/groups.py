"""From verdicts on pairs to groups of records, so that what was judged different never stands in one group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Pair = tuple[int, int]


def groups_of(n: int, same: Iterable[Pair], apart: Iterable[Pair]) -> tuple[list[tuple[int, ...]], list[Pair]]:
    """Groups of records 0 to n - 1, and the pairs in `same` that were not joined because of `apart`.

    Pairs are joined in the order given, the surest first. A join that would bring two records of `apart` into one group is not
    made. Groups have two records or more, and are in the order of their first record.
    """
    group = list(range(n))
    members: dict[int, set[int]] = {}
    rivals: dict[int, set[int]] = {}
    for i, j in apart:
        rivals.setdefault(i, set()).add(j)
        rivals.setdefault(j, set()).add(i)
    refused = []
    for i, j in same:
        one, other = group[i], group[j]
        if one == other:
            continue
        ours, theirs = members.get(one, {one}), members.get(other, {other})
        if any(rivals.get(record, frozenset()) & theirs for record in ours):
            refused.append((i, j))
            continue
        kept = min(one, other)
        members[kept] = ours | theirs
        for record in members[kept]:
            group[record] = kept
    return sorted(tuple(sorted(found)) for root, found in members.items() if group[root] == root and len(found) > 1), refused


def bridges(same: Iterable[Pair], weak: Iterable[Pair], apart: Iterable[Pair], certainly_apart: Iterable[Pair]) -> set[Pair]:
    """Pairs in `same` by which a record is as much one publication as another, though these two are apart.

    A record without pages is like both of two letters of one title on different pages: it belongs to one of them, and only a
    person can say to which. Any pair counts where the two are certainly apart, else those in `weak`.
    """
    others: dict[int, set[int]] = {}
    same, weak = list(same), set(weak)
    for i, j in same:
        others.setdefault(i, set()).add(j)
        others.setdefault(j, set()).add(i)
    found = set()
    for doubtful, pairs in ((False, certainly_apart), (True, apart)):
        for i, j in pairs:
            between = others.get(i, set()) & others.get(j, set())
            edges = {(min(one, k), max(one, k)) for k in between for one in (i, j)}
            found |= edges & weak if doubtful else edges
    return found


def unique_pairs(pairs: Iterable[Sequence[int]]) -> list[Pair]:
    """Each pair once, the smaller row first, in the order of their first occurrence."""
    return list(dict.fromkeys((min(i, j), max(i, j)) for i, j in pairs if i != j))
