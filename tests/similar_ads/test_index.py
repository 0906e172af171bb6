"""The block is what the formula says, on both databases."""

import numpy as np
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from liftstream.similar_ads.ad import Ad
from liftstream.similar_ads.configuration import RankerConfiguration, linear_score
from liftstream.similar_ads.index import TABLES, AdIndex, words_of

WORDS = ("red", "blue", "bicycle", "city", "old", "new", "кот", "fahrrad", "or", "not")


def draw_ads(count: int, seed: int) -> list[Ad]:
    rng = np.random.default_rng(seed)
    return [
        Ad(
            number,
            " ".join(rng.choice(WORDS, rng.integers(1, 6)).tolist()).title(),
            str(rng.choice(["bikes", "cats"])),
            str(rng.choice(["north", "south"])),
            str(rng.choice(["A", "B", "C"])),
            float(rng.integers(1, 500_000)),
            int(rng.integers(0, 50)),
        )
        for number in range(1, count + 1)
    ]


def expected(ad: Ad, ads: list[Ad], w: RankerConfiguration) -> list[tuple[int, float]]:
    """The formula, ad by ad."""
    words = set(words_of(ad.title))
    others = [
        other
        for other in ads
        if other.number != ad.number
        and other.category == ad.category
        and (other.metro == ad.metro or not w.same_metro_only)
    ]
    scores = linear_score(
        w,
        np.array([float(len(words & set(words_of(other.title)))) for other in others]),
        np.array([other.metro == ad.metro for other in others]),
        np.array([other.location == ad.location for other in others]),
        np.array([other.price - ad.price for other in others]),
    )
    found = [
        (other.number, score, other.posted_ms) for other, score in zip(others, scores.tolist(), strict=True)
    ]
    found.sort(key=lambda one: (-one[1], -one[2], one[0]))
    return [(number, score) for number, score, _ in found[:32]]


@pytest.mark.parametrize(
    "weights",
    [
        RankerConfiguration(),
        RankerConfiguration(word=0, metro=0, location=0, price=1, price_scale=1000),
        RankerConfiguration(word=3, metro=-2, location=0.5, price=0, same_metro_only=True),
    ],
)
def test_the_block_is_what_the_formula_says(database: str, weights: RankerConfiguration) -> None:
    ads = draw_ads(400, 1)
    index = AdIndex(database)
    index.put(ads)
    for ad in ads[:20]:
        block = index.similar(ad, weights)
        wanted = expected(ad, ads, weights)
        assert [one.ad.number for one in block] == [number for number, _ in wanted]
        assert [one.score for one in block] == pytest.approx([score for _, score in wanted])
    index.close()


def test_an_ad_that_is_put_again_replaces_the_old_one_in_the_index_of_words(database: str) -> None:
    index = AdIndex(database)
    one, other = draw_ads(2, 2)
    other = Ad(2, "green", one.category, "m", "l", 1.0, 1)
    asked = Ad(3, "yellow", one.category, "x", "x", 1.0, 1)
    index.put([other])
    index.put([Ad(2, "yellow", one.category, "m", "l", 1.0, 1)])
    (found,) = index.similar(asked, RankerConfiguration(word=7, metro=0, location=0, price=0))
    assert (found.ad.title, found.score) == ("yellow", 7)
    index.close()


TITLES = ("Bike 28/29 red", "size 3.5 shoe", "foo.com a@x.org", "shoe -5 cm", "__ odd x_y", "İstanbul e\u0301t", "हिन्दी शब्द", "½ ①")  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
def test_words_in_common_are_counted_alike_in_both_databases(database: str, title: str) -> None:
    index, only_words = AdIndex(database), RankerConfiguration(word=1, metro=0, location=0, price=0)
    asked, other = Ad(1, title, "c", "m", "l", 1.0, 1), Ad(2, f"{title} zzz", "c", "m", "l", 1.0, 1)
    index.put([Ad(1, "what is replaced", "c", "m", "l", 1.0, 1), asked, other])
    (found,) = index.similar(asked, only_words)
    assert found.score == len(words_of(title))
    index.close()


def test_ads_of_before_keep_their_words(database: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(TABLES.migrations))
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config.attributes |= {"connection": connection, "version_table": TABLES.version_table}
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO ad VALUES (2, 'Red bike bike 3.5', 'c', 'm', 'l', 1, 1)"))
    engine.dispose()
    index = AdIndex(database)
    asked = Ad(1, "red bike 3.5", "c", "m", "l", 1.0, 1)
    (found,) = index.similar(asked, RankerConfiguration(word=1, metro=0, location=0, price=0))
    assert found.score == 4
    index.close()


@pytest.mark.parametrize(
    "title", ['"', "a OR b) AND (", "'; DROP TABLE ad; --", "NEAR(x y)", "😀", "col:val *"]
)
def test_titles_are_words_and_never_a_query(database: str, title: str) -> None:
    index = AdIndex(database)
    index.put([Ad(1, title, "c", "m", "l", 1.0, 1), Ad(2, title, "c", "m", "l", 1.0, 1)])
    (found,) = index.similar(Ad(1, title, "c", "m", "l", 1.0, 1), RankerConfiguration())
    assert found.ad.number == 2
    index.close()
