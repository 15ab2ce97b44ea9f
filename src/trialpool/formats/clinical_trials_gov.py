"""ClinicalTrials.gov: the study JSON of its API (version 2) and the older XML, read as registrations."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from trialpool.errors import BadInput, Problem
from trialpool.formats.clinical_trials_gov_results import adverse_events, posted_outcomes
from trialpool.formats.clinical_trials_gov_xml import ROOT as XML_ROOT
from trialpool.formats.clinical_trials_gov_xml import as_json, further_of_xml
from trialpool.formats.registry_json import dig, leaves, objects, text, texts, whole
from trialpool.review.record import Place, Record
from trialpool.review.registration import Intervention, RegisteredArm, Registration

GIVE = "Give a study as ClinicalTrials.gov lets it be downloaded: JSON of its API, version 2, or its older XML"
ID, STATUS, DESIGN = "identificationModule", "statusModule", "designModule"
BEGINNINGS = (b'"protocolSection"', b'"nctId"', b'"studies"')
CARRIED = (
    "protocolSection.identificationModule.nctId",
    "protocolSection.identificationModule.briefTitle",
    "protocolSection.identificationModule.officialTitle",
    "protocolSection.identificationModule.acronym",
    "protocolSection.identificationModule.orgStudyIdInfo.id",
    "protocolSection.identificationModule.secondaryIdInfos[].id",
    "protocolSection.sponsorCollaboratorsModule.leadSponsor.name",
    "protocolSection.sponsorCollaboratorsModule.collaborators[].name",
    "protocolSection.statusModule.overallStatus",
    "protocolSection.statusModule.startDateStruct.date",
    "protocolSection.statusModule.primaryCompletionDateStruct.date",
    "protocolSection.statusModule.completionDateStruct.date",
    "protocolSection.statusModule.studyFirstPostDateStruct.date",
    "protocolSection.statusModule.resultsFirstPostDateStruct.date",
    "protocolSection.statusModule.lastUpdatePostDateStruct.date",
    "protocolSection.designModule.studyType",
    "protocolSection.designModule.phases[]",
    "protocolSection.designModule.designInfo.allocation",
    "protocolSection.designModule.designInfo.interventionModel",
    "protocolSection.designModule.designInfo.primaryPurpose",
    "protocolSection.designModule.designInfo.maskingInfo.masking",
    "protocolSection.designModule.enrollmentInfo.count",
    "protocolSection.designModule.enrollmentInfo.type",
    "protocolSection.conditionsModule.conditions[]",
    "protocolSection.conditionsModule.keywords[]",
    "protocolSection.descriptionModule.briefSummary",
    "protocolSection.armsInterventionsModule.armGroups[].label",
    "protocolSection.armsInterventionsModule.armGroups[].type",
    "protocolSection.armsInterventionsModule.armGroups[].description",
    "protocolSection.armsInterventionsModule.armGroups[].interventionNames[]",
    "protocolSection.armsInterventionsModule.interventions[].type",
    "protocolSection.armsInterventionsModule.interventions[].name",
    "protocolSection.armsInterventionsModule.interventions[].description",
    "protocolSection.armsInterventionsModule.interventions[].otherNames[]",
    "protocolSection.armsInterventionsModule.interventions[].armGroupLabels[]",
    "protocolSection.outcomesModule.primaryOutcomes[].measure",
    "protocolSection.outcomesModule.primaryOutcomes[].timeFrame",
    "protocolSection.outcomesModule.secondaryOutcomes[].measure",
    "protocolSection.outcomesModule.secondaryOutcomes[].timeFrame",
    "protocolSection.outcomesModule.otherOutcomes[].measure",
    "protocolSection.outcomesModule.otherOutcomes[].timeFrame",
    "protocolSection.referencesModule.references[].pmid",
    "protocolSection.referencesModule.references[].type",
    "protocolSection.referencesModule.references[].citation",
    "derivedSection.miscInfoModule.versionHolder",
)  # fields of the record that a Registration has a place for; the others go into `further`


def read_registration(path: str | Path) -> Registration:
    """Read the entry of one trial in ClinicalTrials.gov.

    Parameters
    ----------
    path : its JSON, as the API (version 2) gives it, or its XML, as the older site did

    Returns
    -------
    Registration: the record, posted outcomes with their analyses, and adverse events by group, each with its place in the file

    Raises
    ------
    BadInput
        where the file is of another kind, holds several studies, or none
    """
    path = Path(path)
    found = registrations_of(_bytes(path), path.name)
    if len(found) != 1:
        mend = "Give a file of one study; of several, each can be taken from the list `studies` into a file of its own"
        raise BadInput([Problem(path.name, 0, "", f"the file holds {len(found)} studies", mend)])
    return found[0]


def registrations_of(data: bytes, name: str) -> tuple[Registration, ...]:
    """Every study in the bytes of a file: one, or the list of an answer of the API."""
    if looks_like_xml(data):
        root = _xml(data, name)
        return (_registration(as_json(root), further_of_xml(root)),)
    return tuple(_registration(study, _further(study)) for study in studies_of(_json(data, name), name))


def looks_like_registration(data: bytes) -> bool:
    """Whether the first bytes of a file are those of a study of the registry, in JSON or in XML."""
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    return looks_like_xml(data) or (start.startswith((b"{", b"[")) and any(name in data[:4096] for name in BEGINNINGS))


def looks_like_xml(data: bytes) -> bool:
    """Whether this is the older XML."""
    return f"<{XML_ROOT}".encode() in data[:4096]


def studies_of(data: Any, name: str) -> list[Mapping[str, Any]]:
    """The studies in JSON: one, a list, or the list in an answer of the API."""
    found = data.get("studies", [data]) if isinstance(data, Mapping) else data
    if not isinstance(found, Sequence) or isinstance(found, str) or not all(map(_is_study, found)):
        raise BadInput([Problem(name, 0, "", "this is not a study of ClinicalTrials.gov, whose number (nctId) it lacks", GIVE)])
    return list(found)


def registry_record(data: Mapping[str, Any], place: Place) -> Record:
    """A study, as the API's JSON has it, as a bibliographic record of the kind `registration`.

    Parameters
    ----------
    data : the study, parsed; of the older XML, what `as_json` makes of it
    place : where it was read

    >>> study = {"protocolSection": {"identificationModule": {"nctId": "NCT00000001", "briefTitle": "A trial"}}}
    >>> registry_record(study, Place("ctgov.json", 1)).nct
    'NCT00000001'
    """
    return record_of(_registration(data, _further(data)), place)


def record_of(entry: Registration, place: Place) -> Record:
    """A registration as a bibliographic record."""
    year = (entry.first_posted or entry.start)[-4:] if "," in entry.first_posted else (entry.first_posted or entry.start)[:4]
    return Record(
        place=place,
        title=entry.official_title or entry.title,
        authors=(entry.sponsor,) if entry.sponsor else (),
        year=int(year) if year.isdecimal() else None,
        nct=entry.nct,
        abstract=entry.summary,
        keywords=(*entry.conditions, *entry.keywords),
        url=entry.address,
        kind="registration",
        database="ClinicalTrials.gov",
        related=tuple(f"{kind or 'Reference'} {pmid}" for pmid, kind, _ in entry.references if pmid),
        further=(*_said(entry), *entry.further),
        format="clinicaltrials.gov",
    )


def _said(entry: Registration) -> list[tuple[str, str]]:
    """What a record has no field for, of what a registration has."""
    named = {
        "briefTitle": entry.title if entry.official_title else "",
        "acronym": entry.acronym,
        "overallStatus": entry.status,
        "studyType": entry.study_type,
        "allocation": entry.allocation,
        "interventionModel": entry.model,
        "primaryPurpose": entry.purpose,
        "masking": entry.masking,
        "startDate": entry.start,
        "primaryCompletionDate": entry.primary_completion,
        "completionDate": entry.completion,
        "firstPosted": entry.first_posted,
        "resultsFirstPosted": entry.results_posted,
        "lastUpdatePosted": entry.updated,
        "version": entry.version,
        "enrollment": "" if entry.enrolment is None else str(entry.enrolment),
        "enrollmentType": entry.enrolment_kind,
    }
    lists = [
        *(("secondaryId", id_) for id_ in entry.secondary_ids),
        *(("collaborator", name) for name in entry.collaborators),
        *(("phase", phase) for phase in entry.phases),
        *(("arm", _joined(arm.kind, arm.label, arm.description, *arm.interventions)) for arm in entry.arms),
        *(("intervention", _joined(i.kind, i.name, *i.other_names, i.description, *i.arms)) for i in entry.interventions),
        *((f"{kind}Outcome", _joined(measure, frame)) for kind, measure, frame in entry.planned),
        *(("reference", _joined(pmid, kind, citation)) for pmid, kind, citation in entry.references),
    ]
    return [(name, value) for name, value in [*named.items(), *lists] if value]


def _joined(*parts: str) -> str:
    return " | ".join(filter(None, parts))


def _registration(study: Mapping[str, Any], further: tuple[tuple[str, str], ...]) -> Registration:
    record = dig(study, "protocolSection")
    id_, status, design = (dig(record, module) for module in (ID, STATUS, DESIGN))
    info, sponsors = dig(design, "designInfo"), dig(record, "sponsorCollaboratorsModule")
    return Registration(
        nct=_number(study),
        title=text(id_, "briefTitle"),
        official_title=text(id_, "officialTitle"),
        acronym=text(id_, "acronym"),
        secondary_ids=tuple(
            filter(None, (text(id_, "orgStudyIdInfo", "id"), *(text(o, "id") for o in objects(id_, "secondaryIdInfos"))))
        ),
        sponsor=text(sponsors, "leadSponsor", "name"),
        collaborators=tuple(text(o, "name") for o in objects(sponsors, "collaborators")),
        study_type=text(design, "studyType"),
        phases=texts(design, "phases"),
        allocation=text(info, "allocation"),
        model=text(info, "interventionModel"),
        purpose=text(info, "primaryPurpose"),
        masking=text(info, "maskingInfo", "masking"),
        status=text(status, "overallStatus"),
        start=text(status, "startDateStruct", "date"),
        primary_completion=text(status, "primaryCompletionDateStruct", "date"),
        completion=text(status, "completionDateStruct", "date"),
        first_posted=text(status, "studyFirstPostDateStruct", "date"),
        results_posted=text(status, "resultsFirstPostDateStruct", "date"),
        updated=text(status, "lastUpdatePostDateStruct", "date"),
        version=text(study, "derivedSection", "miscInfoModule", "versionHolder"),
        enrolment=whole(design, "enrollmentInfo", "count"),
        enrolment_kind=text(design, "enrollmentInfo", "type"),
        conditions=texts(record, "conditionsModule", "conditions"),
        keywords=texts(record, "conditionsModule", "keywords"),
        summary=text(record, "descriptionModule", "briefSummary"),
        arms=_arms(record),
        interventions=_interventions(record),
        planned=_planned(record),
        references=tuple(
            (text(o, "pmid"), text(o, "type"), text(o, "citation")) for o in objects(record, "referencesModule", "references")
        ),
        outcomes=posted_outcomes(study),
        adverse=adverse_events(study),
        further=further,
    )


def _arms(record: Mapping[str, Any]) -> tuple[RegisteredArm, ...]:
    return tuple(
        RegisteredArm(
            label=text(o, "label"),
            kind=text(o, "type"),
            description=text(o, "description"),
            interventions=texts(o, "interventionNames"),
        )
        for o in objects(record, "armsInterventionsModule", "armGroups")
    )


def _interventions(record: Mapping[str, Any]) -> tuple[Intervention, ...]:
    return tuple(
        Intervention(
            kind=text(o, "type"),
            name=text(o, "name"),
            description=text(o, "description"),
            other_names=texts(o, "otherNames"),
            arms=texts(o, "armGroupLabels"),
        )
        for o in objects(record, "armsInterventionsModule", "interventions")
    )


def _planned(record: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (kind, text(o, "measure"), text(o, "timeFrame"))
        for kind in ("primary", "secondary", "other")
        for o in objects(record, "outcomesModule", f"{kind}Outcomes")
    )


def _number(study: Mapping[str, Any]) -> str:
    return text(study, "protocolSection", ID, "nctId") or text(study, "nctId")


def _is_study(study: Any) -> bool:
    return isinstance(study, Mapping) and bool(_number(study))


def _further(study: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Leaves of the record that have no place of their own; the results stay in the file, where each row's locator points."""
    kept = {name: part for name, part in study.items() if name not in ("resultsSection", "outcomeMeasures")}
    return tuple((path, value) for path, plain, value in leaves(kept) if plain not in CARRIED)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BadInput([Problem(str(path), 0, "", "there is no such file", GIVE)]) from None
    except IsADirectoryError:
        raise BadInput([Problem(str(path), 0, "", "this is a folder, not a file", GIVE)]) from None
    except OSError as error:
        raise BadInput(
            [Problem(str(path), 0, "", f"the file cannot be read ({error.strerror})", "Check its permissions")]
        ) from None


def _json(data: bytes, name: str) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadInput([Problem(name, 0, "", "the text is not UTF-8", "Download it again, or save it as UTF-8")]) from None
    except RecursionError:
        raise BadInput([Problem(name, 0, "", "this is not JSON (nested too deeply)", GIVE)]) from None
    except json.JSONDecodeError as error:
        what = f"this is not JSON, or it is cut off ({error.msg} in line {error.lineno})"
        raise BadInput([Problem(name, 0, "", what, GIVE)]) from None


def _xml(data: bytes, name: str) -> ElementTree.Element:
    if b"<!ENTITY" in data:
        raise BadInput([Problem(name, 0, "", "the XML defines entities, which a registry's file never does", GIVE)])
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise BadInput([Problem(name, 0, "", f"this is not XML, or it is cut off ({error})", GIVE)]) from None
    if root.tag != XML_ROOT or not (root.findtext("id_info/nct_id") or "").strip():
        raise BadInput([Problem(name, 0, "", "the XML is no study of ClinicalTrials.gov", GIVE)])
    return root
