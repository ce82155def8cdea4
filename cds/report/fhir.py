"""The assessment as a FHIR R4 bundle: a guidance response, proposals, and who made them.

The options stand as actions of a RequestGroup with intent `proposal` and status `draft`: software
never authors a recommendation, and each resource says so. Ids are made of the assessment's
digest, so that equal assessments give equal bundles. Tests validate it with the R4B models.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from cds.errors import Fault, InputError
from cds.notice import RESEARCH_ONLY
from cds.report import phrases
from cds.report.case import document as case
from cds.report.case.evidence import cited
from cds.result import Assessment, MarkerValue, OptionResult
from cds.rulebook.book import Rulebook
from cds.rulebook.grades import TO_BE_CONFIRMED, Grade

Resource = dict[str, Any]

BASE = "urn:evr-cds"
NOT_AUTHORED = (
    "Made by software as material for discussion. Software never authors a recommendation: whether anything "
    "here becomes one is decided and signed by people."
)
_SECURITY = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_AGENT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def bundle(assessment: Assessment, book: Rulebook) -> Resource:
    """The whole bundle, of type collection."""
    on = assessment.provenance.made_on
    if on is None:
        raise InputError("No FHIR bundle without a date", [Fault("made_on", "not given", "Pass the date.")])
    ids = _Ids(case.digest(assessment))
    moment = f"{on}T00:00:00Z"
    resources = (
        ("device", _device(assessment)),
        ("input", _parameters(assessment)),
        ("options", _request_group(assessment, book, ids, moment)),
        ("guidance", _guidance(assessment, book, ids, moment)),
        ("provenance", _provenance(ids, moment)),
    )
    made: Resource = {
        "resourceType": "Bundle",
        "id": ids.plain("bundle"),
        "meta": {"security": [{"system": _SECURITY, "code": "HRESCH", "display": "healthcare research"}]},
        "identifier": {"system": f"{BASE}:report", "value": case.number(assessment)},
        "type": "collection",
        "timestamp": moment,
        "entry": [
            {"fullUrl": ids.url(name), "resource": _with_id(resource, ids.plain(name))}
            for name, resource in resources
        ],
    }
    return dict(_without_empty(made))


def _with_id(resource: Resource, name: str) -> Resource:
    return {"resourceType": resource["resourceType"], "id": name, **resource}


class _Ids:
    def __init__(self, digest: str) -> None:
        self.space = uuid.uuid5(uuid.NAMESPACE_URL, f"{BASE}:{digest}")

    def plain(self, name: str) -> str:
        return str(uuid.uuid5(self.space, name))

    def url(self, name: str) -> str:
        return f"urn:uuid:{self.plain(name)}"


def _device(assessment: Assessment) -> Resource:
    name, _, version = assessment.provenance.software.partition(" ")
    made = assessment.provenance
    return {
        "resourceType": "Device",
        "deviceName": [{"name": name, "type": "manufacturer-name"}],
        "type": {"text": "Research software without regulatory status"},
        "version": [
            {"type": {"text": "software"}, "value": version},
            {"type": {"text": "rulebook"}, "value": f"{made.rulebook} {made.rulebook_version}"},
            {"type": {"text": "rulebook digest (SHA-256)"}, "value": made.rulebook_digest},
        ],
        "note": [{"text": f"{RESEARCH_ONLY}. {NOT_AUTHORED}"}],
    }


def _parameters(assessment: Assessment) -> Resource:
    """What was entered, marker by marker; what is missing was not entered."""
    values = [_parameter(value) for value in assessment.entered]
    none = [{"name": "nothing_entered", "valueBoolean": True}]
    return {"resourceType": "Parameters", "parameter": values or none}


def _parameter(value: MarkerValue) -> Resource:
    unit = f" {value.unit}" if value.unit else ""
    return {
        "name": value.marker,
        "part": [
            {"name": "label", "valueString": value.label},
            {"name": "value", "valueString": f"{value.value}{unit}"},
            {"name": "origin", "valueString": value.origin},
            *({"name": key, "valueString": said} for key, said in value.details.items() if said),
        ],
    }


def _guidance(assessment: Assessment, book: Rulebook, ids: _Ids, moment: str) -> Resource:
    made = assessment.provenance
    said = [
        case.sentence(assessment, book),
        assessment.predictive_markers,
        book.identity.meaning,
        RESEARCH_ONLY,
        NOT_AUTHORED,
    ]
    said += [f"{note.label}. {note.text}" for note in assessment.notes]
    said += [f"Contradictory entries: {conflict.label}. {conflict.text}" for conflict in assessment.conflicts]
    return {
        "resourceType": "GuidanceResponse",
        "requestIdentifier": {"system": f"{BASE}:input", "value": made.input_digest},
        "identifier": [{"system": f"{BASE}:report", "value": case.number(assessment)}],
        "moduleUri": f"{BASE}:rulebook:{made.rulebook}:{made.rulebook_version}",
        "status": "data-required" if assessment.answer == "profile_incomplete" else "success",
        "subject": {"display": assessment.patient},
        "occurrenceDateTime": moment,
        "performer": {"reference": ids.url("device")},
        "note": [{"text": text} for text in said],
        "outputParameters": {"reference": ids.url("input"), "display": "what was entered"},
        "result": {"reference": ids.url("options")},
    }


def _request_group(assessment: Assessment, book: Rulebook, ids: _Ids, moment: str) -> Resource:
    policy = assessment.policy("checked")
    actions = [_action(option, book) for option in policy.ranked()]
    group: Resource = {
        "resourceType": "RequestGroup",
        "status": "draft",
        "intent": "proposal",
        "priority": "routine",
        "code": {"text": "Everolimus options, ranked by published evidence, for discussion"},
        "subject": {"display": assessment.patient},
        "authoredOn": moment,
        "author": {"reference": ids.url("device")},
        "note": [{"text": text} for text in (NOT_AUTHORED, RESEARCH_ONLY, policy.sentence, TO_BE_CONFIRMED)],
    }
    if actions:
        group["action"] = [
            {
                "title": "Options in the order of this rulebook; at most one of them, or none",
                "groupingBehavior": "logical-group",
                "selectionBehavior": "at-most-one",
                "action": actions,
            }
        ]
    return group


def _action(option: OptionResult, book: Rulebook) -> Resource:
    tie = ", tied" if option.tied else ""
    lines = book.option[option.option].lines
    citations = {c.source: c.locator for line in lines for c in line.evidence}
    return {
        "prefix": str(option.rank),
        "title": option.label,
        "description": (
            f"Rank {option.rank}{tie}, tier {option.tier}, status {option.status.value}, "
            f"{option.points:+d} points"
        ),
        "textEquivalent": " ".join(book.option[option.option].cannot_claim) or None,
        "code": [{"coding": [{"system": f"{BASE}:option", "code": option.option}], "text": option.label}],
        "extension": list(_grades(option, book)),
        "documentation": [
            {"type": "citation", "label": locator, "citation": cited(book.source[key])}
            for key, locator in citations.items()
        ],
        "condition": [
            {
                "kind": "applicability",
                "expression": {"description": phrases.reason(caution), "language": "text/plain"},
            }
            for caution in option.cautions
        ],
    }


def _grades(option: OptionResult, book: Rulebook) -> Iterator[Resource]:
    """The grade of the regimen, and apart from it the grades of the markers that count in it."""
    counted = {line.id for line in option.contributions if line.source == "rule"}
    for grade in book.grades:
        if (grade.of == "regimen" and grade.names == option.option) or (
            grade.of == "marker" and grade.names in counted
        ):
            yield _grade(grade)


def _grade(grade: Grade) -> Resource:
    parts = [{"url": "of", "valueString": f"{grade.of} {grade.names}"}]
    parts += [{"url": scheme, "valueString": level} for scheme, level in grade.levels().items()]
    parts += [{"url": "because", "valueString": f"{grade.because} {TO_BE_CONFIRMED}"}]
    return {"url": f"{BASE}:evidence-grade", "extension": parts}


def _provenance(ids: _Ids, moment: str) -> Resource:
    return {
        "resourceType": "Provenance",
        "target": [{"reference": ids.url(name)} for name in ("guidance", "options")],
        "recorded": moment,
        "activity": {"text": "Ranking of options by declared rules, for discussion"},
        "agent": [
            {
                "type": {
                    "coding": [{"system": _AGENT, "code": "author", "display": "Author"}],
                    "text": NOT_AUTHORED,
                },
                "who": {"reference": ids.url("device")},
            }
        ],
        "entity": [
            {"role": "source", "what": {"reference": ids.url("input"), "display": "what was entered"}}
        ],
    }


def _without_empty(part: Any) -> Any:
    """FHIR has no empty lists, objects or nulls."""
    if isinstance(part, dict):
        kept = {key: _without_empty(value) for key, value in part.items()}
        return {key: value for key, value in kept.items() if value not in (None, [], {}, "")}
    if isinstance(part, list):
        return [_without_empty(item) for item in part]
    return part
