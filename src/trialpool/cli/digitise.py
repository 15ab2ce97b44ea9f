"""`trialpool digitise`: survival curves out of a figure, to a CSV with its calibration and a picture to look at."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from trialpool.digitising.digitise import digitise
from trialpool.digitising.digitised import DigitisedFigure
from trialpool.digitising.files import write_digitised


def digitise_figure(
    figure: Path, *, x: str | None, y: str | None, curves: list[str], within: str | None, page: int, out: Path | None, as_json: bool
) -> None:
    """Read, write, and say what was read and where to look."""
    read = digitise(figure, x=x, y=y, curves=curves or None, within=within, page=page)
    coordinates, calibration, overlay = write_digitised(read, out or figure.with_suffix(".csv"))
    if as_json:
        paths = {"coordinates": str(coordinates), "calibration": str(calibration), "overlay": str(overlay)}
        typer.echo(json.dumps(_data(read) | paths, ensure_ascii=False, indent=1, allow_nan=False))
        return
    typer.echo(str(read))
    typer.echo(f"Coordinates: {coordinates}")
    typer.echo(f"Calibration: {calibration}")
    typer.echo(f"Look at the curves over the figure: {overlay}")


def _data(read: DigitisedFigure) -> dict[str, object]:
    axes = {
        name: {"position": axis.position, "value": axis.value, "percent": axis.percent, "found": axis.found}
        for name, axis in (("x", read.x), ("y", read.y))
    }
    curves = [
        {
            "arm": curve.arm,
            "look": curve.style,
            "time": curve.time.tolist(),
            "survival": curve.survival.tolist(),
            "censored": curve.censored.tolist(),
            "unseen": curve.unseen,
        }
        for curve in read.curves
    ]
    return {"figure": read.file, "kind": read.kind, **axes, "curves": curves, "remarks": list(read.remarks)}
