"""The serial number that a printer tells of itself, unknown until it does. Running it twice changes nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if "serial" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("printers")}:
        op.add_column("printers", sa.Column("serial", sa.String(length=100), nullable=True))
