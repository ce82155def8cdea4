"""How often boards and the ranking agree: counts and shares, never a judgement of either."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from cds.rulebook.book import Rulebook
from cds.store.record import BoardDecision, Content, DecisionKind, RankingThen
from cds.vocabulary import AnswerRole

Agreement = Literal["agrees", "differs", "not_applicable"]
AGREEMENT: Mapping[Agreement, str] = {
    "agrees": "agrees",
    "differs": "differs",
    "not_applicable": "not comparable",
}
#: Normal quantile of a 95 % interval.
Z = 1.959963984540054


def agreement_of(ranking: RankingThen | None, decision: BoardDecision | None, book: Rulebook) -> Agreement:
    """Whether a decision names what ranks first, or names no option where none can be named.

    Not applicable: nothing was ranked or decided, the decision was put off, or the ranking had
    too little to go by.
    """
    if decision is None:
        return "not_applicable"
    return agreement_with(ranking, decision.kind, decision.option, book)


def agreement_with(
    ranking: RankingThen | None, kind: DecisionKind, option: str | None, book: Rulebook
) -> Agreement:
    """The same of a decision that is not written down yet."""
    if ranking is None or kind in ("deferred", "none"):
        return "not_applicable"
    answer = book.answer.get(ranking.answer)
    if answer is None or answer.role in (AnswerRole.INCOMPLETE, AnswerRole.FACTS_MISSING):
        return "not_applicable"
    if answer.abstains:
        return "differs" if kind == "option" else "agrees"
    first = {place.option for place in ranking.first()}
    return "agrees" if kind == "option" and option in first else "differs"


@dataclass(frozen=True)
class Share:
    """A share with its denominator and 95 % Wilson interval."""

    count: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Both ends, from 0 to 1; the whole range if nothing was counted."""
        if not self.of:
            return 0.0, 1.0
        p, n, z2 = self.count / self.of, self.of, Z * Z
        middle, half = p + z2 / (2 * n), Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))

    def __str__(self) -> str:
        """`3 of 4 (75 %, 30 to 95)`, or that nothing was counted."""
        if not self.of:
            return "none to count"
        low, high = self.interval
        share = f"{100 * self.count / self.of:.0f}\u00a0%"
        return f"{self.count} of {self.of} ({share}, {100 * low:.0f} to {100 * high:.0f})"


@dataclass(frozen=True)
class Statistics:
    """Counts over the newest versions of all cases."""

    cases: int
    decided: int
    not_applicable: int
    agrees: Share
    own_view_first: Share
    moved_to_ranking: Share
    moved_away: Share
    views_skipped: int
    kinds: dict[DecisionKind, int]


def statistics(contents: Iterable[Content], book: Rulebook) -> Statistics:
    """Agreement over cases; `own view` counts what was written before the ranking was shown."""
    everyone = list(contents)
    decided = [content for content in everyone if content.decision]
    judged = [(c, agreement_of(c.ranking, c.decision, book)) for c in decided]
    counted = [(c, word) for c, word in judged if word != "not_applicable"]
    views = [
        (c, _view_agrees(c, book), word == "agrees")
        for c, word in counted
        if c.own_view and not c.own_view.skipped
    ]
    return Statistics(
        cases=len(everyone),
        decided=len(decided),
        not_applicable=len(judged) - len(counted),
        agrees=Share(sum(word == "agrees" for _, word in counted), len(counted)),
        own_view_first=Share(sum(view for _, view, _ in views), len(views)),
        moved_to_ranking=Share(
            sum(now for _, view, now in views if not view), sum(not view for _, view, _ in views)
        ),
        moved_away=Share(sum(not now for _, view, now in views if view), sum(view for _, view, _ in views)),
        views_skipped=sum(bool(c.own_view and c.own_view.skipped) for c in everyone),
        kinds=dict(Counter(c.decision.kind for c in decided if c.decision)),
    )


def _view_agrees(content: Content, book: Rulebook) -> bool:
    if content.ranking is None or content.own_view is None:
        return False
    first = {place.option for place in content.ranking.first()}
    answer = book.answer.get(content.ranking.answer)
    if answer is None or answer.abstains:
        return content.own_view.option is None
    return content.own_view.option in first
