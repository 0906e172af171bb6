"""Live bandits."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "bandit",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("secret", sa.LargeBinary(length=32), nullable=False),
        sa.Column("learned", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("started_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "bandit_arm",
        sa.Column("bandit", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("configuration", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("parents", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("quanta", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bandit", "number"),
    )
    op.create_table(
        "bandit_quantum",
        sa.Column("bandit", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("arm", sa.BigInteger(), nullable=False),
        sa.Column("propensity", sa.Double(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("target_impressions", sa.Double(), nullable=False),
        sa.Column("reference_impressions", sa.Double(), nullable=False),
        sa.Column("target_objective", sa.Double(), nullable=False),
        sa.Column("reference_objective", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("bandit", "number"),
    )
    op.create_table(
        "bandit_sum",
        sa.Column("bandit", sa.String(length=32), nullable=False),
        sa.Column("arm", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("bandit", "arm", "group", "name"),
    )
    op.create_table(
        "bandit_unit",
        sa.Column("bandit", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("bandit", "unit"),
    )
    op.create_table(
        "feedback_event",
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("event", sa.LargeBinary(length=16), nullable=False),
        sa.Column("quantum", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "event"),
    )
