"""What the pages say of the code agrees with the code: tables of fields and keys, signatures, choices, the picture."""

from __future__ import annotations

import ast
import datetime
import inspect
import json
import re
import runpy
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel
from tests.effect_sizes.reference import CALLS
from tests.formats.curve_folder import with_curve
from typer.main import get_command

import trialpool
from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.analysis.run import analyse
from trialpool.analysis.selection import PREFERENCE
from trialpool.cli.main import app
from trialpool.figures.from_results import figures_of
from trialpool.formats.decision_file import DecisionRow
from trialpool.formats.duplicates_csv import DuplicateRow
from trialpool.formats.review_folder import read_review
from trialpool.formats.screening_csv import IncludedRow
from trialpool.formats.tool_definition import packaged_tool
from trialpool.reports.findings_json import findings_data
from trialpool.reports.methods_text import REFERENCES
from trialpool.review.certainty import (
    Baseline,
    Certainty,
    Downgrade,
    InformationSize,
    LevelOverride,
    OutcomeCertainty,
    SmallestImportant,
    Upgrade,
)
from trialpool.review.extraction import Adjudication
from trialpool.review.flow_plan import FlowBoxPlan, FlowPlan
from trialpool.review.plan import (
    ROBUSTNESS,
    SENSITIVITY,
    Analysis,
    BayesianPlan,
    MultiversePlan,
    Outcome,
    Plan,
    Question,
    RiskOfBiasPlan,
    ScreeningPlan,
    SequentialPlan,
    SubsetsPlan,
)
from trialpool.review.published import Published
from trialpool.review.report import STATUSES, Allocation, PValue, Report, Series
from trialpool.review.review import Review
from trialpool.review.risk_of_bias import RiskOfBiasRow
from trialpool.review.risk_of_bias_tool import Domain, Level, Overall, Part, Rule, Tool
from trialpool.review.risk_of_bias_tool import Question as SignallingQuestion
from trialpool.review.search import DatabaseSearch
from trialpool.review.study import Study
from trialpool.review.update import Update
from trialpool.stats.bias.egger import EggerTest
from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.routes import ORDER
from trialpool.stats.effects.two_by_two import ZERO_CELLS
from trialpool.stats.exact.request import GLMM_METHODS
from trialpool.stats.influence.leave_one_out import Refits
from trialpool.stats.pooling.intervals import INTERVALS, KR_PREDICTIONS, PREDICTIONS
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.subgroups import TAU2_OF_SUBGROUPS, Subgroups
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.pooling.tau2_intervals import TAU2_INTERVALS

ROOT = Path(__file__).parents[1]
FLAGSHIP = ROOT / "reviews/imid-maintenance"
TEMPLATE = ROOT / "src/trialpool/formats/template"
IMAGE = ROOT / "docs/images/forest-pfs.svg"
CERTAINTY = (Certainty, OutcomeCertainty, Downgrade, Upgrade, LevelOverride, Baseline, SmallestImportant, InformationSize)
SETTINGS = (MultiversePlan, SubsetsPlan, SequentialPlan, BayesianPlan)
OF_ONE_CELL: dict[Any, str] = {PValue: "P value", Series: "numbers", Allocation: "ratio"}
NOT_COLUMNS = {
    Study: {"moderators"},
    Report: {"file", "row"},
    Published: {"row"},
    Update: {"row"},
    Adjudication: {"row"},
    RiskOfBiasRow: {"row"},
    DecisionRow: set(),
    IncludedRow: set(),
    DatabaseSearch: {"row"},
    DuplicateRow: set(),
}
RESULTS = (Effects, Derivation, PooledEffect, Subgroups, Refits, EggerTest, Findings, AnalysisFindings)


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def in_code(text: str) -> set[str]:
    """Every word that stands in backticks, quotes around it left aside."""
    return {word.strip("\"'") for code in re.findall(r"`([^`\n]+)`", text) for word in (code, *code.split(), *code.split("`"))}


@cache
def findings_of(folder: Path) -> Findings:
    return analyse(read_review(folder))


# The picture


