"""Which pixels a colour has drawn: each is a mixture of the ground and a colour, where a line's edge covers part of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from trialpool.digitising.drawing import Colour, Floats
from trialpool.digitising.raster import NEUTRAL, Raster

FAINT = 0.08  # share of a pixel below which it is noise
_TOLERANCE = 45.0  # distance from the mixtures of ground and colour at which a pixel is not one of them
_SAME_RAY = 0.985  # cosine from which one colour looks like a paler one of another
_HUES = 36
_VIVID = 50  # difference of the strongest and weakest of red, green and blue from which a pixel is coloured


def ground_of(raster: Raster) -> Floats:
    """The colour of the paper: the commonest one."""
    coarse = (raster.rgb // 8).astype(np.int64)
    codes = coarse[..., 0] << 10 | coarse[..., 1] << 5 | coarse[..., 2]
    values, counts = np.unique(codes, return_counts=True)
    return np.asarray(np.median(raster.rgb[codes == values[counts.argmax()]], axis=0), dtype=float)


def coverage(raster: Raster, colours: Sequence[Colour], ground: Floats) -> list[Floats]:
    """The share of each pixel that each colour covers, (height, width) each, 0 to 1.

    A pixel belongs to the one of the colours (and black, if it is none of them) whose mixtures with the ground it is nearest to.
    Two colours of which one is a paler version of the other are told apart by the darkest pixel nearby.
    """
    known = [*colours, *([] if any(_is_dark(c) for c in colours) else [(0, 0, 0)])]
    shares, misses = zip(*(_mixture(raster, np.array(c, dtype=float), ground) for c in known), strict=True)
    found = []
    for i, colour in enumerate(colours):
        shades = [j for j, other in enumerate(known) if j != i and _same_ray(colour, other, ground)]
        nearest = np.argmin(
            np.stack([np.full_like(miss, np.inf) if j in shades else miss for j, miss in enumerate(misses)]), axis=0
        )
        fits = np.clip(2 - misses[i] / _TOLERANCE, 0, 1) * (nearest == i)
        for j in shades:
            fits = fits * _of_the_two(shares[i], shares[j], colour, known[j], ground)
        share = np.clip(shares[i], 0, 1) * fits
        found.append(np.where(share < FAINT, 0.0, share))
    return found


def _mixture(raster: Raster, colour: Floats, ground: Floats) -> tuple[Floats, Floats]:
    """How much of a colour is in each pixel, and how far the pixel is from any mixture with the ground."""
    towards = ground - colour
    seen = ground - raster.rgb.astype(float)
    share = seen @ towards / max(float(towards @ towards), 1.0)
    miss = np.linalg.norm(seen - np.clip(share, 0, 1)[..., np.newaxis] * towards, axis=-1)
    return share, miss


def _of_the_two(mine: Floats, other: Floats, colour: Colour, rival: Colour, ground: Floats) -> Floats:
    """1 where the darkest pixel nearby is nearer to `colour` than to `rival`, both being shades of one colour."""
    strength, rival_strength = (float(np.linalg.norm(ground - np.array(c))) for c in (colour, rival))
    darkest = maximum_filter(np.clip(mine, 0, None) * strength, size=5)
    middle = (strength + rival_strength) / 2
    return np.asarray(darkest < middle if strength < rival_strength else darkest >= middle, dtype=float)


def _same_ray(one: Colour, other: Colour, ground: Floats) -> bool:
    a, b = ground - np.array(one), ground - np.array(other)
    return bool(a @ b >= _SAME_RAY * np.linalg.norm(a) * np.linalg.norm(b))


def _is_dark(colour: Colour) -> bool:
    return max(colour) < 80 and max(colour) - min(colour) <= NEUTRAL


def palette(raster: Raster, ground: Floats) -> list[tuple[Colour, float]]:
    """The vivid colours of a figure, by hue, with the share of its columns that each is in; the widest first.

    >>> rgb = np.full((9, 10, 3), 255, dtype=np.uint8)
    >>> rgb[4, :5] = (214, 39, 40)
    >>> palette(Raster("PNG", rgb), np.array([255.0, 255, 255]))
    [((214, 39, 40), 0.5)]
    """
    rgb = raster.rgb.astype(float)
    chroma = np.ptp(rgb, axis=-1)
    vivid = (chroma >= _VIVID) & (np.linalg.norm(rgb - ground, axis=-1) > _VIVID)
    if not vivid.any():
        return []
    hue = _hue(rgb[vivid])
    columns = np.nonzero(vivid)[1]
    counts = np.bincount(np.floor(hue * _HUES).astype(int) % _HUES, weights=chroma[vivid], minlength=_HUES)
    found = []
    for peak in _peaks(counts):
        apart = np.abs((hue * _HUES - (peak + 0.5) + _HUES / 2) % _HUES - _HUES / 2)
        of_hue = apart <= 2
        strongest = chroma[vivid][of_hue] >= np.quantile(chroma[vivid][of_hue], 0.7)
        red, green, blue = (round(float(v)) for v in np.median(rgb[vivid][of_hue][strongest], axis=0))
        found.append(((red, green, blue), len(np.unique(columns[of_hue])) / raster.width))
    return sorted(found, key=lambda item: -item[1])


def _peaks(counts: NDArray[Any]) -> list[int]:
    """Hues that are commoner than their neighbours on the circle, and not rare."""
    around = np.maximum.reduce([np.roll(counts, shift) for shift in (-2, -1, 1, 2)])
    return [int(i) for i in np.flatnonzero((counts >= around) & (counts > 0.01 * counts.sum()))]


def _hue(rgb: Floats) -> Floats:
    """Hue of (n, 3) colours, 0 to 1 around the circle from red."""
    high, chroma = rgb.max(-1), np.ptp(rgb, axis=-1)
    red, green, blue = rgb.T
    sixth = np.select(
        [high == red, high == green], [((green - blue) / chroma) % 6, (blue - red) / chroma + 2], (red - green) / chroma + 4
    )
    return np.asarray(sixth / 6 % 1)


def described(found: Sequence[tuple[Colour, float]]) -> str:
    """A palette in a sentence.

    >>> described([((214, 39, 40), 0.5)])
    '#d62728 in 50% of the columns'
    """
    return ", ".join(f"#{r:02x}{g:02x}{b:02x} in {100 * share:.0f}% of the columns" for (r, g, b), share in found)
