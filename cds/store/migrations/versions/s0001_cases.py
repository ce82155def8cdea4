"""The first form of the store: cases, versions, audit log, drafts, and the triggers that guard them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: Table and what a trigger refuses on it.
GUARDED = (("versions", "UPDATE"), ("audit", "UPDATE"), ("audit", "DELETE"))


def upgrade() -> None:
    """Make tables and triggers."""
    op.create_table(
        "cases",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("label_key", sa.Text, nullable=True, unique=True),
        sa.Column("head", sa.Integer, nullable=False),
        sa.Column("created_at", sa.String(30), nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("deleted_at", sa.String(30), nullable=True),
        sa.Column("deleted_by", sa.Text, nullable=True),
    )
    op.create_table(
        "versions",
        sa.Column("case_id", sa.String(36), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("saved_at", sa.String(30), nullable=False),
        sa.Column("saved_by", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("assessment", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("case_id", "number"),
    )
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(30), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("case_id", sa.String(36), nullable=True),
        sa.Column("opened", sa.Integer, nullable=True),
        sa.Column("updated_at", sa.String(30), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("drafts_by_owner", "drafts", ["owner", "updated_at"])
    for table, action in GUARDED:
        for statement in _guard(op.get_bind().dialect.name, table, action):
            op.execute(statement)


def _guard(dialect: str, table: str, action: str) -> tuple[str, ...]:
    name, words = f"{table}_no_{action.lower()}", f"{table}: {action.lower()} is refused"
    if dialect == "sqlite":
        return (
            f"CREATE TRIGGER {name} BEFORE {action} ON {table} BEGIN SELECT RAISE(ABORT, '{words}'); END",
        )
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger AS "
        f"$$ BEGIN RAISE EXCEPTION '{words}'; END $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER {name} BEFORE {action} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )


def downgrade() -> None:
    """A store is never turned back: restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
