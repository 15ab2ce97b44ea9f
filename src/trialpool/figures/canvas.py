"""A sheet on which marks are placed, and the figure that comes of it."""

from __future__ import annotations

import errno
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialpool.errors import BadArgument
from trialpool.figures import style
from trialpool.figures.lettering import printable
from trialpool.figures.marks import Disc, Line, Shape, Text
from trialpool.figures.svg import svg_document, svg_element

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure as Drawing

    from trialpool.figures.marks import Mark, Point


class Sheet:
    """A page being laid out, in points from its top left corner; what is placed later lies above."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []

    def text(self, x: float, y: float, text: str, **looks: Any) -> None:
        """One line of text with its baseline at y; see marks.Text for the looks."""
        if shown := printable(text, bold=looks.get("bold", False)):
            self.marks.append(Text(x=x, y=y, text=shown, **looks))

    def block(self, x: float, y: float, lines: Sequence[str], *, size: float = style.TEXT, **looks: Any) -> None:
        """Lines of text under each other, the first with its baseline at y."""
        for i, line in enumerate(lines):
            self.text(x, y + i * size * style.LEADING, line, size=size, **looks)

    def line(self, *points: Point, **looks: Any) -> None:
        self.marks.append(Line(points=points, **looks))

    def shape(self, *points: Point, **looks: Any) -> None:
        self.marks.append(Shape(points=points, **looks))

    def disc(self, x: float, y: float, radius: float, **looks: Any) -> None:
        self.marks.append(Disc(x=x, y=y, radius=radius, **looks))

    def box(self, left: float, top: float, right: float, bottom: float, **looks: Any) -> None:
        self.shape((left, top), (right, top), (right, bottom), (left, bottom), **looks)

    def figure(self, *, title: str, description: str, width: float, height: float) -> Figure:
        """The sheet cut to size, on white paper."""
        paper = Shape(points=((0, 0), (width, 0), (width, height), (0, height)), fill=style.PAPER)
        marks = (paper, *self.marks)
        return Figure(title=title, description=description, width=width, height=height, marks=marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A finished drawing, as the marks it is made of; the same marks always give the same bytes.

    title, description : what it is, and what it shows in words (the alternative text)
    width, height      : in points
    marks              : what is drawn, in order, in points from the top left corner
    """

    title: str
    description: str
    width: float
    height: float
    marks: tuple[Mark, ...]

    def save(self, path: str | Path, *, letters: bool = False) -> Path:
        """Write the figure in the format that the suffix names; a file of that name is replaced whole or not at all.

        Parameters
        ----------
        path : where to; the suffix is .svg, .pdf or .png
        letters : for .svg, write text as letters that a drawing program can edit, and not as outlines; in a .pdf they always are
        """
        target = Path(path)
        kind = _format_of(target)
        if letters and kind == "png":
            raise BadArgument(f"{target.name}: letters can't be edited in a picture of pixels. Save it as .svg or .pdf.")
        content = svg_document(self, letters=True).encode() if letters and kind == "svg" else self.to_bytes(kind)
        _write_whole(target, content)
        return target

    def to_bytes(self, format: str) -> bytes:  # noqa: A002
        """The figure as the bytes of a file, in one of FORMATS."""
        if format not in FORMATS:
            raise BadArgument(f"format is {format!r}. Use one of {', '.join(FORMATS)}.")
        return FORMATS[format](self)

    def svg(self, id_prefix: str = "") -> str:
        """An <svg> element to place in a page; figures on one page each need an id_prefix of their own."""
        return svg_element(self, id_prefix=id_prefix)

    def to_matplotlib(self) -> Drawing:
        """The drawing as a matplotlib figure, to be changed at will."""
        from trialpool.figures.drawing import matplotlib_figure

        return matplotlib_figure(self)

    def _repr_svg_(self) -> str:
        """For a notebook, which is one page: the prefix is made of the content, so that other figures have another."""
        return self.svg(id_prefix=f"figure-{zlib.crc32(self.svg().encode()):08x}-")


def _svg(figure: Figure) -> bytes:
    return svg_document(figure).encode()


def _pdf(figure: Figure) -> bytes:
    from trialpool.figures.printed import pdf_bytes

    return pdf_bytes(figure)


def _png(figure: Figure) -> bytes:
    from trialpool.figures.printed import png_bytes

    return png_bytes(figure)


FORMATS: dict[str, Callable[[Figure], bytes]] = {"svg": _svg, "pdf": _pdf, "png": _png}


def _format_of(path: Path) -> str:
    suffix = path.suffix.removeprefix(".").lower()
    if suffix not in FORMATS:
        offered = ", ".join(f".{name}" for name in FORMATS)
        raise BadArgument(f"{path.name}: a figure can't be saved with suffix {path.suffix!r}. Use one of {offered}.")
    return suffix


def _write_whole(target: Path, content: bytes) -> None:
    """Beside the target first, then in its place, so that nobody ever meets half a file."""
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(target.parent))
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        written = Path(file.name)
        try:
            file.write(content)
            file.close()
            written.chmod(0o644)  # as a file made by hand, not as a temporary one
            written.replace(target)
        except BaseException:
            written.unlink(missing_ok=True)
            raise
