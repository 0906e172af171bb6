"""The two records of a payment as they are on the topics: what the till sends, and what the bank knows of the card."""

from typing import Any, Final

import msgspec
import numpy as np

from liftstream.simulation.payments.cards import Cards
from liftstream.simulation.payments.payments import NO_COUNTRY, Payments

TOPIC_PAYMENT: Final = "topic_payment"
TOPIC_CARD: Final = "topic_card"
TOPIC_RISK: Final = "topic_risk"

encode: Final = msgspec.json.Encoder().encode


def payment_records(payments: Payments, paid_at_ms: int, apart_ms: int = 0) -> list[dict[str, Any]]:
    """One record a payment, for `TOPIC_PAYMENT`; what is not known is left out.

    Args:
        paid_at_ms: of the first payment, milliseconds since 1970.
        apart_ms: between one payment and the next.
    """
    basket = [[] if np.isnan(price) else [{"price": price}] for price in payments.dearest.tolist()]
    shops = [
        {"kind": kind} if country == NO_COUNTRY else {"country": country, "kind": kind}
        for country, kind in zip(payments.country, payments.shop, strict=True)
    ]
    told = (
        payments.cards.card,
        payments.amount.tolist(),
        shops,
        payments.channel,
        payments.pin.tolist(),
        basket,
    )
    return [
        {
            "card": {"id": card},
            "paid_at": paid_at_ms + number * apart_ms,
            "amount": amount,
            "shop": shop,
            "channel": channel,
            "pin": pin,
            "basket": things,
        }
        for number, (card, amount, shop, channel, pin, things) in enumerate(zip(*told, strict=True))
    ]


def card_records(cards: Cards, read_at_ms: int, apart_ms: int = 0) -> list[dict[str, Any]]:
    """One record a card, for `TOPIC_CARD`.

    Args:
        read_at_ms: when the first card was looked up, milliseconds since 1970.
        apart_ms: between one and the next.
    """
    issued = np.datetime_as_string(cards.issued_on).tolist()
    means = [None if np.isnan(mean) else mean for mean in cards.mean_amount_30d.tolist()]
    counts = zip(
        cards.payments_30d.astype(int).tolist(), cards.countries_30d.astype(int).tolist(), strict=True
    )
    disputes = cards.disputes.astype(int).tolist()
    rows = zip(cards.card, cards.home, cards.kind, issued, means, counts, disputes, strict=True)
    return [
        {
            "card": card,
            "read_at": read_at_ms + number * apart_ms,
            "owner": {"country": home},
            "kind": kind,
            "issued_on": day,
            "last_30_days": {"payments": paid, "mean_amount": mean, "countries": countries},
            "disputes": disputed,
        }
        for number, (card, home, kind, day, mean, (paid, countries), disputed) in enumerate(rows)
    ]
