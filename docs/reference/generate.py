"""Writes the reference pages from the signatures and docstrings of what is public.

    .venv/bin/python docs/reference/generate.py

A page is a table row of PAGES: the rooms of the package whose public names it describes. What stands on a page above the MARK is
written by hand and kept; what stands below is written here. Results are described on the page of the room that defines them.
tests/test_docs.py says when a page is stale.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, is_dataclass
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import trialpool

FOLDER = Path(__file__).parent
MARK = "<!-- From here on this page is written by generate.py from the docstrings. -->"
INDEX = "python"
WIDTH = 116


class Page(NamedTuple):
    """A page: its title, the rooms it describes (the longest prefix decides), and the modules that come first, in this order."""

    title: str
    rooms: tuple[str, ...]
    first: tuple[str, ...] = ()


PAGES: dict[str, Page] = {
    "effects": Page(
        "Effects",
        ("stats.effects",),
        (
            "two_by_two",
            "hazard_ratio",
            "mean_difference",
            "ratio_of_means",
            "generic",
            "effects",
            "rate",
            "proportion",
            "proportion_interval",
            "group_mean",
            "change",
            "matched_pairs",
            "correlation",
            "partial_correlation",
            "association",
            "across_scales",
            "superiority",
            "variability",
            "reliability",
        ),
    ),
    "conversions": Page(
        "Conversions",
        (
            "stats.effects.mean_from_quantiles",
            "stats.effects.standard_deviation",
            "stats.effects.group_summary",
            "stats.effects.measure",
        ),
        ("mean_from_quantiles", "standard_deviation", "group_summary", "measure"),
    ),
    "pooling": Page("Pooling", ("stats.pooling",), ("pairwise", "pooled_effect", "subgroups", "mantel_haenszel", "peto")),
    "exact": Page("Rare events and exact models", ("stats.exact",), ("glmm", "beta_binomial", "rare_event_sensitivity")),
    "regression": Page("Meta-regression", ("stats.regression", "formulas"), ("regress",)),
    "small-studies": Page(
        "Small-study effects",
        ("stats.bias",),
        ("egger", "small_study_test", "regression_test", "rank_test", "trim_and_fill", "pet_peese"),
    ),
    "influence": Page("Influence", ("stats.influence",), ("leave_one_out", "influence", "all_subsets", "residual_plots")),
    "bayes": Page("Bayesian pooling", ("stats.bayes",), ("pooling", "priors", "empirical_priors", "model_averaging")),
    "evidence": Page(
        "Sequential analysis and evidence",
        ("stats.evidence",),
        ("sequential_analysis", "boundaries", "information", "absolute_effect", "fragility", "e_value"),
    ),
    "survival": Page("Survival", ("stats.survival",)),
    "consistency": Page("Checks of reported numbers", ("stats.consistency",), ("check_reported",)),
    "digitising": Page("Curves out of figures", ("digitising",), ("digitise",)),
    "screening": Page(
        "Records and screening",
        ("screening", "review.record", "review.records", "review.screening", "formats.records", "stats.agreement"),
        ("reading", "writing", "record", "deduplicate", "screening", "state"),
    ),
    "figures": Page("Figures", ("figures",), ("forests", "from_results")),
    "reviews": Page("Reviews", ("formats", "analysis", "reports", "review"), ("review_folder", "run", "build")),
    "errors": Page("Errors", ("errors",)),
}
TITLES = {
    "review.screening": "Decisions",
    "screening.publications_of_review": "Of a review",
    "screening.reviewers": "Agreement of the reviewers",
    "screening.state": "The state of a screening",
    "analysis.inconsistencies": "Numbers that were checked",
    "analysis.judgements": "Judgements of the risk of bias",
    "analysis.multiverse": "Multiverse",
    "analysis.run": "The plan",
    "formats.review_folder": "The folder",
    "reports.build": "The report",
    "formulas.regress": "By formula",
    "figures.forests": "Forest plots",
    "figures.from_evidence": "How firm an answer is",
    "figures.from_fits": "From other results",
    "figures.from_influence": "What an answer hangs on",
    "figures.from_judgements": "The risk of bias",
    "figures.from_results": "From a pooled effect",
    "stats.bias.copas": "Copas selection model",
    "stats.bias.egger": "Egger's test",
    "stats.bias.fail_safe_n": "Fail-safe numbers",
    "stats.bias.p_uniform_star": "P-uniform*",
    "stats.bias.pet_peese": "PET-PEESE",
    "stats.bias.rank_test": "Begg's test",
    "stats.bias.regression_test": "Regression on a measure of size",
    "stats.bias.selection_model": "Selection by P values",
    "stats.bias.small_study_test": "Tests by name",
    "stats.bayes.empirical_priors": "Published priors",
    "stats.bayes.pooling": "The normal-normal model",
    "stats.bayes.priors": "Priors",
    "stats.evidence.absolute_effect": "Absolute effects",
    "stats.evidence.e_value": "E-values",
    "stats.evidence.information": "Required information",
    "stats.effects.across_scales": "One measure from the figures of another",
    "stats.effects.association": "Association in a 2x2 table",
    "stats.effects.change": "Before and after, and matched means",
    "stats.effects.effects": "Effects that are there already",
    "stats.effects.generic": "Estimates as they are printed",
    "stats.effects.group_mean": "Means of single groups",
    "stats.effects.group_summary": "Several groups as one",
    "stats.effects.hazard_ratio": "Time to event",
    "stats.effects.matched_pairs": "Matched pairs and crossover trials",
    "stats.effects.mean_difference": "Means of two groups",
    "stats.effects.mean_from_quantiles": "Medians, quartiles and ranges",
    "stats.effects.measure": "Back from a scale",
    "stats.effects.partial_correlation": "Regression models",
    "stats.effects.proportion": "Proportions",
    "stats.effects.proportion_interval": "Limits of single proportions",
    "stats.effects.rate": "Incidence rates",
    "stats.effects.standard_deviation": "Standard deviations",
    "stats.effects.superiority": "Probability of superiority",
    "stats.effects.two_by_two": "Events and patients",
    "stats.exact.glmm": "Generalised linear mixed models",
    "stats.exact.beta_binomial": "Beta-binomial regression",
    "stats.exact.rare_event_sensitivity": "All methods side by side",
    "stats.influence.influence": "Influence of each study",
    "stats.influence.leave_one_out": "Leave-one-out and cumulative",
    "stats.influence.rounding_edges": "Rounding",
    "stats.influence.residual_plots": "Points of plots",
    "stats.pooling.bootstrap_prediction": "Bootstrap prediction interval",
    "stats.pooling.mantel_haenszel": "Mantel-Haenszel",
    "stats.pooling.mantel_haenszel_tests": "Tests of 2x2 tables",
    "stats.pooling.pairwise": "Random and common effects",
    "stats.regression.information": "Likelihoods",
    "stats.regression.location_scale": "Location and scale by matrix",
    "stats.regression.regress": "By matrix",
    "stats.regression.robust": "Cluster-robust variances",
}  # of rooms whose file name is no heading
ELSEWHERE = re.compile(r"trialpool\.(review|stats\.arrays|stats\.effects\.measure)\b")  # described elsewhere, or names of arrays
SEVERAL = re.compile(r"; (\w[\w, ]*?) : ")  # a second description in the line of another
PROSE = {"fixed-effect"}  # quoted words that are no choices
QUOTED = re.compile(r"(`[^`]+`|(?<!\w\()\"[^\"]{0,40}\")")
SECTIONS = ("Parameters", "Returns", "Raises", "Notes", "References", "Examples")


# What there is


@cache
def modules() -> dict[str, ModuleType]:
    """Every module of the package but the command line's, by its name without the package's."""
    names = [m.name for m in pkgutil.walk_packages(trialpool.__path__, "trialpool.") if not m.name.startswith("trialpool.cli")]
    return {name.removeprefix("trialpool."): import_module(name) for name in names}


@cache
def public() -> dict[str, Any]:
    """Every public name that is called or raised, and what it is."""
    return {name: getattr(trialpool, name) for name in trialpool.__all__ if not name.startswith("_")}


@cache
def classes() -> dict[str, type | None]:
    """The classes of the package by name; None where two have the same one."""
    found: dict[str, type | None] = {}
    for module in modules().values():
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == module.__name__:
                found[name] = None if name in found else value
    return found


def named_in(annotation: Any, home: ModuleType) -> list[type]:
    """The classes of the package that an annotation, a text, names."""
    found = [vars(home).get(word, classes().get(word)) for word in re.findall(r"\w+", str(annotation))]
    return [c for c in found if inspect.isclass(c) and c.__module__.startswith("trialpool.") and not c.__name__.startswith("_")]


def answers(cls: type) -> Iterator[Any]:
    """The annotations of what a result holds and returns."""
    yield from vars(cls).get("__annotations__", {}).values()
    for value in vars(cls).values():
        function = value.fget if isinstance(value, property) else value.func if isinstance(value, cached_property) else value
        if isinstance(function, FunctionType) and not function.__name__.startswith("_"):
            yield function.__annotations__.get("return", "")


@cache
def results() -> tuple[type, ...]:
    """The classes that public calls return, those that these hold and return, and so on."""
    waiting = [
        c for f in public().values() if inspect.isfunction(f) for c in named_in(f.__annotations__.get("return", ""), modules_of(f))
    ]
    waiting += [c for c in public().values() if inspect.isclass(c)]
    found: list[type] = []
    while waiting:
        cls = waiting.pop(0)
        if cls in found or ELSEWHERE.match(cls.__module__):
            continue
        found.append(cls)
        waiting += [c for annotation in answers(cls) for c in named_in(annotation, modules_of(cls))]
        waiting += [c for c in cls.__mro__[1:] if c.__module__.startswith("trialpool.") and is_dataclass(c)]
    return tuple(found)


def modules_of(thing: Any) -> ModuleType:
    return modules()[thing.__module__.removeprefix("trialpool.")]


def room(name: str, thing: Any) -> str:
    return str(thing.__module__).removeprefix("trialpool.")


@cache
def page_of(module: str) -> str:
    """The page of a room: by its longest prefix."""
    fits = [(len(r), page) for page, p in PAGES.items() for r in p.rooms if module == r or module.startswith(r + ".")]
    if not fits:
        raise SystemExit(f"No page describes trialpool.{module}. Add it to PAGES in docs/reference/generate.py.")
    return max(fits)[1]


@cache
def entries() -> dict[str, tuple[str, Any]]:
    """Title of each entry -> its module and what it describes; functions and errors first, then the results."""
    found = {name: (room(name, thing), thing) for name, thing in public().items()}
    return found | {cls.__name__: (room("", cls), cls) for cls in results() if cls.__name__ not in found}


def address(title: str, of_page: str) -> str:
    module = entries()[title][0]
    target = page_of(module)
    return f"#{title}" if target == of_page else f"{target}.md#{title}"


# Docstrings to Markdown


def escaped(text: str) -> str:
    """Plain text with what Markdown would read as marks made harmless."""
    text = re.sub(r"([*\[\]|])", r"\\\1", text)
    text = re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", text)
    return text.replace("<", "&lt;")


def inline(text: str, page: str, here: str = "") -> str:
    """A line of a docstring: names of entries become links, choices in quotes become code."""
    parts = QUOTED.split(" ".join(text.split()))
    return "".join(_code(part, page, here) if i % 2 else _linked(part, page, here) for i, part in enumerate(parts))


def _code(part: str, page: str, here: str) -> str:
    bare = part.strip("`")
    title = bare.split("(")[0].removeprefix("trialpool.")
    if part.strip('"') in PROSE:
        return part
    if part.startswith("`") and title in entries() and title not in {here, *own_names(here)}:
        return f"[`{bare}`]({address(title, page)})"
    return f"`{bare}`"


@cache
def own_names(title: str) -> frozenset[str]:
    """Of an entry: its arguments, or what it holds. They are no links."""
    if title not in entries():
        return frozenset()
    thing = entries()[title][1]
    return frozenset(dir(thing) if inspect.isclass(thing) else inspect.signature(thing).parameters)


def _linked(part: str, page: str, here: str) -> str:
    """Plain text in which the names of results, which are in camel case, are links."""

    def link(found: re.Match[str]) -> str:
        return f"[`{found[0]}`]({address(found[0], page)})" if _is_result(found[0]) and found[0] != here else found[0]

    return re.sub(r"\b[A-Z]\w+\b", link, escaped(part))


def _is_result(word: str) -> bool:
    return word in entries() and inspect.isclass(entries()[word][1]) and bool(re.search(r"[a-z][A-Z]", word))


def paragraphs(text: str, page: str, here: str) -> str:
    """Prose and examples, each set apart by an empty line or by its prompt; indented lines are formulas."""
    blocks, lines = [], text.splitlines()
    while lines:
        if not lines[0].strip():
            lines.pop(0)
            continue
        example = lines[0].startswith(">>> ")
        block = [lines.pop(0)]
        while lines and lines[0].strip() and (example or not lines[0].startswith(">>> ")):
            block.append(lines.pop(0))
        if example:
            blocks.append("\n".join(block))
        elif all(line.startswith("    ") for line in block):
            blocks.append("```text\n" + textwrap.dedent("\n".join(block)) + "\n```")
        else:
            blocks.append(inline(" ".join(block), page, here))
    return "\n\n".join(block for block in _examples_fenced(blocks) if block)


def _examples_fenced(blocks: list[str]) -> Iterator[str]:
    for block in blocks:
        yield example(block) if block.startswith(">>> ") else block


def example(text: str) -> str:
    """An example as a reader types it: public names by way of `tp`, without the imports of rooms."""
    lines = []
    for line in text.splitlines():
        imported = re.match(r">>> from trialpool[\w.]* import (.*)", line)
        if imported and set(re.split(r",\s*", imported[1])) <= set(public()):
            continue
        if line.startswith((">>> ", "... ")):
            line = re.sub(rf"(?<![\w.])({'|'.join(public())})\(", r"tp.\1(", line)
        lines.append(line)
    return "```python\n" + "\n".join(lines) + "\n\n```" if lines else ""


@dataclass(frozen=True)
class Doc:
    """A docstring: its summary and prose, its sections, and the examples at the end."""

    prose: str
    sections: dict[str, str]
    examples: str

    @classmethod
    def of(cls, thing: Any) -> Doc:
        text = inspect.getdoc(thing) or ""
        at = text.find("\n>>> ")
        body, examples = (text, "") if at < 0 else (text[:at], text[at + 1 :])
        heads = list(re.finditer(rf"^({'|'.join(SECTIONS)})\n-+\n", body, re.MULTILINE))
        ends = [*(head.start() for head in heads), len(body)]
        sections = {head[1]: body[head.end() : end].strip("\n") for head, end in zip(heads, ends[1:], strict=True)}
        return cls(body[: ends[0]].strip(), sections, examples)


def fields(text: str) -> list[tuple[str, str]]:
    """`names : what they are`, continued on lines that begin further right."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        head = re.match(r"(\w[\w, ]*?)\s* : (.*)", line)
        if head:
            found.append((head[1], head[2]))
        elif found and line.strip():
            found[-1] = (found[-1][0], found[-1][1] + " " + line.strip())
    return found


