"""Elements of an XML export, one after the other, as far as the file goes; what they hold as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5
from io import BytesIO
from typing import Any

from lxml import etree

from trialpool.errors import Problem
from trialpool.formats.records.entry import at_line

Element = Any  # lxml brings no types


_DECLARATION = re.compile(r"<\?xml\s[^>]*\?>")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*;)")
_OF_XML = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})


def elements(text: str, tags: tuple[str, ...], file: str, problems: list[Problem]) -> Iterator[Element]:
    """The elements with these tags, each released after it was looked at. Broken XML is said, and read as far as it can be.

    Several replies of a service, one behind the other in a file, are all read. Names of letters that only HTML has (`&alpha;`) are
    taken for these letters; other entities are not resolved, and nothing is fetched.
    """
    for begin, document in _documents(text):
        yield from _elements(_with_letters(document, begin, file, problems), tags, begin, file, problems)


def _documents(text: str) -> Iterator[tuple[int, str]]:
    """Each XML document in a text, with the number of lines before it; it begins with its declaration."""
    starts = [found.start() for found in _DECLARATION.finditer(text)] or [0]
    starts[0] = 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield text.count("\n", 0, start), text[start:end]


def _with_letters(text: str, begin: int, file: str, problems: list[Problem]) -> str:
    odd = next((found for found in _ENTITY.finditer(text) if _is_html(found[1])), None)
    if odd is None or "<!ENTITY" in text:
        return text
    line = begin + text.count("\n", 0, odd.start()) + 1
    problems.append(
        at_line(file, line, f"{odd[0]} is a name that XML does not know", "It was read as HTML has it, and so were others")
    )
    return _ENTITY.sub(lambda found: html5[found[1]] if _is_html(found[1]) else found[0], text)


def _is_html(name: str) -> bool:
    return name in html5 and name not in _OF_XML


def _elements(text: str, tags: tuple[str, ...], begin: int, file: str, problems: list[Problem]) -> Iterator[Element]:
    stream = BytesIO(text.encode("utf-8", errors="replace"))
    found = etree.iterparse(
        stream, events=("end",), tag=tags, recover=True, huge_tree=True, encoding="utf-8", resolve_entities=False, no_network=True
    )
    for _, element in found:
        element.sourceline = (element.sourceline or 0) + begin
        yield element
        element.clear(keep_tail=False)
        while element.getprevious() is not None:
            del element.getparent()[0]
    for error in [error for error in found.error_log if error.level > etree.ErrorLevels.WARNING][:1]:
        mend = "What was whole was read; the download may have broken off: compare the number of records"
        what = f"the XML is broken ({error.message.strip().rstrip('.')})"
        problems.append(at_line(file, begin + error.line, what, mend))


def text_of(element: Element | None) -> str:
    """All text in an element, on one line, mark-up left out."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def as_written(element: Element) -> str:
    """The element as XML."""
    return str(etree.tostring(element, encoding="unicode", with_tail=False)).strip()


def has_markup(element: Element) -> bool:
    """Whether it holds more than its text."""
    return len(element) > 0 or bool(element.attrib)
