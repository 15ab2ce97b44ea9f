"""Values out of a registry's JSON, where a part may be lacking anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

PATH = "_path"  # where an object stands in the file that it was read from, when that file is not the JSON itself


def dig(data: Any, *keys: str) -> Any:
    """The part under a chain of keys; an empty mapping where it is lacking."""
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return {} if data is None else data


def text(data: Any, *keys: str) -> str:
    """The text under a chain of keys, spaces around it left aside; empty where there is none.

    >>> text({"a": {"b": " 0.62 "}}, "a", "b"), text({"a": 3}, "a"), text({}, "a", "b")
    ('0.62', '3', '')
    """
    found = dig(data, *keys)
    return "" if isinstance(found, Mapping | list) else str(found).strip()


def texts(data: Any, *keys: str) -> tuple[str, ...]:
    """The texts in a list; none where there is none."""
    found = dig(data, *keys)
    return tuple(str(item).strip() for item in found if not isinstance(item, Mapping | list)) if isinstance(found, list) else ()


def objects(data: Any, *keys: str) -> list[Mapping[str, Any]]:
    """The objects in a list; none where there is none."""
    found = dig(data, *keys)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def whole(data: Any, *keys: str) -> int | None:
    """The count under a chain of keys; None where there is none."""
    found = text(data, *keys)
    return int(found) if found.isascii() and found.isdigit() else None


def path_of(data: Any, otherwise: str) -> str:
    """Where an object stands: as it says itself, or else where it was found."""
    return text(data, PATH) or otherwise


def leaves(data: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Every value in order: its path, its path without positions, the value as text.

    >>> list(leaves({"a": [{"b": 1}, {"b": True}]}))
    [('a[0].b', 'a[].b', '1'), ('a[1].b', 'a[].b', 'true')]
    """
    if isinstance(data, Mapping):
        for key, part in data.items():
            if key != PATH:
                yield from leaves(part, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list):
        for i, part in enumerate(data):
            yield from leaves(part, f"{path}[{i}]")
    elif data is not None:
        yield path, re.sub(r"\[\d+\]", "[]", path), str(data).lower() if isinstance(data, bool) else str(data)
