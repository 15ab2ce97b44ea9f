"""Sentences of a text, by their places in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

NOT_AN_END = (
    r"(?<!\bvs\.)(?<!\bv\.)(?<!\bal\.)(?<!\be\.g\.)(?<!\bi\.e\.)"
    r"(?<!\bc\.i\.)(?<!\bC\.I\.)(?<!\bFig\.)(?<!\bcf\.)(?<!\bNo\.)(?<!\bDr\.)(?<!\bapprox\.)(?<!\bca\.)"
)
END_OF_SENTENCE = re.compile(
    rf"(?:(?<=[.!?])|(?<=[.!?][\"')\]])){NOT_AN_END}\s+(?=[\"'(\[]?[^\W\d_a-z]|\d)"
    r"(?!\d+(?:\.\d+)?\s?%?\s?-?(?:CI|KI|Cl|conf|cred))"
    r"|[ ]*\n[ ]*\n\s*"
)


class Span(NamedTuple):
    """A sentence by its places; `paragraph` counts the paragraphs of the text."""

    start: int
    end: int
    paragraph: int


def sentences(text: str) -> Iterator[Span]:
    """The sentences of a text; a blank line ends one too.

    >>> text = "PFS was longer (HR 0.5 vs. 0.7). OS was not (P = .2)."
    >>> [text[s.start : s.end] for s in sentences(text)]
    ['PFS was longer (HR 0.5 vs. 0.7).', 'OS was not (P = .2).']
    """
    start = paragraph = 0
    for match in END_OF_SENTENCE.finditer(text):
        if match.start() > start:
            yield Span(start, match.start(), paragraph)
        paragraph += "\n" in match.group() and match.group().count("\n") > 1
        start = match.end()
    if text[start:].strip():
        yield Span(start, start + len(text[start:].rstrip()), paragraph)
