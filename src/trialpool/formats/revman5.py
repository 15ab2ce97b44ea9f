"""RevMan 5 files (.rm5): the XML of a Cochrane review, with its data and the results it stored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from math import isfinite
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from trialpool.errors import BadInput, Problem
from trialpool.formats.revman5_references import studies_of
from trialpool.formats.revman_csv import read_revman_csv
from trialpool.formats.revman_web_package import is_data_package, read_data_package
from trialpool.formats.revman_web_studies import is_study_data, read_study_data
from trialpool.review.revman import (
    BiasItem,
    Kind,
    RevManComparison,
    RevManOutcome,
    RevManReview,
    RevManRow,
    RevManStudy,
    RevManSubgroup,
    StoredResult,
)

GIVE = "Give a review as RevMan 5 saves it (.rm5), its CSV, or the data package of RevMan Web"
KINDS: dict[str, Kind] = {"DICH": "dichotomous", "CONT": "continuous", "IPD": "o-e", "IV": "generic"}
JUDGEMENTS = {"YES": "low", "NO": "high", "UNKNOWN": "unclear"}
MEASURES = {"PETO_OR": "OR", "HAZARD RATIO": "HR", "ODDS RATIO": "OR", "RISK RATIO": "RR", "RISK DIFFERENCE": "RD"}
MEASURES |= {"MEAN DIFFERENCE": "MD", "STD. MEAN DIFFERENCE": "SMD", "PETO ODDS RATIO": "OR", "RATE RATIO": "IRR"}
METHODS = {"MH": "MH", "IV": "IV", "PETO": "Peto", "EXP_O_E_VAR": "Peto"}
ARMS = {"events_t": "EVENTS_1", "n_t": "TOTAL_1", "events_c": "EVENTS_2", "n_c": "TOTAL_2"}
MEANS = {"mean_t": "MEAN_1", "sd_t": "SD_1", "mean_c": "MEAN_2", "sd_c": "SD_2"}
NOT_FURTHER = frozenset({*ARMS.values(), *MEANS.values(), "STUDY_ID", "O_E", "VAR", "SE", "ESTIMATE", "ESTIMABLE", "WEIGHT"})


def read_revman(path: str | Path) -> RevManReview:
    """Read a review out of RevMan.

    Parameters
    ----------
    path : an .rm5 file, the CSV of data and analyses that RevMan 5 exports, or the data package of RevMan Web and of the Cochrane
        Library (the zip file, or the folder it was unpacked to), or the folder of its study data, as `trialpool export` writes it

    Returns
    -------
    RevManReview: comparisons, outcomes with their data, subgroups, settings and stored results, studies with their references, and
    judgements of risk of bias. `review["1.2"].effects()` are the effects of an outcome, ready for `pool`.

    Raises
    ------
    BadInput
        where it is no review out of RevMan; or with every number that cannot be read, at once
    """
    path = Path(path)
    if is_data_package(path):
        return read_data_package(path)
    if is_study_data(path):
        return read_study_data(path)
    if path.suffix.lower() in (".csv", ".txt") and path.is_file() and not _is_xml(path):
        return read_revman_csv(path)
    root = _root(path)
    problems: list[Problem] = []
    studies = studies_of(root, path.name)
    names = {study.id: study.name for study in studies}
    reader = _Reader(path.name, names, problems)
    comparisons = tuple(reader.comparison(c) for c in root.findall("ANALYSES_AND_DATA/COMPARISON"))
    if problems:
        raise BadInput(problems)
    return RevManReview(
        file=path.name,
        title=text_of(root.find("COVER_SHEET/TITLE")),
        doi=root.get("DOI", ""),
        version=" ".join((root.get("REVMAN_VERSION", ""), root.get("REVMAN_SUB_VERSION", ""))).strip(),
        modified=root.get("MODIFIED", ""),
        studies=studies,
        comparisons=comparisons,
        bias=tuple(_bias(root)),
        remarks=tuple(_remarks(root, comparisons, studies)),
    )


def _is_xml(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(200).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def _root(path: Path) -> Element:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise _bad(path, "there is no such file") from None
    except IsADirectoryError:
        raise _bad(path, "this is a folder, not a file") from None
    except OSError as error:
        raise _bad(path, f"the file cannot be read ({error.strerror})") from None
    if b"<!ENTITY" in data:
        raise _bad(path, "the XML defines entities, which RevMan never does")
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise _bad(path, f"this is not XML, or it is cut off ({error})") from None
    if root.tag != "COCHRANE_REVIEW":
        raise _bad(path, f"the XML begins with <{root.tag}>, and not with <COCHRANE_REVIEW>")
    if root.get("TYPE", "INTERVENTION") not in ("INTERVENTION", "FLEXIBLE"):
        raise _bad(path, f"this is a review of the type {root.get('TYPE')}, and only reviews of interventions have pairwise data")
    return root


def _bad(path: Path, what: str) -> BadInput:
    return BadInput([Problem(path.name, 0, "", what, GIVE)])


def text_of(element: Element | None) -> str:
    """The words of an element, markup left aside."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


