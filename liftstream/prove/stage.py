"""The stage that scenarios share: a real Apache Kafka with an open, a secured and a badly connected entrance."""

import threading
from types import TracebackType
from typing import Self

from liftstream.broker import ApacheKafka
from liftstream.prove.network import BadNetwork


class Stage:
    """Broker and network; use it in a `with` block.

    Attributes:
        abandoned: set to end all scenarios at their next wait.

    Raises:
        BrokerError: Java or Maven are missing, or the broker does not start.
    """

    def __init__(self) -> None:
        self.abandoned = threading.Event()
        self.network = BadNetwork()
        try:
            self.broker = ApacheKafka(secured=True, front_port=self.network.port)
        except BaseException:
            self.network.close()
            raise
        self.network.target = self.broker.behind_front

    def close(self) -> None:
        """Ends both."""
        self.broker.stop()
        self.network.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()