def bullets(rows: list[tuple[str, str]], page: str, here: str) -> str:
    return "\n".join(f"- {_names(names)}" + (f": {inline(said, page, here)}" if said else "") for names, said in rows)


def _names(names: str) -> str:
    if "(" in names:
        return f"`{names}`"
    return ", ".join(f"`{name.strip()}`" for name in names.split(","))


# Entries


def signature(name: str, function: Callable[..., Any]) -> str:
    """A call without annotations, text in double quotes, wrapped."""

    def shown(parameter: inspect.Parameter) -> str:
        star = "*" * (parameter.kind is inspect.Parameter.VAR_POSITIONAL) + "**" * (parameter.kind is inspect.Parameter.VAR_KEYWORD)
        if parameter.default is inspect.Parameter.empty:
            return star + parameter.name
        default = "..." if callable(parameter.default) else repr(parameter.default).replace("'", '"')
        return f"{parameter.name}={default}"

    parameters = [p for p in inspect.signature(function).parameters.values() if p.name not in ("self", "cls")]
    parts = [shown(p) for p in parameters]
    first = next((i for i, p in enumerate(parameters) if p.kind is inspect.Parameter.KEYWORD_ONLY), None)
    if first is not None:
        parts.insert(first, "*")
    line = f"{name}({', '.join(parts)})"
    if len(line) <= WIDTH:
        return line
    inner = textwrap.fill(", ".join(parts), WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False)
    return f"{name}(\n{inner}\n)"


