"""A page of a PDF file as strokes and lettering, with the matrices of all forms around them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from trialpool.digitising.drawing import Box, Drawing, Floats, Lettering, Stroke, bezier, bounding_box
from trialpool.digitising.svg_path import moved, scale_of
from trialpool.errors import BadInput, Problem

_DEEPEST = 15  # forms in forms
_SAME_LINE, _SAME_WORD = 0.3, 0.35  # shares of the height of letters by which pieces of one text may be apart


def read_pdf(data: bytes, file: str, *, page: int = 1) -> Drawing:
    """The drawing on a page of a PDF file; `file` is what messages call it, and pages count from 1.

    Raises
    ------
    BadInput
        where it is no PDF, is locked, has no such page, or has no lines on that page, as scanned pages have none
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        what, mend = f"this PDF cannot be opened ({error})", "Save it anew without a password, or give a PNG of the figure"
        raise BadInput([Problem(file, 0, "", what, mend)]) from None
    try:
        if not 1 <= page <= len(document):
            what = f"there is no page {page}: the file has {len(document)}"
            raise BadInput([Problem(file, 0, "", what, "Give the page that the figure stands on")])
        return _Page(document[page - 1]).drawing(f"{file}, page {page}")
    finally:
        document.close()


class _Page:
    """A page as PDFium has it: objects with matrices, y upwards from the lower edge."""

    def __init__(self, page: Any) -> None:
        import pypdfium2.raw as pdfium

        self.pdfium = pdfium
        self.page = page
        self.text = page.get_textpage()
        left, bottom, right, top = page.get_bbox()
        self.upright, self.size = _upright(Box(left, bottom, right, top), page.get_rotation())

    def drawing(self, file: str) -> Drawing:
        objects = list(self._objects(self.page.raw, self.upright, 0))
        strokes = tuple(stroke for kind, found in objects if kind == "path" for stroke in found)
        pictures = any(kind == "image" for kind, _ in objects)
        if not strokes:
            what = "the page is a picture (a scan) and has no lines to read" if pictures else "the page has no lines to read"
            mend = "Save the page as a PNG at 300 dpi and give that" if pictures else "Give the page that the figure stands on"
            raise BadInput([Problem(file, 0, "", what, mend)])
        lettering = tuple(_words([text for kind, found in objects if kind == "text" for text in found]))
        return Drawing(kind="PDF", width=self.size[0], height=self.size[1], strokes=strokes, lettering=lettering)

    def _objects(self, container: Any, matrix: Floats, depth: int) -> Iterator[tuple[str, Sequence[Any]]]:
        """The kind of each object and what it draws, those in forms included."""
        p, in_form = self.pdfium, depth > 0
        count = p.FPDFFormObj_CountObjects(container) if in_form else p.FPDFPage_CountObjects(container)
        for i in range(count):
            thing = p.FPDFFormObj_GetObject(container, i) if in_form else p.FPDFPage_GetObject(container, i)
            kind = p.FPDFPageObj_GetType(thing)
            if kind == p.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
                yield from self._objects(thing, matrix @ self._matrix(thing), depth + 1)
            elif kind == p.FPDF_PAGEOBJ_PATH:
                yield "path", list(self._strokes(thing, matrix @ self._matrix(thing)))
            elif kind == p.FPDF_PAGEOBJ_IMAGE:
                yield "image", ()
            elif kind == p.FPDF_PAGEOBJ_TEXT:
                yield "text", list(self._lettering(thing, matrix))

    def _matrix(self, thing: Any) -> Floats:
        m = self.pdfium.FS_MATRIX()
        self.pdfium.FPDFPageObj_GetMatrix(thing, m)
        return np.array([[m.a, m.c, m.e], [m.b, m.d, m.f], [0, 0, 1]], dtype=float)

    def _strokes(self, thing: Any, matrix: Floats) -> Iterator[Stroke]:
        p = self.pdfium
        fill, stroked = ctypes.c_int(), ctypes.c_int()
        p.FPDFPath_GetDrawMode(thing, fill, stroked)
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        p.FPDFPageObj_GetStrokeColor(thing, red, green, blue, alpha)
        if not stroked.value or not alpha.value:
            return
        width = ctypes.c_float()
        p.FPDFPageObj_GetStrokeWidth(thing, width)
        scale, colour = scale_of(matrix), (red.value, green.value, blue.value)
        dashes = tuple(length * scale for length in self._dashes(thing))
        for line in self._lines(thing):
            yield Stroke(points=moved(line, matrix), colour=colour, width=width.value * scale, dashes=dashes)

    def _dashes(self, thing: Any) -> tuple[float, ...]:
        count = self.pdfium.FPDFPageObj_GetDashCount(thing)
        lengths = (ctypes.c_float * max(count, 1))()
        if count < 1 or not self.pdfium.FPDFPageObj_GetDashArray(thing, lengths, count):
            return ()
        return tuple(lengths[:count]) if sum(lengths[:count]) > 0 else ()

    def _lines(self, thing: Any) -> list[Floats]:
        """The subpaths of a path, in its own coordinates."""
        p = self.pdfium
        lines: list[list[Floats]] = []
        controls: list[Floats] = []
        for i in range(p.FPDFPath_CountSegments(thing)):
            segment = p.FPDFPath_GetPathSegment(thing, i)
            x, y = ctypes.c_float(), ctypes.c_float()
            p.FPDFPathSegment_GetPoint(segment, x, y)
            point, kind = np.array([x.value, y.value]), p.FPDFPathSegment_GetType(segment)
            if kind == p.FPDF_SEGMENT_MOVETO or not lines:
                lines.append([point])
            elif kind == p.FPDF_SEGMENT_LINETO:
                lines[-1].append(point)
            else:
                controls.append(point)
                if len(controls) == 3:
                    lines[-1].extend(bezier(lines[-1][-1], *controls))
                    controls = []
            if p.FPDFPathSegment_GetClose(segment):
                lines[-1].append(lines[-1][0])
        return [np.array(line) for line in lines if len(line) > 1]

    def _lettering(self, thing: Any, matrix: Floats) -> Iterator[Lettering]:
        p = self.pdfium
        size = p.FPDFTextObj_GetText(thing, self.text.raw, None, 0)
        buffer = ctypes.create_string_buffer(max(size, 2))
        p.FPDFTextObj_GetText(thing, self.text.raw, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
        text = buffer.raw[:size].decode("utf-16-le", errors="replace").strip("\0")
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        if text.strip() and p.FPDFPageObj_GetBounds(thing, left, bottom, right, top):
            corners = np.array([[left.value, bottom.value], [right.value, top.value]])
            yield Lettering(text, bounding_box(moved(corners, matrix)))


def _upright(page: Box, rotation: int) -> tuple[Floats, tuple[float, float]]:
    """The matrix from a page's own coordinates to those of its upright picture, y downwards; width and height of that."""
    left, low, right, high = page
    width, height = right - left, high - low
    matrices = {
        0: ([[1, 0, -left], [0, -1, high], [0, 0, 1]], (width, height)),
        90: ([[0, 1, -low], [1, 0, -left], [0, 0, 1]], (height, width)),
        180: ([[-1, 0, right], [0, 1, -low], [0, 0, 1]], (width, height)),
        270: ([[0, -1, high], [-1, 0, right], [0, 0, 1]], (height, width)),
    }
    matrix, size = matrices[rotation % 360]
    return np.array(matrix, dtype=float), size


def _words(pieces: list[Lettering]) -> list[Lettering]:
    """Pieces of text that stand close together on one line, joined: some programs place every letter by itself."""
    joined: list[Lettering] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last is not None and _continues(last.box, piece.box):
            box = Box(last.box.left, min(last.box.top, piece.box.top), piece.box.right, max(last.box.bottom, piece.box.bottom))
            joined[-1] = Lettering(last.text + piece.text, box)
        else:
            joined.append(piece)
    return [Lettering(" ".join(word.text.split()), word.box) for word in joined]


def _continues(last: Box, box: Box) -> bool:
    height = max(last.height, box.height)
    return abs(last.bottom - box.bottom) < _SAME_LINE * height and -0.1 * height < box.left - last.right < _SAME_WORD * height
