"""Marks as a matplotlib figure, to be changed at will."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon
from matplotlib.text import Text as TextArtist
from matplotlib.transforms import Affine2D

from trialpool.figures import style
from trialpool.figures.lettering import font
from trialpool.figures.marks import DASHES, Disc, Line, Shape, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.artist import Artist

    from trialpool.figures.canvas import Figure
    from trialpool.figures.marks import Mark

POINTS_PER_INCH = 72
SETTINGS = {"pdf.fonttype": 42, "text.hinting": "none"}  # 42: letters stay letters in a drawing program
_SETTINGS_ARE_GLOBAL = threading.RLock()


def matplotlib_figure(figure: Figure) -> Drawing:
    """The drawing as a matplotlib figure, 72 dots per inch."""
    with own_settings():
        size = figure.width / POINTS_PER_INCH, figure.height / POINTS_PER_INCH
        drawing = Drawing(figsize=size, dpi=POINTS_PER_INCH, facecolor=style.PAPER)
        from_top_left = Affine2D().translate(0, -figure.height).scale(1 / POINTS_PER_INCH, -1 / POINTS_PER_INCH)
        for order, mark in enumerate(figure.marks):
            artist = _artist(mark)
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


def _text(mark: Text) -> TextArtist:
    return TextArtist(
        mark.x,
        mark.y,
        mark.text,
        fontproperties=font(mark.size, mark.bold),
        color=mark.colour,
        horizontalalignment=mark.align,
        verticalalignment="baseline",
        rotation=90 if mark.turned else 0,
        rotation_mode="anchor",
        parse_math=False,
    )
