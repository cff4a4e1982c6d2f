"""What users' templates need: a version number, and every version there was.

Running it twice changes nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    conn = op.get_bind()
    if sa.inspect(conn).has_table("template_history"):
        return
    op.add_column("templates", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "template_history",
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("saved_by", sa.String(100), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["template_versions.digest"], name=op.f("fk_template_history_digest")),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_template_history")),
    )
    op.create_index("ix_template_history_digest", "template_history", ["digest"])
    columns = "key, version, digest, saved_by, created_at"
    conn.execute(sa.text(f"INSERT INTO template_history ({columns}) SELECT key, 1, digest, '', updated_at FROM templates"))
