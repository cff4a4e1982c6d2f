"""What users' templates need: a version number, every version there was, and the pictures they show.

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
    _pictures()


def _pictures() -> None:
    op.create_table(
        "image_contents",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_image_contents")),
    )
    op.create_table(
        "images",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("saved_by", sa.String(100), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["image_contents.digest"], name=op.f("fk_images_digest")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_images")),
    )
    op.create_index("ix_images_digest", "images", ["digest"])
    op.create_table(
        "version_images",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("image_digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["image_digest"], ["image_contents.digest"], name=op.f("fk_version_images_image_digest")),
        sa.PrimaryKeyConstraint("digest", "name", name=op.f("pk_version_images")),
    )
    op.create_index("ix_version_images_image_digest", "version_images", ["image_digest"])
