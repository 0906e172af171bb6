"""Alembic's entry: the connection comes from `liftstream.service.database`, there is no other way to run this."""

from alembic import context

from liftstream.spend.storage.schema import SpendingSchema

given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=SpendingSchema.metadata,
    version_table=given["version_table"],
)
with context.begin_transaction():
    context.run_migrations()
