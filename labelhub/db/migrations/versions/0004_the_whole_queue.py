"""What the whole queue needs: labels apart from their job, jobs for any printer, leases, depths, keys, sites.

Running it twice changes nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
UID = sa.Uuid(native_uuid=False)
ROWS_AT_ONCE = 200
OPEN = "('queued', 'paused', 'printing')"


def upgrade() -> None:
    conn = op.get_bind()
    if sa.inspect(conn).has_table("job_labels"):
        return
    _new_tables()
    op.add_column("printers", sa.Column("site", sa.String(60), nullable=False, server_default=""))
    _new_columns(conn)
    _move_labels(conn)
    _rebuild_jobs(conn)
    _indexes()
    conn.execute(
        sa.text(f"INSERT INTO depths (printer_id, jobs) SELECT printer_id, count(*) FROM jobs WHERE state IN {OPEN} GROUP BY printer_id")
    )
    if conn.dialect.name == "postgresql":
        op.alter_column("events", "id", type_=sa.BigInteger())
        for sequence in ("events_id_seq", "jobs_number_seq"):
            conn.execute(sa.text(f"ALTER SEQUENCE {sequence} AS bigint"))
    op.create_index("ix_events_created_at", "events", ["created_at"])


def _new_tables() -> None:
    op.create_table(
        "statuses",
        sa.Column("printer_id", UID, nullable=False),
        sa.Column("status", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("printer_id", name=op.f("pk_statuses")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "job_labels",
        sa.Column("job_id", UID, nullable=False),
        sa.Column("first_page", sa.Integer(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("problem", sa.String(40), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("job_id", "first_page", name=op.f("pk_job_labels")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "depths",
        sa.Column("printer_id", UID, nullable=False),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("printer_id", name=op.f("pk_depths")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.String(100), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("job_id", UID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _new_columns(conn: sa.Connection) -> None:
    for name in ("ix_jobs_waiting", "uq_jobs_printing", "ix_jobs_printer_state", "ix_jobs_state"):
        op.drop_index(name, "jobs")
    for column in (
        sa.Column("any_printer", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("options", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("labels_failed", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("count_base", sa.BigInteger(), nullable=True),
        sa.Column("claim", UID, nullable=True),
        sa.Column("pause_requested", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("jobs", column)


def _move_labels(conn: sa.Connection) -> None:
    """Each label of each job's payload becomes a row; the options become the job's own."""
    documents = (sa.column("payload", sa.JSON), sa.column("options", sa.JSON))
    jobs = sa.table("jobs", *map(sa.column, ("number", "id", "labels_total")), *documents)
    labels = sa.table("job_labels", *map(sa.column, ("job_id", "first_page", "copies")), sa.column("fields", sa.JSON))
    last = 0
    while rows := conn.execute(sa.select(jobs).where(jobs.c.number > last).order_by(jobs.c.number).limit(ROWS_AT_ONCE)).all():
        last = rows[-1].number
        for row in rows:
            # Whoever wrote a job without its labels wrote how many pages it has.
            given = row.payload.get("labels") or [{"data": {}, "copies": row.labels_total}]
            conn.execute(sa.insert(labels), _labels(row.id, given))
            conn.execute(sa.update(jobs).where(jobs.c.number == row.number).values(options=row.payload.get("options", {})))


def _labels(job_id: str, given: list[dict[str, object]]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    page = 0
    for label in given:
        copies = int(str(label["copies"]))
        found.append({"job_id": job_id, "first_page": page, "copies": copies, "fields": label["data"]})
        page += copies
    return found


def _rebuild_jobs(conn: sa.Connection) -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.alter_column("printer_id", existing_type=UID, nullable=True)
        jobs.drop_column("payload")
        if conn.dialect.name == "postgresql":
            jobs.alter_column("number", type_=sa.BigInteger())


def _indexes() -> None:
    queued, printing = sa.text("state = 'queued'"), sa.text("state = 'printing'")
    unended, ended = sa.text("finished_at IS NULL"), sa.text("finished_at IS NOT NULL")
    first = sa.text("priority DESC")
    waiting: list[str | sa.TextClause] = ["printer_id", "need_family", "need_width_mm", "need_length_mm", first, "number"]
    op.create_index("ix_jobs_waiting", "jobs", waiting, sqlite_where=queued, postgresql_where=queued)
    queue: list[str | sa.TextClause] = ["printer_id", "state", first, "number"]
    op.create_index("ix_jobs_queue", "jobs", queue, sqlite_where=unended, postgresql_where=unended)
    op.create_index("uq_jobs_printing", "jobs", ["printer_id"], unique=True, sqlite_where=printing, postgresql_where=printing)
    op.create_index("ix_jobs_state", "jobs", ["state", "number"])
    op.create_index("ix_jobs_printer", "jobs", ["printer_id", "number"])
    op.create_index("ix_jobs_printer_state", "jobs", ["printer_id", "state", "number"])
    op.create_index("ix_jobs_created", "jobs", ["created_at"])
    op.create_index("ix_jobs_template", "jobs", ["template_digest"])
    op.create_index("ix_jobs_finished", "jobs", ["finished_at"], sqlite_where=ended, postgresql_where=ended)
