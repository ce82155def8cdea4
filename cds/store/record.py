"""What one version of a case holds. A version is never changed: a correction is a new version."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import Field

from cds.files import canonical, sha256
from cds.intake.draft import Draft
from cds.result import Assessment
from cds.rulebook.base import Id, Record
from cds.vocabulary import Status

CONTENT_SCHEMA = 1
MAX_TEXT = 4000

DecisionKind = Literal["option", "other_treatment", "trial", "supportive_care", "deferred", "none"]
Realised = Literal["yes", "no", "in part", "not known"]
Course = Literal["complete response", "partial response", "stable", "progression", "died", "not known"]
REALISED: tuple[Realised, ...] = get_args(Realised)
COURSES: tuple[Course, ...] = get_args(Course)
DECISIONS: Mapping[DecisionKind, str] = {
    "option": "an everolimus option is named",
    "other_treatment": "another treatment",
    "trial": "a clinical trial",
    "supportive_care": "best supportive care",
    "deferred": "put off until a test is done",
    "none": "no decision",
}
ROLES = (
    "medical oncology",
    "paediatric oncology",
    "orthopaedic surgery",
    "thoracic surgery",
    "radiation oncology",
    "radiology",
    "nuclear medicine",
    "pathology",
    "molecular pathology",
    "human genetics",
    "pharmacy",
    "nursing",
    "palliative care",
    "psycho-oncology",
    "study office",
    "another role",
)


class Place(Record):
    """Where an option stood under one policy."""

    policy: Id
    option: str
    label: str
    status: Status
    rank: int | None
    points: int


class RankingThen(Record):
    """The ranking a version was saved with, and what made it."""

    at: str
    software: str
    rulebook_version: str
    rulebook_digest: str
    input_digest: str
    assessment_digest: str
    answer: str
    sentence: str
    places: tuple[Place, ...]

    def first(self, policy: str = "checked") -> tuple[Place, ...]:
        """The options in first place."""
        return tuple(place for place in self.places if place.policy == policy and place.rank == 1)


class OwnView(Record):
    """What the board thought before it saw the ranking."""

    at: str
    skipped: bool = False
    option: str | None = None
    text: str = Field(default="", max_length=MAX_TEXT)


class BoardDecision(Record):
    """What the board decided, why, who sat there by role, and when it met."""

    at: str
    held_on: dt.date
    kind: DecisionKind
    option: str | None = None
    text: str = Field(default="", max_length=MAX_TEXT)
    reason: str = Field(min_length=1, max_length=MAX_TEXT)
    roles: tuple[str, ...] = Field(min_length=1)
    statements: dict[str, str] = Field(default_factory=dict)


class FollowUp(Record):
    """What became of a decision; kept apart from it."""

    at: str
    on: dt.date
    realised: Realised
    course: Course
    text: str = Field(default="", max_length=MAX_TEXT)
    role: str


class Content(Record):
    """One version of a case."""

    content_schema: int = CONTENT_SCHEMA
    label: str
    is_pseudonym: bool = False
    markers: dict[str, Any]
    ranking: RankingThen | None = None
    meeting: bool = False
    own_view: OwnView | None = None
    decision: BoardDecision | None = None
    follow_up: tuple[FollowUp, ...] = ()

    def draft(self) -> Draft:
        """What was entered, as a draft of its own."""
        return Draft(self.label, dict(self.markers))

    def decided(self) -> str:
        """The decision in a few words."""
        if self.decision is None:
            return "none yet"
        option = f" ({self.decision.option})" if self.decision.option else ""
        return DECISIONS[self.decision.kind] + option

    def as_json(self) -> str:
        """The canonical text that is stored and hashed."""
        return canonical(self.model_dump(mode="json"))


def agrees(content: Content, assessment: str | None) -> bool:
    """Whether an assessment is the one a version was saved with."""
    if content.ranking is None or assessment is None:
        return content.ranking is None and assessment is None
    return sha256(assessment) == content.ranking.assessment_digest


def assessment_text(assessment: Assessment) -> str:
    """An assessment as the canonical text that is stored and hashed, without what was tried out beside it."""
    bare = assessment.model_copy(update={"robustness": None, "contrasts": None})
    return canonical(json.loads(bare.model_dump_json()))


def ranking_then(assessment: Assessment, sentence: str, at: dt.datetime) -> RankingThen:
    """What a version keeps of a ranking; `sentence` is the answer as the board read it."""
    made = assessment.provenance
    return RankingThen(
        at=stamp(at),
        software=made.software,
        rulebook_version=made.rulebook_version,
        rulebook_digest=made.rulebook_digest,
        input_digest=made.input_digest,
        assessment_digest=sha256(assessment_text(assessment)),
        answer=assessment.answer,
        sentence=sentence,
        places=tuple(
            Place(
                policy=policy.policy,
                option=option.option,
                label=option.label,
                status=option.status,
                rank=option.rank,
                points=option.points,
            )
            for policy in assessment.policies
            for option in policy.options
        ),
    )


def stamp(moment: dt.datetime) -> str:
    """A moment in UTC, as text that sorts."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
