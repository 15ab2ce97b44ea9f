"""Where words that speak for or against inclusion stand in a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

For = Literal["include", "exclude"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of a text, from `start` up to `end`, and what it speaks for."""

    start: int
    end: int
    speaks_for: For


def marks(text: str, include: Sequence[str], exclude: Sequence[str] = ()) -> tuple[Mark, ...]:
    """The words in a text, from its beginning to its end; `*` ends a stem, and of overlapping ones the earlier and longer counts.

    >>> marks("A randomised trial", ["random*"])
    (Mark(start=2, end=12, speaks_for='include'),)
    """
    found = [*_found(text, tuple(include), "include"), *_found(text, tuple(exclude), "exclude")]
    kept: list[Mark] = []
    for mark in sorted(found, key=lambda mark: (mark.start, -mark.end, mark.speaks_for == "include")):
        if not kept or mark.start >= kept[-1].end:
            kept.append(mark)
    return tuple(kept)


def _found(text: str, words: tuple[str, ...], speaks_for: For) -> list[Mark]:
    pattern = _pattern(words)
    return [Mark(*match.span(), speaks_for) for match in pattern.finditer(text)] if pattern else []


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """Any of the words, whole, the longest first; a blank stands for any space."""
    parts = [_part(word) for word in sorted(words, key=len, reverse=True) if word.strip("* ")]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE) if parts else None


def _part(word: str) -> str:
    return r"\s+".join(r"\w*".join(map(re.escape, piece.split("*"))) for piece in word.split())
