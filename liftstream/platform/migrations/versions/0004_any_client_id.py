"""Ids of clients may be text as well as whole numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = ("client", "visit", "early", "rollout_visit")


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.alter_column(
                "uuid",
                existing_type=sa.BigInteger(),
                type_=sa.String(length=201),
                existing_nullable=False,
                postgresql_using="uuid::varchar",
            )
