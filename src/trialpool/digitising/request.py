"""What is asked of a figure: values along its axes, and the look of each curve."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import ImageColor

from trialpool.digitising.drawing import Box, Colour
from trialpool.errors import BadArgument

LINES = ("solid", "dashed", "dotted", "dashdot")
_SAME_AS = {"dash-dot": "dashdot", "dash-dotted": "dashdot", "dashdotted": "dashdot"}
RANKS = ("upper", "lower")


@dataclass(frozen=True, slots=True)
class AxisPoints:
    """Two values along an axis: of its first and last tick mark, or of the positions given."""

    value: tuple[float, float]
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a curve is drawn: what is None was not said."""

    arm: str
    colour: Colour | None = None
    line: str | None = None
    rank: str | None = None


def axis_points(given: Any, axis: str) -> AxisPoints | None:
    """What was said of an axis: "0,60", (0, 60), "0@105,60@822", or ((0, 105), (60, 822)).

    >>> axis_points("0,60", "x")
    AxisPoints(value=(0.0, 60.0), position=None)
    >>> axis_points("0@105,60@822", "x")
    AxisPoints(value=(0.0, 60.0), position=(105.0, 822.0))

    Raises
    ------
    BadArgument
        where it is not two different values
    """
    if given is None:
        return None
    try:
        pairs = [_pair(part) for part in (given.split(",") if isinstance(given, str) else given)]
        (first, at_first), (second, at_second) = pairs
    except (TypeError, ValueError):
        raise BadArgument(_axis_mend(axis, given)) from None
    if first == second or (at_first is None) != (at_second is None) or (at_first is not None and at_first == at_second):
        raise BadArgument(_axis_mend(axis, given))
    positions = None if at_first is None or at_second is None else (at_first, at_second)
    return AxisPoints((first, second), positions)


def _pair(part: Any) -> tuple[float, float | None]:
    if isinstance(part, str):
        value, _, position = part.partition("@")
        return float(value), float(position) if position else None
    if isinstance(part, int | float):
        return float(part), None
    value, position = part
    return float(value), float(position)


def _axis_mend(axis: str, given: Any) -> str:
    upright = "upright " if axis == "y" else ""
    return (
        f"{axis} is {given!r}, not two different values. Give those of the first and last tick mark of the {upright}axis, "
        "such as 0,60; or values and where they stand, such as 0@105,60@822."
    )


def looks(given: Mapping[str, str] | Iterable[str] | None) -> tuple[Look, ...]:
    """The look of each curve, from {"Placebo": "#1f77b4"} or ["Placebo=#1f77b4"].

    >>> looks(["Placebo=black dashed"])
    (Look(arm='Placebo', colour=(0, 0, 0), line='dashed', rank=None),)

    Raises
    ------
    BadArgument
        for a curve without a name or a look, or named twice
    """
    if given is None:
        return ()
    pairs = list(given.items()) if isinstance(given, Mapping) else [_named(text) for text in given]
    names = [name for name, _ in pairs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadArgument(f"The curve {twice!r} is given twice. Give every arm once.")
    return tuple(_look(name, text) for name, text in pairs)


def _named(text: str) -> tuple[str, str]:
    name, sign, look = text.rpartition("=")
    if not sign or not name.strip() or not look.strip():
        raise BadArgument(f"The curve {text!r} is not a name and a look. Give it as 'Placebo=#1f77b4' or 'Placebo=black dashed'.")
    return name.strip(), look.strip()


def _look(name: str, text: str) -> Look:
    words = [_SAME_AS.get(word, word) for word in text.lower().split()]
    line = next((word for word in words if word in LINES), None)
    rank = next((word for word in words if word in RANKS), None)
    colours = [word for word in words if word not in (line, rank)]
    if len(colours) > 1 or not words:
        raise BadArgument(_look_mend(name, text))
    try:
        colour = ImageColor.getrgb(colours[0])[:3] if colours else None
    except ValueError:
        raise BadArgument(_look_mend(name, text)) from None
    return Look(arm=name, colour=colour, line=line, rank=rank)


def _look_mend(name: str, text: str) -> str:
    options = ", ".join((*LINES, *RANKS))
    wanted = f"Give a colour, such as #1f77b4 or black, and, where needed, one of {options}."
    return f"{text!r} is no look of the curve {name!r}. {wanted}"


def box_within(given: Any) -> Box | None:
    """The part of the figure to read, from "left,top,right,bottom" or four numbers.

    >>> box_within("0,0,400,300")
    Box(left=0.0, top=0.0, right=400.0, bottom=300.0)

    Raises
    ------
    BadArgument
        where it is no rectangle
    """
    if given is None:
        return None
    try:
        left, top, right, bottom = (float(part) for part in (re.split(r"[,\s]+", given) if isinstance(given, str) else given))
    except (TypeError, ValueError):
        left = top = right = bottom = 0.0
    if not (left < right and top < bottom):
        raise BadArgument(f"within is {given!r}. Give left, top, right and bottom of the plot in the figure, such as 0,0,800,600.")
    return Box(left, top, right, bottom)
