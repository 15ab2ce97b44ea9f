"""Levels of risk as lights: a disc with a sign, its colours from pale to dark, so that neither colour nor sign is needed alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialpool.figures import style
from trialpool.figures.lettering import text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trialpool.figures.canvas import Sheet

PALE, DARK = "#c9e8dc", "#6d1a2a"
COLOURS = {
    1: (PALE,),
    2: (PALE, "#c8502d"),
    3: (PALE, "#eeb245", "#b8412a"),
    4: (PALE, "#eeb245", "#c8502d", DARK),
    5: (PALE, "#d9d58a", "#eeb245", "#c8502d", DARK),
}  # by how many levels there are, from best to worst; each darker than the one before
SIGNS = {2: "+\u00d7", 3: "+\u2212\u00d7", 4: "+\u2212\u00d7!", 5: "+\u00b1\u2212\u00d7!"}
NOT_JUDGED = "Not judged"
RADIUS = 5.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """What stands for a level; no colour and no sign for a result that is not judged."""

    name: str
    sign: str = ""
    colour: str = ""


OFF = Light(name=NOT_JUDGED)


def colours_of(k: int) -> tuple[str, ...]:
    """A colour for each of k levels, from best to worst; of more than five, between those of five."""
    if k in COLOURS:
        return COLOURS[k]
    stops = COLOURS[5]
    places = [i * (len(stops) - 1) / (k - 1) for i in range(k)]
    return tuple(_between(stops[int(x)], stops[min(int(x) + 1, len(stops) - 1)], x - int(x)) for x in places)


def _between(one: str, other: str, share: float) -> str:
    mixed = [round(a + share * (b - a)) for a, b in zip(_rgb(one), _rgb(other), strict=True)]
    return "#" + "".join(f"{x:02x}" for x in mixed)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def signs_of(k: int) -> tuple[str, ...]:
    """A sign for each of k levels: numbers where there are more than five."""
    return tuple(SIGNS[k]) if k in SIGNS else tuple(str(i) for i in range(1, k + 1))


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1, as WCAG defines it.

    >>> luminance("#000000"), luminance("#ffffff")
    (0.0, 1.0)
    """
    shares = [x / 255 for x in _rgb(colour)]
    linear = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in shares]
    return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def ink_on(colour: str) -> str:
    """Ink or paper, whichever is read more easily on a colour."""
    return max((style.INK, style.PAPER), key=lambda ink: contrast(ink, colour))


def contrast(one: str, other: str) -> float:
    """How far two colours are apart in brightness, 1 to 21, as WCAG defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def draw_light(sheet: Sheet, light: Light, x: float, y: float, radius: float = RADIUS) -> None:
    """A disc with its sign about a point; a ring where nothing is judged."""
    if not light.colour:
        sheet.disc(x, y, radius - 1.6, fill=style.PAPER, edge=style.HAIR, width=style.THIN)
        return
    sheet.disc(x, y, radius, fill=light.colour, edge=style.QUIET, width=style.THIN)
    size = radius * (1.55 if len(light.sign) < 2 else 1.2)
    looks = {"size": size, "bold": True, "align": "center", "colour": ink_on(light.colour)}
    sheet.text(x, y + style.CAP * size, light.sign, **looks)


def shown_lights(levels: Sequence[Light], lights: Iterable[Light]) -> tuple[Light, ...]:
    """What a legend explains: the levels, and that a light is off, where one is."""
    return (*levels, *([OFF] if OFF in lights else []))


def draw_light_legend(
    sheet: Sheet, lights: Iterable[Light], left: float, right: float, y: float, *, radius: float = RADIUS
) -> float:
    """What the lights mean, beside each other while there is room; returns where the next thing can start."""
    x, row, lead = left, 2 * radius + 3.0, 2 * radius + 4.0
    for light in lights:
        width = lead + text_width(light.name, style.SMALL)
        if x > left and x + width > right:
            x, y = left, y + row
        middle = y + radius
        draw_light(sheet, light, x + radius, middle, radius)
        sheet.text(x + lead, middle + style.CAP * style.SMALL, light.name, size=style.SMALL, colour=style.QUIET)
        x += width + style.GAP
    return y + row


def narrowest_legend(lights: Sequence[Light]) -> float:
    """The width that the widest entry needs."""
    return max(2 * RADIUS + 4.0 + text_width(light.name, style.SMALL) for light in lights)
