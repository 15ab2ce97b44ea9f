"""HTML entities that were left in a text (`95%&nbsp;CI 0&middot;57&ndash;0&middot;67`), read as the letters they stand for."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from html import unescape

ENTITY = re.compile(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,5}|[A-Za-z][A-Za-z0-9]{1,11});")


@dataclass(frozen=True, slots=True)
class Unescaped:
    """A text without entities, and where its letters stand in the text as given.

    text  : with letters for entities
    after : places in `text` from which the shift holds that stands at the same place of `shifts`
    """

    text: str
    after: tuple[int, ...] = ()
    shifts: tuple[int, ...] = ()

    def place(self, at: int) -> int:
        """The place in the text as given.

        >>> unescaped("0&middot;62 (").place(4)
        11
        """
        i = bisect_right(self.after, at) - 1
        return at + (self.shifts[i] if i >= 0 else 0)


def unescaped(text: str) -> Unescaped:
    """A text with letters for its entities; one that is no entity stays.

    >>> unescaped("0&middot;62; p&lt;0&#183;01 &c.").text
    '0·62; p<0·01 &c.'
    """
    pieces: list[str] = []
    after: list[int] = []
    shifts: list[int] = []
    length = end = 0
    for match in ENTITY.finditer(text):
        letters = unescape(match.group())
        if letters == match.group():
            continue
        pieces += [text[end : match.start()], letters]
        length += match.start() - end + len(letters)
        end = match.end()
        after.append(length)
        shifts.append(end - length)
    return Unescaped("".join([*pieces, text[end:]]), tuple(after), tuple(shifts))
