"""What the guards of an experiment count of its clients: a total per client and guard, moments per guard and arm."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from liftstream.contracts.messages import ClientId
from liftstream.experiment import Moments
from liftstream.platform.ingest.rows import ClientRow
from liftstream.platform.ingest.running.live import Live


@dataclass(slots=True)
class GuardTotals:
    """Totals of the clients that a batch names, and those that must be written.

    Attributes:
        of_client: by experiment and uuid, then by the guard's number in the plan; what is missing is 0.
        changed: totals to be written, by experiment, uuid and guard.
        touched: experiments whose moments changed.
    """

    of_client: dict[tuple[str, ClientId], dict[int, float]] = field(default_factory=dict)
    changed: dict[tuple[str, ClientId, int], float] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    def join(self, live: Live, client: ClientRow) -> None:
        """Counts the client in the guards from now on, as the decision does, with everything that came until now."""
        known = self.of_client.get((live.id, client.uuid), {})
        for number, guard in enumerate(live.plan.guards):
            arms = live.guards[guard.name]
            arms[client.arm] = arms[client.arm].add(guard.counted(known.get(number, 0.0)))
            self.touched.add(live.id)

    def add(self, live: Live, client: ClientRow, guards: Iterable[int], difference: float) -> None:
        """Changes a client's total of these guards by a difference."""
        if difference == 0:
            return
        known = self.of_client.setdefault((live.id, client.uuid), {})
        for number in guards:
            guard, before = live.plan.guards[number], known.get(number, 0.0)
            known[number] = self.changed[live.id, client.uuid, number] = before + difference
            if client.paid is not None:
                _replace(
                    live.guards[guard.name], client.arm, guard.counted(before), guard.counted(known[number])
                )
                self.touched.add(live.id)


def _replace(arms: dict[str, Moments], arm: str, before: float, after: float) -> None:
    if before != after:
        arms[arm] = arms[arm].replace(before, after)