def test_the_picture_is_the_one_that_build_makes() -> None:
    made = figures_of(findings_of(FLAGSHIP))["forest-pfs"].to_bytes("svg")
    redraw = "Redraw it: build reviews/imid-maintenance, and copy report/figures/forest-pfs.svg to docs/images."
    assert IMAGE.read_bytes() == made, redraw


@pytest.mark.parametrize("name", ["README.md", "docs/index.md"])
def test_the_picture_is_shown(name: str) -> None:
    assert re.search(r"!\[[^\]]+\]\((docs/)?images/forest-pfs\.svg\)", (ROOT / name).read_text(encoding="utf-8"))


# The review folder


def kind(annotation: Any) -> str:
    """The type of a cell or key in a reader's words."""
    if get_origin(annotation) in (Union, UnionType):
        if dict[str, int] in get_args(annotation):
            return "whole number, or numbers by name"
        annotation = next(part for part in get_args(annotation) if part is not NoneType)
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{option}`" for option in get_args(annotation) if option != "")
    if get_origin(annotation) is Mapping:
        return "table"
    if annotation == dict[str, str]:
        return "texts by name"
    if get_origin(annotation) is tuple:
        inner = kind(get_args(annotation)[0])
        return {"table": "tables", "text": "list of texts"}.get(inner, f"list of {inner}")
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in OF_ONE_CELL:
        return "table"
    if get_origin(annotation) is not None:  # Annotated
        return kind(get_args(annotation)[0])
    return (
        {str: "text", bool: "true or false", int: "whole number", float: "number", Decimal: "number", datetime.date: "date"}
        | OF_ONE_CELL
    )[annotation]


def where_left_out(field: Any) -> str:
    if field.is_required():
        return "**needed**"
    default = field.get_default(call_default_factory=True, validated_data={})
    if default in (None, "", (), {}) or isinstance(default, BaseModel):
        return "–"
    return "all of them" if isinstance(default, tuple) else f"`{default}`"


def field_table(model: type[BaseModel]) -> str:
    """The table of a model's fields, as docs/review-folder.md has it."""
    first = "column" if model in NOT_COLUMNS else "key"
    fields = {name: field for name, field in model.model_fields.items() if name not in NOT_COLUMNS.get(model, set())}
    rows = [f"| `{n}` | {kind(f.annotation)} | {where_left_out(f)} | {f.description} |" for n, f in fields.items()]
    return "\n".join([f"| {first} | holds | where left out | what it is |", "|---|---|---|---|", *rows])


@pytest.mark.parametrize(
    "model",
    [
        Plan,
        Question,
        ScreeningPlan,
        RiskOfBiasPlan,
        FlowPlan,
        FlowBoxPlan,
        Outcome,
        Analysis,
        *SETTINGS,
        Study,
        Report,
        Published,
        *CERTAINTY,
        Update,
        Adjudication,
        DecisionRow,
        IncludedRow,
        DatabaseSearch,
        DuplicateRow,
    ],
    ids=lambda model: model.__name__,
)
def test_every_field_of_the_review_folder_is_documented(model: type[BaseModel]) -> None:
    expected = field_table(model)
    assert expected in page("review-folder.md"), f"docs/review-folder.md lacks the table\n\n{expected}\n"


def test_every_column_of_risk_of_bias_is_documented() -> None:
    expected = field_table(RiskOfBiasRow)
    assert expected in page("risk-of-bias.md"), f"docs/risk-of-bias.md lacks the table\n\n{expected}\n"


@pytest.mark.parametrize("model", [Tool, Level, Domain, SignallingQuestion, Rule, Part, Overall], ids=lambda model: model.__name__)
def test_every_key_of_a_tool_definition_is_documented(model: type[BaseModel]) -> None:
    expected = field_table(model)
    assert expected in page("risk-of-bias.md"), f"docs/risk-of-bias.md lacks the table\n\n{expected}\n"


@pytest.mark.parametrize("tool", ["rob2-assignment", "rob2-adhering"])
def test_every_question_of_rob2_is_documented_in_its_words(tool: str) -> None:
    rows = [f"| {question.id} | {question.text} |" for domain in packaged_tool(tool).domains for question in domain.questions]
    assert [row for row in rows if row not in page("risk-of-bias.md")] == []


def test_statuses_preference_and_sensitivity_analyses_are_documented_in_their_words() -> None:
    text = page("review-folder.md")
    assert [status for status, meaning in STATUSES.items() if f"| `{status}` | {meaning} |" not in text] == []
    assert [id_ for id_, what in SENSITIVITY.items() if f"| `{id_}` | {what} |" not in text] == []
    assert [id_ for id_, what in ROBUSTNESS.items() if f"| `{id_}` | {what} |" not in text] == []
    assert PREFERENCE in " ".join(text.split())


# The findings


def keys_of(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of the findings by its path, list items merged; a key under `inputs` is a column, no key of the format."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            path = f"{at}.{key}".lstrip(".")
            yield path, inner
            if key != "inputs":
                yield from keys_of(inner, path)
    elif isinstance(value, list):
        for item in value:
            yield from keys_of(item, at)


def documented(path: str) -> str:
    """Where docs/findings.md describes a path: what is pooled has one table wherever it stands."""
    parts = re.sub(r"^.*\bpooled(?=\.)", "pooled", path).split(".")
    return ".".join(parts[1:] if parts[0] == "analyses" and len(parts) > 2 else parts)


@cache
def documented_keys() -> dict[str, tuple[str, str]]:
    """Key path -> (type, when null), from the tables of docs/findings.md; a heading `### x` names the object."""
    rows: dict[str, tuple[str, str]] = {}
    at = ""
    for line in page("findings.md").splitlines():
        if heading := re.match(r"#+ (.*)", line):
            code = re.match(r"`([\w.]+)`", heading[1])
            at = f"{code[1]}." if code else ""
        if row := re.match(r"\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", line):
            rows[at + row[1]] = row[2].strip(), row[3].strip()
    return rows


