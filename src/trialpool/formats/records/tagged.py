"""Exports of lines that begin with a tag: RIS, MEDLINE, Web of Science, Refer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trialpool.errors import Problem
from trialpool.formats.quoted import quoted
from trialpool.formats.records.entry import Entry, at_line, lines_of


@dataclass(frozen=True, slots=True)
class Layout:
    """How a tagged format is laid out.

    tag : matches a line that begins a field, its tag and its value in two groups
    begins : tag of a record's first line
    ends : tag of its last line; empty where the next record or the end of the file ends it
    joined : between a line and the one that goes on with its value
    outside : tags that stand between records
    """

    tag: re.Pattern[str]
    begins: str
    ends: str = ""
    joined: str = "\n"
    outside: frozenset[str] = frozenset()


def entries_of(layout: Layout, text: str, file: str, problems: list[Problem]) -> Iterator[Entry]:
    """The records; what stands outside of them, and a record that is not closed, is said. Everything within one is kept."""
    reader = _Reader(layout, file, problems)
    for number, line in enumerate(lines_of(text), start=1):
        yield from reader.read(number, line)
    yield from reader.end()


class _Reader:
    """The record that is open, while lines come in."""

    def __init__(self, layout: Layout, file: str, problems: list[Problem]) -> None:
        self.layout, self.file, self.problems = layout, file, problems
        self.begin = 0
        self.outside = False
        self.values: list[tuple[str, list[str]]] = []

    def read(self, number: int, line: str) -> Iterator[Entry]:
        found = self.layout.tag.match(line)
        if not found:
            self._go_on(number, line)
            return
        tag, value = found[1], found[2] or ""
        if self.layout.ends and tag == self.layout.ends:
            yield from self._close()
        elif not (self.values == [] and tag in self.layout.outside):
            if tag == self.layout.begins and self.values:
                self._no_end(f"It was read up to line {number - 1}")
                yield from self._close()
            self._add(number, tag, value)

    def end(self) -> Iterator[Entry]:
        if self.values:
            self._no_end("It was read as far as it goes; the download may have broken off: compare the number of records")
        yield from self._close()

    def _add(self, number: int, tag: str, value: str) -> None:
        if not self.values:
            self.begin, self.outside = number, False
            if tag != self.layout.begins:
                what = f"a record begins with {tag}, not with {self.layout.begins}"
                self.problems.append(at_line(self.file, number, what, "It was read; look whether something is lacking before it"))
        self.values.append((tag, [value]))

    def _go_on(self, number: int, line: str) -> None:
        """A line without a tag: of the value before it, or of no record (a heading of the export)."""
        if self.values:
            self.values[-1][1].append(line.strip())
        elif line.strip() and not self.outside:
            self.outside = True  # said once for all lines up to the next record
            what = f"{quoted(line.strip())} stands outside of any record"
            self.problems.append(at_line(self.file, number, what, "It was left out"))

    def _close(self) -> Iterator[Entry]:
        if self.values:
            yield Entry(self.begin, tuple((tag, self.layout.joined.join(lines).strip()) for tag, lines in self.values))
        self.values = []

    def _no_end(self, mend: str) -> None:
        if self.layout.ends:
            self.problems.append(at_line(self.file, self.begin, f"the record has no end ({self.layout.ends})", mend))
