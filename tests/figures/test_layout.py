"""Nothing overlaps and nothing is cut off, as matplotlib itself measures what it draws."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text as TextArtist
from matplotlib.transforms import Bbox
from tests.figures.examples import FIGURES

from trialpool.figures.canvas import Figure
from trialpool.figures.drawing import own_settings
from trialpool.figures.lettering import text_width
from trialpool.figures.marks import Line, Shape, Text
from trialpool.figures.printed import PNG_DPI

TOUCH = 0.25  # points by which measured boxes may meet: rounding to pixels


@pytest.fixture(scope="module", params=FIGURES)
def figure(request: pytest.FixtureRequest) -> Figure:
    return FIGURES[request.param]()


@pytest.fixture(scope="module")
def extents(figure: Figure) -> list[tuple[str, Bbox]]:
    return boxes(figure)


def boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text with its extent in points from the lower left corner, as rendered for a PNG."""
    drawing = figure.to_matplotlib()
    drawing.set_dpi(PNG_DPI)
    with own_settings():
        renderer = FigureCanvasAgg(drawing).get_renderer()
        texts = [artist for artist in drawing.get_children() if isinstance(artist, TextArtist)]
        extents = [(artist.get_text(), artist.get_window_extent(renderer)) for artist in texts]
    return [(text, Bbox(extent.get_points() * 72 / PNG_DPI)) for text, extent in extents]


def shrunk(box: Bbox) -> Bbox:
    return Bbox([[box.x0 + TOUCH, box.y0 + TOUCH], [box.x1 - TOUCH, box.y1 - TOUCH]])


def test_no_two_texts_overlap(extents):
    inner = [(text, shrunk(box)) for text, box in extents]
    assert [(one, other) for (one, a), (other, b) in combinations(inner, 2) if a.overlaps(b)] == []


def test_all_text_is_on_the_page(figure, extents):
    page = Bbox([[0, 0], [figure.width, figure.height]])
    assert [text for text, box in extents if not (page.contains(*box.p0) and page.contains(*box.p1))] == []


def test_no_line_runs_through_a_text(figure, extents):
    x, y = points_on_lines(figure)
    inner = [(text, shrunk(box)) for text, box in extents]
    assert [text for text, box in inner if np.any((box.x0 <= x) & (x <= box.x1) & (box.y0 <= y) & (y <= box.y1))] == []


def points_on_lines(figure: Figure) -> tuple[np.ndarray, np.ndarray]:
    """Points along every line, in points from the lower left corner: of a curve, some on each of its many legs."""
    parts = [np.zeros((0, 2))]
    for line in (mark for mark in figure.marks if isinstance(mark, Line)):
        corners = np.array(line.points)
        share = np.linspace(0, 1, 201 if len(corners) == 2 else 13)[:, np.newaxis, np.newaxis]
        parts.append((corners[:-1] + share * np.diff(corners, axis=0)).reshape(-1, 2))
    x, y = np.concatenate(parts).T
    return x, figure.height - y


def test_everything_drawn_is_on_the_page(figure):
    drawn = [mark for mark in figure.marks if isinstance(mark, Line | Shape)]
    points = [point for mark in drawn for point in mark.points]
    assert all(0 <= x <= figure.width and 0 <= y <= figure.height for x, y in points)


def test_the_layout_goes_by_the_widths_that_are_drawn(figure, extents):
    marks = [mark for mark in figure.marks if isinstance(mark, Text)]
    for mark, (text, box) in zip(marks, extents, strict=True):
        length = box.height if mark.turned else box.width
        assert (mark.text, length) == (
            text,
            pytest.approx(text_width(text, mark.size, bold=mark.bold), rel=0.02, abs=0.8),
        )
