"""Dashed and dotted lines by their rhythm: how far along a falling staircase a pixel lies does not depend on where it drops.

A line that goes right and down has gone x + y pixels when it is x to the right of its start and y below it, by whichever way.
So the pattern of a dashed line is a function of x + y, over the whole picture: lines of one colour with different dashes are told
apart by it wherever they cross, and a line that is hidden for a while is known again behind that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter, uniform_filter1d

from trialpool.digitising.drawing import Floats
from trialpool.digitising.tracing import descend

SHORTEST_PERIOD = 2.5  # pixels
_PERIODS = 2.0, 14.0  # shortest and longest, as multiples of the thickness of the line
_CANDIDATES = 4  # rhythms that are tried
_FINENESS = 16  # times that frequencies lie closer than independent ones
_RHYTHM = 0.12  # share of a line's ink that swings with a rhythm, from which it is one
_MULTIPLES = 4  # of the period of a rhythm that the pattern may have: dashes and dots swing more often than they repeat
_AS_WELL = 0.85  # share of what the best of them explains
_NO_STROKE = 0.06  # share of the period below which a stroke is noise
_TALL = 1.5, 2.5  # a mark is taller than so many times the thickness of its line and so many pixels
_TALLEST = 0.1  # share of the height of the plot up to which it has arms
_VEILED = 0.6  # share by which they count for less
_IN_IT = 0.25  # share of a pixel from which a line that spills into the next row is in it
_PER_PIXEL = 2  # parts of a pixel by which a pattern is known
_GAP, _FILLED, _MISSING = (
    0.1,
    1.0,
    2.0,
)  # what a gap brings that is one, and costs that is none, and a stroke that is none; one brings 1
_PASS = 2.0  # cost of a pixel on the way down that should be there and is not, or the other way round
_DARKER = 0.15  # share of a pixel from which a part of the pattern is a stroke, above half of its range


@dataclass(frozen=True, slots=True)
class Pattern:
    """The rhythm of a dashed line.

    period  : pixels
    profile : (n,) ink at n equal steps of a period, the first at x + y = 0 of the plot
    explains : share of the variance of ink along the line that it explains
    """

    period: float
    profile: Floats
    explains: float = 1.0

    def expected(self, shape: tuple[int, int]) -> Floats:
        """(rows, columns) from -1, where the line has a gap, to 1, where it has a stroke."""
        low, high = float(self.profile.min()), float(self.profile.max())
        return (2 * self.profile[self._phase(shape)] - low - high) / max(high - low, 1e-6)

    def _phase(self, shape: tuple[int, int]) -> NDArray[np.intp]:
        return _step(_along(shape), self.period, len(self.profile))

    @property
    def strokes(self) -> Floats:
        """Lengths of its strokes in pixels, one after the other: one for dashes or dots, two for dashes and dots."""
        on = self.profile > (self.profile.min() + self.profile.max()) / 2
        if on.all() or not on.any():
            return np.array([self.period])
        turned = np.roll(on, -int(np.flatnonzero(~on)[0]))  # begins with a gap
        edges = np.flatnonzero(np.diff(np.concatenate([[False], turned, [False]]).astype(np.int8)))
        lengths = np.asarray((edges[1::2] - edges[::2]) * self.period / len(on))
        return np.asarray(lengths[lengths >= min(_NO_STROKE * self.period, lengths.max())])


def _along(shape: tuple[int, int]) -> Floats:
    """x + y of each pixel."""
    return np.asarray(np.add.outer(np.arange(shape[0], dtype=float), np.arange(shape[1], dtype=float)))


def _step(along: Floats, period: float, n: int) -> NDArray[np.intp]:
    return np.asarray(np.floor(along / period % 1 * n), dtype=np.intp) % n


def rhythms(ink: Floats, thickness: float) -> list[complex]:
    """Frequencies in which ink swings along x + y, the strongest first: cycles a pixel, and as imaginary part the phase, radians.

    >>> x = np.arange(400)
    >>> line = np.zeros((40, 400))
    >>> line[20] = (x + 20 + 3) % 10 < 5
    >>> found = rhythms(line, 2.0)[0]
    >>> round(1 / found.real, 2)
    10.0
    """
    rows, columns = ink.shape
    total = np.bincount(_along(ink.shape).astype(int).ravel(), weights=ink.ravel(), minlength=rows + columns)
    shortest, longest = max(_PERIODS[0] * thickness, SHORTEST_PERIOD), _PERIODS[1] * max(thickness, 1.0)
    swing = total - gaussian_filter1d(total, longest / 2, mode="constant")
    size = _FINENESS * len(swing)
    spectrum = np.fft.rfft(swing, size)
    frequency = np.arange(len(spectrum)) / size
    power = np.abs(spectrum) * ((frequency >= 1 / longest) & (frequency <= 1 / shortest))
    peaks = np.flatnonzero((power > 0) & (power >= maximum_filter(power, size=2 * _FINENESS + 1)))
    best = peaks[np.argsort(-power[peaks])][:_CANDIDATES]
    return [complex(frequency[i], np.angle(spectrum[i])) for i in best]


def dashed_path(ink: Floats, other: Floats, start: int | None, thickness: float) -> tuple[NDArray[np.intp], Pattern] | None:
    """The best path of a dashed line and its pattern; None where nothing has a rhythm.

    Parameters
    ----------
    ink   : (rows, columns) share of each pixel that lines of this look cover
    other : (rows, columns) share that hides them
    start : row of survival 1
    thickness : of the line, in pixels, or so
    """
    best: tuple[float, Pattern] | None = None
    along = _along(ink.shape)
    for rhythm in rhythms(np.where((ink > _DARKER) & (other < 0.5), ink, 0.0), thickness):
        path, _ = _follow(np.cos(2 * np.pi * rhythm.real * along + rhythm.imag), ink, other, start)
        if (pattern := pattern_along(path, ink, other, 1 / rhythm.real)) is None:
            continue
        path, score = follow_pattern(pattern, ink, other, start)
        pattern = pattern_along(path, ink, other, pattern.period) or pattern
        if best is None or score > best[0]:
            best = score, pattern
    if best is None:
        return None
    path, _ = follow_pattern(best[1], ink, other, start)
    return path, best[1]


def follow_pattern(pattern: Pattern, ink: Floats, other: Floats, start: int | None) -> tuple[NDArray[np.intp], float]:
    """The best path of a line with this pattern, and how much of its ink is as expected."""
    return _follow(pattern.expected(ink.shape), ink / pattern.profile.max(), other, start)


def _follow(expected: Floats, ink: Floats, other: Floats, start: int | None) -> tuple[NDArray[np.intp], float]:
    """The path on which ink is most as expected, and how much it is."""
    there = covered(np.clip(ink, 0, 1))
    agrees = np.where(
        expected > 0, expected * ((1 + _MISSING) * there - _MISSING), expected * ((_GAP + _FILLED) * there - _GAP)
    ) * (1 - other)
    path = descend(agrees, _PASS * np.clip(-agrees, 0, None), start)
    return path, float(agrees[path, np.arange(len(path))].sum())


def covered(ink: Floats) -> Floats:
    """Ink, as if a thin line between two rows, each of which it covers in part, were in either of them as a whole."""
    padded = np.pad(ink, ((1, 1), (0, 0)))
    around = ink + padded[:-2] + padded[2:]
    return np.clip(np.where(ink >= _IN_IT, around, ink), 0, 1)


def marks_veiled(ink: Floats, other: Floats, thickness: float) -> Floats:
    """What hides, with what is far taller than a line is thick, such as censoring marks and their arms: these count for less.

    A mark across a gap looks like a stroke. Drops that are as tall count for less, too.
    """
    hidden = np.zeros(ink.shape, dtype=bool)
    reach = int(np.ceil(thickness / 2 + 0.5))
    for column, start, end in tall_runs(ink, thickness):
        hidden[start:end, column] = True
        if end - start <= _TALLEST * len(ink):
            arm, middle = (end - start) // 2 + 1, (start + end) // 2
            hidden[max(middle - reach, 0) : middle + reach + 1, max(column - arm, 0) : column + arm + 1] = True
    return np.where(hidden, np.maximum(other, _VEILED), other)


def tall_runs(ink: Floats, thickness: float) -> Iterator[tuple[int, int, int]]:
    """Column, first row and the row after the last of each upright run of ink that is far taller than a line is thick."""
    least = _TALL[0] * thickness + _TALL[1]
    edges = np.diff(np.pad(ink > _DARKER, ((1, 1), (0, 0))).astype(np.int8), axis=0)
    for column in np.flatnonzero((ink > _DARKER).sum(0) > least).tolist():
        starts, ends = np.flatnonzero(edges[:, column] > 0), np.flatnonzero(edges[:, column] < 0)
        yield from ((column, start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True) if end - start > least)


def pattern_along(path: NDArray[np.intp], ink: Floats, other: Floats, period: float) -> Pattern | None:
    """The pattern of ink along a path, of about a period or a few times that; None where it has none."""
    column = np.arange(len(path))
    seen = other[path, column] < 0.5
    along, there = (path + column)[seen].astype(float), ink[path, column][seen]
    if len(there) < 4 * period or there.sum() <= 0:
        return None
    close = 1 / (8 * len(path))
    frequencies: Floats = np.asarray(1 / period + close * np.arange(-16, 17), dtype=float)
    frequency = float(frequencies[_swings(along, there, frequencies).argmax()])
    if _swings(along, there, np.array([frequency], dtype=float))[0] < _RHYTHM:
        return None
    periods = [times / frequency for times in range(1, _MULTIPLES + 1) if 4 * times <= len(there) * frequency]
    patterns = [_folded(along, there, length) for length in periods]
    explained = np.array([pattern.explains for pattern in patterns])
    return patterns[int((explained >= _AS_WELL * explained.max()).argmax())]


def _swings(along: Floats, there: Floats, frequencies: Floats) -> Floats:
    """Share of ink that swings with each frequency."""
    waves = np.exp(-2j * np.pi * np.outer(frequencies, along))
    return np.asarray(np.abs(waves @ (there - there.mean())) / there.sum())


def _folded(along: Floats, there: Floats, period: float) -> Pattern:
    """Mean ink by step of a period; what a step lacks it has from its neighbours."""
    n = max(round(_PER_PIXEL * period), 6)
    step = _step(along, period, n)
    count, total = (np.bincount(step, weights=w, minlength=n) for w in (np.ones_like(there), there))
    count, total = (uniform_filter1d(part, size=3, mode="wrap") for part in (count, total))
    profile = np.where(count > 0, total / np.maximum(count, 1e-9), there.mean())
    left = float(((there - profile[step]) ** 2).mean() / max(there.var(), 1e-9))
    return Pattern(period, np.asarray(profile), 1 - left)
