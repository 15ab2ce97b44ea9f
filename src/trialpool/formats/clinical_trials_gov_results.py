"""Results posted in ClinicalTrials.gov: outcomes with their analyses, and adverse events by group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trialpool.formats.registry_json import PATH, dig, objects, path_of, text, texts, whole
from trialpool.review.registration import (
    AdverseEvent,
    AdverseEvents,
    EventCount,
    Group,
    Measured,
    PostedAnalysis,
    PostedOutcome,
)

ROOT = "$.resultsSection"
TOTAL = "Total"
COMMENTS = {
    "pValueComment": "of P",
    "statisticalComment": "of the method",
    "estimateComment": "of the estimate",
    "nonInferiorityComment": "of the hypothesis",
    "ciLowerLimitComment": "of the lower limit",
    "ciUpperLimitComment": "of the upper limit",
    "otherAnalysisDescription": "further",
}
FIELDS = {
    PATH,
    "groupIds",
    "groupDescription",
    "nonInferiorityType",
    "statisticalMethod",
    "paramType",
    "paramValue",
    "ciLowerLimit",
    "ciUpperLimit",
    "ciPctValue",
    "ciNumSides",
    "pValue",
    "dispersionType",
    "dispersionValue",
}


def posted_outcomes(study: Mapping[str, Any]) -> tuple[PostedOutcome, ...]:
    """The outcomes of a study, in the order of the registry; those of an extract that holds nothing else, too."""
    found = objects(study, "resultsSection", "outcomeMeasuresModule", "outcomeMeasures")
    base = f"{ROOT}.outcomeMeasuresModule.outcomeMeasures"
    if not found:
        found, base = objects(study, "outcomeMeasures"), "$.outcomeMeasures"
    return tuple(_outcome(o, path_of(o, f"{base}[{i}]")) for i, o in enumerate(found))


def _outcome(o: Mapping[str, Any], path: str) -> PostedOutcome:
    return PostedOutcome(
        path=path,
        kind=text(o, "type"),
        title=text(o, "title"),
        description=text(o, "description"),
        time_frame=text(o, "timeFrame"),
        population=text(o, "populationDescription"),
        parameter=text(o, "paramType"),
        dispersion=text(o, "dispersionType"),
        unit=text(o, "unitOfMeasure"),
        groups=groups(o, "groups"),
        analysed=tuple((text(c, "groupId"), text(c, "value")) for d in objects(o, "denoms")[:1] for c in objects(d, "counts")),
        measured=tuple(_measured(o)),
        analyses=tuple(_analysis(a, path_of(a, f"{path}.analyses[{i}]")) for i, a in enumerate(objects(o, "analyses"))),
    )


def groups(data: Mapping[str, Any], key: str) -> tuple[Group, ...]:
    """Groups by id, with what they are called."""
    return tuple(Group(id=text(g, "id"), title=text(g, "title"), description=text(g, "description")) for g in objects(data, key))


def _measured(o: Mapping[str, Any]) -> Iterator[Measured]:
    """The figures of a table, class by class and category by category."""
    for class_ in objects(o, "classes"):
        for category in objects(class_, "categories"):
            row = "; ".join(filter(None, (text(class_, "title"), text(category, "title"))))
            for m in objects(category, "measurements"):
                yield Measured(
                    group=text(m, "groupId"),
                    value=text(m, "value"),
                    row=row,
                    spread=text(m, "spread"),
                    low=text(m, "lowerLimit"),
                    high=text(m, "upperLimit"),
                    comment=text(m, "comment"),
                )


def _analysis(a: Mapping[str, Any], path: str) -> PostedAnalysis:
    known = [(heading, text(a, key)) for key, heading in COMMENTS.items()]
    unknown = [(key, text(a, key)) for key in a if key not in FIELDS and key not in COMMENTS]
    return PostedAnalysis(
        path=path,
        groups=texts(a, "groupIds"),
        about=text(a, "groupDescription"),
        hypothesis=text(a, "nonInferiorityType"),
        method=text(a, "statisticalMethod"),
        measure=text(a, "paramType"),
        estimate=text(a, "paramValue"),
        low=text(a, "ciLowerLimit"),
        high=text(a, "ciUpperLimit"),
        level=text(a, "ciPctValue"),
        sides=text(a, "ciNumSides"),
        p=text(a, "pValue"),
        dispersion=text(a, "dispersionType"),
        dispersion_value=text(a, "dispersionValue"),
        comments=tuple((heading, words) for heading, words in known + unknown if words),
    )


def adverse_events(study: Mapping[str, Any]) -> AdverseEvents:
    """Adverse events of a study: totals of each kind first, where the registry has them, then each event."""
    module = dig(study, "resultsSection", "adverseEventsModule")
    path = f"{ROOT}.adverseEventsModule"
    return AdverseEvents(
        groups=groups(module, "eventGroups"),
        time_frame=text(module, "timeFrame"),
        description=text(module, "description"),
        threshold=text(module, "frequencyThreshold"),
        events=(*_totals(objects(module, "eventGroups"), path), *_events(module, path)),
    )


def _totals(of_groups: list[Mapping[str, Any]], path: str) -> Iterator[AdverseEvent]:
    for kind in ("deaths", "serious", "other"):
        counts = tuple(
            EventCount(group=text(g, "id"), affected=whole(g, f"{kind}NumAffected"), at_risk=whole(g, f"{kind}NumAtRisk"))
            for g in of_groups
            if f"{kind}NumAffected" in g
        )
        if counts:
            yield AdverseEvent(path=f"{path}.eventGroups[*].{kind}NumAffected", kind=kind, term=TOTAL, counts=counts)


def _events(module: Mapping[str, Any], path: str) -> Iterator[AdverseEvent]:
    for kind in ("serious", "other"):
        for i, event in enumerate(objects(module, f"{kind}Events")):
            yield AdverseEvent(
                path=path_of(event, f"{path}.{kind}Events[{i}]"),
                kind=kind,
                term=text(event, "term"),
                system=text(event, "organSystem"),
                counts=tuple(
                    EventCount(
                        group=text(s, "groupId"),
                        affected=whole(s, "numAffected"),
                        at_risk=whole(s, "numAtRisk"),
                        events=whole(s, "numEvents"),
                    )
                    for s in objects(event, "stats")
                ),
            )
