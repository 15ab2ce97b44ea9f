"""The `d` of an SVG path, and the `transform` of an element, as numbers (SVG 2, sections 9.3 and 8.5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from trialpool.digitising.drawing import Floats, bezier

_COMMAND = re.compile(r"([MmLlHhVvCcSsQqTtAaZz])([^MmLlHhVvCcSsQqTtAaZz]*)")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
_TRANSFORM = re.compile(r"(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^)]*)\)")


def numbers(text: str) -> list[float]:
    """Every number in a text, as SVG writes them.

    >>> numbers("1.5.5-2e1,3")
    [1.5, 0.5, -20.0, 3.0]
    """
    return [float(found) for found in _NUMBER.findall(text)]


@dataclass(slots=True)
class _Pen:
    """Where the pen is, and what it has drawn."""

    at: Floats = field(default_factory=lambda: np.zeros(2))
    start: Floats = field(default_factory=lambda: np.zeros(2))
    control: Floats | None = None
    drawn: list[list[Floats]] = field(default_factory=list)

    def line_to(self, *points: Floats) -> None:
        if not self.drawn or not self.drawn[-1]:
            self.drawn.append([self.at])
        self.drawn[-1].extend(points)
        self.at = points[-1]
        self.control = None


def _move(pen: _Pen, origin: Floats, a: list[float]) -> None:
    pen.at = pen.start = origin + a
    pen.drawn.append([pen.at])
    pen.control = None


def _cubic(pen: _Pen, origin: Floats, a: list[float]) -> None:
    first, second, end = (origin + a[i : i + 2] for i in (0, 2, 4))
    pen.line_to(*bezier(pen.at, first, second, end))
    pen.control = second


def _smooth_cubic(pen: _Pen, origin: Floats, a: list[float]) -> None:
    mirrored = pen.at if pen.control is None else 2 * pen.at - pen.control
    second, end = origin + a[:2], origin + a[2:]
    pen.line_to(*bezier(pen.at, mirrored, second, end))
    pen.control = second


def _quadratic(pen: _Pen, origin: Floats, a: list[float]) -> None:
    _quadratic_by(pen, origin + a[:2], origin + a[2:])


def _smooth_quadratic(pen: _Pen, origin: Floats, a: list[float]) -> None:
    _quadratic_by(pen, pen.at if pen.control is None else 2 * pen.at - pen.control, origin + a)


def _quadratic_by(pen: _Pen, control: Floats, end: Floats) -> None:
    pen.line_to(*bezier(pen.at, pen.at + 2 / 3 * (control - pen.at), end + 2 / 3 * (control - end), end))
    pen.control = control


def _close(pen: _Pen, origin: Floats, a: list[float]) -> None:
    pen.line_to(pen.start)
    pen.drawn.append([])


_DRAW: dict[str, Callable[[_Pen, Floats, list[float]], None]] = {
    "M": _move,
    "L": lambda pen, origin, a: pen.line_to(origin + a),
    "H": lambda pen, origin, a: pen.line_to(np.array([origin[0] + a[0], pen.at[1]])),
    "V": lambda pen, origin, a: pen.line_to(np.array([pen.at[0], origin[1] + a[0]])),
    "C": _cubic,
    "S": _smooth_cubic,
    "Q": _quadratic,
    "T": _smooth_quadratic,
    "A": lambda pen, origin, a: pen.line_to(origin + a[5:]),  # no curve, axis or tick has arcs: the chord says where it is
    "Z": _close,
}


def subpaths(d: str) -> list[Floats]:
    """The lines that a path draws, each (n, 2) with n >= 2; curves as chords.

    >>> [line.tolist() for line in subpaths("M0 0h2v1 M5,5l1,0z")]
    [[[0.0, 0.0], [2.0, 0.0], [2.0, 1.0]], [[5.0, 5.0], [6.0, 5.0], [5.0, 5.0]]]
    """
    pen = _Pen()
    for command, arguments in _instructions(d):
        origin = pen.at if command.islower() else np.zeros(2)
        _DRAW[command.upper()](pen, origin, arguments)
    return [np.array(line) for line in pen.drawn if len(line) > 1]


def _instructions(d: str) -> Iterator[tuple[str, list[float]]]:
    """Each command with its own arguments: "M1 1 2 2" is a move, then a line. What is cut short is left out, as browsers do."""
    for command, text in _COMMAND.findall(d):
        values, size = numbers(text), _ARGUMENTS[command.upper()]
        if size == 0:
            yield command, []
            continue
        for i in range(0, len(values) - size + 1, size):
            yield command, values[i : i + size]
            command = {"M": "L", "m": "l"}.get(command, command)


def transformation(text: str) -> Floats:
    """The (3, 3) matrix of a `transform` attribute.

    >>> transformation("translate(10 5) scale(2)") @ np.array([1, 1, 1])
    array([12.,  7.,  1.])
    """
    matrix = np.eye(3)
    for name, arguments in _TRANSFORM.findall(text):
        matrix = matrix @ _matrix(name, numbers(arguments))
    return matrix


def _matrix(name: str, a: list[float]) -> Floats:
    if name == "rotate" and len(a) == 3:
        about = _matrix("translate", a[1:])
        return about @ _matrix("rotate", a[:1]) @ np.linalg.inv(about)
    if name == "matrix":
        return _affine(*(a + [0.0] * 6)[:6])
    first = a[0] if a else 0.0
    tangent, angle = np.tan(np.radians(first)), np.radians(first)
    return {
        "translate": _affine(1, 0, 0, 1, first, a[1] if len(a) > 1 else 0.0),
        "scale": _affine(first, 0, 0, a[1] if len(a) > 1 else first, 0, 0),
        "rotate": _affine(np.cos(angle), np.sin(angle), -np.sin(angle), np.cos(angle), 0, 0),
        "skewX": _affine(1, 0, tangent, 1, 0, 0),
        "skewY": _affine(1, tangent, 0, 1, 0, 0),
    }[name]


def _affine(a: float, b: float, c: float, d: float, e: float, f: float) -> Floats:
    return np.array([[a, c, e], [b, d, f], [0, 0, 1]], dtype=float)


def moved(points: Floats, matrix: Floats) -> Floats:
    """(n, 2) points under a (3, 3) matrix.

    >>> moved(np.array([[1.0, 2.0]]), transformation("scale(2, 3)"))
    array([[2., 6.]])
    """
    return points @ matrix[:2, :2].T + matrix[:2, 2]


def scale_of(matrix: Floats) -> float:
    """How much longer lines are under a matrix, on average over directions.

    >>> round(scale_of(transformation("scale(2, 8)")), 6)
    4.0
    """
    return float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
