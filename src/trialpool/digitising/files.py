"""What is written of a digitised figure: coordinates, calibration, overlay; each whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from trialpool.digitising.digitised import Axis, Curve, DigitisedFigure
from trialpool.errors import BadInput, Problem

COLUMNS = ("time", "survival", "arm")
_DIGITS = 6  # significant, of times; survival has as many decimals


def write_digitised(read: DigitisedFigure, out: str | Path) -> tuple[Path, Path, Path]:
    """Write the coordinates to `out` (CSV), and beside them the calibration (.calibration.toml) and the overlay (.overlay.png).

    An older reading in their place is replaced; a CSV without a calibration beside it was not made here, and is refused.

    Raises
    ------
    BadInput
        where `out` is no CSV, or is somebody else's
    """
    out = Path(out)
    if out.suffix.lower() != ".csv":
        raise BadInput([Problem(str(out), 0, "", "the coordinates are written as CSV", "Give a name that ends with .csv")])
    calibration, overlay = out.with_suffix(".calibration.toml"), out.with_suffix(".overlay.png")
    if out.exists() and not calibration.exists():
        mend = "Give another name, or move it away; nothing was written"
        raise BadInput([Problem(str(out), 0, "", "there is such a file, and no calibration beside it: it was not made here", mend)])
    out.parent.mkdir(parents=True, exist_ok=True)
    contents = {calibration: calibration_toml(read).encode(), overlay: read.overlay, out: coordinates_csv(read).encode()}
    _write_all(contents)
    return out, calibration, overlay


def _write_all(contents: Mapping[Path, bytes]) -> None:
    """Write all files beside their places first, then move them there."""
    waiting: list[tuple[str, Path]] = []
    try:
        for path, content in contents.items():
            handle, name = tempfile.mkstemp(prefix=".digitised-", dir=path.parent)
            waiting.append((name, path))
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).chmod(0o644)
        for name, path in waiting:
            Path(name).replace(path)
    finally:
        for name, _ in waiting:
            Path(name).unlink(missing_ok=True)


def coordinates_csv(read: DigitisedFigure) -> str:
    """A row a step: its time, the survival after it, the arm."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for curve in read.curves:
        for time, survival in zip(curve.time.tolist(), curve.survival.tolist(), strict=True):
            writer.writerow([f"{time:.{_DIGITS}g}", f"{survival:.{_DIGITS}f}".rstrip("0").rstrip("."), curve.arm])
    return text.getvalue()


def calibration_toml(read: DigitisedFigure) -> str:
    """How positions in the figure became numbers, and what was found where."""
    unit = "pixels" if read.kind not in ("SVG", "PDF") else "units of the page"
    lines = [
        "# Written by trialpool digitise, beside the coordinates that it explains.",
        f"figure = {_text(read.file)}",
        f"kind = {_text(read.kind)}",
        f"size = [{read.size[0]:.10g}, {read.size[1]:.10g}] # width and height, {unit}",
        f"remarks = [{', '.join(map(_text, read.remarks))}]",
    ]
    for name, axis, start in (("x", read.x, "left"), ("y", read.y, "top")):
        lines += ["", f"[{name}] # positions are {unit} from the {start}", *_axis_lines(axis)]
    for curve in read.curves:
        lines += ["", "[[curves]]", *_curve_lines(curve)]
    return "\n".join(lines) + "\n"


def _axis_lines(axis: Axis) -> list[str]:
    return [
        f"position = [{axis.position[0]:.10g}, {axis.position[1]:.10g}]",
        f"value = [{axis.value[0]:.10g}, {axis.value[1]:.10g}]",
        f"percent = {str(axis.percent).lower()}",
        f"found = {_text(axis.found)}",
    ]


def _curve_lines(curve: Curve) -> list[str]:
    censored = ", ".join(f"{time:.{_DIGITS}g}" for time in curve.censored.tolist())
    return [
        f"arm = {_text(curve.arm)}",
        f"look = {_text(curve.style)}",
        f"points = {len(curve.time)}",
        f"unseen = {curve.unseen:.3f} # share of its way that is hidden behind other lines",
        f"censored = [{censored}] # times of the marks on the line, where they were told from it",
    ]


def _text(text: str) -> str:
    """A TOML string; TOML's escapes are JSON's."""
    return json.dumps(text, ensure_ascii=False)
