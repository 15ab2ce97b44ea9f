"""Abbreviations that a text gives another meaning than the grammar does: `heart rate (HR)`, `response rate [RR]`."""

from __future__ import annotations

import re

DEFINED = re.compile(r"[(\[](HR|RR|OR|MD|RD|SMD|IRR|ARD|ROM)s?[,;)\]]")
FAR = 60
OWN_WORDS = re.compile(r"(?i)hazard|risk|odds|ratio|difference|relativ|rate\s+ratio|rischi|riesgo|risque|risiko|cociente|rapport")


def foreign_abbreviations(text: str) -> frozenset[str]:
    """Abbreviations of measures that the text defines as something else.

    >>> sorted(foreign_abbreviations("Heart rate (HR) fell; the hazard ratio (HR) ... response rate (RR), odds ratio (OR)"))
    ['RR']
    """
    other, own = set(), set()
    for match in DEFINED.finditer(text):
        words = text[max(0, match.start() - FAR) : match.start()].split()[-3:]
        if OWN_WORDS.search(" ".join(words)):
            own.add(match[1])
        elif _initials(words).endswith(match[1][-2:].lower()):
            other.add(match[1])
    return frozenset(other - own)


def _initials(words: list[str]) -> str:
    return "".join(part[0] for word in words for part in word.split("-") if part).lower()
