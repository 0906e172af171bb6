"""Ads with a full-text index of their titles."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

FTS5 = (
    "CREATE VIRTUAL TABLE ad_text USING fts5(title, content='ad', content_rowid='number', tokenize='unicode61 remove_diacritics 0')",
    "CREATE TRIGGER ad_added AFTER INSERT ON ad BEGIN INSERT INTO ad_text(rowid, title) VALUES (new.number, new.title); END",
    "CREATE TRIGGER ad_changed AFTER UPDATE ON ad BEGIN"
    " INSERT INTO ad_text(ad_text, rowid, title) VALUES ('delete', old.number, old.title);"
    " INSERT INTO ad_text(rowid, title) VALUES (new.number, new.title); END",
)
GIN = "CREATE INDEX ad_title ON ad USING gin (to_tsvector('simple', title))"


def upgrade() -> None:
    op.create_table(
        "ad",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("metro", sa.String(length=100), nullable=False),
        sa.Column("location", sa.String(length=100), nullable=False),
        sa.Column("price", sa.Double(), nullable=False),
        sa.Column("posted_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ad_category", "ad", ["category", "metro"])
    for statement in FTS5 if op.get_bind().dialect.name == "sqlite" else (GIN,):
        op.execute(statement)
