"""What the enrichers know: the features of the clients in the shop, by uuid."""

import numpy as np

from liftstream.simulation.shop.customers import Customers
from liftstream.simulation.shop.records import demographic_records, historic_records


class PresentClients:
    """The clients of the present wave, whose uuids follow each other."""

    def __init__(self) -> None:
        self._clients: Customers | None = None

    def come(self, clients: Customers) -> None:
        """Replaces the present clients."""
        self._clients = clients

    def demographic(self, uuids: list[int]) -> list[bytes]:
        """Values for `topic_demographic`."""
        return demographic_records(uuids, self._features(uuids))

    def historic(self, uuids: list[int]) -> list[bytes]:
        """Values for `topic_historic`."""
        return historic_records(uuids, self._features(uuids))

    def _features(self, uuids: list[int]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        if self._clients is None:
            raise ValueError("nobody has come yet")
        rows = np.array(uuids) - int(self._clients.uuid[0])
        return np.asarray(self._clients.features[rows])
