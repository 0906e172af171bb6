"""An index of words of our own: the text search of each database counts words otherwise."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

OLD = {
    "sqlite": ("DROP TRIGGER ad_added", "DROP TRIGGER ad_changed", "DROP TABLE ad_text"),
    "postgresql": ("DROP INDEX ad_title",),
}


def upgrade() -> None:
    connection = op.get_bind()
    for statement in OLD[connection.dialect.name]:
        op.execute(statement)
    table = op.create_table(
        "ad_word",
        sa.Column("word", sa.Text(), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
    )
    op.create_index("ad_word_number", "ad_word", ["number"])
    ads = connection.execute(sa.text("SELECT number, title FROM ad")).all()
    words = [
        {"word": word, "number": number}
        for number, title in ads
        for word in set(re.findall(r"\w+", title.lower()))
    ]
    if words:
        connection.execute(sa.insert(table), words)
