"""The difference over time, for the picture: a point a second, thinned out so that it never holds more than it
can show."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, func, insert, select

from liftstream.platform.ingest.running.live import Live
from liftstream.platform.ingest.running.looks import standing
from liftstream.platform.schema import EffectPoint

EVERY_MS = 1_000
MOST = 400
"""Points of a candidate; when there are more, every second one goes, and they come half as often."""
LEAST_PAID = 30
"""Fewest clients per arm for a point; before, the interval is wider than any axis."""


@dataclass
class EffectHistory:
    """Remembers when each experiment got its latest point."""

    _latest: dict[str, tuple[int, int]] = field(default_factory=dict)
    """The time and number of clients of the latest point, by experiment."""

    def save(self, connection: Connection, lives: Iterable[Live], now_ms: int) -> None:
        """Adds a point to each experiment for which one is due."""
        for live in lives:
            at_ms, paid = self._latest.get(live.id, (0, 0))
            if live.paid == paid or min(arm.paid.n for arm in live.arms.values()) < LEAST_PAID:
                continue
            if now_ms - at_ms < self._pause_ms(live, now_ms) and live.ended_ms is None:
                continue
            self._latest[live.id] = now_ms, live.paid
            _add(connection, live, now_ms)

    @staticmethod
    def _pause_ms(live: Live, now_ms: int) -> int:
        """The longer an experiment runs, the rarer its points: never more than `MOST` evenly."""
        return max(EVERY_MS, (now_ms - (live.started_ms or now_ms)) // MOST)


def _add(connection: Connection, live: Live, now_ms: int) -> None:
    rows = [
        {
            "experiment": live.id,
            "candidate": found.candidate,
            "clients": live.paid,
            "at_ms": now_ms,
            "effect": found.effect,
            "ci_low": found.ci_low,
            "ci_high": found.ci_high,
        }
        for found in standing(live).candidates
        if found.effect is not None and found.ci_low is not None and found.ci_high is not None
    ]
    known = set(
        connection.execute(
            select(EffectPoint.candidate).where(
                EffectPoint.experiment == live.id, EffectPoint.clients == live.paid
            )
        ).scalars()
    )
    new = [row for row in rows if row["candidate"] not in known]
    if new:
        connection.execute(insert(EffectPoint), new)
        _thin(connection, live.id, len(live.plan.candidates))


def _thin(connection: Connection, experiment: str, candidates: int) -> None:
    count = connection.execute(select(func.count()).where(EffectPoint.experiment == experiment)).scalar() or 0
    if count <= MOST * candidates:
        return
    clients = (
        connection.execute(
            select(EffectPoint.clients)
            .where(EffectPoint.experiment == experiment)
            .distinct()
            .order_by(EffectPoint.clients)
        )
        .scalars()
        .all()
    )
    connection.execute(
        delete(EffectPoint).where(
            EffectPoint.experiment == experiment, EffectPoint.clients.in_(clients[1::2])
        )
    )
