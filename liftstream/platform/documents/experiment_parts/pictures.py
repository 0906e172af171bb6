"""The numbers behind the two pictures: the difference over time, and the bounds with the path."""

from sqlalchemy import Connection, select

from liftstream.experiment import Plan
from liftstream.experiment.numerics.finite import finite_or_none
from liftstream.experiment.sequential.sequential_design import bounds_at
from liftstream.platform.documents.document import Document
from liftstream.platform.ingest.running.live import Live
from liftstream.platform.schema import EffectPoint
from liftstream.service.clock import as_text


class TimelinePoint(Document):
    """The difference at a time, with its always-valid interval."""

    clients: int
    at: str
    effect: float
    ci_low: float
    ci_high: float


class LookPoint(Document):
    """A look, planned or taken."""

    look: int
    clients: int
    """Clients of all arms."""
    information: float
    """Share of the planned information."""
    bound: float | None
    """z from which the candidate improves; None if nothing may be decided at this look."""
    futility: float | None
    taken: bool
    z: float | None
    """The candidate's z at this look; None if the look is still to come."""


def timelines(connection: Connection, live: Live) -> dict[str, list[TimelinePoint]]:
    """The difference over time, by candidate."""
    found: dict[str, list[TimelinePoint]] = {name: [] for name in live.plan.candidates}
    for row in connection.execute(
        select(EffectPoint).where(EffectPoint.experiment == live.id).order_by(EffectPoint.clients)
    ):
        found[row.candidate].append(
            TimelinePoint(
                clients=row.clients,
                at=as_text(row.at_ms) or "",
                effect=row.effect,
                ci_low=row.ci_low,
                ci_high=row.ci_high,
            )
        )
    return found


def look_path(live: Live, candidate: str) -> list[LookPoint]:
    """The looks that were taken, with their bounds, and those to come, with the bounds they will have."""
    plan, looks = live.plan, live.ledger.looks
    taken = [
        LookPoint(
            look=look.number,
            clients=sum(look.clients.values()),
            information=look.candidates[candidate].information,
            bound=look.candidates[candidate].bound,
            futility=look.candidates[candidate].futility,
            taken=True,
            z=look.candidates[candidate].z,
        )
        for look in looks
    ]
    return taken + ([] if live.ended_ms else _to_come(plan, taken))


def _to_come(plan: Plan, taken: list[LookPoint]) -> list[LookPoint]:
    seen = taken[-1] if taken else None
    coming = [
        (clients, time)
        for clients, time in zip(plan.look_clients, plan.times, strict=True)
        if seen is None or (clients > seen.clients and time > seen.information)
    ]
    if not coming:
        return []
    times = tuple([point.information for point in taken] + [time for _, time in coming])
    upper, lower, _ = bounds_at(plan.design, times, True)
    return [
        LookPoint(
            look=number,
            clients=clients,
            information=time,
            bound=finite_or_none(upper[number - 1]),
            futility=finite_or_none(lower[number - 1]) if plan.futility else None,
            taken=False,
            z=None,
        )
        for number, (clients, time) in enumerate(coming, start=len(taken) + 1)
    ]
