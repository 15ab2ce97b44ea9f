"""A review out of RevMan as a review folder: studies, what they report, the plan, what RevMan pooled, risk of bias."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import exp

from trialpool.errors import BadInput, Problem
from trialpool.formats.records.writing import records_text
from trialpool.formats.revman_plan import MODELS, TOOL, domains_of, factor, identifier, name_of, plain, plan_of, tool_of
from trialpool.review.record import Record
from trialpool.review.report import MEAN_DIFFERENCES, MEASURES, RATIOS
from trialpool.review.revman import RevManComparison, RevManOutcome, RevManReview, RevManRow, RevManStudy, StoredResult
from trialpool.stats.distributions import quantile

POOLED = MEASURES  # the measures that a plan pools
RESULTS = (
    *("study", "stratum", "outcome", "measure", "estimate", "ci_low", "ci_high", "se", "coefficient", "se_log", "orientation"),
    *("events_t", "n_t", "events_c", "n_c", "mean_t", "sd_t", "mean_c", "sd_c", "o_minus_e", "v"),
    *("source", "locator", "status", "note"),
)
PUBLISHED = (
    *("review", "scope", "outcome", "measure", "estimate", "ci_low", "ci_high", "ci_level", "p", "k", "n"),
    *("events_t", "n_t", "events_c", "n_c", "model", "source", "locator", "status", "note"),
)
BIAS = ("study", "outcome", "tool", "domain", "question", "answer", "quote", "source", "note")


@dataclass(frozen=True, slots=True)
class FolderOfRevMan:
    """A review folder in the making.

    files   : text by path within the folder
    remarks : what could not be taken over, or deserves a look, as sentences
    """

    files: Mapping[str, str]
    remarks: tuple[str, ...]


def revman_folder(review: RevManReview) -> FolderOfRevMan:
    """The files of a review folder that holds what a review out of RevMan holds.

    Every outcome with a measure that a plan pools becomes an outcome and an analysis, with RevMan's subgroups and model: random
    effects by DerSimonian and Laird with a Wald interval, a common effect by inverse variance, Mantel-Haenszel or Peto. What RevMan
    stored goes to published.csv, to be set beside ours.

    Raises
    ------
    BadInput
        where no outcome has data that a plan can pool
    """
    numbered = [(c, o) for c in review.comparisons for o in c.outcomes if o.rows]
    pooled = [(c, o) for c, o in numbered if o.measure in POOLED]
    if not pooled:
        what = f"no outcome has data of a measure that a review folder pools ({', '.join(POOLED)})"
        raise BadInput([Problem(review.file, 0, "", what, "Pool its outcomes in Python: read_revman(...)['1.1'].effects()")])
    ids = _identifiers(review)
    strata = _strata(numbered)
    files = {
        "review.toml": plan_of(review, pooled),
        "studies.csv": _studies(review, numbered, ids, strata),
        "README.md": _readme(review),
    }
    for c, o in numbered:
        rows = (_report(review, c, o, row, ids, strata) for row in o.rows)
        files[f"results/{c.number}-{o.number:02d}-{plain(o.name)[:50].strip('-')}.csv"] = _csv(RESULTS, rows)
    published = [row for c, o in pooled for row in _published(review, c, o)]
    if published:
        files["published.csv"] = _csv(PUBLISHED, published)
    described = [(s, heading, text) for s in review.studies for heading, text in s.described]
    if described:
        rows = ({"study": ids[s.id], "label": s.name, "section": s.section, "heading": h, "text": t} for s, h, t in described)
        files["characteristics.csv"] = _csv(("study", "label", "section", "heading", "text"), rows)
    if references := _references(review):
        files["references.ris"] = references
    if review.bias:
        files["risk_of_bias.csv"] = _csv(BIAS, _bias(review, ids, pooled))
        files[f"tools/{TOOL}.toml"] = tool_of(review)
    return FolderOfRevMan(files, (*review.remarks, *_remarks(review, numbered)))


def _remarks(review: RevManReview, numbered: list[tuple[RevManComparison, RevManOutcome]]) -> Iterator[str]:
    for c in review.comparisons:
        for o in c.outcomes:
            if not o.rows:
                yield f"analysis {c.number}.{o.number} ({o.name}) has no data"
            elif o.measure not in POOLED:
                of = o.measure or "no measure"
                yield f"analysis {c.number}.{o.number} ({o.name}) is of {of}, which a plan does not pool yet; rows kept"
    for c, o in numbered:
        if o.measure in POOLED and o.totals != "YES":
            yield f"analysis {c.number}.{o.number} ({o.name}) had no overall total in RevMan; the plan pools it all the same"
        if left := [row.name for row in o.rows if not (row.in_overall and row.in_subgroup)]:
            where = f"analysis {c.number}.{o.number} ({o.name})"
            yield f"{where}: RevMan leaves out {', '.join(left)} in part; the plan pools every row"
    once = {(item.study, item.domain, item.outcome) for item in review.bias}
    if len(once) < len(review.bias):
        yield "some results have several judgements of one domain; the first was taken"


def _identifiers(review: RevManReview) -> dict[str, str]:
    """Identifiers of studies by those of RevMan: `brink-1951`."""
    ids: dict[str, str] = {}
    names = {s.id: s.name for s in review.studies} | {r.study: r.name for o in review.outcomes for r in o.rows}
    for id_, name in names.items():
        wanted = plain(name) or "study"
        taken = set(ids.values())
        ids[id_] = next(n for n in (wanted, *(f"{wanted}-{i}" for i in range(2, len(names) + 3))) if n not in taken)
    return ids


def _strata(numbered: list[tuple[RevManComparison, RevManOutcome]]) -> dict[str, list[str]]:
    """Studies that stand in several subgroups of one outcome, with the names of these: the subgroups are parts of the study."""
    strata: dict[str, list[str]] = {}
    for _, o in numbered:
        counted = Counter(row.study for row in o.rows)
        for row in o.rows:
            name = _subgroup(o, row)
            if counted[row.study] > 1 and name not in strata.setdefault(row.study, []):
                strata[row.study].append(name)
    return strata


def _subgroup(o: RevManOutcome, row: RevManRow) -> str:
    return next((s.name for s in o.subgroups if s.number == row.subgroup), "")


def _studies(
    review: RevManReview,
    numbered: list[tuple[RevManComparison, RevManOutcome]],
    ids: Mapping[str, str],
    strata: Mapping[str, list[str]],
) -> str:
    factors = [factor(c, o) for c, o in numbered if o.subgroups]
    known = {s.id: s for s in review.studies}
    used = dict.fromkeys(row.study for _, o in numbered for row in o.rows)
    included = [s.id for s in review.studies if s.section == "included"]
    rows: list[dict[str, str]] = []
    for id_ in dict.fromkeys([*included, *used]):
        for stratum in strata.get(id_, [""]):
            levels = {factor(c, o): _level(o, id_, stratum) for c, o in numbered if o.subgroups}
            own = known.get(id_)
            rows.append(_study(review, own, id_, ids[id_], stratum) | dict(own.covariates if own else ()) | levels)
    columns = ("study", "stratum", "label", "year", "registry", "doi", "pmid", "source", "note", *factors)
    covariates = dict.fromkeys(name for study in review.studies for name, _ in study.covariates)
    return _csv((*columns, *(name for name in covariates if name not in columns)), rows)


def _level(o: RevManOutcome, study: str, stratum: str) -> str:
    """The subgroup that a study, or a stratum of it, is in."""
    names = [_subgroup(o, row) for row in o.rows if row.study == study]
    if len(names) > 1:
        return stratum if stratum in names else ""
    return names[0] if names else ""


def _study(review: RevManReview, study: RevManStudy | None, id_: str, name: str, stratum: str) -> dict[str, str]:
    year = study.year if study else None
    found = re.search(r"(19|20)\d\d", (study.name if study else id_) + " " + review.modified)
    doi, pmid, nct = (
        next((x for r in (study.records if study else ()) if (x := getattr(r, n))), "") for n in ("doi", "pmid", "nct")
    )
    notes = [] if year else ["RevMan has no year of this study; look"]
    return {
        "study": name,
        "stratum": stratum,
        "label": study.name if study else id_,
        "year": str(year or (found.group() if found else 2000)),
        "registry": nct,
        "doi": doi,
        "pmid": pmid,
        "source": f"https://doi.org/{doi}" if doi else "",
        "note": "; ".join(filter(None, [*notes, _citation(study)])),
    }


def _citation(study: RevManStudy | None) -> str:
    r = next((record for record in study.records if record.title), None) if study else None
    if r is None:
        return ""
    year = str(r.year or "")
    return ". ".join(filter(None, (", ".join(r.authors), r.title, f"{r.journal} {year};{r.volume}:{r.pages}".strip(" ;:"))))


def _source(review: RevManReview) -> str:
    return f"https://doi.org/{review.doi}" if review.doi else review.file


def _report(
    review: RevManReview,
    c: RevManComparison,
    o: RevManOutcome,
    row: RevManRow,
    ids: Mapping[str, str],
    strata: Mapping[str, list[str]],
) -> dict[str, str]:
    subgroup = _subgroup(o, row)
    several = sum(other.study == row.study for other in o.rows) > 1
    notes = (row.footnote, "" if row.estimable else "RevMan found no effect estimable")
    return {
        "study": ids[row.study],
        "stratum": subgroup if several and row.study in strata else "",
        "outcome": name_of(c, o),
        **_figures(o, row),
        "source": _source(review),
        "locator": ", ".join(filter(None, (f"analysis {c.number}.{o.number}", subgroup, row.name))),
        "status": "derived",
        "note": "; ".join(filter(None, notes)),
    }


def _figures(outcome: RevManOutcome, row: RevManRow) -> dict[str, str]:
    o = replace(outcome, kind=row.kind) if row.kind else outcome
    counts = {name: getattr(row, name) for name in ("events_t", "n_t", "events_c", "n_c")}
    if o.kind != "dichotomous":  # RevMan writes 0 for what it was not given
        counts = {name: value or None for name, value in counts.items()}
    if o.kind == "continuous":
        counts |= {"events_t": None, "events_c": None}
    cells = {name: "" if value is None or (name[0] == "n" and value == 0) else str(value) for name, value in counts.items()}
    means = {name: _number(getattr(row, name)) for name in ("mean_t", "sd_t", "mean_c", "sd_c")}
    if o.kind == "continuous" and row.sd_t and row.sd_c:  # RevMan writes 0 for what it was not given
        cells |= means | ({"measure": o.measure} if o.measure in POOLED else {})
    return cells | _effect(o, row)


def _effect(o: RevManOutcome, row: RevManRow) -> dict[str, str]:
    """Log-rank figures and generic estimates, as the columns of results/*.csv take them."""
    if o.kind == "o-e" and o.measure == "HR":
        return {"o_minus_e": _number(row.o_minus_e), "v": _number(row.v)}
    estimate, se = row.estimate, row.se
    if o.kind == "o-e" and row.o_minus_e is not None and row.v:
        estimate, se = row.o_minus_e / row.v, row.v**-0.5
    if o.kind not in ("o-e", "generic") or estimate is None or not se:
        return {}
    if o.measure == "HR":
        return {"coefficient": _number(estimate), "se_log": _number(se), "orientation": "treatment_vs_control", "measure": "HR"}
    if o.measure in MEAN_DIFFERENCES:
        figures = {"estimate": _number(estimate), "se": _number(se)}
        return {"measure": o.measure, "orientation": "treatment_vs_control", **figures}
    half = float(quantile(0.95, float("inf"))) * se
    low, mid, high = estimate - half, estimate, estimate + half
    shown = (low, mid, high) if o.measure not in RATIOS else (exp(low), exp(mid), exp(high))
    limits = dict(zip(("ci_low", "estimate", "ci_high"), (f"{x:.10g}" for x in shown), strict=True))
    return {"measure": o.measure, "orientation": "treatment_vs_control", **limits} if o.measure in POOLED else {}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.12g}"


def _published(review: RevManReview, c: RevManComparison, o: RevManOutcome) -> Iterator[dict[str, str]]:
    where = f"analysis {c.number}.{o.number}"
    if o.stored.estimate is not None and o.totals == "YES":
        yield _stored(review, c, o, o.stored, "overall", where)
    for s in o.subgroups:
        if s.stored.estimate is not None:
            yield _stored(review, c, o, s.stored, f"{factor(c, o)}={s.name}", f"{where}.{s.number}")


def _stored(review: RevManReview, c: RevManComparison, o: RevManOutcome, r: StoredResult, scope: str, where: str) -> dict[str, str]:
    wald = o.ci == "HK" and bool(r.t)  # beside an interval by Hartung and Knapp RevMan stores the P of another
    patients = r.n_t + r.n_c if r.n_t is not None and r.n_c is not None else 0
    counts = {name: getattr(r, name) if o.kind == "dichotomous" else None for name in ("events_t", "n_t", "events_c", "n_c")}
    return {
        "review": "revman",
        "scope": scope,
        "outcome": identifier(c, o),
        "measure": o.measure,
        **{name: _four(getattr(r, name)) for name in ("estimate", "ci_low", "ci_high")},
        "ci_level": f"{100 * o.level:g}",
        "p": "" if r.p is None or wald else "<0.000001" if r.p < 1e-6 else f"{r.p:.6f}",
        "k": "" if r.studies is None else str(r.studies),
        "n": str(patients or ""),
        **{name: "" if value is None else str(value) for name, value in counts.items()},
        "model": f"{o.method}, {MODELS[o.model]}",
        "source": _source(review),
        "locator": where,
        "status": "read",
        "note": "as RevMan stored it" + (f"; its P, by the normal distribution, is {r.p:.4g}" if wald and r.p is not None else ""),
    }


def _four(value: float | None) -> str:
    """Four significant digits, without an exponent."""
    if value is None:
        return ""
    text = f"{value:.4g}"
    return f"{value:.12f}" if "e" in text else text


def _references(review: RevManReview) -> str:
    """The references of all studies as RIS, each with the names of its studies (`NS`); empty where there are none."""
    named: dict[str, tuple[Record, list[str]]] = {}
    for study in review.studies:
        for record in study.records:
            if record.title or record.authors:
                named.setdefault(record.id, (record, []))[1].append(study.name)
    if not named:
        return ""
    kept = {
        id_: [p for p in record.further if p[0] != "NS"] if record.format == "ris" else [] for id_, (record, _) in named.items()
    }
    records = [
        replace(record, further=(*kept[id_], *(("NS", name) for name in names)), format="ris")
        for id_, (record, names) in named.items()
    ]
    return records_text(records, "ris")


def _bias(
    review: RevManReview, ids: Mapping[str, str], pooled: list[tuple[RevManComparison, RevManOutcome]]
) -> Iterator[dict[str, str]]:
    """A row a judgement, of the outcomes of the plan; of several judgements of one domain of one result the first."""
    domains = domains_of(review)
    outcomes = {"": ""} | {f"{c.number}.{o.number}": identifier(c, o) for c, o in pooled}
    with_data = {row.study for o in review.outcomes for row in o.rows} | {s.id for s in review.studies if s.section == "included"}
    seen: set[tuple[str, str, str]] = set()
    for item in review.bias:
        key = (item.study, item.outcome, item.domain)
        if item.study in with_data and item.outcome in outcomes and key not in seen:
            seen.add(key)
            yield {
                "study": ids[item.study],
                "outcome": outcomes[item.outcome],
                "tool": TOOL,
                "domain": domains[item.domain],
                "question": "judgement",
                "answer": item.judgement,
                "quote": item.support,
                "source": _source(review),
                "note": "as judged in RevMan" if domains[item.domain] == "overall" else "",
            }


def _readme(review: RevManReview) -> str:
    return (
        f"# {review.title or review.file}\n\nMade from `{review.file}` (RevMan {review.version or '5'}"
        + (f", saved {review.modified}" if review.modified else "")
        + "). `results/` holds the data of each analysis, `published.csv` what RevMan had stored as its pooled results, which the\n"
        "report sets beside its own, and `review.toml` the plan. The rows have the status `derived`: they were taken from the\n"
        "review, not read in the papers. `characteristics.csv` and `references.ris`, where they are here, hold what RevMan said\n"
        "of the studies and their publications; nothing is computed from them.\n"
    )


def _csv(columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
