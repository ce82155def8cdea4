"""Closed vocabularies: the words used in rules, results, screens and reports."""

from __future__ import annotations

from enum import StrEnum


class Verification(StrEnum):
    """What our check of a claim or fact found."""

    CONFIRMED = "confirmed"
    PARTLY = "partly"
    CONTRADICTED = "contradicted"
    INCONSISTENT = "inconsistent"
    UNCHECKED = "unchecked"


class Leaning(StrEnum):
    """Which way an unchecked claim leans, on knowledge for which no source was read."""

    AGREES = "agrees"
    DOUBTS = "doubts"
    NONE = "none"


class Kind(StrEnum):
    """What a rule does to its options when its condition is true."""

    GATE = "gate"
    EXCLUDES = "excludes"
    TARGET_ABSENT = "target_absent"
    DEMOTES = "demotes"
    CAUTIONS = "cautions"
    MONITORS = "monitors"
    SUPPORTS = "supports"
    OPPOSES = "opposes"
    INFORMS = "informs"
    CONFLICT = "conflict"


#: Kinds whose unknown truth takes `eligible` away.
BLOCKING = (Kind.GATE, Kind.EXCLUDES, Kind.TARGET_ABSENT, Kind.DEMOTES)
#: Kinds that carry points.
SCORING = (Kind.CAUTIONS, Kind.SUPPORTS, Kind.OPPOSES)


#: What became of a drug on a list.
OUTCOMES = ("progressed", "stopped_for_toxicity", "completed")
#: When a marker was measured, against the therapy before; the first two are what a form offers.
TIMINGS = ("before", "after", "before therapy", "after therapy")


class Recoverable(StrEnum):
    """How an exclusion can be undone."""

    REPLACE = "replace"
    TREAT = "treat"
    TIME = "time"
    CORRECT = "correct"


class Uncounted(StrEnum):
    """Why a rule or an evidence line gives no points in a policy."""

    CONTRADICTED = "contradicted"
    PROGNOSTIC_ONLY = "prognostic_only"
    NOT_IN_POLICY = "not_in_policy"
    NO_LEVEL = "no_level"


class HalfBecause(StrEnum):
    """The five allowed reasons for counting a line half."""

    SOURCE_NOT_FOUND = "source_not_found"
    MIXED_OR_WEAK = "mixed_or_weak"
    CLASS_NOT_DRUG = "class_not_drug"
    REGIMEN_HAS_TRIAL = "regimen_has_trial"
    ACTIVITY_NOT_BENEFIT = "activity_not_benefit"


class Status(StrEnum):
    """Status of an option for a patient, best first."""

    ELIGIBLE = "eligible"
    CAUTION = "caution"
    HYPOTHESIS = "hypothesis"
    EXCLUDED = "excluded"
    REFUSED = "refused"
    NOT_AVAILABLE = "not_available"


#: Statuses that are ranked.
RANKED = (Status.ELIGIBLE, Status.CAUTION, Status.HYPOTHESIS)


class AnswerRole(StrEnum):
    """What an answer of the rulebook is to the engine; all but `nameable` are abstentions."""

    GATE = "gate"
    INCOMPLETE = "incomplete"
    FACTS_MISSING = "facts_missing"
    NAMEABLE = "nameable"
    ONLY_HYPOTHESES = "only_hypotheses"
    ALL_EXCLUDED = "all_excluded"


class Unread(StrEnum):
    """Why a marker is recorded though no rule reads it."""

    NO_THRESHOLD = "no_threshold"
    NO_VALID_DIRECTION = "no_valid_direction"
    PROGNOSTIC_ONLY = "prognostic_only"
    RECORD_ONLY = "record_only"


class Unused(StrEnum):
    """Why a claim of the review gives no rule and no evidence line."""

    CONTEXT = "context"
    COUNT = "count"
    DEFINITION = "definition"
    MODEL_DESCRIPTION = "model_description"
    DOSE_RECORD = "dose_record"
    MECHANISM_ONLY = "mechanism_only"
    PROGNOSTIC_ONLY = "prognostic_only"
    OTHER_TUMOUR = "other_tumour"
    OTHER_DRUG = "other_drug"
    FUTURE_ONLY = "future_only"
    NO_NUMBER_OR_OPTION = "no_number_or_option"
    SAID_ELSEWHERE = "said_elsewhere"
    OVERSTATEMENT = "overstatement"
    CONTRADICTED = "contradicted"
    TOLERABILITY_IN_ANIMALS = "tolerability_in_animals"
