"""Times without a zone, as other writers of the first tables left them, become UTC text ending in Z.

They were meant as UTC. A time with another offset is moved to UTC without moving the instant. Running it twice changes nothing.
PostgreSQL keeps the zone itself, so there is nothing to do there.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANTS = {
    "events": ("created_at",),
    "printers": ("created_at", "updated_at"),
    "template_versions": ("created_at",),
    "templates": ("created_at", "updated_at"),
    "jobs": ("created_at", "updated_at", "started_at", "sending_at", "finished_at"),
}
RIGHT = "-".join(("[0-9]" * 4, "[0-9]" * 2, "[0-9]" * 2)) + "T" + ":".join(["[0-9]" * 2] * 3) + "." + "[0-9]" * 6 + "Z"


def upgrade() -> None:
    conn = op.get_bind()
    if conn.dialect.name != "sqlite":
        return
    for table, columns in INSTANTS.items():
        for column in columns:
            rows = conn.execute(sa.text(f"SELECT rowid, {column} FROM {table} WHERE {column} NOT GLOB :right"), {"right": RIGHT}).all()
            for rowid, value in rows:
                try:
                    text = _utc_text(value)
                except (TypeError, ValueError, OverflowError) as error:
                    raise ValueError(f"{table}.{column} of row {rowid} is {value!r:.60}, which is no time") from error
                change = sa.text(f"UPDATE {table} SET {column} = :text WHERE rowid = :rowid")
                conn.execute(change, {"text": text, "rowid": rowid})


def _utc_text(text: str) -> str:
    instant = datetime.fromisoformat(text)
    aware = instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    return aware.isoformat(timespec="microseconds").replace("+00:00", "Z")
