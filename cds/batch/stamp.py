"""What stands on every output: the notice, the versions, and what was assumed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from cds import __version__
from cds.intake.assumptions import Assumptions
from cds.notice import RESEARCH_ONLY
from cds.rulebook.book import Rulebook


@dataclass(frozen=True)
class Stamp:
    """Notice and versions of one run."""

    research_only: str
    software: str
    rulebook: str
    rulebook_version: str
    rulebook_digest: str
    review_by: str
    predictive_markers: str
    meaning: str
    assumptions: dict[str, str] | None
    why_assumed: str | None

    @property
    def line(self) -> str:
        """Rulebook, version and digest, for a cell of a table."""
        return f"{self.rulebook} {self.rulebook_version} {self.rulebook_digest[:12]}"

    @property
    def metadata(self) -> dict[str, str]:
        """The same for the metadata of a Parquet file."""
        return {
            "research_only": self.research_only,
            "meaning": self.meaning,
            "software": self.software,
            "rulebook": self.rulebook,
            "rulebook_version": self.rulebook_version,
            "rulebook_digest": self.rulebook_digest,
        }

    def plain(self, today: dt.date) -> dict[str, Any]:
        """The same for JSON, and whether the rulebook is past its review date."""
        return self.metadata | {
            "predictive_markers": self.predictive_markers,
            "review_by": self.review_by,
            "past_review": today > dt.date.fromisoformat(self.review_by),
            "made_on": today.isoformat(),
            "model": None,
            "assumptions": self.assumptions,
            "why_assumed": self.why_assumed,
        }


def stamp_of(book: Rulebook, assumptions: Assumptions | None) -> Stamp:
    """The stamp of a run with this rulebook."""
    identity = book.identity
    return Stamp(
        research_only=RESEARCH_ONLY,
        software=f"evr-cds {__version__}",
        rulebook=identity.id,
        rulebook_version=identity.version,
        rulebook_digest=book.digest,
        review_by=identity.review_by,
        predictive_markers=identity.predictive_markers,
        meaning=identity.meaning,
        assumptions=dict(assumptions.said) if assumptions else None,
        why_assumed=assumptions.why if assumptions else None,
    )
