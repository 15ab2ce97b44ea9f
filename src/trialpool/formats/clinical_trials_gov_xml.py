"""The older XML of ClinicalTrials.gov, brought into the layout of its JSON; each part keeps its place in the XML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from trialpool.formats.registry_json import PATH

ROOT = "clinical_study"
SIDES = {"1-Sided": "ONE_SIDED", "2-Sided": "TWO_SIDED"}
ANALYSIS = {
    "groups_desc": "groupDescription",
    "non_inferiority_type": "nonInferiorityType",
    "non_inferiority_desc": "nonInferiorityComment",
    "p_value": "pValue",
    "p_value_desc": "pValueComment",
    "method": "statisticalMethod",
    "method_desc": "statisticalComment",
    "param_type": "paramType",
    "param_value": "paramValue",
    "ci_percent": "ciPctValue",
    "ci_n_sides": "ciNumSides",
    "ci_lower_limit": "ciLowerLimit",
    "ci_upper_limit": "ciUpperLimit",
    "ci_lower_limit_na_comment": "ciLowerLimitComment",
    "ci_upper_limit_na_comment": "ciUpperLimitComment",
    "dispersion_type": "dispersionType",
    "dispersion_value": "dispersionValue",
    "estimate_desc": "estimateComment",
    "other_analysis_desc": "otherAnalysisDescription",
}
CARRIED = frozenset(
    {
        *("id_info", "brief_title", "official_title", "acronym", "sponsors", "overall_status", "start_date", "completion_date"),
        *("primary_completion_date", "phase", "study_type", "study_design_info", "enrollment", "condition", "keyword"),
        *("brief_summary", "arm_group", "intervention", "study_first_posted", "results_first_posted", "last_update_posted"),
        *("clinical_results", "reference", "results_reference", "primary_outcome", "secondary_outcome", "other_outcome"),
    }
)  # elements that a Registration has a place for


def as_json(root: Element) -> dict[str, Any]:
    """The study as the JSON of the API would have it."""
    return {
        "protocolSection": {
            "identificationModule": _identification(root),
            "statusModule": {
                "overallStatus": _text(root, "overall_status"),
                "startDateStruct": _date(root, "start_date"),
                "primaryCompletionDateStruct": _date(root, "primary_completion_date"),
                "completionDateStruct": _date(root, "completion_date"),
                "studyFirstPostDateStruct": _date(root, "study_first_posted"),
                "resultsFirstPostDateStruct": _date(root, "results_first_posted"),
                "lastUpdatePostDateStruct": _date(root, "last_update_posted"),
            },
            "sponsorCollaboratorsModule": {
                "leadSponsor": {"name": _text(root, "sponsors/lead_sponsor/agency")},
                "collaborators": [{"name": name} for name in _texts(root, "sponsors/collaborator/agency")],
            },
            "descriptionModule": {"briefSummary": _text(root, "brief_summary/textblock")},
            "conditionsModule": {"conditions": _texts(root, "condition"), "keywords": _texts(root, "keyword")},
            "designModule": _design(root),
            "armsInterventionsModule": _arms(root),
            "outcomesModule": {f"{kind}Outcomes": _planned(root, kind) for kind in ("primary", "secondary", "other")},
            "referencesModule": {"references": _references(root)},
        },
        "resultsSection": _results(root),
    }


def further_of_xml(root: Element) -> tuple[tuple[str, str], ...]:
    """Every other text of the record: where it stands, and what it is."""
    return tuple(
        leaf for path, element in _numbered(root, f"/{ROOT}") if element.tag not in CARRIED for leaf in _leaves(element, path)
    )


def _numbered(parent: Element, path: str) -> Iterator[tuple[str, Element]]:
    """The children of an element with their places: `location[2]`, counted among those of the same name."""
    seen: dict[str, int] = {}
    for child in parent:
        seen[child.tag] = seen.get(child.tag, 0) + 1
        yield f"{path}/{child.tag}[{seen[child.tag]}]", child


def _leaves(element: Element, path: str) -> Iterator[tuple[str, str]]:
    words = (element.text or "").strip()
    if words:
        yield path, words
    for name, value in element.attrib.items():
        yield f"{path}/@{name}", value
    for place, child in _numbered(element, path):
        yield from _leaves(child, place)


def _text(parent: Element, path: str) -> str:
    return " ".join((parent.findtext(path) or "").split())


def _texts(parent: Element, path: str) -> list[str]:
    return [" ".join((element.text or "").split()) for element in parent.findall(path)]


def _part(parent: Element, path: str) -> Element:
    """The part of an element; an empty one where it is lacking."""
    found = parent.find(path)
    return Element("none") if found is None else found


def _date(root: Element, name: str) -> dict[str, str]:
    return {"date": _text(root, name)}


def _identification(root: Element) -> dict[str, Any]:
    return {
        "nctId": _text(root, "id_info/nct_id"),
        "orgStudyIdInfo": {"id": _text(root, "id_info/org_study_id")},
        "secondaryIdInfos": [{"id": id_} for id_ in _texts(root, "id_info/secondary_id")],
        "briefTitle": _text(root, "brief_title"),
        "officialTitle": _text(root, "official_title"),
        "acronym": _text(root, "acronym"),
    }


def _design(root: Element) -> dict[str, Any]:
    info, enrolment = "study_design_info/", root.find("enrollment")
    return {
        "studyType": _text(root, "study_type"),
        "phases": _texts(root, "phase"),
        "designInfo": {
            "allocation": _text(root, info + "allocation"),
            "interventionModel": _text(root, info + "intervention_model"),
            "primaryPurpose": _text(root, info + "primary_purpose"),
            "maskingInfo": {"masking": _text(root, info + "masking")},
        },
        "enrollmentInfo": {"count": _text(root, "enrollment"), "type": "" if enrolment is None else enrolment.get("type", "")},
    }


def _arms(root: Element) -> dict[str, Any]:
    return {
        "armGroups": [
            {"label": _text(a, "arm_group_label"), "type": _text(a, "arm_group_type"), "description": _text(a, "description")}
            for a in root.findall("arm_group")
        ],
        "interventions": [
            {
                "type": _text(i, "intervention_type"),
                "name": _text(i, "intervention_name"),
                "description": _text(i, "description"),
                "otherNames": _texts(i, "other_name"),
                "armGroupLabels": _texts(i, "arm_group_label"),
            }
            for i in root.findall("intervention")
        ],
    }


def _planned(root: Element, kind: str) -> list[dict[str, str]]:
    return [
        {"measure": _text(o, "measure"), "timeFrame": _text(o, "time_frame"), "description": _text(o, "description")}
        for o in root.findall(f"{kind}_outcome")
    ]


def _references(root: Element) -> list[dict[str, str]]:
    return [
        {"pmid": _text(r, "PMID"), "type": kind, "citation": _text(r, "citation")}
        for tag, kind in (("reference", ""), ("results_reference", "RESULT"))
        for r in root.findall(tag)
    ]


def _results(root: Element) -> dict[str, Any]:
    results = root.find("clinical_results")
    if results is None:
        return {}
    path = f"/{ROOT}/clinical_results/outcome_list"
    found = _numbered(_part(results, "outcome_list"), path)
    return {
        "outcomeMeasuresModule": {"outcomeMeasures": [_outcome(o, place) for place, o in found]},
        "adverseEventsModule": _adverse(_part(results, "reported_events")),
    }


def _outcome(o: Element, path: str) -> dict[str, Any]:
    measure = "measure/"
    counts = o.findall("measure/analyzed_list/analyzed/count_list")[:1]
    return {
        PATH: path,
        "type": _text(o, "type").upper().replace(" ", "_"),
        "title": _text(o, "title"),
        "description": _text(o, "description"),
        "timeFrame": _text(o, "time_frame"),
        "populationDescription": _text(o, "population"),
        "paramType": _text(o, measure + "param").upper().replace(" ", "_"),
        "dispersionType": _text(o, measure + "dispersion"),
        "unitOfMeasure": _text(o, measure + "units"),
        "groups": _groups(o),
        "denoms": [{"counts": [{"groupId": c.get("group_id"), "value": c.get("value")} for c in found]} for found in counts],
        "classes": [_class(c) for c in o.findall("measure/class_list/class")],
        "analyses": [_analysis(a, place) for place, a in _numbered(_part(o, "analysis_list"), f"{path}/analysis_list")],
    }


def _groups(parent: Element) -> list[dict[str, Any]]:
    return [
        {"id": g.get("group_id"), "title": _text(g, "title"), "description": _text(g, "description")}
        for g in parent.findall("group_list/group")
    ]


def _class(class_: Element) -> dict[str, Any]:
    return {
        "title": _text(class_, "title"),
        "categories": [
            {
                "title": _text(category, "title"),
                "measurements": [
                    {
                        "groupId": m.get("group_id"),
                        "value": m.get("value"),
                        "spread": m.get("spread"),
                        "lowerLimit": m.get("lower_limit"),
                        "upperLimit": m.get("upper_limit"),
                        "comment": " ".join((m.text or "").split()),
                    }
                    for m in category.findall("measurement_list/measurement")
                ],
            }
            for category in class_.findall("category_list/category")
        ],
    }


def _analysis(a: Element, path: str) -> dict[str, Any]:
    said = {ANALYSIS.get(e.tag, e.tag): " ".join((e.text or "").split()) for e in a if e.tag != "group_id_list"}
    if "ciNumSides" in said:
        said["ciNumSides"] = SIDES.get(said["ciNumSides"], said["ciNumSides"])
    return {PATH: path, "groupIds": _texts(a, "group_id_list/group_id"), **said}


def _adverse(reported: Element) -> dict[str, Any]:
    path = f"/{ROOT}/clinical_results/reported_events"
    return {
        "frequencyThreshold": _text(reported, "other_events/frequency_threshold"),
        "timeFrame": _text(reported, "time_frame"),
        "description": _text(reported, "desc"),
        "eventGroups": _groups(reported),
        **{f"{kind}Events": list(_events(reported, kind, f"{path}/{kind}_events")) for kind in ("serious", "other")},
    }


def _events(reported: Element, kind: str, path: str) -> Iterator[dict[str, Any]]:
    categories = _part(reported, f"{kind}_events/category_list")
    for place, category in _numbered(categories, f"{path}/category_list"):
        for where, event in _numbered(_part(category, "event_list"), f"{place}/event_list"):
            term = _text(event, "sub_title")
            yield {
                PATH: where,
                "term": "Total" if term.startswith("Total, ") else term,
                "organSystem": _text(category, "title"),
                "stats": [
                    {
                        "groupId": c.get("group_id"),
                        "numEvents": c.get("events"),
                        "numAffected": c.get("subjects_affected"),
                        "numAtRisk": c.get("subjects_at_risk"),
                    }
                    for c in event.findall("counts")
                ],
            }
