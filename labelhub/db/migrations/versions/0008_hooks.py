"""What hooks need: what is set up, what came and what became of it, pictures that come with jobs, and jobs whose thing is awaited.

Running it twice changes nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
UID = sa.Uuid(native_uuid=False)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PENDING = sa.text("need_family = 'pending' AND finished_at IS NULL")


def upgrade() -> None:
    conn = op.get_bind()
    if sa.inspect(conn).has_table("hooks"):
        return
    op.create_index("ix_jobs_pending", "jobs", ["number"], sqlite_where=PENDING, postgresql_where=PENDING)
    op.create_table(
        "job_images",
        sa.Column("job_id", UID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["image_contents.digest"], name=op.f("fk_job_images_digest")),
        sa.PrimaryKeyConstraint("job_id", "digest", name=op.f("pk_job_images")),
    )
    op.create_index("ix_job_images_digest", "job_images", ["digest"])
    op.create_table(
        "hooks",
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("preset", sa.String(60), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("tokens", sa.JSON(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("declared", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("payload_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_hooks")),
    )
    op.create_table(
        "hook_deliveries",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("hook", sa.String(60), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("job_id", UID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_deliveries")),
    )
    op.create_index("ix_hook_deliveries_hook_key", "hook_deliveries", ["hook", "key", "id"])
    op.create_index("ix_hook_deliveries_hook", "hook_deliveries", ["hook", "id"])
    op.create_table(
        "hook_positions",
        sa.Column("hook", sa.String(60), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("hook", name=op.f("pk_hook_positions")),
    )
