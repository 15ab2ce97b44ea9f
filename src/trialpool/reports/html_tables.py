"""Tables as the page shows them: cells of text, some of which lead somewhere or carry a mark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from trialpool.figures.from_results import STATUS_MARKS


@dataclass(frozen=True, slots=True)
class Link:
    """Words, and where choosing them leads: a place in the page or a web address; nowhere where `href` is empty."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Tag:
    """A small mark that says something in words, never by colour alone; `kind` gives its looks."""

    text: str
    kind: str
    sign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one cell shows: links or plain words, then a mark, then smaller words on a line of their own."""

    links: tuple[Link, ...] = ()
    tag: Tag | None = None
    below: str = ""

    @property
    def empty(self) -> bool:
        return not any(link.text for link in self.links) and self.tag is None and not self.below


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; numbers stand at the right in figures of one width, `long` is for sentences."""

    head: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Cells, the first of which names the row; a `total` is set apart."""

    cells: tuple[Cell, ...]
    total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows under a heading of their own; none where `head` is empty."""

    rows: tuple[Row, ...]
    head: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with its caption, which also names the region that it scrolls in."""

    caption: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    note: str = ""
    wide: bool = False


def cell(text: object, href: str = "", *, tag: Tag | None = None, below: str = "") -> Cell:
    """A cell of one text, empty for None."""
    return Cell(links=(Link("" if text is None else str(text), href),), tag=tag, below=below)


def row(cells: Iterable[Cell], *, total: bool = False) -> Row:
    return Row(cells=tuple(cells), total=total)


def table(
    caption: str, columns: Sequence[Column], rows: Iterable[Row] | Iterable[Group], *, note: str = "", wide: bool = False
) -> Table:
    """A table of rows, or of groups of rows; columns in which nothing stands are left out."""
    found = tuple(rows)
    groups = tuple(r for r in found if isinstance(r, Group)) or (Group(rows=tuple(r for r in found if isinstance(r, Row))),)
    return without_empty_columns(Table(caption=caption, columns=tuple(columns), groups=groups, note=note, wide=wide))


def without_empty_columns(full: Table) -> Table:
    rows = [r for group in full.groups for r in group.rows]
    kept = [i for i in range(len(full.columns)) if i == 0 or any(not r.cells[i].empty for r in rows)]
    groups = tuple(
        replace(group, rows=tuple(replace(r, cells=tuple(r.cells[i] for i in kept)) for r in group.rows)) for group in full.groups
    )
    return replace(full, columns=tuple(full.columns[i] for i in kept), groups=groups)


def status_tag(status: str) -> Tag | None:
    """The mark of a row's status, with the sign that figures use for it; none where no status is given."""
    kind = status if status in ("read", "author", "derived", "recalled") else "other"
    return Tag(status, kind, STATUS_MARKS.get(status, "")) if status else None
