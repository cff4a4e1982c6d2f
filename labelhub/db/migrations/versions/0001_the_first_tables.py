"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("printer_id", sa.Uuid(native_uuid=False), nullable=True),
        sa.Column("job_id", sa.Uuid(native_uuid=False), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "printers",
        sa.Column("id", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("model", sa.String(length=60), nullable=False),
        sa.Column("driver", sa.String(length=60), nullable=False),
        sa.Column("backend", sa.String(length=10), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("snmp", sa.Boolean(), nullable=False),
        sa.Column("snmp_port", sa.Integer(), nullable=False),
        sa.Column("snmp_community", sa.String(length=255), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("declared", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printers")),
        sa.UniqueConstraint("slug", name=op.f("uq_printers_slug")),
    )
    op.create_table(
        "template_versions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_template_versions")),
    )
    op.create_table(
        "jobs",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("printer_id", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("template_key", sa.String(length=80), nullable=False),
        sa.Column("template_digest", sa.String(length=64), nullable=False),
        sa.Column("need_family", sa.String(10), nullable=True),
        sa.Column("need_width_mm", sa.Float(), nullable=True),
        sa.Column("need_length_mm", sa.Float(), nullable=True),
        sa.Column("media", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("evidence", sa.String(length=20), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("labels_total", sa.Integer(), nullable=False),
        sa.Column("labels_sent", sa.Integer(), nullable=False),
        sa.Column("labels_done", sa.Integer(), nullable=False),
        sa.Column("parent_job_id", sa.Uuid(native_uuid=False), nullable=True),
        sa.Column("submitted_by", sa.String(length=100), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("sending_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["template_digest"], ["template_versions.digest"], name=op.f("fk_jobs_template_digest")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_jobs")),
        sa.UniqueConstraint("id", name=op.f("uq_jobs_id")),
    )
    queued, printing = sa.text("state = 'queued'"), sa.text("state = 'printing'")
    order: list[str | sa.TextClause] = ["printer_id", sa.text("priority DESC"), "number"]
    op.create_index("ix_jobs_waiting", "jobs", order, sqlite_where=queued, postgresql_where=queued)
    op.create_index("uq_jobs_printing", "jobs", ["printer_id"], unique=True, sqlite_where=printing, postgresql_where=printing)
    op.create_index("ix_jobs_printer_state", "jobs", ["printer_id", "state"])
    op.create_index("ix_jobs_state", "jobs", ["state"])
    op.create_table(
        "templates",
        sa.Column("id", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["template_versions.digest"], name=op.f("fk_templates_digest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
        sa.UniqueConstraint("key", name=op.f("uq_templates_key")),
    )
