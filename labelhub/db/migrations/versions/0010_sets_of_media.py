"""Jobs that wait for whichever of several sizes of media is loaded first.

Running it twice changes nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'queued' AND need_set IS NOT NULL")


def upgrade() -> None:
    if any(column["name"] == "need_set" for column in sa.inspect(op.get_bind()).get_columns("jobs")):
        return
    op.add_column("jobs", sa.Column("need_set", sa.Text(), nullable=True))
    in_order: list[str | sa.TextClause] = ["printer_id", "need_set", sa.text("priority DESC"), "number"]
    op.create_index("ix_jobs_waiting_set", "jobs", in_order, sqlite_where=WAITING, postgresql_where=WAITING)
