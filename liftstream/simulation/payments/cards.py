"""Cards, and what a bank knows of each before it pays again."""

from dataclasses import dataclass, fields
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Days = NDArray[np.datetime64]

TODAY: Final = np.datetime64("2026-06-01")
"""The day of all payments."""
COUNTRIES: Final = ("DE", "FR", "GB", "US", "PL", "BR", "NG", "SG")
AT_HOME: Final = (0.24, 0.2, 0.18, 0.16, 0.1, 0.06, 0.03, 0.03)
KINDS: Final = ("debit", "credit", "prepaid")
SHARES: Final = (0.55, 0.35, 0.1)
RESTED: Final = 0.08
"""Share of the cards that did not pay in the last 30 days, so that there is no mean."""


@dataclass(frozen=True, eq=False)
class Cards:
    """Row i of every array is card i.

    Attributes:
        card: its UUID as text.
        home: country of its owner.
        kind: one of `KINDS`.
        issued_on: datetime64[D].
        payments_30d: payments in the last 30 days.
        mean_amount_30d: their mean in $, NaN where there were none.
        countries_30d: countries in which it paid in that time.
        disputes: payments that the owner has ever disputed.
    """

    card: Texts
    home: Texts
    kind: Texts
    issued_on: Days
    payments_30d: Floats
    mean_amount_30d: Floats
    countries_30d: Floats
    disputes: Floats

    def __len__(self) -> int:
        return len(self.card)

    def take(self, rows: NDArray[np.intp]) -> "Cards":
        """Some of these cards, in this order; one may come more than once."""
        return Cards(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})


def draw_cards(rng: np.random.Generator, count: int) -> Cards:
    """`count` new cards."""
    payments = np.where(rng.random(count) < RESTED, 0.0, 1.0 + rng.poisson(11, count))
    mean = np.where(payments > 0, np.round(rng.lognormal(3.4, 0.7, count), 2), np.nan)
    issued = TODAY - np.floor(rng.exponential(700, count)).astype("timedelta64[D]")
    return Cards(
        card=draw_ids(rng, count),
        home=draw_texts(rng, COUNTRIES, AT_HOME, count),
        kind=draw_texts(rng, KINDS, SHARES, count),
        issued_on=issued,
        payments_30d=payments,
        mean_amount_30d=mean,
        countries_30d=np.minimum(payments, 1.0 + rng.poisson(0.3, count)),
        disputes=rng.poisson(0.08, count).astype(np.float64),
    )


def draw_ids(rng: np.random.Generator, count: int) -> Texts:
    """Random UUIDs (version 4) as text."""
    drawn = rng.bytes(16 * count)
    ids = [str(UUID(bytes=drawn[16 * i : 16 * i + 16], version=4)) for i in range(count)]
    return as_texts(ids)


def draw_texts(rng: np.random.Generator, words: tuple[str, ...], shares: Any, count: int) -> Texts:
    """One of the words for each row."""
    return as_texts(words)[rng.choice(len(words), count, p=shares)]


def as_texts(words: Any) -> Texts:
    """Python strings in an array."""
    found = np.empty(len(words), dtype=object)
    found[:] = words
    return found
