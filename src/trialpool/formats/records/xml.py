"""Elements of an XML export, one after the other, as far as the file goes; what they hold as text."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from lxml import etree

from trialpool.errors import Problem
from trialpool.formats.records.entry import at_line

Element = Any  # lxml brings no types


def elements(text: str, tags: tuple[str, ...], file: str, problems: list[Problem]) -> Iterator[Element]:
    """The elements with these tags, each released after it was looked at. Broken XML is said, and read as far as it can be.

    Entities are not resolved, and nothing is fetched.
    """
    stream = BytesIO(text.encode("utf-8", errors="replace"))
    found = etree.iterparse(
        stream, events=("end",), tag=tags, recover=True, huge_tree=True, encoding="utf-8", resolve_entities=False, no_network=True
    )
    for _, element in found:
        yield element
        element.clear(keep_tail=False)
        while element.getprevious() is not None:
            del element.getparent()[0]
    for error in [error for error in found.error_log if error.level > etree.ErrorLevels.WARNING][:1]:
        mend = "What was whole was read; the download may have broken off: compare the number of records"
        problems.append(at_line(file, error.line, f"the XML is broken ({error.message.strip().rstrip('.')})", mend))


def text_of(element: Element | None) -> str:
    """All text in an element, on one line, mark-up left out."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def as_written(element: Element) -> str:
    """The element as XML."""
    return str(etree.tostring(element, encoding="unicode", with_tail=False)).strip()


def has_markup(element: Element) -> bool:
    """Whether it holds more than its text."""
    return len(element) > 0 or bool(element.attrib)