def call_entry(title: str, function: Callable[..., Any], page: str) -> str:
    doc = Doc.of(function)
    returns = function.__annotations__.get("return", "")
    parts = [f"### `{title}` {{ #{title} }}", f"```text\n{signature(title, function)}\n```", paragraphs(doc.prose, page, title)]
    if "Parameters" in doc.sections:
        parts.append(bullets(fields(doc.sections["Parameters"]), page, title))
    if "Returns" in doc.sections:
        parts.append("**Returns** " + _stopped(_result_linked(paragraphs(doc.sections["Returns"], page, title), page)))
    elif named := [c.__name__ for c in named_in(returns, modules_of(function)) if c.__name__ in entries()]:
        parts.append("**Returns** " + ", ".join(f"[`{name}`]({address(name, page)})" for name in named) + ".")
    parts += _last_sections(doc, page, title)
    return "\n\n".join(part for part in parts if part)


def _result_linked(text: str, page: str) -> str:
    """With a link where the first word is a result of one plain word, such as Effects."""
    word = re.match(r"\w*", text)[0]  # type: ignore[index]
    is_class = word in entries() and inspect.isclass(entries()[word][1])
    return f"[`{word}`]({address(word, page)}){text[len(word) :]}" if is_class else text


def _last_sections(doc: Doc, page: str, title: str) -> list[str]:
    parts = []
    if "Raises" in doc.sections:
        rows = re.findall(r"^(\w+)\n((?:[ ]+.*\n?)+)", doc.sections["Raises"] + "\n", re.MULTILINE)
        said = [f"[`{error}`]({address(error, page)}) {inline(why, page, title)}" for error, why in rows]
        parts.append("**Raises** " + "; ".join(said) + ".")
    if "Notes" in doc.sections:
        parts.append(paragraphs(doc.sections["Notes"], page, title))
    if "References" in doc.sections:
        parts.append("**References** " + _stopped(inline(doc.sections["References"], page, title)))
    parts.append(paragraphs(doc.sections.get("Examples", "") + "\n" + doc.examples, page, title))
    return parts


