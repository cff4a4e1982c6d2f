"""When the newest thing of a source was registered: so one that begins to count anew is seen. Running it twice changes nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    if "registered_at" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("hook_positions")}:
        op.add_column("hook_positions", sa.Column("registered_at", INSTANT, nullable=True))
