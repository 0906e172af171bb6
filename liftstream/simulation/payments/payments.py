"""Payments of cards, and which of them their owners did not make."""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.payments.cards import COUNTRIES, Cards, Floats, Texts, draw_cards, draw_texts
from liftstream.simulation.payments.truth import chance_of_fraud

SHOPS: Final = ("grocery", "fuel", "travel", "electronics", "vouchers", "restaurant")
SHOP_SHARES: Final = (0.34, 0.14, 0.1, 0.14, 0.06, 0.22)
CHANNELS: Final = ("chip", "contactless", "web", "phone")
CHANNEL_SHARES: Final = (0.3, 0.35, 0.3, 0.05)
ABROAD: Final = 0.15
"""Share of the payments in a country drawn from all, wherever the owner lives."""
UNSAID: Final = 0.02
"""Share of the payments whose shop does not say its country."""
NO_COUNTRY: Final = "??"
"""The country that a model gets if the shop does not say one."""


@dataclass(frozen=True, eq=False)
class Payments:
    """Row i of every array is payment i.

    Attributes:
        cards: what is known of its card.
        amount: $.
        dearest: price of the dearest thing paid for, NaN where the shop does not say.
        country: of the shop, `NO_COUNTRY` where it does not say.
        shop: one of `SHOPS`.
        channel: one of `CHANNELS`.
        pin: whether the number was typed.
        chance: that it is fraud: the truth behind `fraud`.
        fraud: whether it is.
    """

    cards: Cards
    amount: Floats
    dearest: Floats
    country: Texts
    shop: Texts
    channel: Texts
    pin: NDArray[np.bool_]
    chance: Floats
    fraud: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.amount)

    def columns(self) -> dict[str, NDArray[Any]]:
        """The model's inputs by name, one array each, NaN where missing."""
        names = ("amount", "dearest", "country", "shop", "channel", "pin")
        known = {one.name: getattr(self.cards, one.name) for one in fields(self.cards) if one.name != "card"}
        return {name: getattr(self, name) for name in names} | known


def draw_payments(rng: np.random.Generator, count: int) -> Payments:
    """`count` payments, each of a card of its own."""
    cards_rng, payments_rng, fraud_rng = rng.spawn(3)
    cards = draw_cards(cards_rng, count)
    drawn = _draw(payments_rng, cards)
    chance = chance_of_fraud(
        cards, **{name: drawn[name] for name in ("amount", "country", "shop", "channel", "pin")}
    )
    drawn["country"] = np.where(fraud_rng.random(count) < UNSAID, NO_COUNTRY, drawn["country"])
    return Payments(cards, **drawn, chance=chance, fraud=fraud_rng.random(count) < chance)


def _draw(rng: np.random.Generator, cards: Cards) -> dict[str, Any]:
    count = len(cards)
    usual = np.where(np.isnan(cards.mean_amount_30d), 30.0, cards.mean_amount_30d)
    amount = np.maximum(0.5, np.round(usual * rng.lognormal(0.0, 0.9, count), 2))
    told = rng.random(count) < 0.8
    dearest = np.where(told, np.round(amount * rng.uniform(0.3, 1.0, count), 2), np.nan)
    anywhere = draw_texts(rng, COUNTRIES, None, count)
    channel = draw_texts(rng, CHANNELS, CHANNEL_SHARES, count)
    return {
        "amount": amount,
        "dearest": dearest,
        "country": np.where(rng.random(count) < ABROAD, anywhere, cards.home),
        "shop": draw_texts(rng, SHOPS, SHOP_SHARES, count),
        "channel": channel,
        "pin": (channel == "chip") & (rng.random(count) < 0.8),
    }
