"""Can two studies hold the same patients: by registry id, publication, centre and years?"""

from __future__ import annotations

import re

YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
WORD = re.compile(r"[^\W\d_]{3,}")


def identifiers(text: str) -> frozenset[str]:
    """Registry identifiers of a cell, in one spelling; words without a digit ("not registered") are none.

    >>> sorted(identifiers("NCT 00430365; isrctn06413384")), identifiers("none")
    (['ISRCTN06413384', 'NCT00430365'], frozenset())
    """
    parts = (re.sub(r"[\s-]+", "", part).upper() for part in text.split(";"))
    return frozenset(part for part in parts if any(map(str.isdigit, part)))


def years(text: str) -> tuple[int, int] | None:
    """First and last year that a text names.

    >>> years("May 2001 to 2005"), years("2003"), years("")
    ((2001, 2005), (2003, 2003), None)
    """
    found = [int(year) for year in YEAR.findall(text)]
    return (min(found), max(found)) if found else None


def years_overlap(a: str, b: str) -> tuple[int, int] | None:
    """The years that both texts cover; None where there is none, or one names no year.

    >>> years_overlap("1999-2003", "2002-2006"), years_overlap("1999-2001", "2002-2006")
    ((2002, 2003), None)
    """
    one, other = years(a), years(b)
    if one is None or other is None:
        return None
    first, last = max(one[0], other[0]), min(one[1], other[1])
    return (first, last) if first <= last else None


def same_place(a: str, b: str) -> bool:
    """Do two texts name the same centres: the same words, whatever their order and case?

    >>> same_place("Mayo Clinic, Rochester", "rochester: Mayo clinic"), same_place("Lyon", "Paris"), same_place("", "")
    (True, False, False)
    """
    words = [frozenset(word.casefold() for word in WORD.findall(text)) for text in (a, b)]
    return bool(words[0]) and words[0] == words[1]
