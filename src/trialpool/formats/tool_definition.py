"""Tool definitions for the risk of bias: the packaged ones, and those of a review's folder `tools/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import trialpool.review
from trialpool.errors import BadArgument, BadInput, Problem
from trialpool.formats.toml_model import read_toml
from trialpool.review.risk_of_bias_tool import Tool, tool_problems

PACKAGED = Path(trialpool.review.__file__).with_name("tools")


def packaged_ids() -> tuple[str, ...]:
    """The ids of the packaged tools.

    >>> packaged_ids()
    ('quadas-2', 'rob2-adhering', 'rob2-assignment', 'robins-i-v2')
    """
    return tuple(sorted(path.stem for path in PACKAGED.glob("*.toml")))


@cache
def packaged_tool(id_: str) -> Tool:
    """A packaged tool by its id.

    >>> [domain.id for domain in packaged_tool("rob2-assignment").domains]
    ['D1', 'D2', 'D3', 'D4', 'D5']
    """
    if id_ not in packaged_ids():
        raise BadArgument(f"There is no packaged tool {id_!r}. Choose one of {', '.join(packaged_ids())}.")
    problems: list[Problem] = []
    tool = read_tool(PACKAGED / f"{id_}.toml", f"{id_}.toml", problems)
    if tool is None:
        raise BadInput(problems)
    return tool


def read_tool(path: Path, file: str, problems: list[Problem]) -> Tool | None:
    """A tool definition; None, with the reasons in `problems`, where it cannot be used."""
    tool = read_toml(path, file, Tool, problems)
    if tool is None:
        return None
    found = [Problem(file, 0, *finding) for finding in tool_problems(tool)]
    if tool.id != path.stem:
        found.append(Problem(file, 0, "id", f"the id {tool.id!r} is not the name of the file", f"Write {path.stem!r}"))
    problems += found
    return None if found else tool


def read_tools(folder: Path, problems: list[Problem]) -> dict[str, Tool]:
    """Every tool that a review can name, by id: the packaged ones, and those of its folder `tools/`, which may replace them."""
    tools = {id_: packaged_tool(id_) for id_ in packaged_ids()}
    own = folder / "tools"
    if own.is_dir():
        for path in sorted(own.glob("*.toml")):
            tool = read_tool(path, f"tools/{path.name}", problems)
            if tool is not None:
                tools[tool.id] = tool
    return tools
