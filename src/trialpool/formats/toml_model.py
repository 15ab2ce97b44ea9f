"""A TOML file as a frozen model: every key that cannot be used becomes a problem with its mend."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from trialpool.errors import Problem
from trialpool.formats.cells import nearest
from trialpool.formats.quoted import quoted
from trialpool.formats.review_toml import BOUNDS, KINDS

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, file: str, model: type[Model], problems: list[Problem]) -> Model | None:
    """The file as a value of the model; None, with the reasons in `problems`, where it cannot be used."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        problems.append(Problem(file, 0, "", f"the file cannot be read ({error.strerror})", "Check its permissions"))
        return None
    except UnicodeDecodeError:
        problems.append(Problem(file, 0, "", "the text is not UTF-8", "Save it as UTF-8"))
        return None
    except RecursionError:
        problems.append(Problem(file, 0, "", "this is not TOML (nested too deeply)", "Correct it; text stands in double quotes"))
        return None
    except ValueError as error:
        problems.append(Problem(file, 0, "", f"this is not TOML ({error})", "Correct it there; text stands in double quotes"))
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems += [_problem(file, model, detail) for detail in error.errors() if not _is_echo(detail)]
        return None


def _is_echo(detail: Any) -> bool:
    """A list whose items could not be used counts as empty for pydantic; the items are said already."""
    return detail["type"] == "too_short" and len(detail["input"]) > 0


def _problem(file: str, model: type[BaseModel], detail: Any) -> Problem:
    location, found, kind = detail["loc"], quoted(detail.get("input")), detail["type"]
    place = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    if kind == "missing":
        return Problem(file, 0, place, "the key is missing", "Add it")
    if kind == "extra_forbidden":
        return Problem(file, 0, place, "there is no such key", _nearest_key(model, location))
    if kind == "literal_error":
        return Problem(file, 0, place, f"{found} is not known", f"Use {detail['ctx']['expected']}")
    if kind in BOUNDS:
        return Problem(file, 0, place, f"{found} is out of range", BOUNDS[kind].format(**detail["ctx"]))
    if kind in KINDS:
        what, mend = KINDS[kind]
        return Problem(file, 0, place, what.format(found=found), mend)
    return Problem(file, 0, place, f"{found} cannot be used", str(detail["msg"]))


def _nearest_key(model: type[BaseModel], location: Sequence[Any]) -> str:
    for part in location[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    return nearest(str(location[-1]), list(model.model_fields), otherwise="Known are")


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is of, or holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner))), None)
