"""Visits: when clients open sessions, when their halves are published, and who comes back."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.shop.money import draw_luck
from liftstream.simulation.shop.truth import Floats

SLOWEST_ENRICHER_S: Final = 0.2
RETURN_PAUSE_S: Final = 10.0
"""Shortest time until a client comes back: two visits within the join's window would be ambiguous."""

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sessions:
    """Visits in the order of their opening; row i of every array is session i. Times are seconds after the start.

    Attributes:
        client: row of the client in `ShopClients`.
        visit: 1 for the client's first session, 2 for the return.
        opened_s: ascending.
        demographic_s, historic_s: when the enrichers publish the halves, in either order.
        luck: the chance in the money of the session, see `money.draw_luck`.
    """

    client: Indices
    visit: Indices
    opened_s: Floats
    demographic_s: Floats
    historic_s: Floats
    luck: Floats

    def __len__(self) -> int:
        return len(self.client)


def draw_sessions(
    rng: np.random.Generator, clients: int, per_second: float, returning: float = 0.0
) -> Sessions:
    """One first session for each of `clients` clients, who arrive as a Poisson process, and the returns.

    Each half is published after a delay of its own, uniform from 0 to `SLOWEST_ENRICHER_S`.

    Args:
        rng: consumed.
        clients: how many clients come, in the order of their rows in `ShopClients`.
        per_second: newcomers per second, > 0.
        returning: share of clients who come back once, after at least 10 s; a return after the last newcomer does
            not happen any more, so the share that is seen is smaller in a short run.
    """
    if per_second <= 0 or not 0 <= returning <= 1:
        raise ValueError(f"per_second {per_second} must be > 0 and returning {returning} in 0..1")
    arrival_rng, return_rng, delay_rng, luck_rng = rng.spawn(4)
    arrived_s = np.cumsum(arrival_rng.exponential(1 / per_second, clients))
    client, visit, opened_s = _with_returns(return_rng, arrived_s, returning)
    delays_s = delay_rng.uniform(0, SLOWEST_ENRICHER_S, (2, len(client)))
    luck = draw_luck(luck_rng, len(client))
    return Sessions(client, visit, opened_s, opened_s + delays_s[0], opened_s + delays_s[1], luck)


def first_of(sessions: Sessions, count: int) -> Sessions:
    """The first `count` sessions."""
    return Sessions(*(getattr(sessions, field.name)[:count] for field in fields(Sessions)))


def _with_returns(
    rng: np.random.Generator, arrived_s: Floats, returning: float
) -> tuple[Indices, Indices, Floats]:
    end_s = arrived_s[-1] if len(arrived_s) else 0.0
    back_s = arrived_s + RETURN_PAUSE_S + rng.exponential(3 * RETURN_PAUSE_S, len(arrived_s))
    (back,) = np.nonzero((rng.random(len(arrived_s)) < returning) & (back_s < end_s))
    client = np.concatenate([np.arange(len(arrived_s)), back])
    visit = np.concatenate([np.ones(len(arrived_s), dtype=np.int64), np.full(len(back), 2)])
    opened_s = np.concatenate([arrived_s, back_s[back]])
    order = np.argsort(opened_s, kind="stable")
    return client[order], visit[order], opened_s[order]
