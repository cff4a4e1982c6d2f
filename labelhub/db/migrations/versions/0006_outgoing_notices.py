"""Outgoing notices: how far what happened was looked at, which faults stand, and what is on its way.

Running it twice changes nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UID = sa.Uuid(native_uuid=False)
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_table("notices"):
        return
    op.create_table(
        "notice_position",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("after_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_position")),
    )
    op.create_table(
        "notice_standings",
        sa.Column("key", sa.String(400), nullable=False),
        sa.Column("printer_id", UID, nullable=True),
        sa.Column("fault", sa.String(40), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("gone_at", INSTANT, nullable=True),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.Column("last_told_at", INSTANT, nullable=True),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("job_id", UID, nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notice_standings")),
    )
    op.create_table(
        "notices",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("target", sa.String(60), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("claim", UID, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notices")),
        sa.UniqueConstraint("id", "target", name=op.f("uq_notices_id_target")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_due", "notices", ["target", "due_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_notices_target", "notices", ["target", "number"])
