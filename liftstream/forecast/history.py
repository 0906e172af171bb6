"""The events of users until now, as arrays: one element per event, users in the order in which they were asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.forecast.calendar import day_of, last_day, month_at, months_of, start_ms

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

SLACK_MS: Final = 3 * 86_400_000


@dataclass(frozen=True, eq=False)
class History:
    """Users and their events.

    Attributes:
        users: ids as text.
        cities: of each user; "" where it is not known.
        user: [events] position of the event's user in `users`.
        time_ms: [events] UTC.
        session: [events] a number per session.
        price: [events] of the product that was seen or bought.
        discount: [events] percent that was offered, 0..100.
        bought: [events] whether the product was bought; otherwise it was viewed.
    """

    users: Sequence[str]
    cities: Sequence[str]
    user: Integers
    time_ms: Integers
    session: Integers
    price: Floats
    discount: Floats
    bought: Booleans

    def __len__(self) -> int:
        return len(self.user)

    @cached_property
    def month(self) -> Integers:
        """[events] the month of each event."""
        return months_of(self.time_ms)

    @cached_property
    def paid(self) -> Floats:
        """[events] money: the price less the discount where the product was bought, else 0."""
        return np.where(self.bought, self.price * (1 - self.discount / 100), 0.0)

    @cached_property
    def visited(self) -> Booleans:
        """[users] whether there is any event of the user."""
        return np.bincount(self.user, minlength=len(self.users)) > 0

    @property
    def last_ms(self) -> int | None:
        """When the last event happened; None where there is none."""
        return int(self.time_ms.max()) if len(self) else None

    @property
    def next_month(self) -> int | None:
        """The month after the one of the last event."""
        return None if self.last_ms is None else month_at(self.last_ms) + 1

    def before(self, month: int) -> "History":
        """The same users with the events before a month."""
        if not len(self) or self.month.max() < month:
            return self
        return self.take(self.month < month)

    def take(self, chosen: Booleans) -> "History":
        """The same users with some of the events."""
        names = ("user", "time_ms", "session", "price", "discount", "bought")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})

    def spending(self, months: range) -> Floats:
        """[users, months] money of each month; 0 if nothing was bought."""
        inside = (self.month >= months.start) & (self.month < months.stop)
        cell = self.user[inside] * len(months) + self.month[inside] - months.start
        sums: Floats = np.bincount(cell, self.paid[inside], minlength=len(self.users) * len(months)).astype(
            np.float64
        )
        return sums.reshape(len(self.users), len(months))

    def spending_in(self, month: int) -> Floats:
        """[users] money of one month."""
        return self.spending(range(month, month + 1))[:, 0]

    def covered_until(self, month: int) -> str:
        """The last day of `month` that the events reach; the last day of the month if there are later events.

        Raises:
            ValueError: no event in the month or after it.
        """
        last = self.last_ms
        if last is None or last < start_ms(month):
            raise ValueError("no event in this month or after it")
        return min(day_of(last), last_day(month))


def full_months(history: History) -> range:
    """The months that the events cover wholly.

    The first and the last month are left out where the events begin more than `SLACK_MS` after its start, or end more than that
    before its end: a part of a month, scaled up, would be a guess.
    """
    if not len(history):
        return range(0)
    first, last = int(history.time_ms.min()), int(history.time_ms.max())
    start, stop = month_at(first), month_at(last) + 1
    if first > start_ms(start) + SLACK_MS:
        start += 1
    if last < start_ms(stop) - SLACK_MS:
        stop -= 1
    return range(start, max(start, stop))
