"""Drafts kept between two visits: what was typed survives a reload, and goes when the case is saved."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from cds.files import canonical
from cds.intake.draft import Draft, draft_from_tree
from cds.store import tables
from cds.store.cases import CaseStore
from cds.store.connect import told, writing
from cds.store.record import stamp

#: Drafts that nobody touched for so long are thrown away.
KEPT_FOR = dt.timedelta(days=14)


@dataclass(frozen=True)
class KeptDraft:
    """A draft as kept: when it was last touched, and the version it started from, if any."""

    id: str
    updated_at: str
    draft: Draft
    case_id: str | None
    opened: int | None


class Drafts:
    """The drafts of one user."""

    def __init__(self, store: CaseStore) -> None:
        """Drafts are kept where the cases are, under the store's actor."""
        self.engine, self.owner = store.engine, store.actor

    def keep(
        self,
        draft: Draft,
        draft_id: str | None = None,
        case_id: str | None = None,
        opened: int | None = None,
        now: dt.datetime | None = None,
    ) -> str:
        """Keep a draft under its id, or under a new one; the id comes back. Old drafts of anybody go."""
        now = now or dt.datetime.now(dt.UTC)
        content = canonical(draft.tree())
        values = {"updated_at": stamp(now), "content": content, "case_id": case_id, "opened": opened}
        with told(), writing(self.engine) as connection:
            _drop_old(connection, now)
            if draft_id is not None:
                mine = (tables.drafts.c.id == draft_id) & (tables.drafts.c.owner == self.owner)
                if connection.execute(update(tables.drafts).where(mine).values(values)).rowcount:
                    return draft_id
            fresh = str(uuid.uuid4())
            connection.execute(insert(tables.drafts).values(id=fresh, owner=self.owner, **values))
        return fresh

    def list(self, limit: int = 5) -> tuple[KeptDraft, ...]:
        """The owner's drafts, last touched first."""
        query = (
            select(tables.drafts)
            .where(tables.drafts.c.owner == self.owner)
            .order_by(tables.drafts.c.updated_at.desc())
            .limit(limit)
        )
        with told(), self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(
            KeptDraft(
                row.id, row.updated_at, draft_from_tree(json.loads(row.content)), row.case_id, row.opened
            )
            for row in rows
        )

    def drop(self, draft_id: str) -> None:
        """Throw a draft away."""
        mine = (tables.drafts.c.id == draft_id) & (tables.drafts.c.owner == self.owner)
        with told(), writing(self.engine) as connection:
            connection.execute(delete(tables.drafts).where(mine))

    def drop_old(self, now: dt.datetime | None = None) -> None:
        """Throw away what nobody touched for two weeks, whoever's it is."""
        with told(), writing(self.engine) as connection:
            _drop_old(connection, now or dt.datetime.now(dt.UTC))


def _drop_old(connection: Connection, now: dt.datetime) -> None:
    connection.execute(delete(tables.drafts).where(tables.drafts.c.updated_at < stamp(now - KEPT_FOR)))
