"""A year of a shop: sessions of views, some of which end with a purchase, in the shape of a data object."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.spending.catalogue import FIRST_ID as FIRST_PRODUCT
from liftstream.simulation.spending.catalogue import ProductCatalogue, draw_catalogue
from liftstream.simulation.spending.people import DISCOUNT_SHARES, DISCOUNTS, People, draw_people
from liftstream.simulation.spending.people import FIRST_ID as FIRST_USER

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

USERS: Final = 200
PRODUCTS: Final = 300
MONTHS: Final = 12
FIRST_YEAR: Final = 2021
MORE_VIEWS: Final = 0.5
"""Views of a session beyond the first, on average."""
FIRST_SESSION: Final = 124
FIRST_PURCHASE: Final = 20_001


@dataclass(frozen=True, eq=False)
class Shop:
    """What happened, event by event in the order of time, and who it happened to.

    Attributes:
        start: of the first month.
        months: how many.
        user, product, session: [events] positions.
        time_ms: [events]
        discount: [events] percent.
        bought: [events] whether the event is a purchase.
    """

    start: datetime
    months: int
    people: People
    catalogue: ProductCatalogue
    user: Integers
    product: Integers
    session: Integers
    time_ms: Integers
    discount: Floats
    bought: NDArray[np.bool_]

    def expected(self, month: int) -> Floats:
        """[users] the truth: expected spending in month 0, 1, ... of the shop, by users who are there from its
        start."""
        begin, end = (self.day_of(m) for m in (month, month + 1))
        there = np.clip(end - np.maximum(self.people.arrival_day, begin), 0, None)
        return np.asarray(self.people.money_a_day(self.catalogue) * there)

    def day_of(self, month: int) -> int:
        """Days from the shop's start to the start of a month."""
        return (month_start(self.start, month) - self.start).days

    def data_object(self, months: int | None = None) -> dict[str, Any]:
        """The data object (`users sessions products`) with the events of the first months (default: all)."""
        end = month_start(self.start, self.months if months is None else months)
        count = int(np.searchsorted(self.time_ms, round(end.timestamp() * 1_000)))
        return {
            "users": self.people.rows(),
            "sessions": self._sessions(slice(count)),
            "products": self.catalogue.rows(),
        }

    def _sessions(self, part: slice) -> list[dict[str, Any]]:
        purchase = FIRST_PURCHASE + np.cumsum(self.bought) - 1
        columns = zip(
            (self.session[part] + FIRST_SESSION).tolist(),
            np.datetime_as_string(self.time_ms[part].astype("datetime64[ms]"), unit="s").tolist(),
            (self.user[part] + FIRST_USER).tolist(),
            (self.product[part] + FIRST_PRODUCT).tolist(),
            self.bought[part].tolist(),
            self.discount[part].tolist(),
            purchase[part].tolist(),
            strict=True,
        )
        return [
            {
                "session_id": session,
                "timestamp": time,
                "user_id": user,
                "product_id": product,
                "event_type": "BUY_PRODUCT" if bought else "VIEW_PRODUCT",
                "offered_discount": discount,
                "purchase_id": purchase if bought else None,
            }
            for session, time, user, product, bought, discount, purchase in columns
        ]


def generate_shop(seed: int, users: int = USERS, months: int = MONTHS) -> Shop:
    """A shop that opens in January of `FIRST_YEAR`; the same seed gives the same shop."""
    generator = np.random.default_rng(seed)
    start = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    days = (month_start(start, months) - start).days
    catalogue = draw_catalogue(generator, PRODUCTS)
    people = draw_people(generator, users, days)
    visits = generator.poisson(people.purchases / people.conversion * (days - people.arrival_day))
    user = np.repeat(np.arange(users), visits)
    opened = generator.uniform(people.arrival_day[user], days)
    views = 1 + generator.poisson(MORE_VIEWS, len(user))
    buys = generator.random(len(user)) < people.conversion[user]
    discount = generator.choice(DISCOUNTS, size=len(user), p=DISCOUNT_SHARES)
    events = views + buys
    session = np.repeat(np.arange(len(user)), events)
    place = np.arange(len(session)) - np.repeat(np.cumsum(events) - events, events)
    bought = buys[session] & (place == views[session])
    product = _draw_products(generator, people.choice(catalogue), user[session])
    before = np.roll(product, 1)
    product = np.where(bought, before, product)  # what was looked at last is bought
    time_ms = _times(start, opened[session], place, days)
    order = np.argsort(time_ms, kind="stable")
    return Shop(
        start, months, people, catalogue, user[session][order], product[order], session[order], time_ms[order],
        discount[session][order], bought[order],
    )  # fmt: skip


def month_start(start: datetime, month: int) -> datetime:
    """The start of month 0, 1, ... after `start`, which is a January."""
    return start.replace(year=start.year + month // 12, month=month % 12 + 1)


def _draw_products(generator: np.random.Generator, choice: Floats, user: Integers) -> Integers:
    products, users = choice.shape[1], choice.shape[0]
    ladder = np.cumsum(choice, axis=1)
    ladder[:, -1] = 1.0
    flat = (ladder + np.arange(users)[:, None]).ravel()
    found = np.searchsorted(flat, user + generator.random(len(user)), side="right")
    return np.asarray(np.minimum(found - user * products, products - 1), dtype=np.int64)


def _times(start: datetime, opened: Floats, place: Integers, days: int) -> Integers:
    """One event a minute from the opening, none after the end."""
    begin, end = (round((start + timedelta(days=d)).timestamp()) for d in (0, days))
    seconds = begin + np.floor(opened * 86_400) + 60 * place
    return np.asarray(np.minimum(seconds, end - 1) * 1_000, dtype=np.int64)
