"""From the path through a line's pixels to the levels of a staircase, finer than a pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.optimize import isotonic_regression

from trialpool.digitising.drawing import Floats

PART = 0.3  # share of a pixel from which it belongs to the line
HIDDEN = 0.5  # share of a pixel from which something else is said to cover it
_OFF = 0.7  # pixels by which an edge may stand out before it is a censoring mark
_STEP = 0.3  # pixels below which two levels are one
_NARROW = 0.6  # pixels below which a level is the slope of a drop that the picture blurs
_TALL = 1.5  # pixels by which a mark stands out at least
_CAP = 2.0  # pixels that the arm of a mark may be longer than it is tall
_BEHIND = 0.2  # weight of the level of a line that hides another, where an edge that is seen has 1
_AROUND = 3.0  # pixels to each side in which a drop is looked for
_NUDGE = 1.0  # pixels by which it may be off at first
_LASTING, _LEVELS = 4.0, 5  # columns that a level lasts, and levels that do, to tell whether they lie on whole pixels
_ON_PIXELS = 0.75  # length of the mean of their fractions on a circle
_THIN = 0.75  # share of its thickness below which it is no line but the arm of a mark
_AGAINST = 0.3  # pixels by which the first level may be off that
_WINDOW = 9  # columns; what is narrower than half of them is no part of an edge


@dataclass(frozen=True, slots=True)
class Edges:
    """Upper and lower edge of a line by column; nan where it is not to be seen.

    top, bottom   : (m,) in pixels from the top
    above, below  : (m,) mean upper and lower edge over the width of the column, where a line may drop within it
    """

    top: Floats
    bottom: Floats
    above: Floats
    below: Floats

    def without(self, marked: NDArray[np.bool_]) -> Edges:
        """The edges, unknown in the columns of marks."""
        return Edges(*(np.where(marked, np.nan, edge) for edge in (self.top, self.bottom, self.above, self.below)))

    @property
    def thickness(self) -> float:
        """Of the line where it runs level: most columns have it, or more where it drops or bears a mark."""
        seen = (self.bottom - self.top)[np.isfinite(self.bottom - self.top)]
        if not len(seen):
            return 1.0
        low = max(float(np.quantile(seen, 0.02)), 0.5)
        counts, bins = np.histogram(seen[seen <= 3 * low + 1], bins=np.arange(low - 0.25, 3 * low + 1.5, 0.5))
        most = int((counts >= counts.max() / 2).argmax())
        near = seen[(seen >= bins[most]) & (seen <= bins[most + 1])]
        return float(np.median(near if len(near) else seen))


def edges_along(cover: Floats, hidden: Floats, path: NDArray[np.intp]) -> Edges:
    """The edges of the run of ink that a path passes through in each column.

    Parameters
    ----------
    cover  : (rows, columns) share of each pixel that the line covers
    hidden : (rows, columns) share that something else covers; an edge next to it is not known
    path   : (m,) rows
    """
    top, bottom, above, below = (np.full(len(path), np.nan) for _ in range(4))
    for column, row in enumerate(path):
        ink, other = cover[:, column], hidden[:, column]
        inside = _nearest_ink(ink, int(row))
        if inside is None:
            continue
        high, low = _run(ink, inside)
        top[column], bottom[column] = _edges_of_run(ink, high, low)
        if high == 0 or other[high - 1] >= HIDDEN:
            top[column] = np.nan
        if low == len(ink) - 1 or other[low + 1] >= HIDDEN:
            bottom[column] = np.nan
    edges = Edges(top, bottom, above, below)
    half = edges.thickness / 2
    for column in np.flatnonzero(np.isfinite(top) & np.isfinite(bottom)).tolist():
        ink = cover[:, column]
        lowest, highest = int(bottom[column] - half), int(np.ceil(top[column] + half))
        above[column] = lowest - ink[max(int(top[column]) - 1, 0) : lowest].sum()
        below[column] = highest + ink[highest : int(np.ceil(bottom[column])) + 1].sum()
    return edges


def _run(ink: Floats, inside: int) -> tuple[int, int]:
    """First and last row of the ink around a row."""
    high = low = inside
    while high > 0 and ink[high - 1] > PART:
        high -= 1
    while low < len(ink) - 1 and ink[low + 1] > PART:
        low += 1
    return high, low


def _edges_of_run(ink: Floats, high: int, low: int) -> tuple[float, float]:
    """Edges by how much of the outermost pixels is covered; those of a thin line lie evenly about its centre of gravity."""
    rows = np.arange(max(high - 1, 0), min(low + 2, len(ink)))
    share = ink[rows]
    if low - high < 2:
        centre, half = float(((rows + 0.5) * share).sum() / share.sum()), float(share.sum()) / 2
        return centre - half, centre + half
    above, below = (float(ink[row]) if 0 <= row < len(ink) else 0.0 for row in (high - 1, low + 1))
    return high + 1 - float(ink[high]) - above, low + float(ink[low]) + below


def _nearest_ink(ink: Floats, row: int) -> int | None:
    for near in (row, row + 1, row - 1):
        if 0 <= near < len(ink) and ink[near] > PART:
            return near
    return None


@dataclass(frozen=True, slots=True)
class Staircase:
    """The middle of a line, in pixels.

    x, y  : (m,) places and levels; y does not fall (rows count downwards)
    marks : (k,) places of what stands out of the line upwards, as censoring ticks do
    end   : where the line ends
    edges : those that it was made from
    """

    x: Floats
    y: Floats
    marks: Floats
    end: float
    edges: Edges


def staircase(edges: Edges, *, capped: bool = True, behind: Floats | None = None) -> Staircase:
    """The staircase in the middle of a line that was drawn with a pen of some thickness.

    A square pen of half-width h that follows a falling staircase y(x) leaves a line whose upper edge is y(x - h) - h and whose
    lower edge is y(x + h) + h: each edge is the staircase itself, shifted. So both are read, what sticks out of either is a
    censoring mark and left out (an upper edge never rises, a lower one never falls short of what follows), and the level is the
    monotone least-squares fit to both. `capped` lines reach h beyond their end; a line ends at a mark that stands on its end.
    `behind` is the level of the line that hides this one, by column, nan elsewhere: there the two are about the same.
    """
    half = edges.thickness / 2
    middle = np.arange(len(edges.top)) + 0.5
    edges = edges.without(_arms_at_the_end(edges))
    up, down = _standing_out(edges.top), _standing_out(-edges.bottom[::-1])[::-1]
    marks, reach = _marks(edges, half)
    end = len(middle) - (half if capped else 0.0)
    if len(marks) and end - marks[-1] <= reach[-1] + _CAP:
        end = float(marks[-1])
    edges = edges.without(up | _narrow(down, edges.thickness))
    edges = Edges(edges.top, np.where(down, np.nan, edges.bottom), edges.above, np.where(down, np.nan, edges.below))
    hidden = (
        np.full(len(middle), np.nan) if behind is None else np.where(np.isnan(edges.top) & np.isnan(edges.bottom), behind, np.nan)
    )
    x = np.concatenate([middle - half, middle + half, middle])
    y = np.concatenate([edges.top + half, edges.bottom - half, hidden])
    weight = np.repeat([1.0, 1.0, _BEHIND], len(middle))
    seen = np.isfinite(y) & (x <= end + 0.5)
    x, y, weight = x[seen], y[seen], weight[seen]
    order = np.argsort(x, kind="stable")
    level = np.asarray(isotonic_regression(y[order], weights=weight[order]).x) if len(y) > 1 else y
    return Staircase(x[order], level, marks, end, edges)


@dataclass(frozen=True, slots=True)
class LastDrop:
    """Where a line goes straight down and ends, in pixels: place and level."""

    place: float
    level: float


def last_drop(cover: Floats, path: NDArray[np.intp], thickness: float) -> LastDrop | None:
    """The drop with which a line ends, as that of the last patient does; None where it ends on a level.

    A path stays on the last level, for nothing follows the drop. It is told from a censoring mark by going down alone.
    """
    if not np.isfinite(thickness):
        return None
    places, levels = [], []
    for column in range(max(len(path) - round(thickness) - 2, 0), len(path)):
        row = int(path[column])
        inside = _nearest_ink(cover[:, column], row)
        if inside is None:
            continue
        high, low = _run(cover[:, column], inside)
        if low - row > 2 * thickness + _TALL and row - high <= thickness + 1:
            places.append(column + 0.5)
            levels.append(_edges_of_run(cover[:, column], high, low)[1] - thickness / 2)
    if len(places) < max(thickness / 2, 1):
        return None
    return LastDrop(float(np.mean(places)), float(np.median(levels)))


def _marks(edges: Edges, half: float) -> tuple[Floats, Floats]:
    """Middle of each mark that stands up from the line, and how far it does."""
    usual = np.maximum.accumulate(_usual(edges.top))
    height = np.where(np.isfinite(edges.top) & np.isfinite(usual), usual - np.nan_to_num(edges.top), 0.0)
    places, reach = [], []
    for group in _runs(height > _TALL):
        tall = height[group]
        if len(group) <= 2 * (2 * half) + 2 and tall.max() > _TALL:
            places.append(float(((group + 0.5) * tall).sum() / tall.sum()))
            reach.append(float(tall.max()))
    return np.array(places), np.array(reach)


def _runs(where: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """The places of each run of True."""
    at = np.flatnonzero(where)
    return [run for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1) if len(run)]


def _usual(edge: Floats) -> Floats:
    """An edge without what is narrower than half a window."""
    return np.asarray(median_filter(np.where(np.isfinite(edge), edge, -np.inf), size=_WINDOW, mode="nearest"))


def _narrow(where: NDArray[np.bool_], thickness: float) -> NDArray[np.bool_]:
    """Where True lasts no longer than a mark is wide."""
    narrow = np.zeros_like(where)
    for run in _runs(where):
        narrow[run] = len(run) <= 2 * thickness + 2
    return narrow


def _arms_at_the_end(edges: Edges) -> NDArray[np.bool_]:
    """The last columns, where they are thinner than the line: the arms of a mark on its end may be."""
    thick = edges.bottom - edges.top >= _THIN * edges.thickness
    last = int(np.flatnonzero(thick)[-1]) if thick.any() else len(thick)
    return np.asarray(np.arange(len(thick)) > last)


def _standing_out(edge: Floats) -> NDArray[np.bool_]:
    """Where an edge that may only grow is below what it has been: columns of marks."""
    known = np.where(np.isfinite(edge), edge, -np.inf)
    before = np.concatenate([[-np.inf], np.maximum.accumulate(_usual(edge))[:-1]])
    return np.isfinite(edge) & (known < before - _OFF)


def corners(stairs: Staircase) -> tuple[Floats, Floats]:
    """The steps of a staircase: (k,) places and levels, the first where the line begins and the last where it ends.

    Levels nearer to each other than a fraction of a pixel are one, at their mean; a level that lasts a pixel only is a drop that
    the picture has blurred, and the drop is put where it leaves the area as it is.

    >>> unknown = Edges(*np.full((4, 6), np.nan))
    >>> at, level = corners(Staircase(np.arange(6.0), np.array([1, 1.1, 1, 3, 3, 3]), np.empty(0), 5.0, unknown))
    >>> at.tolist(), level.round(2).tolist()
    ([0.0, 2.5, 5.0], [1.03, 3.0, 3.0])
    """
    x, y = stairs.x, stairs.y
    starts = [0]
    for i in range(1, len(y)):
        if y[i] - y[starts[-1] : i].mean() > _STEP:
            starts.append(i)
    levels = [float(part.mean()) for part in np.split(y, starts[1:])]
    places = [float(x[0])] + [float((x[i - 1] + x[i]) / 2) for i in starts[1:]]
    places, levels = _sharpened(places, levels)
    end = max(stairs.end, places[-1])
    at = np.array([*places, end])
    at[1:-1] = [_drop_within(stairs.edges, at[i - 1 : i + 2], levels[i - 1 : i + 1]) for i in range(1, len(places))]
    return np.maximum.accumulate(at), np.array([*levels, levels[-1]])


def pen_offset(levels: list[tuple[Floats, Floats]], full: float) -> float:
    """How far lines were moved to the right and down, beside the tick marks, by being put on whole pixels; 0 where they were not.

    Plotting programs that do that (matplotlib) put the middle of a line of an even number of pixels on the nearest border of two
    pixels, and that of a line of an odd number in the pixel to the right of it and below: half a pixel further, tick marks as well
    as curves. A curve that is seen to begin beside the tick mark of survival 1 speaks against it.

    Parameters
    ----------
    levels : of each curve, (k,) levels and (k,) how long they last, in pixels
    full   : where the tick mark of survival 1 is drawn

    >>> pen_offset([(np.array([20.5, 31.5, 40.5, 52.5, 60.5]), np.full(5, 9.0))], full=9.0)
    0.5
    """
    long = np.concatenate([level[lasts >= _LASTING] for level, lasts in levels]) if levels else np.empty(0)
    if len(long) < _LEVELS or not np.isfinite(full):
        return 0.0
    mean = np.exp(2j * np.pi * long).mean()
    line, tick = round(2 * float(np.angle(mean)) / (2 * np.pi)) % 2 / 2, round(2 * full) % 2 / 2
    first = [float(level[0]) - full for level, lasts in levels if lasts[0] >= _LASTING and abs(level[0] - full) < 1]
    against = bool(first) and abs(float(np.median(first)) - (line - tick)) > _AGAINST
    return 0.0 if np.abs(mean) < _ON_PIXELS or against else line - tick


def _drop_within(edges: Edges, at: Floats, levels: list[float]) -> float:
    """The place of a drop to a part of a pixel, from how much of their columns the edges are up: the mean by both edges.

    at     : about where the level before begins, where it drops, and where the level after it ends
    levels : before and after
    """
    before, place, after = at.tolist()
    upper, lower = levels
    half = edges.thickness / 2
    start, end = max(place - _AROUND, (before + place) / 2), min(place + _AROUND, (place + after) / 2)
    found = []
    for edge, shift in ((edges.above + half, half), (edges.below - half, -half)):
        first, last = int(np.ceil(start + shift)), int(np.floor(end + shift))
        columns = edge[max(first, 0) : last]
        if first <= place + shift - 1 and last >= place + shift + 1 and np.isfinite(columns).all() and len(columns) == last - first:
            found.append(last - shift - float(np.clip((columns - upper) / (lower - upper), 0, 1).sum()))
    near = [one for one in found if abs(one - place) <= _NUDGE]
    return float(np.mean(near)) if near else place


def _sharpened(places: list[float], levels: list[float]) -> tuple[list[float], list[float]]:
    """Places and levels without the levels that last no longer than a blurred drop."""
    at, level = places[:1], levels[:1]
    i = 1
    while i < len(levels):
        lasts = places[i + 1] - places[i] if i + 1 < len(levels) else np.inf
        if lasts < _NARROW and levels[i + 1] - level[-1] > 0:
            share = (levels[i] - level[-1]) / (levels[i + 1] - level[-1])
            at.append(places[i] * share + places[i + 1] * (1 - share))
            level.append(levels[i + 1])
            i += 2
        else:
            at.append(places[i])
            level.append(levels[i])
            i += 1
    return at, level
