"""When screening may stop: how many relevant records can still be unseen, after every decision.

The rule is that of Callaghan & Müller-Hansen (Syst Rev 2020;9:273). Records that were screened after some point are taken as a
random sample of those that were unseen at that point. A ranking that puts relevant records first makes such a sample richer than
a random one, so what is left is overestimated and the rule errs towards screening on.

As published, the rule looks back over many windows, and it is asked after every decision: P is small somewhere by chance, the
likelier the more relevant records there are. So P is multiplied here by what was found, in tens (error rates: docs/ranking.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from trialpool.errors import BadArgument

Array = NDArray[np.float64]

FREE = 10  # relevant records up to which looking after every decision, at every window, is not corrected for


@dataclass(frozen=True)
class StoppingAdvice:
    """What can be said after the last decision.

    p : probability of finding so few relevant records lately, if recall were still below the target, corrected for looking after
        every decision; small: stop
    recall_at_least : lower limit of recall, at this confidence; 0 where nothing relevant was found yet
    unseen_at_most : upper limit of the relevant records that are unseen
    stop : whether p is at most 1 - confidence
    """

    screened: int
    total: int
    relevant: int
    target: float
    confidence: float
    p: float
    recall_at_least: float
    unseen_at_most: int
    stop: bool

    def __str__(self) -> str:
        return (
            f"{self.screened} of {self.total} records screened, {self.relevant} relevant. With {self.confidence:.0%} confidence "
            f"at least {_down(self.recall_at_least):.1f}% of the relevant records were found (at most {self.unseen_at_most} "
            f"unseen). That recall is below {self.target:.0%}: P {_p(self.p)} (hypergeometric test of Callaghan and "
            "Müller-Hansen 2020, corrected for looking after every decision)."
        )


def stopping_advice(decisions: Sequence[int], total: int, *, target: float = 0.95, confidence: float = 0.95) -> StoppingAdvice:
    """Whether screening may stop, with a statement that can be published.

    Windows of decisions are tried that begin at the start and after each relevant record: of those with the same relevant records
    the longest is the most telling. Of all windows the one that says most counts. Its P is multiplied by a tenth of the relevant
    records found, where these are more than ten: a correction, found by simulation, for the many windows and looks. With it,
    records in random order stop below the target in about as few orders as `confidence` says; without it, in up to half of them
    (docs/ranking.md). A ranking that is worse than chance for what is left can still mislead it.

    Parameters
    ----------
    decisions
        in the order of screening, 1 relevant, 0 not; `maybe` counts as relevant
    total
        records to screen in all, seen and unseen
    target
        recall that must be reached, between 0 and 1
    confidence
        of the statement, between 0 and 1

    Raises
    ------
    BadArgument
        more decisions than records, or numbers out of range

    Examples
    --------
    >>> advice = stopping_advice([1, 0, 1, 1] + [0] * 196, total=250)
    >>> advice.stop, advice.unseen_at_most
    (False, 1)
    """
    y = _checked(decisions, total, target, confidence)
    seen, found = y.size, int(y.sum())
    windows = _windows(y)
    if windows is None:
        return StoppingAdvice(seen, total, found, target, confidence, 1.0, 0.0, total - seen, stop=False)
    p = min(1.0, _looks(found) * _p_of(_missing_for(found, target), *windows, seen, total))
    unseen = _unseen_at_most(*windows, seen, total, (1 - confidence) / _looks(found))
    recall = found / (found + unseen) if found else 0.0
    return StoppingAdvice(seen, total, found, target, confidence, p, recall, unseen, stop=_says_stop(p, found, confidence))


def stopping_point(decisions: Sequence[int], total: int, *, target: float = 0.95, confidence: float = 0.95) -> int | None:
    """After how many of these decisions `stopping_advice` says for the first time that screening may stop; None if after none.

    From one relevant record to the next P only falls, so it is looked at before each relevant record and, where it is small
    enough there, searched by halves.

    >>> stopping_point([1, 0, 1, 1] + [0] * 246, total=250)
    238
    """
    y = _checked(decisions, total, target, confidence)
    ends = np.append(np.flatnonzero(y), y.size)  # the last decision before a relevant record, and the very last
    for before, end in zip(np.append(0, ends), ends, strict=False):
        if end > before and _stops(y[:end], total, target, confidence):
            low, high = int(before), int(end)  # not before low + 1, at high at the latest
            while low + 1 < high:
                middle = (low + high) // 2
                low, high = (low, middle) if _stops(y[:middle], total, target, confidence) else (middle, high)
            return high
    return None


def _stops(y: NDArray[np.int64], total: int, target: float, confidence: float) -> bool:
    windows, found = _windows(y), int(y.sum())
    if windows is None:
        return False
    return _says_stop(_looks(found) * _p_of(_missing_for(found, target), *windows, y.size, total), found, confidence)


def _looks(found: int) -> float:
    """By how much P is multiplied, for it is the smallest over windows and looks, of which there are more the more was found."""
    return max(1.0, found / FREE)


def _says_stop(p: float, found: int, confidence: float) -> bool:
    return p <= 1 - confidence and found > 0


def _windows(y: NDArray[np.int64]) -> tuple[Array, Array] | None:
    """After how many decisions each window begins, and the relevant records in it; None where there is no decision."""
    starts = np.concatenate([[0], np.flatnonzero(y) + 1])
    starts = starts[starts < y.size]
    if starts.size == 0:
        return None
    return starts, y.sum() - np.concatenate([[0], np.cumsum(y)])[starts]


def _missing_for(found: int, target: float) -> int:
    """The fewest unseen relevant records with which recall is below the target: found / (found + u) < target."""
    return int(np.floor(found / target - found + 1e-9)) + 1


def _p_of(unseen: int, starts: Array, in_window: Array, seen: int, total: int) -> float:
    """P(so few in the window), the smallest over windows, if `unseen` relevant records were left.

    It is 1/2 or more where a window has no fewer than expected, for the median is at most the mean, rounded up: such windows are
    looked at only where no other says more.
    """
    if unseen > total - seen:
        return 0.0
    pool, relevant, drawn = total - starts, in_window + unseen, seen - starts
    few = in_window * pool < drawn * relevant
    p = np.exp(_log_cdf(in_window[few], pool[few], relevant[few], drawn[few])).min(initial=1.0)
    return float(p if p < 0.5 else np.exp(_log_cdf(in_window, pool, relevant, drawn)).min())


def _unseen_at_most(starts: Array, in_window: Array, seen: int, total: int, alpha: float) -> int:
    """The most unseen relevant records that no window rejects at alpha; p falls as they grow, so by bisection."""
    low, high = -1, total - seen  # low is not rejected, high + 1 is
    while low < high:
        middle = (low + high + 1) // 2
        if _p_of(middle, starts, in_window, seen, total) > alpha:
            low = middle
        else:
            high = middle - 1
    return max(low, 0)


def _log_cdf(k: Array, total: Array, relevant: Array, drawn: Array) -> Array:
    """log P(X <= k) of the hypergeometric distribution, element by element: `drawn` of `total`, of which `relevant`.

    P(k) and, from there downwards, P(x - 1) / P(x) = x (total - relevant - drawn + x) / ((relevant - x + 1) (drawn - x + 1)), which
    falls with x, until what is added does not count any more.
    """
    at_k = _log_choose(relevant, k) + _log_choose(total - relevant, drawn - k) - _log_choose(total, drawn)
    x, term = k.astype(float), np.ones(k.shape)
    summed = term.copy()
    with np.errstate(over="ignore", invalid="ignore"):
        while (term > 1e-16 * summed).any():
            term = term * np.maximum(x, 0) * np.maximum(total - relevant - drawn + x, 0) / ((relevant - x + 1) * (drawn - x + 1))
            summed += term
            x -= 1
        logs = at_k + np.log(summed)
    return np.where(np.isneginf(at_k), -np.inf, np.where(np.isfinite(logs), np.minimum(logs, 0.0), 0.0))


def _log_choose(n: Array, k: Array) -> Array:
    possible = (k >= 0) & (k <= n)
    with np.errstate(all="ignore"):
        value = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
    return np.where(possible, value, -np.inf)


def _checked(decisions: Sequence[int], total: int, target: float, confidence: float) -> NDArray[np.int64]:
    y = np.asarray(decisions, dtype=np.int64)
    if y.ndim != 1 or not np.isin(y, (0, 1)).all():
        raise BadArgument("decisions must be a list of 0 and 1, in the order of screening.")
    if y.size > total:
        raise BadArgument(f"There are {y.size} decisions on {total} records. Give the number of all records, unseen ones too.")
    if not (0 < target <= 1 and 0 < confidence < 1):
        raise BadArgument(f"target={target} and confidence={confidence} must lie between 0 and 1.")
    return y


def _down(share: float) -> float:
    return float(np.floor(share * 1000) / 10)


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