def _stopped(text: str) -> str:
    return text if text.endswith(".") else text + "."


def class_entry(title: str, cls: type, page: str) -> str:
    doc = Doc.of(cls)
    prose = re.split(r"\n\s*\n", doc.prose, maxsplit=1)
    call = f"```text\n{signature(title, cls)}\n```" if title in public() and is_dataclass(cls) else ""
    parts = [f"### `{title}` {{ #{title} }}", call, paragraphs(prose[0], page, title)]
    rest = prose[1] if len(prose) > 1 else ""
    listed = fields(rest)
    held = vars(cls).get("__annotations__", {})
    own = [name for name in held if not name.startswith("_") and "ClassVar" not in str(held[name])]
    if listed and is_dataclass(cls):
        before = rest[: re.search(r"^\w[\w, ]*?\s* : ", rest, re.MULTILINE).start()]  # type: ignore[union-attr]
        parts.append(paragraphs(before, page, title))
    else:
        parts.append(paragraphs(rest, page, title))
        listed = []
    described = {name.strip() for names, said in listed for some in (names, *SEVERAL.findall(said)) for name in some.split(",")}
    listed += [(name, "") for name in own if name not in described]
    rows = listed + list(_answers_of(cls, described))
    parts.append(bullets([row for row in rows if row[1]], page, title))
    if bare := [name for name, said in rows if not said]:
        parts.append("Also " + ", ".join(f"`{name}`" for name in bare) + ".")
    parts += _last_sections(doc, page, title)
    return "\n\n".join(part for part in parts if part)


