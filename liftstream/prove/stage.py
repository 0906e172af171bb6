"""The stage that scenarios share: a real Apache Kafka with an open, a secured and a badly connected entrance."""

import threading

from liftstream.broker import ApacheKafka
from liftstream.broker.stoppable import Stoppable
from liftstream.prove.network import BadNetwork


class ProofStage(Stoppable):
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
            self.network.stop()
            raise
        self.network.target = self.broker.behind_front

    def stop(self) -> None:
        """Ends both."""
        self.broker.stop()
        self.network.stop()
