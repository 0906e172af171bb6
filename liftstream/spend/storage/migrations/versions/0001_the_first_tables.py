"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "spending_test",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("key", sa.String(32), nullable=False, unique=True),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("idempotency", sa.String(64), nullable=True, unique=True),
    )
    op.create_index(op.f("ix_spending_test_period"), "spending_test", ["period"])
    op.create_table(
        "spending_prediction",
        sa.Column("test", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("user", sa.String(64), primary_key=True),
        sa.Column("model", sa.String(16), primary_key=True),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("served", sa.Boolean(), nullable=False),
        sa.Column("fallback", sa.Boolean(), nullable=False),
    )
    op.create_index("spending_prediction_served", "spending_prediction", ["served", "test"])
    op.create_table(
        "spending_truth",
        sa.Column("period", sa.String(7), primary_key=True),
        sa.Column("user", sa.String(64), primary_key=True),
        sa.Column("given", sa.Double(), nullable=True),
        sa.Column("derived", sa.Double(), nullable=True),
        sa.Column("until", sa.String(10), nullable=True),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "spending_state",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    for table in ("spending_state", "spending_truth", "spending_prediction", "spending_test"):
        op.drop_table(table)
