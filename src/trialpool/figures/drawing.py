"""Marks as a matplotlib figure, and from there as PDF and PNG: the same marks always give the same bytes."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, PathPatch, Polygon
from matplotlib.text import Text as TextArtist
from matplotlib.transforms import Affine2D

from trialpool.figures import style
from trialpool.figures.lettering import EM, font_of, text_path, text_width
from trialpool.figures.marks import DASHES, Disc, Line, Shape, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.artist import Artist
    from matplotlib.backend_bases import FigureCanvasBase

    from trialpool.figures.canvas import Figure
    from trialpool.figures.marks import Mark

POINTS_PER_INCH = 72
PNG_DPI = 200
SETTINGS = {"pdf.fonttype": 42, "text.hinting": "none"}  # 42: letters stay letters in a drawing program
_SETTINGS_ARE_GLOBAL = threading.RLock()


def pdf_bytes(figure: Figure) -> bytes:
    """A PDF with its fonts embedded, and no date."""
    metadata = {"Title": figure.title, "Subject": figure.description, "Creator": "trialpool", "CreationDate": None}
    return _written(matplotlib_figure(figure), FigureCanvasPdf, "pdf", metadata=metadata)


def png_bytes(figure: Figure) -> bytes:
    """A PNG for the screen, at PNG_DPI."""
    drawing = matplotlib_figure(figure, outlined=True)
    drawing.set_dpi(PNG_DPI)
    metadata = {"Title": figure.title, "Description": figure.description, "Software": None}
    return _written(drawing, FigureCanvasAgg, "png", metadata=metadata, pil_kwargs={"compress_level": 3})


def matplotlib_figure(figure: Figure, *, outlined: bool = False) -> Drawing:
    """The drawing as a matplotlib figure, 72 dots per inch; `outlined` text is shapes, which are drawn faster than letters."""
    with own_settings():
        size = figure.width / POINTS_PER_INCH, figure.height / POINTS_PER_INCH
        drawing = Drawing(figsize=size, dpi=POINTS_PER_INCH, facecolor=style.PAPER)
        from_top_left = Affine2D().translate(0, -figure.height).scale(1 / POINTS_PER_INCH, -1 / POINTS_PER_INCH)
        for order, mark in enumerate(figure.marks):
            artist = _outlined(mark) if outlined and isinstance(mark, Text) else _artist(mark)
            artist.set_zorder(order)
            artist.set_transform(from_top_left + drawing.dpi_scale_trans)
            drawing.add_artist(artist)
        return drawing


@contextmanager
def own_settings() -> Iterator[None]:
    """matplotlib's own defaults and ours, whatever the user's matplotlibrc says; one thread at a time."""
    settings: dict[Any, Any] = {**matplotlib.rcParamsDefault, **SETTINGS}
    del settings["backend"]
    with _SETTINGS_ARE_GLOBAL, matplotlib.rc_context(settings):
        yield


def _written(drawing: Drawing, canvas: type[FigureCanvasBase], kind: str, **options: Any) -> bytes:
    written = BytesIO()
    with own_settings():
        getattr(canvas(drawing), f"print_{kind}")(written, **options)
    return written.getvalue()


def _artist(mark: Mark) -> Artist:
    match mark:
        case Text():
            return _text(mark)
        case Line():
            return _line(mark)
        case Shape():
            return Polygon(mark.points, closed=True, facecolor=mark.fill, edgecolor=mark.edge, linewidth=mark.width)
        case Disc():
            where = (mark.x, mark.y)
            return Circle(where, mark.radius, facecolor=mark.fill, edgecolor=mark.edge, linewidth=mark.width)


def _line(mark: Line) -> Line2D:
    xs, ys = zip(*mark.points, strict=True)
    dashes = tuple(length / mark.width for length in DASHES[mark.dash])
    return Line2D(xs, ys, color=mark.colour, linewidth=mark.width, linestyle=(0, dashes) if dashes else "solid")


def _outlined(mark: Text) -> PathPatch:
    start = {"left": 0.0, "center": 0.5, "right": 1.0}[mark.align] * text_width(mark.text, mark.size, bold=mark.bold)
    place = Affine2D().scale(mark.size / EM, -mark.size / EM).translate(-start, 0)
    place = (place.rotate_deg(-90) if mark.turned else place).translate(mark.x, mark.y)
    return PathPatch(place.transform_path(text_path(mark.text, mark.bold)), facecolor=mark.colour, linewidth=0)


def _text(mark: Text) -> TextArtist:
    return TextArtist(
        mark.x,
        mark.y,
        mark.text,
        fontproperties=font_of(mark.text, mark.size, mark.bold),
        color=mark.colour,
        horizontalalignment=mark.align,
        verticalalignment="baseline",
        rotation=90 if mark.turned else 0,
        rotation_mode="anchor",
        parse_math=False,
    )
