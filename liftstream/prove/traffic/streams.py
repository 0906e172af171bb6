"""The streams of the proof: the default one, and one with 40 mixed features and UUIDs."""

from collections.abc import Sequence
from typing import Any, Final, Protocol
from uuid import UUID

import numpy as np

from liftstream.prove.traffic import arithmetic, mixed
from liftstream.prove.traffic.clients import DrawnClients, draw_clients
from liftstream.prove.traffic.poison import odd_halves


class ProvedStream(Protocol):
    """A stream's records, and the right answers. Clients are numbers in the harness, whatever the ids on the wire."""

    @property
    def definition(self) -> str | None:
        """The file of the stream's definition; None for the default one."""

    @property
    def threshold(self) -> int:
        """The score from which the decision is 1."""

    def draw(self, rng: np.random.Generator, uuids: Sequence[int], age: int | None = None) -> DrawnClients:
        """Clients, all of the same age if one is given."""

    def odd_halves(self, uuid: int) -> tuple[list[bytes], list[bytes]]:
        """Halves that are read although they are written oddly; the decision for each pair of them is 0."""

    def document(self, *, inverse: bool = False, needs: Sequence[str] = ()) -> str:
        """The model as PMML; `inverse` decides the opposite, `needs` are fields that no topic has."""

    def id_text(self, uuid: int) -> str:
        """The id on the wire."""

    def uuid_of(self, answered: Any) -> int | None:
        """The client that an answer is for; None if the id does not have the agreed form."""


class TaskStream:
    """The task's: age, sex, 110 products, integer ids."""

    definition: Final = None
    threshold: Final = arithmetic.THRESHOLD

    def draw(self, rng: np.random.Generator, uuids: Sequence[int], age: int | None = None) -> DrawnClients:
        """See `ProvedStream`."""
        return draw_clients(rng, uuids, age)

    def odd_halves(self, uuid: int) -> tuple[list[bytes], list[bytes]]:
        """See `ProvedStream`."""
        return odd_halves(uuid)

    def document(self, *, inverse: bool = False, needs: Sequence[str] = ()) -> str:
        """See `ProvedStream`."""
        return (
            arithmetic.document(inverse=inverse, needs=needs)
            if needs
            else arithmetic.document(inverse=inverse)
        )

    def id_text(self, uuid: int) -> str:
        """See `ProvedStream`."""
        return str(uuid)

    def uuid_of(self, answered: Any) -> int | None:
        """See `ProvedStream`."""
        return answered if type(answered) is int else None


class MixedStream:
    """40 features of every type, ten of them texts; ids are UUIDs."""

    definition: Final = mixed.DEFINITION
    threshold: Final = mixed.THRESHOLD

    def draw(self, rng: np.random.Generator, uuids: Sequence[int], age: int | None = None) -> DrawnClients:
        """See `ProvedStream`."""
        return mixed.draw(rng, uuids, age)

    def odd_halves(self, uuid: int) -> tuple[list[bytes], list[bytes]]:
        """See `ProvedStream`."""
        return mixed.odd_halves(uuid)

    def document(self, *, inverse: bool = False, needs: Sequence[str] = ()) -> str:
        """See `ProvedStream`."""
        return mixed.document(inverse=inverse, needs=needs)

    def id_text(self, uuid: int) -> str:
        """See `ProvedStream`."""
        return mixed.id_text(uuid)

    def uuid_of(self, answered: Any) -> int | None:
        """See `ProvedStream`."""
        try:
            found = UUID(answered)
        except (ValueError, TypeError, AttributeError):
            return None
        return found.int if answered == mixed.id_of_payment(found.int) else None


STREAMS: Final[dict[str, ProvedStream]] = {"silocompro": TaskStream(), "mixed": MixedStream()}
