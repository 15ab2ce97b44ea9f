"""review.toml: read, validated, and every problem said by its key."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from trialpool.errors import Problem
from trialpool.formats.cells import nearest
from trialpool.formats.quoted import quoted
from trialpool.review.plan import Plan

FILE = "review.toml"
TABLES = {
    "question": "[question]",
    "screening": "[screening]",
    "risk_of_bias": "[risk_of_bias]",
    "flow": "[flow]",
    "outcomes": "[[outcomes]]",
    "analyses": "[[analyses]]",
}


def read_plan(folder: Path, problems: list[Problem]) -> Plan | None:
    """The plan in a folder's review.toml; None, with the reasons in `problems`, where it cannot be used."""
    data = _toml(folder, problems)
    if data is None:
        return None
    try:
        return Plan.model_validate(data)
    except ValidationError as error:
        problems += [_toml_problem(detail) for detail in error.errors() if not _is_echo(detail)]
        return None


def _toml(folder: Path, problems: list[Problem]) -> dict[str, Any] | None:
    try:
        return tomllib.loads((folder / FILE).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        what, mend = "the file is missing", "Every review folder needs it; `trialpool new` makes one"
    except OSError as error:
        what, mend = f"the file cannot be read ({error.strerror})", "Check its permissions"
    except UnicodeDecodeError:
        what, mend = "the text is not UTF-8", "Save it as UTF-8"
    except RecursionError:
        what, mend = "this is not TOML (nested too deeply)", "Correct it; text stands in double quotes"
    except ValueError as error:  # TOMLDecodeError is one, and so is a number of thousands of digits
        what, mend = f"this is not TOML ({error})", "Correct it there; text stands in double quotes"
    problems.append(Problem(FILE, 0, "", what, mend))
    return None


def _is_echo(detail: Any) -> bool:
    """A list whose items could not be used counts as empty for pydantic; the items are said already."""
    return detail["type"] == "too_short" and len(detail["input"]) > 0


def _toml_problem(detail: Any) -> Problem:
    location, found, kind = detail["loc"], quoted(detail.get("input")), detail["type"]
    place = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    if kind == "missing":
        return Problem(FILE, 0, place, "the key is missing", _as_table(location) or "Add it")
    if kind == "extra_forbidden":
        return Problem(FILE, 0, place, "there is no such key", _nearest_key(location))
    if kind == "literal_error":
        return Problem(FILE, 0, place, f"{found} is not known", f"Use {detail['ctx']['expected']}")
    if kind in ("greater_than", "less_than") and location[-1] == "level":
        return Problem(FILE, 0, place, f"{found} is not between 0 and 1", "For a 95% interval give 0.95")
    if kind in BOUNDS:
        return Problem(FILE, 0, place, f"{found} is out of range", BOUNDS[kind].format(**detail["ctx"]))
    if kind in KINDS:
        what, mend = KINDS[kind]
        return Problem(FILE, 0, place, what.format(found=found), _as_table(location) or mend)
    return Problem(FILE, 0, place, f"{found} cannot be used", str(detail["msg"]))


BOUNDS = {
    "greater_than": "Give more than {gt:g}",
    "greater_than_equal": "Give {ge:g} or more",
    "less_than": "Give less than {lt:g}",
    "less_than_equal": "Give {le:g} or less",
}
KINDS = {
    "string_type": ("{found} is not text", "Put it in double quotes"),
    "string_too_short": ("the text is empty", "Write something"),
    "string_pattern_mismatch": (
        "{found} is no identifier",
        "Use small letters, digits, - and _, beginning with a letter or a digit",
    ),
    "tuple_type": ("{found} is not a list", 'Put it in brackets, such as ["PFS"]'),
    "too_short": ("the list is empty", "Give at least one"),
    "model_type": ("{found} is not a table", "Write its keys under a heading in brackets"),
    "float_type": ("{found} is not a number", "Write it without quotes, such as 0.95"),
    "int_type": ("{found} is not a whole number", "Write it without quotes, such as 2"),
    "int_parsing": ("{found} is not a whole number", "Write it without quotes, such as 2"),
    "int_from_float": ("{found} is not a whole number", "Write it without decimals, such as 2"),
    "bool_type": ("{found} is neither true nor false", "Write true or false, without quotes"),
    "bool_parsing": ("{found} is neither true nor false", "Write true or false, without quotes"),
    "float_parsing": ("{found} is not a number", "Write it without quotes, such as 0.95"),
}


def _as_table(location: Sequence[Any]) -> str:
    """How to head the tables of a key, where it holds tables."""
    return f"Head it with {TABLES[location[0]]}" if len(location) == 1 and location[0] in TABLES else ""


def _nearest_key(location: Sequence[Any]) -> str:
    model: type[BaseModel] = Plan
    for part in location[:-1]:
        if isinstance(part, str):
            inner = model.model_fields[part].annotation
            model = next(
                (m for m in (inner, *getattr(inner, "__args__", ())) if isinstance(m, type) and issubclass(m, BaseModel)), model
            )
    return nearest(str(location[-1]), list(model.model_fields), otherwise="Known are")
