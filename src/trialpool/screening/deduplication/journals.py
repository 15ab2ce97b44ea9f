"""Whether two names of a journal can be names of one: titles, abbreviations, initials."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz import fuzz

_WEAK = frozenset(
    (
        "journal",
        "official",
        "the",
        "of",
        "and",
        "for",
        "in",
        "an",
        "a",
        "on",
        "de",
        "la",
        "le",
        "der",
        "die",
        "das",
        "und",
        "et",
        "en",
        "y",
        "e",
    )
)
_SHORTEST_INITIALS, _LONGEST_INITIALS = 3, 7
_LIKE = 88.0


@lru_cache(maxsize=200_000)
def same_journal(one: str, other: str) -> bool:
    """Whether two folded names can be one journal.

    Names are one where every word of the shorter begins a word of the longer, in order (`clin cancer res`, `clinical cancer
    research an official journal`), where one is the initials of the other (`jama`), or where their words are nearly the same.

    >>> same_journal("dtsch arztebl int", "deutsches arzteblatt international")
    True
    >>> same_journal("chest", "respirology")
    False
    """
    if one == other:
        return True
    short, long = sorted((_words(one), _words(other)), key=len)
    if len(short) == 1 and len(short[0]) <= _LONGEST_INITIALS and len(long) > 1:
        every_word = (one if len(one) > len(other) else other).split()
        if any("".join(word[0] for word in words).startswith(short[0]) for words in (long, every_word)):
            return True
    if _acronym_first(one, other) or _acronym_first(other, one):
        return True
    if _begins_in_order(short, long):
        return len(short) > 1 or len(long) == 1 or long[0] == short[0]
    return bool(fuzz.token_set_ratio(" ".join(short), " ".join(long)) >= _LIKE and len(short) > 1)


def _acronym_first(one: str, other: str) -> bool:
    """`icis transforming society` and `international conference on information systems`."""
    acronym, words = one.partition(" ")[0], _words(other)
    return _SHORTEST_INITIALS <= len(acronym) <= _LONGEST_INITIALS and acronym == "".join(word[0] for word in words)


def _words(name: str) -> list[str]:
    return [word for word in name.split() if word not in _WEAK] or name.split()


def _begins_in_order(short: list[str], long: list[str]) -> bool:
    rest = iter(long)
    return all(any(_abbreviates(word, other) for other in rest) for word in short)


def _abbreviates(word: str, other: str) -> bool:
    """One begins the other, or has its first and last letters with all letters in order (`dtsch`, `deutsches`)."""
    brief, full = sorted((word, other), key=len)
    if full.startswith(brief):
        return True
    letters = iter(full)
    return len(brief) >= 4 and brief[0] == full[0] and all(letter in letters for letter in brief)
