"""Guards of experiments."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "guard_arm",
        sa.Column("experiment", sa.String(length=32), nullable=False),
        sa.Column("guard", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("arm", sa.String(length=80), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("mean", sa.Double(), nullable=False),
        sa.Column("m2", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("experiment", "guard", "arm"),
    )
    op.create_table(
        "guard_client",
        sa.Column("experiment", sa.String(length=32), nullable=False),
        sa.Column("uuid", sa.String(length=201), nullable=False),
        sa.Column("guard", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("experiment", "uuid", "guard"),
    )