def _answers_of(cls: type, described: set[str]) -> Iterator[tuple[str, str]]:
    """Properties and methods with the first paragraph of what is said of them."""
    for name, value in vars(cls).items():
        if name.startswith("_"):
            continue
        if isinstance(value, property | cached_property):
            said = inspect.getdoc(value) or ""
            if said or name not in described:
                yield name, _in_one(said)
        elif isinstance(value, FunctionType | classmethod | staticmethod):
            function = value if isinstance(value, FunctionType) else value.__func__
            yield (
                " ".join(signature(name, function).split()).replace("( ", "(").replace(" )", ")"),
                _in_one(inspect.getdoc(function) or ""),
            )


def _in_one(text: str) -> str:
    """What is said of a property or method in one paragraph: its prose and its arguments."""
    text = re.split(r"\n>>> ", text)[0]
    prose, *arguments = re.split(r"\n\s*Parameters\n-+\n", text)
    said = [f"`{names}` is {what}" for names, what in fields(arguments[0])] if arguments else []
    return " ".join([" ".join(prose.split()), *(f"{words}." for words in said)])


def _first_paragraph(text: str) -> str:
    return re.split(r"\n\s*\n|\n>>> ", text)[0]


def heading(module: str) -> str:
    return TITLES.get(module) or module.rsplit(".", 1)[-1].replace("_", " ").capitalize()


