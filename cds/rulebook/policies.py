"""Policies, answers and reasons: how a rulebook turns rules and evidence into an order and an answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cds.rulebook.base import Flag, Id, MarkerId, Record, Text, TierId
from cds.vocabulary import AnswerRole


class Policy(Record):
    """How rules and evidence become points and an order; exactly one policy is the default.

    `needs_positive_evidence` refuses an option whose evidence, or evidence less cautions, is not
    above 0. `keeps_hypotheses_apart` makes options outside the nameable tiers, and demoted ones,
    hypotheses. `shows_refusals_of` names a policy whose refusals this one marks with a caution.

    Attributes:
        id: Name of the policy; also the file's name.
        label: Name on screen.
        sentence: What it counts, in one sentence; printed with its ranking.
        default: Whether it is the one that answers and is shown first; one policy is.
        weights: Points of each level that it reads.
        order: What ranks options, the strongest first.
        needs_positive_evidence: Whether an option whose evidence, or evidence less cautions, is not
            above 0 is refused.
        keeps_hypotheses_apart: Whether demoted options and those of tiers that can't be named are
            called hypotheses.
        demoted_tier: Tier that a demoted option takes.
        shows_refusals_of: Policy whose refusals are marked in this one's order.
        constraints: Chains of levels; each weighs at least as much as the next, whatever weights are
            tried.
    """

    id: Id
    label: Text
    sentence: Text
    default: Flag
    weights: dict[Id, Annotated[int, Field(ge=0, le=1000)]]
    order: tuple[Literal["class", "tier", "points"], ...]
    needs_positive_evidence: Flag
    keeps_hypotheses_apart: Flag
    demoted_tier: TierId | None = None
    shows_refusals_of: Id | None = None
    constraints: tuple[tuple[Id, ...], ...] = ()


class Answer(Record):
    """An answer of a case. Of the answers that hold for a patient the first of the file is given.

    Roles: `gate` holds where a rule of kind gate that names all options and has this id as its
    `code` is true; `incomplete` where such a gate can't be decided; `facts_missing` where one of
    the markers in `needs` is not known; `nameable` where an option is eligible or has a caution;
    `only_hypotheses` where hypotheses alone are ranked; `all_excluded` where nothing is.
    Every answer but a nameable one abstains. `sentence` may hold `{first}` and `{count}`.

    Attributes:
        id: Name of the answer; the code of its gates.
        role: What it is to the engine.
        sentence: The sentence a reader sees; may hold {first} and {count}.
        reason: For the role gate: why no option is named.
        needs: For the role facts_missing: the markers that have to be known.
    """

    id: Id
    role: AnswerRole
    sentence: Text
    reason: Text | None = None
    needs: tuple[MarkerId, ...] = ()

    @property
    def abstains(self) -> bool:
        """Whether no option is named."""
        return self.role is not AnswerRole.NAMEABLE


class ReasonText(Record):
    """The words of a code: why a gate refuses, a policy refuses, or an option is not available.

    `of: ranking` gives the engine's own codes other words.

    Attributes:
        id: The code.
        of: What gives it: a gate, a policy's refusal, an option that is not available, or the engine.
        label: Its words.
    """

    id: Id
    of: Literal["gate", "refused", "unavailable", "ranking"]
    label: Text
