"""The figure, paled, with the curves that were read over it and the calibration points marked: to be looked at."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from trialpool.digitising.digitised import Axis, Curve
from trialpool.digitising.drawing import Drawing, Floats
from trialpool.digitising.raster import Raster

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

WIDEST = 2400  # pixels
_VECTOR_WIDTH = 1600
_PALE = 0.55  # share of white over the figure
_INKS = ("#000000", "#d000d0", "#007a00", "#b04a00", "#0000d0", "#7a0000")  # none is what journals draw curves in
_CROSS = 12


def overlay_png(figure: Raster | Drawing, x: Axis, y: Axis, curves: Sequence[Curve]) -> bytes:
    """A PNG; the same figure and curves give the same bytes."""
    from PIL import ImageDraw

    picture, scale = _of_raster(figure) if isinstance(figure, Raster) else _of_drawing(figure)
    draw = ImageDraw.Draw(picture)
    for axis, is_x in ((x, True), (y, False)):
        for position, value in zip(axis.position, axis.value, strict=True):
            _cross(draw, axis_point(position, x, y, is_x=is_x) * scale, f"{value:g}")
    for i, curve in enumerate(curves):
        ink = _INKS[i % len(_INKS)]
        draw.line([tuple(point) for point in (staircase_points(curve, x, y) * scale).tolist()], fill=ink, width=1)
        draw.text((8, 8 + 22 * i), f"{curve.arm} ({curve.style})", fill=ink, font_size=18)
        for at in curve.censored:
            left, top = (np.array([float(x.positions(at)), float(y.positions(curve.at(at)))]) * scale).tolist()
            draw.ellipse((left - 3, top - 3, left + 3, top + 3), outline=ink)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def axis_point(position: float, x: Axis, y: Axis, *, is_x: bool) -> Floats:
    """A point of an axis in the figure: the axes are taken to cross at their first points."""
    return np.array([position, y.position[0]] if is_x else [x.position[0], position])


def staircase_points(curve: Curve, x: Axis, y: Axis) -> Floats:
    """(n, 2) corners of a curve in the units of the figure."""
    across = x.positions(np.repeat(curve.time, 2)[1:])
    down = y.positions(np.repeat(curve.survival, 2)[:-1])
    return np.column_stack([across, down])


def _of_raster(raster: Raster) -> tuple[Image, int]:
    """The paled figure, enlarged by a whole number where it is small."""
    from PIL import Image

    scale = max(1, min(3, WIDEST // max(raster.width, 1)))
    pale = (255 - (255 - raster.rgb.astype(float)) * (1 - _PALE)).astype(np.uint8)
    picture = Image.fromarray(pale)
    return picture.resize((raster.width * scale, raster.height * scale), Image.Resampling.NEAREST), scale


def _of_drawing(drawing: Drawing) -> tuple[Image, float]:
    """The strokes of a vector figure, paled; letters are left out but for what they say."""
    from PIL import Image, ImageDraw

    scale = _VECTOR_WIDTH / max(drawing.width, 1.0)
    picture = Image.new("RGB", (_VECTOR_WIDTH, max(round(drawing.height * scale), 1)), "white")
    draw = ImageDraw.Draw(picture)
    for stroke in drawing.strokes:
        red, green, blue = (round(255 - (255 - part) * (1 - _PALE)) for part in stroke.colour)
        points = [tuple(point) for point in (stroke.points * scale).tolist()]
        draw.line(points, fill=(red, green, blue), width=max(round(stroke.width * scale), 1))
    for text in drawing.lettering:
        draw.text((text.box.left * scale, text.box.top * scale), _plain(text.text), fill="#999999", font_size=16)
    return picture, scale


def _plain(text: str) -> str:
    return text.encode("latin-1", errors="replace").decode("latin-1")


def _cross(draw: ImageDraw, at: Iterable[float], label: str) -> None:
    left, top = at
    draw.line((left - _CROSS, top, left + _CROSS, top), fill="#0000ff", width=1)
    draw.line((left, top - _CROSS, left, top + _CROSS), fill="#0000ff", width=1)
    draw.text((left + 4, top + 2), label, fill="#0000ff", font_size=14)
