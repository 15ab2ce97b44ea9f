"""Zip files whose bytes depend on nothing but what is in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

SAME_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


def reproducible_zip(made: bytes) -> bytes:
    """A zip with the same entries in the same order, each with the same time."""
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return zip_of({name: archive.read(name) for name in archive.namelist()})


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
