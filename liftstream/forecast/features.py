"""What the learned models know of a user before a month: one pass over the events each, no table of months.

`profile` is the description's (model B): totals over all sessions. `pace` is ours (model C): levels a month since the
user's first visit, the newest months weighing most, so that a user who came late is not taken for one who spends
little.
"""

from typing import Final

import numpy as np

from liftstream.forecast.history import Booleans, Floats, History, Integers

KEEP: Final = 0.8
"""Weight of a month relative to the one after it, in the exponentially weighted means."""
RECENT: Final = 3
DOUBT: Final = 2.0
"""Months without events that the means assume before a user's first visit: the newer a user, the less follows from few
months."""
DAY_MS: Final = 86_400_000

Columns = dict[str, Floats]


def profile(history: History, month: int) -> Columns:
    """Totals of each user over all sessions before `month`: money, counts, percent, and days from first to last
    purchase."""
    known = history.before(month)
    sums = _UserSums(known)
    bought = known.bought
    events, products = sums.of(), sums.of(bought)
    return {
        "expenses": sums.of(known.paid),
        "products_bought": products,
        "events_number": events,
        "sessions_number": sums.of(_first_events(known)),
        "average_discount": _ratio(sums.of(known.discount), events),
        "average_discount_on_bought": _ratio(sums.of(np.where(bought, known.discount, 0.0)), products),
        "age": _days_between_purchases(known),
    }


def pace(history: History, month: int) -> Columns:
    """Levels of each user a month, from the first visit until `month`; 0 where a user has no events.

    The means are sums over (tenure + 2) months, and `tenure` itself is given as tenure / (tenure + 2), 0 to 1: so a
    linear model can pull a new user to the middle and leave an old one where they are.
    """
    known = history.before(month)
    sums, paid, sessions = _UserSums(known), known.paid, _first_events(known).astype(np.float64)
    tenure = tenure_of(known, month)
    doubted = tenure + DOUBT
    back = month - 1 - known.month  # months before the last one
    weight = KEEP**back
    weights = (1 - KEEP**tenure) / (1 - KEEP)
    viewed = np.where(known.bought, 0.0, known.price)
    return {
        "spending_ewma": _ratio(sums.of(paid * weight), weights),
        "spending_mean": sums.of(paid) / doubted,
        "spending_last_3": _ratio(sums.of(np.where(back < RECENT, paid, 0.0)), np.minimum(tenure, RECENT)),
        "sessions_ewma": _ratio(sums.of(sessions * weight), weights),
        "sessions_mean": sums.of(sessions) / doubted,
        "purchases_mean": sums.of(known.bought) / doubted,
        "price_seen": _ratio(sums.of(known.price), sums.of()),
        "value_viewed": sums.of(viewed) / doubted,
        "tenure": tenure / doubted,
    }


def tenure_of(known: History, month: int) -> Floats:
    """[users] months from that of the first visit until `month`; 0 without events."""
    first = np.full(len(known.users), month, dtype=np.int64)
    np.minimum.at(first, known.user, known.month)
    return (month - first).astype(np.float64)


class _UserSums:
    """Sums over the events of each user."""

    def __init__(self, history: History) -> None:
        self._user, self._users = history.user, len(history.users)

    def of(self, values: Floats | Booleans | None = None) -> Floats:
        return np.bincount(self._user, values, minlength=self._users).astype(np.float64)


def _first_events(known: History) -> Booleans:
    """[events] whether the event is the first of its session."""
    first = np.zeros(len(known), dtype=np.bool_)
    if len(known):
        key: Integers = known.session * len(known.users) + known.user
        first[np.unique(key, return_index=True)[1]] = True
    return first


def _days_between_purchases(known: History) -> Floats:
    first = np.full(len(known.users), np.iinfo(np.int64).max)
    last = np.full(len(known.users), np.iinfo(np.int64).min)
    np.minimum.at(first, known.user[known.bought], known.time_ms[known.bought])
    np.maximum.at(last, known.user[known.bought], known.time_ms[known.bought])
    return np.where(last >= first, (last - first) / DAY_MS, 0.0)


def _ratio(above: Floats, below: Floats) -> Floats:
    """`above / below`; 0 where both are 0."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