class _Reader:
    """Reads comparisons; numbers that cannot be read become problems."""

    def __init__(self, file: str, names: dict[str, str], problems: list[Problem]) -> None:
        self.file, self.names, self.problems = file, names, problems

    def comparison(self, element: Element) -> RevManComparison:
        return RevManComparison(
            id=element.get("ID", ""),
            number=self.whole(element, "NO") or 0,
            name=text_of(element.find("NAME")),
            outcomes=tuple(
                self.outcome(child, KINDS[child.tag.removesuffix("_OUTCOME")])
                for child in element
                if child.tag.removesuffix("_OUTCOME") in KINDS and child.tag.endswith("_OUTCOME")
            ),
        )

    def outcome(self, o: Element, kind: Kind) -> RevManOutcome:
        prefix = o.tag.removesuffix("_OUTCOME")
        subgroups = o.findall(f"{prefix}_SUBGROUP")
        said = o.get("EFFECT_MEASURE") or text_of(o.find("EFFECT_MEASURE"))
        method = METHODS.get(o.get("METHOD", ""), "IV" if kind in ("continuous", "generic") else "MH")
        peto = said.upper() == "PETO_OR" or o.get("METHOD") == "PETO" or kind == "o-e"
        rows = [self.row(row, kind, 0) for row in o.findall(f"{prefix}_DATA")]
        for i, subgroup in enumerate(subgroups, start=1):
            rows += [self.row(row, kind, self.whole(subgroup, "NO") or i) for row in subgroup.findall(f"{prefix}_DATA")]
        return RevManOutcome(
            id=o.get("ID", ""),
            number=self.whole(o, "NO") or 0,
            name=text_of(o.find("NAME")),
            kind=kind,
            measure=MEASURES.get(said.upper(), said),
            method="Peto" if peto else method,
            model="random" if o.get("RANDOM") == "YES" else "common",
            level=(self.number(o, "CI_TOTAL") or 95.0) / 100,
            totals=o.get("TOTALS", "YES"),
            log=o.get("LOG_DATA") == "YES",
            treatment=text_of(o.find("GROUP_LABEL_1")),
            control=text_of(o.find("GROUP_LABEL_2")),
            left_label=text_of(o.find("GRAPH_LABEL_1")),
            right_label=text_of(o.find("GRAPH_LABEL_2")),
            units=o.get("UNITS", ""),
            subgroups=tuple(
                RevManSubgroup(
                    id=s.get("ID", ""), number=self.whole(s, "NO") or i, name=text_of(s.find("NAME")), stored=self.stored(s)
                )
                for i, s in enumerate(subgroups, start=1)
            ),
            rows=tuple(rows),
            stored=self.stored(o),
            further=tuple(sorted(o.attrib.items())),
        )

    def row(self, element: Element, kind: Kind, subgroup: int) -> RevManRow:
        id_ = element.get("STUDY_ID", "")
        values: dict[str, Any] = {name: self.whole(element, attribute) for name, attribute in ARMS.items()}
        if kind == "continuous":
            values |= {name: self.number(element, attribute) for name, attribute in MEANS.items()}
        if kind == "o-e":
            values |= {"o_minus_e": self.number(element, "O_E"), "v": self.number(element, "VAR")}
        if kind == "generic":
            values |= {"estimate": self.number(element, "ESTIMATE"), "se": self.number(element, "SE")}
        return RevManRow(
            study=id_,
            name=self.names.get(id_, id_),
            subgroup=subgroup,
            estimable=element.get("ESTIMABLE", "YES") == "YES",
            stored=self.stored(element),
            footnote=text_of(element.find("FOOTNOTE")),
            further=tuple(sorted((k, v) for k, v in element.attrib.items() if k not in NOT_FURTHER)),
            **values,
        )

    def stored(self, e: Element) -> StoredResult:
        """Results of an element; of an outcome that is not estimable, RevMan stores zeros, which are no results."""
        if e.get("ESTIMABLE", "YES") != "YES":
            return StoredResult(weight=self.number(e, "WEIGHT"), **{name: self.whole(e, a) for name, a in ARMS.items()})
        I2, Q_I2 = self.number(e, "I2"), self.number(e, "I2_Q")
        return StoredResult(
            estimate=self.number(e, "EFFECT_SIZE"),
            ci_low=self.number(e, "CI_START"),
            ci_high=self.number(e, "CI_END"),
            z=self.number(e, "Z"),
            p=self.number(e, "P_Z"),
            chi2=self.number(e, "CHI2"),
            df=self.whole(e, "DF"),
            chi2_p=self.number(e, "P_CHI2"),
            I2=None if I2 is None else I2 / 100,
            tau2=self.number(e, "TAU2"),
            Q=self.number(e, "Q"),
            Q_p=self.number(e, "P_Q"),
            Q_I2=None if Q_I2 is None else Q_I2 / 100,
            weight=self.number(e, "WEIGHT"),
            studies=self.whole(e, "STUDIES"),
            **{name: self.whole(e, attribute) for name, attribute in ARMS.items()},
        )

    def number(self, element: Element, attribute: str) -> float | None:
        found = element.get(attribute, "").strip()
        if found in ("", "-"):
            return None
        try:
            value = float(found)
        except ValueError:
            self.problem(element, attribute, f"{found!r} is not a number")
            return None
        return value if isfinite(value) else None

    def whole(self, element: Element, attribute: str) -> int | None:
        value = self.number(element, attribute)
        if value is None:
            return None
        if value != int(value):
            self.problem(element, attribute, f"{element.get(attribute)} is not a whole number")
            return None
        return int(value)

    def problem(self, element: Element, attribute: str, what: str) -> None:
        place = " ".join(filter(None, (element.tag, element.get("ID") or element.get("STUDY_ID"), attribute)))
        self.problems.append(Problem(self.file, 0, place, what, "Correct it in RevMan, and save the review again"))


def _bias(root: Element) -> Iterator[BiasItem]:
    for item in root.findall("QUALITY_ITEMS/QUALITY_ITEM"):
        domain = text_of(item.find("NAME"))
        for entry in item.iter("QUALITY_ITEM_DATA_ENTRY"):
            judgement = JUDGEMENTS.get(entry.get("RESULT", ""), "")
            if judgement:
                support = unescape(re.sub(r"<[^>]+>", " ", text_of(entry.find("DESCRIPTION"))))
                yield BiasItem(study=entry.get("STUDY_ID", ""), domain=domain, judgement=judgement, support=support)


def _remarks(root: Element, comparisons: tuple[RevManComparison, ...], studies: tuple[RevManStudy, ...]) -> Iterator[str]:
    for other in root.iter("OTHER_OUTCOME"):
        yield f"{other.get('ID', '')} {text_of(other.find('NAME'))}: text about studies without numbers to pool"
    known = {study.id for study in studies}
    lost = sorted({row.study for c in comparisons for o in c.outcomes for row in o.rows} - known)
    if lost:
        yield f"studies with data that the list of studies does not have: {', '.join(lost)}"
    if not comparisons:
        yield "the review has no data and analyses"
