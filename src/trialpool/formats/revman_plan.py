"""The plan of a review out of RevMan, and its items of risk of bias, as TOML."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from trialpool.review.revman import RevManComparison, RevManOutcome, RevManReview

MODELS = {"common": "fixed effect", "random": "random effects"}
TOOL = "revman-risk-of-bias"
OVER_ALL = frozenset({"overall bias", "overall risk of bias", "overall"})
LEVELS = (
    *(("low", "Low risk", "+"), ("unclear", "Unclear risk", "?"), ("some-concerns", "Some concerns", "-")),
    ("high", "High risk", "\u00d7"),
)
NO_DRUG = re.compile(r"control|placebo|usual care|no treatment", re.IGNORECASE)
DRUG = re.compile(r"experimental|treatment|intervention", re.IGNORECASE)


def identifier(c: RevManComparison, o: RevManOutcome) -> str:
    """`1-02-death`: what an outcome and its analysis are called in the plan."""
    return f"{c.number}-{o.number:02d}-{plain(o.name)[:40].strip('-')}"


def name_of(c: RevManComparison, o: RevManOutcome) -> str:
    """`1.2 Death`: what its rows are called."""
    return f"{c.number}.{o.number} {o.name}"


def factor(c: RevManComparison, o: RevManOutcome) -> str:
    """The column of studies.csv that holds the subgroups of an outcome."""
    return f"subgroup {c.number}.{o.number}"


def plain(text: str) -> str:
    """Small letters without accents, digits and hyphens."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")


def plan_of(review: RevManReview, pooled: list[tuple[RevManComparison, RevManOutcome]]) -> str:
    """review.toml."""
    labels = Counter((o.treatment, o.control) for _, o in pooled).most_common(1)[0][0]
    head = [
        f"# Made from {review.file}, as RevMan {review.version or '5'} saved it. What every key means: docs/review-folder.md.",
        "format = 1",
        f"title = {_toml(review.title or review.file)}",
        f"treatment = {_toml(labels[0] or 'Experimental')}",
        f"control = {_toml(labels[1] or 'Control')}",
    ]
    return (
        "\n".join(
            [*head, *(line for c, o in pooled for line in _outcome(c, o)), *(line for c, o in pooled for line in _analysis(c, o))]
        )
        + "\n"
    )


def _outcome(c: RevManComparison, o: RevManOutcome) -> Iterator[str]:
    lower, sure = _better(o)
    left, right = o.left_label or "Favours treatment", o.right_label or "Favours control"
    yield "\n[[outcomes]]"
    yield f"id = {_toml(identifier(c, o))}"
    yield f"name = {_toml(o.name or name_of(c, o))}"
    yield f"measure = {_toml(o.measure)}"
    if o.units and o.measure == "MD":
        yield f"unit = {_toml(o.units)}"
    yield f"reported_as = [{_toml(name_of(c, o))}]"
    yield f"better = {_toml('lower' if lower else 'higher')}" + ("" if sure else "  # look: the labels in RevMan do not say it")
    yield f"definition = {_toml(f'Analysis {c.number}.{o.number} of RevMan: {c.name}. {o.treatment} against {o.control}.')}"
    yield f"favours_treatment = {_toml(left if lower else right)}"
    yield f"favours_control = {_toml(right if lower else left)}"


def _better(o: RevManOutcome) -> tuple[bool, bool]:
    """Whether an effect below none favours treatment, by the words at the sides of the plot; and whether these say so."""
    if o.better:
        return o.better == "lower", True
    sides = [words.casefold() for words in (o.left_label, o.right_label)]
    left, right = (bool(DRUG.search(words)) or (o.treatment != "" and o.treatment.casefold() in words) for words in sides)
    if left == right:  # the control may be named alone
        right, left = (bool(NO_DRUG.search(words)) or (o.control != "" and o.control.casefold() in words) for words in sides)
    return (left or not right), left != right


def _analysis(c: RevManComparison, o: RevManOutcome) -> Iterator[str]:
    yield "\n[[analyses]]"
    yield f"id = {_toml(identifier(c, o))}"
    yield f"outcome = {_toml(identifier(c, o))}"
    if o.model == "common":
        yield f"model = {_toml(common_model(o))}  # RevMan: {o.method}, {MODELS[o.model]}"
    else:
        advice = "" if (o.tau2, o.ci) == ("REML", "HK") else '  # today\'s standard is tau2 = "REML" with ci = "HK"'
        yield f"{f'tau2 = {_toml(o.tau2)}':<34}# RevMan: {o.method}, {MODELS[o.model]}"
        yield f"{f'ci = {_toml(o.ci)}':<32}{advice}".rstrip()
    yield f"level = {o.level:g}"
    if o.subgroups:
        yield f"subgroups = [{_toml(factor(c, o))}]"


def common_model(o: RevManOutcome) -> str:
    """The plan's model for what RevMan pooled by a fixed effect."""
    counted = o.kind == "dichotomous"
    if counted and o.method == "Peto" and o.measure == "OR":
        return "peto"
    return "mantel-haenszel" if counted and o.method == "MH" and o.measure in ("RR", "OR", "RD") else "common"


def _toml(text: str) -> str:
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def domains_of(review: RevManReview) -> dict[str, str]:
    """Short ids of the items of risk of bias by their names; the one over all of them is `overall`."""
    names = dict.fromkeys([*review.domains, *(item.domain for item in review.bias)])
    single = [name for name in names if name.casefold() not in OVER_ALL]
    return {name: "overall" for name in names if name not in single} | {name: f"D{i}" for i, name in enumerate(single, start=1)}


def tool_of(review: RevManReview) -> str:
    """The review's items of risk of bias as a tool without questions: a person judged each at once."""
    lines = [
        f"# The items of risk of bias of {review.file}.",
        "format = 1",
        f"id = {_toml(TOOL)}",
        'name = "Risk of bias as judged in RevMan"',
        'short = "Risk of bias"',
    ]
    by_rob2 = any(item.judgement == "some-concerns" or item.outcome for item in review.bias)
    used = {item.judgement for item in review.bias} | {"low", "some-concerns" if by_rob2 else "unclear", "high"}
    for id_, name, sign in LEVELS:
        if id_ in used:
            lines += ["", "[[levels]]", f"id = {_toml(id_)}", f"name = {_toml(name)}", f"sign = {_toml(sign)}"]
    lines += ["high = true"]
    domains = domains_of(review)
    for name, id_ in domains.items():
        lines += [] if id_ == "overall" else ["", "[[domains]]", f"id = {_toml(id_)}", f"name = {_toml(name)}"]
    rule = "worst" if "overall" in domains.values() else "none"
    return "\n".join([*lines, "", "[overall]", f"rule = {_toml(rule)}"]) + "\n"
