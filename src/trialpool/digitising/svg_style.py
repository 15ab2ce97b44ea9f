"""How an SVG element is drawn: presentation attributes, `style`, and the few CSS selectors that plotting programs write."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import ImageColor

from trialpool.digitising.drawing import Colour
from trialpool.digitising.svg_path import numbers

INHERITED = (
    "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "fill", "font-size", "text-anchor", "visibility", "color",
)  # fmt: skip
OWN = ("display", "opacity")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_PERCENT = re.compile(r"rgba?\(\s*([\d.]+)%\s*,?\s*([\d.]+)%\s*,?\s*([\d.]+)%")
_NONE = {"none", "transparent", ""}
Style = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Element:
    """What a selector asks of an element."""

    tag: str
    id: str
    classes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A selector, its parts from the outermost to the element itself, and what it declares."""

    parts: tuple[str, ...]
    declared: Style

    def fits(self, ancestors: Sequence[Element]) -> bool:
        """Whether it selects the last of `ancestors`, which run from the root to the element."""
        if not _is(ancestors[-1], self.parts[-1]):
            return False
        outer = list(ancestors[:-1])
        for part in reversed(self.parts[:-1]):
            while outer and not _is(outer[-1], part):
                outer.pop()
            if not outer:
                return False
            outer.pop()
        return True


def _is(element: Element, part: str) -> bool:
    """Whether an element is meant by a simple selector such as path, .line, g#axes or *."""
    for sign, name in re.findall(r"([.#]?)([\w*-]+)", part):
        meant = {"": name in ("*", element.tag), ".": name in element.classes, "#": name == element.id}
        if not meant[sign]:
            return False
    return True


def rules(css: str) -> list[Rule]:
    """The rules of a style sheet; what stands later wins.

    >>> rules(".plot line, g { stroke: #000 }")[0]
    Rule(parts=('.plot', 'line'), declared={'stroke': '#000'})
    """
    found = []
    for selectors, body in _RULE.findall(_COMMENT.sub(" ", css)):
        plain = (selector.replace(">", " ").split() for selector in selectors.split(","))
        found += [Rule(tuple(parts), declarations(body)) for parts in plain if parts]
    return found


def declarations(text: str) -> dict[str, str]:
    """The properties of a `style` attribute.

    >>> declarations("stroke: red; stroke-width:2 !important")
    {'stroke': 'red', 'stroke-width': '2'}
    """
    pairs = (part.split(":", 1) for part in text.split(";") if ":" in part)
    return {name.strip(): value.replace("!important", "").strip() for name, value in pairs}


def colour_of(text: str, current: str = "black") -> Colour | None:
    """The colour of a stroke; None where nothing is drawn.

    >>> colour_of("rgb(12.156863%,46.666667%,70.588235%)"), colour_of("#d62728"), colour_of("none")
    ((31, 119, 180), (214, 39, 40), None)
    """
    text = text.strip()
    if text.lower() in _NONE or text.startswith("url("):
        return None
    if text.lower() == "currentcolor":
        text = current
    if percent := _PERCENT.match(text):
        red, green, blue = (round(float(share) * 2.55) for share in percent.groups())
        return red, green, blue
    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError:
        return 0, 0, 0
    return red, green, blue


def number_in(style: Style, name: str, default: float) -> float:
    """A length or share of a style; `default` where there is none.

    >>> number_in({"stroke-width": "1.5px"}, "stroke-width", 1.0)
    1.5
    """
    found = numbers(style.get(name, ""))
    return found[0] if found else default


def dashes_of(style: Style) -> tuple[float, ...]:
    """The dashes of a stroke; empty for a solid line.

    >>> dashes_of({"stroke-dasharray": "4,4"}), dashes_of({"stroke-dasharray": "none"})
    ((4.0, 4.0), ())
    """
    found = tuple(numbers(style.get("stroke-dasharray", "")))
    return found if sum(found) > 0 else ()


def drawn_at_all(style: Style) -> bool:
    """Whether an element is to be seen.

    >>> drawn_at_all({"display": "none"}), drawn_at_all({"opacity": "1"})
    (False, True)
    """
    hidden = style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse")
    return not hidden and number_in(style, "opacity", 1.0) > 0 and number_in(style, "stroke-opacity", 1.0) > 0