# Pages


def called_on(page: str) -> list[str]:
    """The public names of a page, in the order of their rooms."""
    order = {name: i for i, name in enumerate(PAGES[page].first)}

    def place(title: str) -> tuple[int, str, int]:
        module, thing = entries()[title]
        return order.get(module.rsplit(".", 1)[-1], len(order)), module, inspect.getsourcelines(thing)[1]

    return sorted((name for name in public() if page_of(entries()[name][0]) == page), key=place)


def body(page: str) -> str:
    """What stands below the mark: the calls in the order of their rooms, then the results."""
    mine = {title: entry for title, entry in entries().items() if page_of(entry[0]) == page}
    called, returned = called_on(page), [t for t in mine if t not in public()]
    parts, last = [], ""
    several = len({mine[t][0] for t in called}) > 1
    for title in called:
        module, thing = mine[title]
        if module != last and several:
            parts += [f"## {heading(module)}", inline(_first_paragraph(modules()[module].__doc__ or ""), page)]
        last = module
        parts.append(class_entry(title, thing, page) if inspect.isclass(thing) else call_entry(title, thing, page))
    if returned:
        parts += ["## Results", "What the calls above return, and what these hold. They are frozen values: they cannot be changed."]
    parts += [class_entry(title, mine[title][1], page) for title in returned]
    return "\n\n".join(parts)


def index() -> str:
    """The table of all public names, a part a page."""
    parts = []
    for page, of_page in PAGES.items():
        names = called_on(page)
        if not names:
            continue
        rows = [f"| [`{name}`]({address(name, INDEX)}) | {_summary(name)} |" for name in names]
        parts.append("\n".join([f"## {of_page.title}\n", "| name | what it does |", "|---|---|", *rows]))
    return "\n\n".join(parts)


def _summary(name: str) -> str:
    return inline(_first_paragraph(inspect.getdoc(public()[name]) or ""), INDEX, name)


def written() -> dict[str, str]:
    """File name -> the page as it should be; pages without an entry do not exist."""
    present = {page_of(module) for module, _ in entries().values()}
    texts = {f"{page}.md": body(page) for page in PAGES if page in present} | {f"{INDEX}.md": index()}
    return {name: f"{head(name)}\n\n{MARK}\n\n{text}\n" for name, text in texts.items()}


def head(name: str) -> str:
    """What was written by hand, or a title where the page is new."""
    path = FOLDER / name
    if path.exists() and MARK in (text := path.read_text(encoding="utf-8")):
        return text[: text.index(MARK)].rstrip()
    return f"# {PAGES[name.removesuffix('.md')].title}\n\n```python\nimport numpy as np\n\nimport trialpool as tp\n```"


if __name__ == "__main__":
    for name, text in written().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
