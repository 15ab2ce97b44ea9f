"""From the bytes of an export to its text; and what a file is that is no export."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

from trialpool.errors import BadInput, Problem

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
AGAIN = "Export the search again, as RIS or in the database's own format"
_OTHER_FILES: Mapping[bytes, tuple[str, str]] = {
    b"\x1f\x8b": ("the file is packed (gzip)", "Unpack it, and give what was in it"),
    b"%PDF-": ("the file is a PDF", AGAIN),
    b"{\\rtf": (
        "the file is formatted text (RTF)",
        "In EndNote choose the output style 'RefMan (RIS) Export' and save as plain text",
    ),
    b"SQLite format 3": ("the file is a database (SQLite), of a reference manager perhaps", "Export its records there as RIS"),
    b"\xd0\xcf\x11\xe0": ("the file is a document of old Microsoft Office", "Save it as 'CSV UTF-8'"),
    b"Rar!": ("the file is packed (RAR)", "Unpack it, and give what was in it"),
    b"7z\xbc\xaf": ("the file is packed (7z)", "Unpack it, and give what was in it"),
}
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,80}?encoding=["']([A-Za-z0-9._-]+)["']""")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_HTML = re.compile(r"\A\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)


def text_of(data: bytes, file: str, problems: list[Problem]) -> str:
    """The text; an encoding that had to be guessed is said.

    Raises
    ------
    BadInput
        where the file is empty, or is no text
    """
    if not data.strip():
        mend = "Export the search again; a search without hits is a row of searches.csv without a file"
        raise bad(file, "the file is empty", mend)
    for magic, (what, mend) in _OTHER_FILES.items():
        if data.startswith(magic):
            raise bad(file, what, mend)
    text = _decoded(data, file, problems).replace("\N{ZERO WIDTH NO-BREAK SPACE}", "")  # the mark of files that were put together
    if _HTML.match(text[:2000]):
        found = _TITLE.search(text[:20_000])
        title = f" ('{' '.join(found[1].split())[:60]}')" if found and found[1].strip() else ""
        what = f"the file is a web page{title}, not an export"
        raise bad(file, what, "The session in the database may have ended; sign in and export again")
    return text


def bad(file: str, what: str, mend: str) -> BadInput:
    return BadInput([Problem(file, 0, "", what, mend)])


def _decoded(data: bytes, file: str, problems: list[Problem]) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if wide := _without_mark(data):
        problems.append(Problem(file, 0, "", f"the text is {wide.upper()} without its mark", "It was read so", "warning"))
        return data.decode(wide, errors="replace")
    if declared := _DECLARED.match(data):
        try:
            return data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass  # it is not what it says
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _western(data, error, file, problems)


def _without_mark(data: bytes) -> str:
    """UTF-16 without its mark, which has a zero byte in every other place; other zero bytes are no text."""
    head = data[:2000]
    if head.count(0) < len(head) // 4:
        return ""
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def _western(data: bytes, error: UnicodeDecodeError, file: str, problems: list[Problem]) -> str:
    """Line by line, for exports of two databases may stand in one file, or a letter be cut in one abstract of many."""
    lines = re.split(rb"(?<=\n)", data)
    utf8 = sum(_is_utf8(line) for line in lines if not line.isascii())
    name = "Windows-1252" if all(_is_in(line, "cp1252") for line in lines if not _is_utf8(line)) else "Latin-1"
    encoding = "cp1252" if name == "Windows-1252" else "latin-1"
    text = "".join(line.decode("utf-8" if _is_utf8(line) else encoding) for line in lines)
    at = len(re.findall(rb"\r\n|\r|\n", data[: error.start])) + 1
    what = f"byte 0x{data[error.start]:02x} is not UTF-8"
    read = f"The other lines were read as UTF-8, this and its like as {name}" if utf8 else f"The file was read as {name}"
    problems.append(Problem(file, 0, f"line {at}", what, f"{read}; look at names with accents, or export it as UTF-8", "warning"))
    return text


def _is_utf8(line: bytes) -> bool:
    return _is_in(line, "utf-8")


def _is_in(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
