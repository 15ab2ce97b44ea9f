"""The items of the PRISMA 2020 checklist, by number; A1 to A12 are those of the checklist for abstracts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

ITEMS = (
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10a", "10b", "11", "12", "13a", "13b", "13c", "13d", "13e", "13f", "14", "15",
    "16a", "16b", "17", "18", "19", "20a", "20b", "20c", "20d", "21", "22", "23a", "23b", "23c", "23d", "24a", "24b", "24c", "25",
    "26", "27", *(f"A{i}" for i in range(1, 13)),
)  # fmt: skip


def _items(value: Any) -> Any:
    unknown = [key for key in value if key not in ITEMS] if isinstance(value, dict) else []
    if unknown:
        said = f"There is no item {', '.join(unknown)}. Items are 1 to 27, some with letters (13a), and A1 to A12 of the abstract"
        raise PydanticCustomError("items", "{said}", {"said": said})
    return value


Prisma = Annotated[dict[str, str], BeforeValidator(_items)]
