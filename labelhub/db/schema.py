"""All tables on one screen. Times are `UtcDateTime`, ids are UUIDs as text, JSON columns hold plain JSON values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: refuses naive values, stores UTC and returns aware ones.

    PostgreSQL keeps it as timestamptz. SQLite's own DateTime drops the zone, so there it is ISO text ending in Z,
    always with microseconds, which makes text order the order of time.
    """

    impl = sa.String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, timestamptz elsewhere."""
        return dialect.type_descriptor(sa.String(27) if dialect.name == "sqlite" else sa.TIMESTAMP(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """The stored form. ValueError for a naive value."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        return text_of(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The instant, aware and in UTC."""
        if value is None:
            return None
        instant: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
        # A row that another program wrote without a zone means UTC, whatever zone this machine lives in.
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def text_of(instant: datetime) -> str:
    """`2026-01-31T08:30:00.000000Z`: how SQLite keeps an aware time."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows by itself in INTEGER alone, which has 64 bits there
Uid = sa.Uuid(native_uuid=False)

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _also_on_postgresql(schema: sa.MetaData, connection: sa.Connection, **_: object) -> None:
    """Indexes of a part of the rows are that on PostgreSQL too: to name its dialect where they are made would load it, 2 MB."""
    for table in schema.tables.values() if connection.dialect.name == "postgresql" else ():
        for index in table.indexes:
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]


sa.event.listen(metadata, "before_create", _also_on_postgresql)

printers = sa.Table(
    "printers",
    metadata,
    sa.Column("id", Uid, primary_key=True),
    sa.Column("slug", sa.String(60), nullable=False, unique=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("model", sa.String(60), nullable=False),
    sa.Column("driver", sa.String(60), nullable=False),
    sa.Column("backend", sa.String(10), nullable=False),
    sa.Column("host", sa.String(253), nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("snmp", sa.Boolean, nullable=False),
    sa.Column("snmp_port", sa.Integer, nullable=False),
    sa.Column("snmp_community", sa.String(255), nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("declared", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("serial", sa.String(100)),  # what the printer last said of itself
    sa.Column("site", sa.String(60), nullable=False, server_default=""),  # nodes of this site alone drive it
)

# What the node that drives a printer last saw of it, for the other nodes.
statuses = sa.Table(
    "statuses",
    metadata,
    sa.Column("printer_id", Uid, primary_key=True),
    sa.Column("status", sa.JSON, nullable=False),
)

# Who drives a printer, or does another thing that one node alone may do, and until when unless it says so again.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("owner", sa.String(100), nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
)

# Definitions are kept by digest and never changed, so that a job prints the template it was submitted with.
template_versions = sa.Table(
    "template_versions",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("definition", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

templates = sa.Table(
    "templates",
    metadata,
    sa.Column("id", Uid, primary_key=True),
    sa.Column("key", sa.String(80), nullable=False, unique=True),
    sa.Column("digest", sa.String(64), sa.ForeignKey("template_versions.digest"), nullable=False),
    sa.Column("source", sa.String(10), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
)

# What a template was from its first version on, the present one included; it goes when the template goes.
template_history = sa.Table(
    "template_history",
    metadata,
    sa.Column("key", sa.String(80), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.String(64), sa.ForeignKey("template_versions.digest"), nullable=False, index=True),
    sa.Column("text", sa.Text),  # as it was written, with its comments, where it came as YAML
    sa.Column("saved_by", sa.String(100), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

# Pictures that users store, as they were given: contents by digest, and the names that templates know them by.
image_contents = sa.Table(
    "image_contents",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("width", sa.Integer, nullable=False),  # 0 for drawings, which have no dots
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

images = sa.Table(
    "images",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("digest", sa.String(64), sa.ForeignKey("image_contents.digest"), nullable=False, index=True),
    sa.Column("saved_by", sa.String(100), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

# What a template's pictures were when it became what it is: another picture of the name makes another version.
version_images = sa.Table(
    "version_images",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # of the version; it may be gone
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("image_digest", sa.String(64), sa.ForeignKey("image_contents.digest"), nullable=False, index=True),
)

# Systems that were connected over the API; those of the settings are not kept.
integrations = sa.Table(
    "integrations",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("url", sa.String(500), nullable=False),
    sa.Column("link_url", sa.String(500), nullable=False),
    sa.Column("token", sa.Text, nullable=False),  # secret, as headers are: never shown again
    sa.Column("headers", sa.JSON, nullable=False),
    sa.Column("verify_tls", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),  # submit order
    sa.Column("id", Uid, nullable=False, unique=True),
    sa.Column("printer_id", Uid),  # null: no printer has taken it yet. Outlives a deleted printer, hence no foreign key
    sa.Column("any_printer", sa.Boolean, nullable=False, server_default=sa.false()),  # none was named: the first that can takes it
    sa.Column("template_key", sa.String(80), nullable=False),
    sa.Column("template_digest", sa.String(64), sa.ForeignKey("template_versions.digest"), nullable=False),
    sa.Column("need_family", sa.String(10)),  # the media asked for; null = any
    sa.Column("need_width_mm", sa.Float),
    sa.Column("need_length_mm", sa.Float),
    sa.Column("need_set", sa.Text),  # where one of several sizes will do, these, and the family says `set`
    sa.Column("media", sa.JSON(none_as_null=True)),  # the media it was laid out for when it was printed
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(40)),
    sa.Column("detail", sa.Text),
    sa.Column("evidence", sa.String(20)),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("options", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("result", sa.JSON(none_as_null=True)),
    sa.Column("error", sa.Text),
    sa.Column("labels_total", sa.Integer, nullable=False),
    sa.Column("labels_failed", sa.Integer, nullable=False, server_default="0"),  # pages left out, for they cannot be printed
    sa.Column("labels_sent", sa.Integer, nullable=False),  # pages whose bytes may have left, of those that can be printed
    sa.Column("labels_done", sa.Integer, nullable=False),  # pages known to be out
    sa.Column("count_base", sa.BigInteger),  # the printer's page counter less labels_done, when this connection began
    sa.Column("parent_job_id", Uid),
    sa.Column("submitted_by", sa.String(100), nullable=False),
    sa.Column("claim", Uid),  # whose hand it is in: what another hand writes is refused
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Column("pause_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("started_at", UtcDateTime),
    sa.Column("sending_at", UtcDateTime),  # set before the first byte leaves: after it nothing is resent
    sa.Column("finished_at", UtcDateTime),
    # What a printer can take next, straight from the index: one media of one printer, in print order.
    sa.Index("ix_jobs_waiting", "printer_id", "need_family", "need_width_mm", "need_length_mm", sa.text("priority DESC"), "number",
             sqlite_where=sa.text("state = 'queued'")),
    # The same for those that wait for one of several sizes: there are as many kinds of these as templates at most.
    sa.Index("ix_jobs_waiting_set", "printer_id", "need_set", sa.text("priority DESC"), "number",
             sqlite_where=sa.text("state = 'queued' AND need_set IS NOT NULL")),
    sa.Index("ix_jobs_queue", "printer_id", "state", sa.text("priority DESC"), "number",
             sqlite_where=sa.text("finished_at IS NULL")),
    # The database itself refuses two labels on one printer at once.
    sa.Index("uq_jobs_printing", "printer_id", unique=True, sqlite_where=sa.text("state = 'printing'")),
    sa.Index("ix_jobs_state", "state", "number"),
    sa.Index("ix_jobs_printer", "printer_id", "number"),
    sa.Index("ix_jobs_printer_state", "printer_id", "state", "number"),
    sa.Index("ix_jobs_created", "created_at"),
    sa.Index("ix_jobs_template", "template_digest"),  # a version that nothing uses is found, and taken away, without looking at all jobs
    sa.Index("ix_jobs_finished", "finished_at", sqlite_where=sa.text("finished_at IS NOT NULL")),
    # Those whose thing is still to be fetched: few, among however many.
    sa.Index("ix_jobs_pending", "number", sqlite_where=sa.text("need_family = 'pending' AND finished_at IS NULL")),
)  # fmt: skip

# The labels of a job, apart from its row, which is read at every step of it.
job_labels = sa.Table(
    "job_labels",
    metadata,
    sa.Column("job_id", Uid, primary_key=True),
    sa.Column("first_page", sa.Integer, primary_key=True),  # of the job, copies unrolled, from 0
    sa.Column("copies", sa.Integer, nullable=False),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("problem", sa.String(40)),  # the slug of why it cannot be printed; its job goes on without it
    sa.Column("detail", sa.Text),
    sqlite_with_rowid=False,
)

# Pictures that came with a job, and go when it goes.
job_images = sa.Table(
    "job_images",
    metadata,
    sa.Column("job_id", Uid, primary_key=True),
    sa.Column("digest", sa.String(64), sa.ForeignKey("image_contents.digest"), primary_key=True, index=True),
)

# Where other systems bring what is to be printed. What a sender shows is kept as a digest, what its signature is made with is not.
hooks = sa.Table(
    "hooks",
    metadata,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("preset", sa.String(60), nullable=False),
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("tokens", sa.JSON, nullable=False),
    sa.Column("secret", sa.Text),
    sa.Column("declared", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("payload", sa.Text),  # what came last, with nothing secret in it
    sa.Column("payload_at", UtcDateTime),
)

# What came to a hook, and what became of it: the last ones, and those that may come again.
hook_deliveries = sa.Table(
    "hook_deliveries",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("hook", sa.String(60), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),  # the same for the same thing with the same content
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("outcome", sa.String(40), nullable=False),
    sa.Column("detail", sa.Text),
    sa.Column("job_id", Uid),
    sa.Index("ix_hook_deliveries_hook_key", "hook", "key", "id"),
    sa.Index("ix_hook_deliveries_hook", "hook", "id"),
)

# How far a source that is listened to was followed.
hook_positions = sa.Table(
    "hook_positions",
    metadata,
    sa.Column("hook", sa.String(60), primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("registered_at", UtcDateTime),  # of the newest that was seen, by the source's clock
)

# How many jobs are queued, paused or printing: counted as they come and go, for counting them takes the longer the more there are.
depths = sa.Table(
    "depths",
    metadata,
    sa.Column("printer_id", Uid, primary_key=True),  # all zeros: jobs that no printer has taken yet
    sa.Column("jobs", sa.Integer, nullable=False),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("caller", sa.String(100), primary_key=True),
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),  # of what was asked with it
    sa.Column("job_id", Uid, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("type", sa.String(40), nullable=False),
    sa.Column("printer_id", Uid),
    sa.Column("job_id", Uid),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
    sqlite_autoincrement=True,  # numbers are never used twice, even after old events are deleted
)

# Up to which event notices were made of what happened: one row.
notice_position = sa.Table(
    "notice_position",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("after_id", sa.BigInteger, nullable=False),
)

# Faults of printers that stand, or are told of not long ago, and jobs that ended badly and are not told of yet.
notice_standings = sa.Table(
    "notice_standings",
    metadata,
    sa.Column("key", sa.String(400), primary_key=True),
    sa.Column("printer_id", Uid),
    sa.Column("fault", sa.String(40), nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("gone_at", UtcDateTime),
    sa.Column("told_at", UtcDateTime),
    sa.Column("last_told_at", UtcDateTime),
    sa.Column("jobs", sa.Integer, nullable=False),
    sa.Column("job_id", Uid),
    sa.Column("detail", sa.Text),
)

# Notices on their way, and for some days what became of them.
notices = sa.Table(
    "notices",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("id", Uid, nullable=False),  # the same for every target of a notice, and for every attempt
    sa.Column("target", sa.String(60), nullable=False),
    sa.Column("type", sa.String(40), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("claim", Uid),
    sa.Column("error", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.UniqueConstraint("id", "target"),
    sa.Index("ix_notices_due", "target", "due_at", sqlite_where=sa.text("ended_at IS NULL")),
    sa.Index("ix_notices_target", "target", "number"),
    sqlite_autoincrement=True,
)
