"""Whether two titles differ in a word that means something, and not only in how the same words are written."""

from __future__ import annotations

import re
from collections import Counter

from rapidfuzz.distance import OSA

from trialpool.screening.deduplication.titles import NUMBER_WORDS

_SAY_NOTHING = frozenset(
    ("a", "an", "the", "this", "that", "of", "in", "on", "for", "to", "and", "or", "with", "by", "at", "from", "as", "plus", "vs",
     "versus", "s", "how", "it", "its", "we", "our", "do", "does", "did", "is", "are", "was", "were", "be")
)  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "κ": "kappa", "λ": "lambda", "μ": "mu", "τ": "tau",
    "χ": "chi", "ω": "omega",
}  # fmt: skip
_OPPOSITES = re.compile(r"hyper|hypo|intra|inter|pre|post|macro|micro|mono|poly")
_ENDINGS = frozenset({"me", "ue", "al", "ic", "ed", "es"})
_SHORTEST = 5


def differ_in_a_word(one: str, other: str) -> bool:
    """Whether one of two folded titles has a word that the other has in no way of writing it.

    Not counted are spelling and typing errors within a word, endings, words written as one, numbers as words, Greek letters, and
    words such as `the` and `with`. `men` and `women`, `with` and `without`, `part a` and `part b` are other words.

    >>> differ_in_a_word("randomised trial of follow up in tumours", "a randomized trial of followup in tumour")
    False
    >>> differ_in_a_word("survival in men with myeloma", "survival in women with myeloma")
    True
    >>> differ_in_a_word("survival after transplantation", "quality of life and survival after transplantation")
    True
    """
    first, second = ([_plain(word) for word in title.split()] for title in (one, other))
    ours, theirs = _beyond(first, second), _beyond(second, first)
    if "".join(ours) == "".join(theirs):
        return False
    ours, theirs = ([word for word in words if word not in _SAY_NOTHING] for words in _unpaired(ours, theirs))
    return "".join(ours) != "".join(theirs)


def _plain(word: str) -> str:
    """A word with numbers as digits, Greek letters by name, and `ae` and `oe` as Americans write them."""
    for letter, name in _GREEK.items():
        word = word.replace(letter, name)
    return NUMBER_WORDS.get(word, word).replace("ae", "e").replace("oe", "e")


def _beyond(words: list[str], others: list[str]) -> list[str]:
    """The words that the others do not have as often, in order."""
    left = Counter(others)
    beyond = []
    for word in words:
        if left[word] > 0:
            left[word] -= 1
        else:
            beyond.append(word)
    return beyond


def _unpaired(ours: list[str], theirs: list[str]) -> tuple[list[str], list[str]]:
    """What is left of both when words that are the same in another spelling are taken away."""
    theirs = list(theirs)
    alone = []
    for word in ours:
        partner = next((n for n, candidate in enumerate(theirs) if _one_word(word, candidate)), None)
        if partner is None:
            alone.append(word)
        else:
            del theirs[partner]
    return alone, theirs


def _one_word(one: str, other: str) -> bool:
    """Whether two words can be one (`tumour`, `tumors`): an ending or one letter apart; `quinine` and `quinidine` are two."""
    short, long = sorted((one.rstrip("s"), other.rstrip("s")), key=len)
    if short == long:
        return len(short) > 1
    if len(short) < _SHORTEST or short[:2] != long[:2] or any(mark.isdigit() for mark in short + long):
        return False
    if _in_a_series(short, long) or _prefix(short) != _prefix(long):
        return False
    return OSA.distance(short, long) <= 1 or (long.startswith(short) and long[len(short) :] in _ENDINGS)


def _prefix(word: str) -> str:
    found = _OPPOSITES.match(word)
    return found[0] if found else ""


def _in_a_series(one: str, other: str) -> bool:
    """Whether the last letter alone is another (`groupa`, `groupb`), but for `analysis` and `analyses`."""
    return one[:-1] == other[:-1] and {one[-1], other[-1]} != {"i", "e"}