@cache
def sample() -> list[tuple[str, Any]]:
    with TemporaryDirectory() as place:
        found = [*map(findings_of, (FLAGSHIP, TEMPLATE)), analyse(read_review(with_curve(Path(place))))]
    return [pair for findings in found for pair in keys_of(findings_data(findings))]


def test_every_key_of_the_findings_is_documented_and_no_other() -> None:
    found = {documented(path) for path, _ in sample()}
    assert found == set(documented_keys())


def test_keys_of_the_findings_are_null_only_where_the_page_says_so() -> None:
    null = {documented(path) for path, value in sample() if value is None}
    assert {path for path in null if documented_keys()[path][1] == "never"} == set()


def test_values_of_the_findings_have_the_documented_type() -> None:
    types = {"text": str, "number": (int, float), "whole number": int, "true or false": bool, "object": Mapping}
    wrong = defaultdict(set)
    for path, value in sample():
        said = documented_keys()[documented(path)][0]
        expected = list if said.startswith(("list", "pair")) else types[said]
        if value is not None and not isinstance(value, expected):
            wrong[documented(path)].add(type(value).__name__)
        if said.startswith("pair") and value is not None and len(value) != 2:
            wrong[documented(path)].add(f"{len(value)} items")
    assert wrong == {}


def test_the_findings_are_json() -> None:
    data = findings_data(findings_of(FLAGSHIP))
    assert json.loads(json.dumps(data, allow_nan=False)) == data


# The methods


def test_every_route_is_among_the_methods() -> None:
    assert [route for route in ORDER if f"| {route} |" not in page("methods.md")] == []


def test_every_reference_of_a_report_is_among_the_references_of_the_methods() -> None:
    text = " ".join(page("methods.md").split())
    assert [reference for reference in REFERENCES.values() if reference not in text] == []


CHOICES = {*TAU2, *INTERVALS, *PREDICTIONS, *KR_PREDICTIONS, *TAU2_INTERVALS, *ZERO_CELLS, *TAU2_OF_SUBGROUPS, *GLMM_METHODS}


def test_every_choice_of_a_method_is_among_the_methods() -> None:
    assert CHOICES - in_code(page("methods.md")) == set()


def test_every_choice_of_a_method_is_in_the_reference() -> None:
    assert CHOICES - in_code("\n".join(reference().values())) == set()


# The reference


GENERATOR = ROOT / "docs/reference/generate.py"


