"""Shades for amounts: one hue from paper to dark, so that they stay in order in grey and to every eye."""

from __future__ import annotations

from trialpool.figures import style

STEPS = ("#e3ebf4", "#c3d4e6", "#9cb8d6", "#7399c2", "#4b77a6", "#2c5685", "#123560", style.OVERALL)


def shade(share: float) -> str:
    """The shade of a share, 0 to 1; none is paper.

    >>> shade(0), shade(0.01), shade(1)
    ('#ffffff', '#e3ebf4', '#0b2545')
    """
    return style.PAPER if not share > 0 else STEPS[min(len(STEPS) - 1, int(share * len(STEPS)))]
