"""Alembic's entry: the connection comes from `database`, there is no other way to run this."""

from alembic import context

from liftstream.platform.schema import Schema

context.configure(connection=context.config.attributes["connection"], target_metadata=Schema.metadata)
with context.begin_transaction():
    context.run_migrations()
