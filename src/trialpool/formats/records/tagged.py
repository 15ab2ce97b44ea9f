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
    parted : tags that a record has once; after a blank line a second one begins a record whose first line is lacking
    """

    tag: re.Pattern[str]
    begins: str
    ends: str = ""
    joined: str = "\n"
    outside: frozenset[str] = frozenset()
    parted: frozenset[str] = frozenset()


def entries_of(layout: Layout, text: str, file: str, problems: list[Problem]) -> Iterator[Entry]:
    """The records; what stands outside of them, and a record that is not closed, is said. Everything within one is kept."""
    reader = _Reader(layout, file, problems)
    for number, line in enumerate(lines_of(text), start=1):
        if (entry := reader.read(number, line)) is not None:
            yield entry
    if (entry := reader.end()) is not None:
        yield entry


class _Reader:
    """The record that is open, while lines come in; each line may close one."""

    def __init__(self, layout: Layout, file: str, problems: list[Problem]) -> None:
        self.layout, self.file, self.problems = layout, file, problems
        self.match = layout.tag.match
        self.begin = 0
        self.outside = False
        self.blank = False
        self.values: list[tuple[str, list[str]]] = []

    def read(self, number: int, line: str) -> Entry | None:
        found = self.match(line)
        if not found:
            self.blank = not line.strip()
            self._go_on(number, line)
            return None
        tag, value = found[1], found[2] or ""
        after_blank, self.blank = self.blank, False
        if tag == self.layout.ends:
            return self._close()
        if not self.values:
            self._begin(number, tag, value)
        elif tag == self.layout.begins or (after_blank and tag in self.layout.parted and tag in dict(self.values)):
            self._no_end(f"It was read up to line {number - 1}")
            entry = self._close()
            self._begin(number, tag, value)
            return entry
        else:
            self.values.append((tag, [value]))
        return None

    def end(self) -> Entry | None:
        if self.values:
            self._no_end("It was read as far as it goes; the download may have broken off: compare the number of records")
        return self._close()

    def _begin(self, number: int, tag: str, value: str) -> None:
        if tag in self.layout.outside:
            return
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

    def _close(self) -> Entry | None:
        joined = self.layout.joined
        values, self.values = self.values, []
        return Entry(self.begin, tuple([(tag, joined.join(lines).strip()) for tag, lines in values])) if values else None

    def _no_end(self, mend: str) -> None:
        if self.layout.ends:
            self.problems.append(at_line(self.file, self.begin, f"the record has no end ({self.layout.ends})", mend))