@cache
def generator() -> dict[str, Any]:
    return runpy.run_path(str(GENERATOR))


@cache
def reference() -> dict[str, str]:
    """The pages that the generator writes, as they should be."""
    written: dict[str, str] = generator()["written"]()
    return written


def test_the_reference_pages_are_those_of_the_docstrings() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in GENERATOR.parent.glob("*.md") if path.name != "cli.md"}
    stale = sorted(name for name in {*found, *reference()} if found.get(name) != reference().get(name))
    assert stale == [], "Renew them: .venv/bin/python docs/reference/generate.py; remove a page that it no longer writes."


PUBLIC = [name for name in trialpool.__all__ if not name.startswith("_")]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_has_an_entry_in_the_reference(name: str) -> None:
    assert [page for page, text in reference().items() if f"### `{name}` {{ #{name} }}" in text] != []


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.__name__)
def test_every_field_of_a_result_stands_in_the_reference(result: type) -> None:
    own = [name for name in vars(result) if not name.startswith("_") and not name.isupper()]
    entry = rf"^### `{result.__name__}` {{ #\w+ }}\n(.*?)(?=^##|\Z)"
    section = re.search(entry, "\n".join(reference().values()), re.MULTILINE | re.DOTALL)
    assert section is not None
    words = set(re.findall(r"\w+", " ".join(in_code(section[1]))))
    assert [name for name in own if name not in words] == []


def test_every_field_of_a_review_stands_in_the_reference() -> None:
    words = set(re.findall(r"\w+", " ".join(in_code(page("reference/reviews.md")))))
    assert set(Review.model_fields) - words == set()


# Coming from R

COMING_FROM_R = page("coming-from-r.md")
ROWS = re.findall(r"^\|(.*)\| ([^|]+) \|$", COMING_FROM_R, re.MULTILINE)
OURS = sorted(
    {code for _, ours in ROWS for code in re.findall(r"`([^`]+)`", ours) if re.search(r"\b(tp|fit|mixed|regression)\.", code)}
)


@cache
def names_of_coming_from_r() -> dict[str, Any]:
    """What the examples of the page define."""
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```", COMING_FROM_R, re.MULTILINE | re.DOTALL):
        if ">>>" not in block:
            exec(block, names)
    return names


@pytest.mark.parametrize("call", OURS)
def test_our_calls_on_the_page_for_users_of_r_can_be_made(call: str) -> None:
    eval(call, dict(names_of_coming_from_r()))


@pytest.mark.parametrize("measure", CALLS)
def test_each_measure_of_escalc_stands_beside_the_call_that_is_tested_against_it(measure: str) -> None:
    function, chosen = CALLS[measure]
    ours = next(ours for theirs, ours in ROWS if f"`{measure}`" in theirs and f"tp.{function.__name__}(" in ours)
    given = {k.arg: k.value.value for k in ast.parse(ours.strip("`")).body[0].value.keywords if k.arg}  # type: ignore[attr-defined]
    defaults = {name: p.default for name, p in inspect.signature(function).parameters.items()}
    assert given == {name: value for name, value in chosen.items() if value != defaults[name]}


COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_stands_in_the_reference(name: str) -> None:
    text = page("reference/cli.md")
    section = re.search(rf"^## trialpool {name}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section is not None
    assert f"$ trialpool {name} --help" in section[1]
    options = [option for parameter in COMMANDS[name].params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if f"`{option}`" not in section[1]] == []


def test_every_public_name_is_in_the_changelog() -> None:
    words = in_code((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert set(trialpool.__all__) - {"__version__"} - words == set()
    assert {f"trialpool {name}" for name in COMMANDS} - words == set()


# The flagship


def test_what_is_said_of_the_flagship_counts_its_rows() -> None:
    statuses = [report.status for report in read_review(FLAGSHIP).reports]
    read, derived, recalled = (statuses.count(status) for status in ("read", "derived", "recalled"))
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").replace("*", "").split())
    said = f"Of its {len(statuses)} rows, {read} are `read`, {derived} are `derived` from figures that were read, "
    assert f"{said}and {recalled} are `recalled`" in readme
    assert f"with {recalled} rows that are not verified" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
