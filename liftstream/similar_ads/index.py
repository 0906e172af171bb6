"""The ads in a database with an index of the words of their titles, the same in SQLite and in PostgreSQL.

Text search of their own counts words otherwise: PostgreSQL's takes `3.5` and `28/29` for one word, SQLite's `_` for none.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Text, TextClause, bindparam, text

from liftstream.service.database import Tables, open_database, writing
from liftstream.similar_ads.ad import Ad, ScoredAd
from liftstream.similar_ads.configuration import RankerConfiguration

TABLES: Final = Tables(
    Path(__file__).parent / "migrations", "SIMILAR_ADS__DATABASE", version_table="similar_ads_version"
)
SHOWN: Final = 32
WORDS_MOST: Final = 20
"""Most words of a title that are looked up."""

_UPSERT: Final = text(
    "INSERT INTO ad (number, title, category, metro, location, price, posted_ms)"
    " VALUES (:number, :title, :category, :metro, :location, :price, :posted_ms)"
    " ON CONFLICT (number) DO UPDATE SET title = excluded.title, category = excluded.category, metro = excluded.metro,"
    " location = excluded.location, price = excluded.price, posted_ms = excluded.posted_ms"
)
_FIND: Final = text(
    "SELECT number, title, category, metro, location, price, posted_ms FROM ad WHERE number = :number"
)
_FORGET_WORDS: Final = text("DELETE FROM ad_word WHERE number = :number")
_ADD_WORD: Final = text("INSERT INTO ad_word (word, number) VALUES (:word, :number)")


class AdIndex:
    """Ads that can be found by what they resemble.

    Args:
        url: of a database.

    Raises:
        SettingsError, DatabaseError: it cannot be used.
    """

    def __init__(self, url: str) -> None:
        self.engine: Engine = open_database(url, TABLES)

    def put(self, ads: Sequence[Ad]) -> None:
        """Adds ads; an ad with a known number replaces the old one."""
        newest = {ad.number: ad for ad in ads}
        rows = [
            _row(newest[number]) for number in sorted(newest)
        ]  # in one order: writers cannot wait in a circle
        words = [{"word": word, "number": one["number"]} for one in rows for word in words_of(one["title"])]
        with writing(self.engine) as connection:
            for statement, values in ((_UPSERT, rows), (_FORGET_WORDS, rows), (_ADD_WORD, words)):
                if values:
                    connection.execute(statement, values)

    def find(self, number: int) -> Ad | None:
        """The ad of a number."""
        with self.engine.connect() as connection:
            return _found(connection, number)

    def similar(self, ad: Ad, weights: RankerConfiguration, most: int = SHOWN) -> list[ScoredAd]:
        """The best ads of the same category, the newest first among equals."""
        values = {
            **_row(ad),
            "word": weights.word,
            "metro_weight": weights.metro,
            "location_weight": weights.location,
            "price_weight": weights.price,
            "scale": weights.price_scale,
            "most": most,
            "words": words_of(ad.title)[:WORDS_MOST],
        }
        with self.engine.connect() as connection:
            rows = connection.execute(_ranking(weights.same_metro_only), values)
            return [ScoredAd(Ad(*row[:7]), float(row[7])) for row in rows]

    def close(self) -> None:
        """Closes the database."""
        self.engine.dispose()


def words_of(title: str) -> list[str]:
    """The different words of a title, in order: letters and digits of any script."""
    return list(dict.fromkeys(re.findall(r"\w+", title.lower())))


def _ranking(same_metro_only: bool) -> TextClause:
    only = " AND ad.metro = :metro" if same_metro_only else ""
    return text(
        "WITH hit AS (SELECT number, COUNT(*) AS words FROM ad_word WHERE word IN :words GROUP BY number)"  # noqa: S608 - our own texts; values are bound
        " SELECT ad.number, title, category, metro, location, price, posted_ms,"
        " :word * COALESCE(hit.words, 0)"
        " + :metro_weight * (CASE WHEN metro = :metro THEN 1 ELSE 0 END)"
        " + :location_weight * (CASE WHEN location = :location THEN 1 ELSE 0 END)"
        " + :price_weight * :scale / (ABS(price - :price) + :scale) AS score"
        " FROM ad LEFT JOIN hit ON hit.number = ad.number"
        f" WHERE category = :category AND ad.number <> :number{only}"
        " ORDER BY score DESC, posted_ms DESC, ad.number LIMIT :most"
    ).bindparams(bindparam("words", expanding=True, type_=Text()))


def _found(connection: Connection, number: int) -> Ad | None:
    row: Any = connection.execute(_FIND, {"number": number}).one_or_none()
    return None if row is None else Ad(*row)


def _row(ad: Ad) -> dict[str, Any]:
    return {name: getattr(ad, name) for name in Ad.__struct_fields__}
