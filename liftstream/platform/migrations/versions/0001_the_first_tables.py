"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "arm",
        sa.Column("experiment", sa.String(length=32), nullable=False),
        sa.Column("arm", sa.String(length=80), nullable=False),
        sa.Column("clients", sa.BigInteger(), nullable=False),
        sa.Column("sessions", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=False),
        sa.Column("unanswered", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("mean", sa.Double(), nullable=False),
        sa.Column("m2", sa.Double(), nullable=False),
        sa.Column("cubes", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("experiment", "arm"),
    )
    op.create_table(
        "client",
        sa.Column("experiment", sa.String(length=32), nullable=False),
        sa.Column("uuid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("arm", sa.String(length=80), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("revenue", sa.Double(), nullable=True),
        sa.Column("paid", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("experiment", "uuid"),
    )
    op.create_table(
        "delay",
        sa.Column("experiment", sa.String(length=32), nullable=False),
        sa.Column("arm", sa.String(length=80), nullable=False),
        sa.Column("bucket", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("experiment", "arm", "bucket"),
    )
    op.create_table(
        "early",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("read_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "experiment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("aa", sa.Boolean(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("plan_hash", sa.String(length=64), nullable=False),
        sa.Column("exclusive", sa.String(length=200), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("started_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "happening",
        sa.Column("experiment", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("experiment", "number"),
    )
    op.create_table(
        "login",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "mark",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "place",
        sa.Column("topic", sa.String(length=255), nullable=False),
        sa.Column("partition", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition"),
    )
    op.create_table(
        "point",
        sa.Column("experiment", sa.String(length=32), nullable=False),
        sa.Column("candidate", sa.String(length=80), nullable=False),
        sa.Column("clients", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("effect", sa.Double(), nullable=False),
        sa.Column("ci_low", sa.Double(), nullable=False),
        sa.Column("ci_high", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("experiment", "candidate", "clients"),
    )
    op.create_table(
        "refused",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("experiment", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("topic", sa.String(length=255), nullable=False),
        sa.Column("partition", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("read_ms", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_refused_experiment"), "refused", ["experiment"], unique=False)
    op.create_table(
        "tally",
        sa.Column("experiment", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("experiment", "kind", "reason"),
    )
    op.create_table(
        "token",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("experiment", sa.String(length=32), nullable=False),
        sa.Column("candidate", sa.String(length=80), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index(op.f("ix_token_experiment"), "token", ["experiment"], unique=False)
    op.create_table(
        "traffic",
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sessions", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("minute"),
    )
    op.create_table(
        "visit",
        sa.Column("experiment", sa.String(length=32), nullable=False),
        sa.Column("session", sa.String(length=200), nullable=False),
        sa.Column("uuid", sa.BigInteger(), nullable=False),
        sa.Column("arm", sa.String(length=80), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("answered", sa.Boolean(), nullable=True),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("revenue", sa.Double(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("experiment", "session"),
    )
    op.create_index("visit_batch", "visit", ["batch"], unique=False)
    op.create_index("visit_client", "visit", ["experiment", "uuid"], unique=False)
    op.create_index(
        "visit_open",
        "visit",
        ["experiment"],
        unique=False,
        sqlite_where=sa.text("value IS NULL"),
        postgresql_where=sa.text("value IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "visit_open",
        table_name="visit",
        sqlite_where=sa.text("value IS NULL"),
        postgresql_where=sa.text("value IS NULL"),
    )
    op.drop_index("visit_client", table_name="visit")
    op.drop_index("visit_batch", table_name="visit")
    op.drop_table("visit")
    op.drop_table("traffic")
    op.drop_index(op.f("ix_token_experiment"), table_name="token")
    op.drop_table("token")
    op.drop_table("tally")
    op.drop_index(op.f("ix_refused_experiment"), table_name="refused")
    op.drop_table("refused")
    op.drop_table("point")
    op.drop_table("place")
    op.drop_table("mark")
    op.drop_table("login")
    op.drop_table("happening")
    op.drop_table("experiment")
    op.drop_table("early")
    op.drop_table("delay")
    op.drop_table("client")
    op.drop_table("arm")
    op.drop_table("api_key")
