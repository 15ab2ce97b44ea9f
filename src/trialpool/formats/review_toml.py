"""review.toml: read, validated, and every problem said by its key."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from trialpool.errors import Problem
from trialpool.review.plan import Plan


def read_plan(folder: Path, problems: list[Problem]) -> Plan | None:
    file = "review.toml"
    try:
        data = tomllib.loads((folder / file).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        problems.append(Problem(file, 0, "", "the file is missing", "Every review folder needs it; `trialpool new` makes one"))
        return None
    except UnicodeDecodeError:
        problems.append(Problem(file, 0, "", "the text is not UTF-8", "Save it as UTF-8"))
        return None
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(file, 0, "", f"this is not TOML ({error})", "Correct it there; text stands in double quotes"))
        return None
    try:
        return Plan.model_validate(data)
    except ValidationError as error:
        problems += [_toml_problem(file, detail, data) for detail in error.errors()]
        return None


def _toml_problem(file: str, detail: Any, data: Any) -> Problem:
    place = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in detail["loc"]).lstrip(".")
    found, kind = detail.get("input"), detail["type"]
    if kind == "missing":
        return Problem(file, 0, place, "the key is missing", "Add it")
    if kind == "extra_forbidden":
        return Problem(file, 0, place, "there is no such key", _nearest_key(detail["loc"]))
    if kind == "literal_error":
        return Problem(file, 0, place, f"{found!r} is not known", f"Use {detail['ctx']['expected']}")
    return Problem(file, 0, place, f"{found!r} cannot be used", detail["msg"])


def _nearest_key(location: Sequence[Any]) -> str:
    model: type[BaseModel] = Plan
    for part in location[:-1]:
        if isinstance(part, str):
            inner = model.model_fields[part].annotation
            model = next(
                (m for m in (inner, *getattr(inner, "__args__", ())) if isinstance(m, type) and issubclass(m, BaseModel)), model
            )
    near = get_close_matches(str(location[-1]), model.model_fields, n=1)
    return f"Did you mean {near[0]}" if near else f"Known are {', '.join(model.model_fields)}"
