"""Effects and intervals as figures print them."""

from __future__ import annotations

import math
from collections.abc import Iterable

MINUS, DASH, INFINITE, ABSENT = "\u2212", "\u2013", "\u221e", "NE"


def ratio_text(x: float) -> str:
    """A ratio, from its logarithm: two decimals, three below 0.10, fewer as it grows.

    >>> [ratio_text(math.log(x)) for x in (0.0123, 0.62, 1, 12.34, 148.4)]
    ['0.012', '0.62', '1.00', '12.3', '148']
    """
    if math.isnan(x):
        return ABSENT
    if x > math.log(1e5):
        return INFINITE if x == math.inf else ">99999"
    ratio = math.exp(x)
    if 0 < ratio < 0.0005:
        return "<0.001"
    return f"{ratio:.{_ratio_decimals(ratio)}f}"


def _ratio_decimals(ratio: float) -> int:
    if ratio == 0:
        return 2
    return 3 if ratio < 0.0995 else 2 if ratio < 9.995 else 1 if ratio < 99.95 else 0


def difference_text(x: float, decimals: int = 2) -> str:
    """A difference with a true minus sign, and never minus zero.

    >>> difference_text(-0.05), difference_text(-0.001), difference_text(1.5)
    ('−0.05', '0.00', '1.50')
    """
    if math.isnan(x):
        return ABSENT
    text = INFINITE if math.isinf(x) else f"{abs(x):.{decimals}f}" if abs(x) < 1e6 else f"{abs(x):.1e}"
    return MINUS + text if x < 0 and text.strip("0.") else text


def decimals_for(values: Iterable[float]) -> int:
    """Decimals that suit a column of differences: 3 where all are within 0.1, 2, and fewer as they grow.

    >>> decimals_for([-0.05, 0.02]), decimals_for([-0.5, 0.02]), decimals_for([250.0])
    (3, 2, 1)
    """
    largest = max((abs(x) for x in values if math.isfinite(x)), default=1.0)
    return 3 if largest < 0.1 else 2 if largest < 100 else 1 if largest < 1000 else 0


def number_text(x: float, *, log: bool, decimals: int = 2) -> str:
    """A number on the analysis scale as it is printed: back-transformed where that scale is logarithmic."""
    return ratio_text(x) if log else difference_text(x, decimals)


def range_text(low: float, high: float, *, log: bool, decimals: int = 2) -> str:
    """Two limits: an en dash between ratios, "to" between differences, which may be negative.

    >>> range_text(math.log(0.57), math.log(0.67), log=True), range_text(-0.1, 0.01, log=False)
    ('0.57–0.67', '−0.10 to 0.01')
    """
    link = DASH if log else " to "
    return link.join(number_text(x, log=log, decimals=decimals) for x in (low, high))


def share_text(share: float | None) -> str:
    """A weight, 0 to 1, as percent: `8.3%`; empty where there is none."""
    return "" if share is None else ABSENT if math.isnan(share) else f"{100 * share:.1f}%"


def level_text(level: float) -> str:
    """A confidence level as percent: `95%`, `97.5%`."""
    return f"{100 * level:.4g}%"
