"""An R script that computes every pooled result of a report again, with the package metafor, and compares."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from typing import Any

import numpy as np

from trialpool.analysis.findings import AnalysisFindings, Findings, Stratified
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.pooled_effect import PooledEffect

WIDTH = 118
COMPARED = ("estimate", "se", "ci_low", "ci_high", "p", "tau2", "Q", "I2", "prediction_low", "prediction_high")
OF_ITS_OWN = ("estimate", "tau2", "Q", "I2")  # under intervals that metafor does not have
NOT_IN_METAFOR = frozenset({"KR", "PL"})
OF_HENMI_COPAS = ("estimate", "se", "tau2", "Q", "I2")  # whose limits metafor searches less exactly
SHARED = ("estimate", "se", "ci_low", "ci_high", "p", "tau2")  # of subgroups that share one tau2
MH = ("estimate", "se", "ci_low", "ci_high", "p", "Q", "I2")


def r_script(findings: Findings) -> str:
    """An R script that recomputes what `analyse` found.

    Returns
    -------
    the script as text, plain ASCII: data, calls of metafor, and the numbers of the report, compared within 0.000001 of each other.
    Covered are, for each analysis, the effects that come from counts, the pooled result, subgroups with their test, the
    sensitivity set, the cumulative analyses and Egger's test. It ends with status 1 where a number differs.
    """
    head = (files("trialpool.reports") / "templates" / "recompute.R").read_text(encoding="utf-8")
    title = f"# {_ascii(findings.review.plan.title)}\n"
    parts = [line for found in findings.analyses if found.fit is not None for line in _analysis(found, found.fit)]
    return title + head + "\n".join([*parts, "", "finish()", ""])


def _analysis(found: AnalysisFindings, fit: PooledEffect) -> Iterator[str]:
    script = _Script(found, fit)
    yield ""
    yield f"# ---- {_ascii(found.outcome.name)}: {found.analysis.id}, {fit.effects.measure} " + "-" * 20
    yield ""
    yield script.data()
    yield from script.counts()
    yield script.pooled("pooled", fit)
    for stratified in found.subgroups:
        yield from script.subgroups(stratified)
    for variation in found.sensitivity:
        if variation.fit is not None:
            yield script.pooled(variation.id, variation.fit)
    for title, so_far in found.cumulative or ():
        yield script.pooled(f"cumulative, {title}", so_far)
    yield from script.egger()
    yield f"show({_r(found.analysis.id)}, log = {'TRUE' if found.measure.log else 'FALSE'})"


class _Script:
    """The lines of one analysis; rows of its data frame are named by their numbers."""

    def __init__(self, found: AnalysisFindings, fit: PooledEffect) -> None:
        self.found, self.fit, self.effects = found, fit, fit.effects
        self.id = found.analysis.id
        self.x = "x." + re.sub(r"[^a-z0-9]", ".", self.id)
        base = zip(self.effects.study, self.effects.yi.tolist(), self.effects.vi.tolist(), strict=True)
        self.rows = {effect: i for i, effect in enumerate(base, start=1)}

    def data(self) -> str:
        columns = _columns(self.effects)
        if self.effects.counts is not None:
            names = ("events_t", "n_t", "events_c", "n_c")
            columns |= {name: getattr(self.effects.counts, name).tolist() for name in names}
        return _data_frame(self.x, columns)

    def counts(self) -> Iterator[str]:
        if self.effects.counts is not None:
            measure = "PETO" if self.fit.method == "Peto" else self.effects.measure
            yield f"from_counts({_r(self.id)}, {self.x}, {_r(measure)})"

    def pooled(self, what: str, fit: PooledEffect) -> str:
        data, numbers = self.subset(fit.effects), _numbers(fit, self.found.analysis.prediction)
        ours = _vector({name: numbers[name] for name in _comparable(fit) if numbers[name] is not None})
        level = f"level = {100 * fit.level:.10g}"
        if fit.method == "MH":
            call = f"mantel_haenszel({data}, {_r(fit.effects.measure)}, {level})"
        elif fit.method == "Peto":
            call = f"peto({data}, {level})"
        else:
            tau2, prediction = fit.tau2_method or "common", self.found.analysis.prediction
            call = f"pooled({data}, {_r(tau2)}, {_r(fit.ci_method)}, {level}, prediction = {_r(prediction)})"
        return f"compare({_r(self.id)}, {_r(what)},\n  {call},\n  {ours})"

    def subset(self, effects: Effects) -> str:
        """The rows that a fit is of; a data frame of its own where its effects are other ones."""
        triples = [
            (study, yi, vi)
            for study, yi, vi in zip(effects.study, effects.yi.tolist(), effects.vi.tolist(), strict=True)
            if np.isfinite(vi)
        ]
        found = [self.rows.get(triple) for triple in triples]
        if None not in found:
            rows = [i for i in found if i is not None]
            return self.x if rows == list(self.rows.values()) else f"{self.x}[{_c(rows)}, ]"
        own = {name: [triple[j] for triple in triples] for j, name in enumerate(("study", "yi", "vi"))}
        if effects.counts is not None:
            there = np.isfinite(effects.vi)
            own |= {name: getattr(effects.counts, name)[there].tolist() for name in ("events_t", "n_t", "events_c", "n_c")}
        return _data_frame("", own)

    def subgroups(self, stratified: Stratified) -> Iterator[str]:
        result, by = stratified.result, stratified.by
        groups = [self.subset(fit.effects) for fit in result.fits]
        if result.tau2 == "common":
            yield from self._with_one_tau2(stratified, groups)
            return
        for level, fit in zip(result.levels, result.fits, strict=True):
            yield self.pooled(f"{by}: {level}", fit)
        if result.df > 0 and np.isfinite(result.Q):
            test = _vector({"Q": float(result.Q), "p": float(result.p)})
            call = self.between(groups)
            yield f"compare({_r(self.id)}, {_r(f'{by}: test')},\n  {call},\n  {test})"

    def between(self, groups: Sequence[str]) -> str:
        """The call that tests between subgroups."""
        plan, some = self.found.analysis, f"list({', '.join(groups)})"
        if plan.model == "mantel-haenszel":
            return f"between_mh({some}, {_r(self.effects.measure)})"
        tau2, ci = (plan.tau2, plan.ci) if plan.model == "random" else ("common", "Wald")
        return f"between({some}, {_r(tau2)}, {_r(ci)})"

    def _with_one_tau2(self, stratified: Stratified, groups: Sequence[str]) -> Iterator[str]:
        result, plan = stratified.result, self.found.analysis
        options = f"{_r(plan.tau2)}, {_r(plan.ci)}, level = {100 * plan.level:.10g}"
        call = f"with_one_tau2(list({', '.join(groups)}), {options})"
        for i, (level, fit) in enumerate(zip(result.levels, result.fits, strict=True), start=1):
            numbers = _numbers(fit, plan.prediction)
            ours = _vector({name: numbers[name] for name in SHARED if numbers[name] is not None})
            yield f"compare({_r(self.id)}, {_r(f'{stratified.by}: {level}')},\n  {call}[[{i}]],\n  {ours})"
        if result.df > 0:
            yield f"compare({_r(self.id)}, {_r(f'{stratified.by}: test')},\n  {call}$test,\n  {_vector({'p': float(result.p)})})"

    def egger(self) -> Iterator[str]:
        test = self.found.egger
        if test is not None:
            ours = _vector({"statistic": float(test.statistic), "p": float(test.p), "limit": float(test.limit)})
            yield f'compare({_r(self.id)}, "Egger\'s test",\n  egger({self.x}),\n  {ours})'


def _comparable(fit: PooledEffect) -> tuple[str, ...]:
    if fit.method in ("MH", "Peto"):
        return MH
    if fit.ci_method in NOT_IN_METAFOR:
        return OF_ITS_OWN
    names = OF_HENMI_COPAS if fit.ci_method == "HC" else COMPARED
    return tuple(name for name in names if fit.model == "random" or name != "tau2")


def _numbers(fit: PooledEffect, prediction: str) -> dict[str, Any]:
    """The numbers of a fit as findings.json has them."""
    found = fit.to_dict(prediction=prediction)
    low, high = found["ci"] or (None, None)
    predicted = found["prediction"] or (None, None)
    numbers = {name: found[name] for name in ("estimate", "se", "p", "tau2", "Q", "I2")}
    if found["k"] < 2:
        numbers |= {"Q": None, "I2": None, "tau2": None}
    return numbers | {"ci_low": low, "ci_high": high, "prediction_low": predicted[0], "prediction_high": predicted[1]}


def _columns(effects: Effects) -> dict[str, list[Any]]:
    return {"study": list(effects.study), "yi": effects.yi.tolist(), "vi": effects.vi.tolist()}


def _data_frame(name: str, columns: dict[str, list[Any]]) -> str:
    inside = ",\n".join(f"  {column} = {_c(values, indent=4)}" for column, values in columns.items())
    return (f"{name} <- " if name else "") + f"data.frame(\n{inside})"


def _vector(values: dict[str, Any]) -> str:
    return f"c({', '.join(f'{name} = {_r(value)}' for name, value in values.items())})"


def _c(values: Iterable[Any], *, indent: int = 2) -> str:
    """A vector, its lines broken between items."""
    lines = [""]
    for item in map(_r, values):
        if lines[-1] and len(lines[-1]) + len(item) + indent > WIDTH - 2:
            lines.append("")
        lines[-1] += ("" if not lines[-1] else " ") + f"{item},"
    text = ("\n" + " " * indent).join(lines)
    return f"c({text.removesuffix(',')})"


def _r(value: Any) -> str:
    """A number or a text as R writes it."""
    if isinstance(value, str):
        return json.dumps(value)
    return "Inf" if np.isinf(value) else "NA" if np.isnan(value) else repr(float(value)).removesuffix(".0")


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("\n", " ")).encode("ascii", "ignore").decode()
    return " ".join(plain.split())
