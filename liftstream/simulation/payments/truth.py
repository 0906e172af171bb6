"""How likely a payment is fraud: log-odds that a tree can find and a line cannot (abroad is two texts that differ)."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.payments.cards import TODAY, Cards, Floats, Texts

BASE: Final = -4.6
ABROAD: Final = 1.7
"""Added where shop and owner are of different countries; half of it for cards that paid abroad before."""
CHANNEL: Final = {"web": 0.8, "phone": 1.3, "chip": -0.5}
SHOP: Final = {"electronics": 0.7, "vouchers": 1.2, "grocery": -0.6}
KIND: Final = {"prepaid": 0.7}
PIN: Final = -1.2
DISPUTE: Final = 0.6
"""Added for each dispute, at most three times."""
LARGE: Final = 0.7
"""Factor of the logarithm of the amount over the card's usual amount; nothing is added below it."""
NEW_CARD: Final = 1.4
"""Added for a card that was issued today; divided by e every 60 days."""


def chance_of_fraud(
    cards: Cards, amount: Floats, country: Texts, shop: Texts, channel: Texts, pin: NDArray[np.bool_]
) -> Floats:
    """The chance of each payment, [rows] within 0..1."""
    usual = np.where(np.isnan(cards.mean_amount_30d), 30.0, cards.mean_amount_30d)
    age = (TODAY - cards.issued_on).astype(np.float64)
    abroad = (country != cards.home).astype(np.float64)
    log_odds = (
        BASE
        + ABROAD * abroad * np.where(cards.countries_30d > 1, 0.5, 1.0)
        + _of(channel, CHANNEL)
        + _of(shop, SHOP)
        + _of(cards.kind, KIND)
        + PIN * pin
        + DISPUTE * np.minimum(cards.disputes, 3)
        + LARGE * np.maximum(0.0, np.log(amount / usual))
        + NEW_CARD * np.exp(-age / 60)
    )
    chance: Floats = 1 / (1 + np.exp(-log_odds))
    return chance


def _of(words: Texts, weights: dict[str, float]) -> Floats:
    """The weight of each word; 0 for a word that has none."""
    total = np.zeros(len(words))
    for word, weight in weights.items():
        total += weight * (words == word)
    return total
