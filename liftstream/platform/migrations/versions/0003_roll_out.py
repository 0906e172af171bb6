"""The winner of an experiment decides for everybody."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "rollout",
        sa.Column("experiment", sa.String(length=32), nullable=False),
        sa.Column("arm", sa.String(length=80), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("old_system", sa.Boolean(), nullable=False),
        sa.Column("sessions", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("experiment"),
    )
    op.create_table(
        "rollout_visit",
        sa.Column("session", sa.String(length=200), nullable=False),
        sa.Column("experiment", sa.String(length=32), nullable=False),
        sa.Column("uuid", sa.BigInteger(), nullable=False),
        sa.Column("arm", sa.String(length=80), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("answered", sa.Boolean(), nullable=True),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session"),
    )
    op.create_index("rollout_visit_batch", "rollout_visit", ["batch"])
