"""The users: when each comes for the first time, how often they visit and buy, and how expensive the things are that
they like."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.spending.catalogue import ProductCatalogue

Floats = NDArray[np.float64]

CITIES: Final = ("Gdynia", "Kraków", "Poznań", "Radom", "Szczecin", "Warszawa", "Wrocław")
FIRST_ID: Final = 102
PURCHASES_A_MONTH: Final = 2.5
DAYS_A_MONTH: Final = 365.25 / 12
RATE_SHAPE: Final = 2.5
"""Shape of the gamma distribution of rates: the smaller, the more users differ."""
TASTE_SPREAD: Final = 0.25
THERE_AT_FIRST: Final = 0.4
"""Share of the users who come in the first month; the others come evenly."""
LAST_ARRIVAL: Final = 0.6
"""When the last user comes, as a share of the time that the shop is open."""
DISCOUNTS: Final = (0.0, 5.0, 10.0, 15.0, 20.0)
DISCOUNT_SHARES: Final = (0.5, 0.125, 0.125, 0.125, 0.125)


@dataclass(frozen=True, eq=False)
class People:
    """Users, with their hidden properties.

    Attributes:
        city: [users] position in `CITIES`.
        arrival_day: [users] of the first visit, from the start of the first month.
        purchases: [users] expected purchases a day, once arrived.
        conversion: [users] share of sessions that end with a purchase.
        taste: [users] the power of the price in the odds of choosing a product; above 0 likes dear things.
    """

    city: NDArray[np.int64]
    arrival_day: Floats
    purchases: Floats
    conversion: Floats
    taste: Floats

    def __len__(self) -> int:
        return len(self.city)

    def rows(self) -> list[dict[str, Any]]:
        """The list `users` of a data object."""
        return [
            {
                "user_id": FIRST_ID + i,
                "name": f"User {FIRST_ID + i}",
                "city": CITIES[city],
                "street": f"Long Street {i + 1}",
            }
            for i, city in enumerate(self.city.tolist())
        ]

    def choice(self, catalogue: ProductCatalogue) -> Floats:
        """[users, products] how likely each product is the one that a user looks at."""
        odds = np.exp(self.taste[:, None] * np.log(catalogue.price / np.median(catalogue.price)))
        shares: Floats = odds / odds.sum(axis=1, keepdims=True)
        return shares

    def money_a_day(self, catalogue: ProductCatalogue) -> Floats:
        """[users] the truth: expected spending a day, once arrived."""
        paid = catalogue.price * (1 - np.dot(DISCOUNTS, DISCOUNT_SHARES) / 100)
        money: Floats = self.purchases * (self.choice(catalogue) @ paid)
        return money


def draw_people(generator: np.random.Generator, users: int, days: float) -> People:
    """Draws users of a shop that is open for this many days."""
    late = generator.random(users) >= THERE_AT_FIRST
    arrival = np.where(late, generator.uniform(0, LAST_ARRIVAL * days, users), generator.uniform(0, 3, users))
    rate = generator.gamma(RATE_SHAPE, PURCHASES_A_MONTH / RATE_SHAPE, users) / DAYS_A_MONTH
    return People(
        city=generator.integers(len(CITIES), size=users),
        arrival_day=arrival,
        purchases=rate,
        conversion=generator.beta(9, 11, users),
        taste=generator.normal(0, TASTE_SPREAD, users),
    )
