"""What was found, as messages show it."""

from __future__ import annotations

LONG, KEPT = 60, 40


def quoted(value: object) -> str:
    """A value between quotes, cut where it is long.

    >>> quoted("0,62"), quoted("x" * 100_000)
    ("'0,62'", "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'... (100000 characters)")
    """
    if isinstance(value, str) and len(value) > LONG:
        return f"{value[:KEPT]!r}... ({len(value)} characters)"
    text = repr(value)
    return text if len(text) <= LONG else f"{text[:KEPT]}..."
