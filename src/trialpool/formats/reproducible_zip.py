"""Zip files whose bytes depend on nothing but what is in them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

CORE = "docProps/core.xml"
DATES = re.compile(rb"<dcterms:(created|modified)\b[^>]*>[^<]*</dcterms:\1>")
SAME_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


def reproducible_zip(made: bytes, *, without_dates: bool = False) -> bytes:
    """A zip with the same entries in the same order, each with the same time.

    Parameters
    ----------
    made : the zip
    without_dates : whether the dates in its docProps/core.xml, as files of Office have it, are left out
    """
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    if without_dates and CORE in entries:
        entries[CORE] = DATES.sub(b"", entries[CORE])
    return zip_of(entries)


def zip_of(entries: Mapping[str, bytes]) -> bytes:
    """A zip of entries by name, each with the same time."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name, SAME_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return written.getvalue()
