"""How Alembic runs a revision here: on the connection it is handed, without touching the program's logging."""

from alembic import context

from labelhub.db.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
