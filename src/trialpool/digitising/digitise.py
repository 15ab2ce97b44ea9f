"""`digitise`: the survival curves of a figure as coordinates, exactly from vector figures and within a pixel from rasters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from trialpool.digitising.digitised import Axis, Curve, DigitisedFigure
from trialpool.digitising.drawing import Box, Drawing
from trialpool.digitising.request import AxisPoints, Look, axis_points, box_within, looks
from trialpool.errors import BadInput, Problem

_PDF, _GZIP = b"%PDF-", b"\x1f\x8b"
AxisValues = str | tuple[float, float] | tuple[tuple[float, float], tuple[float, float]]


def digitise(
    figure: str | Path,
    *,
    x: AxisValues | None = None,
    y: AxisValues | None = None,
    curves: Mapping[str, str] | Iterable[str] | None = None,
    within: str | tuple[float, float, float, float] | None = None,
    page: int = 1,
) -> DigitisedFigure:
    """Read Kaplan-Meier curves out of a figure.

    A vector figure (SVG, PDF) is read exactly: axes from tick marks and the numbers beside them, curves as the lines that run along
    the time axis and never rise. In a raster (PNG, JPEG, TIFF, ...) axes and ticks are found and their values have to be given; a
    curve is the path from survival 1 at time 0 that never rises and has the most of its colour under it. Lines of one colour are
    told apart by their dashes. Lines that cannot be told apart are refused, not guessed.

    Parameters
    ----------
    figure : the file
    x, y : values of the first and last tick mark of the time axis and of the survival axis (from below): "0,60" or (0, 60); or
        values and where they stand, in pixels from the left or from the top: "0@105,60@822" or ((0, 105), (60, 822)). Survival as a
        share or in percent. Needed for rasters; for vector figures only where the ticks have no readable numbers
    curves : the look of each arm: {"Placebo": "#1f77b4", "Thalidomide": "black dashed"}: a colour, or solid, dashed,
        dotted or dashdot, or both; upper or lower for lines that look the same. None proposes all that are found
    within : left, top, right and bottom of the part to read, where a figure has several panels
    page : of a PDF, from 1

    Returns
    -------
    DigitisedFigure: `curves`, the axes `x` and `y` as calibrated, `remarks`, and `overlay`, a PNG to look at; `to_frame()` has
    time, survival (a share) and arm

    Raises
    ------
    BadInput
        where the file, an axis or a curve cannot be read, with the place and the mend
    BadArgument
        for values or looks that are not understood

    References
    ----------
    Guyot et al. (2012), BMC Med Res Methodol 12:9, on what is done with the coordinates; Zhang et al. (2024), BMC Med Res Methodol
    24:147, on errors of reading them: 0.012 to 0.014 in survival (root mean square)

    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> ticks = "".join(f'<path d="M{20 + 20 * i} 120v4M{20} {20 + 20 * i}h-4" stroke="black"/>' for i in range(6))
    >>> curve = '<path d="M20 20H40V40H70V80H100" stroke="red"/>'
    >>> svg = Path(mkdtemp()) / "os.svg"
    >>> _ = svg.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 140 140">{ticks}{curve}</svg>')
    >>> read = digitise(svg, x=(0, 50), y=(0, 1), curves={"Placebo": "red"})
    >>> read.curve("Placebo").time, read.curve("Placebo").survival
    (array([ 0., 10., 25., 40.]), array([1. , 0.8, 0.4, 0.4]))
    """
    path = Path(figure)
    asked = axis_points(x, "x"), axis_points(y, "y"), looks(curves)
    part, data = box_within(within), _bytes_of(path)
    if _is_vector(data, path):
        return _from_vector(_drawing(data, path, page), path.name, part, *asked)
    return _from_raster(data, path.name, part, *asked)


def _bytes_of(path: Path) -> bytes:
    if path.is_dir():
        raise BadInput([Problem(str(path), 0, "", "this is a folder", "Give the file of a figure")])
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BadInput([Problem(str(path), 0, "", "there is no such file", "Give the path of a figure")]) from None
    except OSError as error:
        mend = "See that the file may be read"
        raise BadInput([Problem(str(path), 0, "", f"the file cannot be read ({error.strerror})", mend)]) from None


def _is_vector(data: bytes, path: Path) -> bool:
    """Whether it is SVG or PDF by its first bytes; refused where it is none of the kinds that are read."""
    if not data:
        raise BadInput([Problem(path.name, 0, "", "the file is empty", "Give the file of a figure")])
    if _PDF in data[:1024] or b"<svg" in data[:20_000] or path.suffix.lower() == ".svg":
        return True
    if data[:2] == _GZIP or path.suffix.lower() in {".eps", ".ps", ".emf", ".wmf", ".docx", ".pptx"}:
        what = f"files of the kind {path.suffix or 'gzip'} are not read"
        raise BadInput([Problem(path.name, 0, "", what, "Save the figure as SVG, PDF or PNG")])
    return False


def _drawing(data: bytes, path: Path, page: int) -> Drawing:
    if _PDF in data[:1024]:
        from trialpool.digitising.pdf import read_pdf

        return read_pdf(data, path.name, page=page)
    from trialpool.digitising.svg import read_svg

    return read_svg(data, path.name)


def _from_vector(
    drawing: Drawing, file: str, within: Box | None, x: AxisPoints | None, y: AxisPoints | None, asked: tuple[Look, ...]
) -> DigitisedFigure:
    from trialpool.digitising.overlay import overlay_png
    from trialpool.digitising.vector_axes import vector_axis
    from trialpool.digitising.vector_curves import vector_curves

    drawing = drawing if within is None else drawing.part(within)
    across, up = _both(vector_axis(drawing, "x", x, file), vector_axis(drawing, "y", y, file))
    curves, remarks = vector_curves(drawing, across, up, asked, file)
    overlay = overlay_png(drawing, across, up, curves)
    size = drawing.width, drawing.height
    remarks = (*remarks, *_remarks(curves))
    return DigitisedFigure(file=file, kind=drawing.kind, size=size, x=across, y=up, curves=curves, remarks=remarks, overlay=overlay)


def _from_raster(
    data: bytes, file: str, within: Box | None, x: AxisPoints | None, y: AxisPoints | None, asked: tuple[Look, ...]
) -> DigitisedFigure:
    from trialpool.digitising.overlay import overlay_png
    from trialpool.digitising.raster import read_raster
    from trialpool.digitising.raster_axes import find_frame, raster_axis
    from trialpool.digitising.raster_curves import raster_curves

    whole = read_raster(data, file)
    raster = whole if within is None else whole.outside_blank(within)
    frame = find_frame(raster.darkness)
    across, up = _both(raster_axis(frame, "x", x, file), raster_axis(frame, "y", y, file))
    curves, across, up, remarks = raster_curves(raster, frame, across, up, asked, file)
    overlay = overlay_png(whole, across, up, curves)
    size = float(raster.width), float(raster.height)
    remarks = (*remarks, *_remarks(curves))
    return DigitisedFigure(file=file, kind=raster.kind, size=size, x=across, y=up, curves=curves, remarks=remarks, overlay=overlay)


def _both(x: Axis | Problem, y: Axis | Problem) -> tuple[Axis, Axis]:
    """The two axes, unless there is a problem with either."""
    if isinstance(x, Problem) or isinstance(y, Problem):
        raise BadInput([axis for axis in (x, y) if isinstance(axis, Problem)])
    return x, y


def _remarks(curves: tuple[Curve, ...]) -> list[str]:
    return [
        f"{curve.arm} begins at time {curve.time[0]:.4g} with survival {curve.survival[0]:.3f}, not at 0 with 1"
        for curve in curves
        if curve.survival[0] < 0.99
    ]
