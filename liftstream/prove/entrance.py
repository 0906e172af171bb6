"""Where workers enter Kafka: by the open door, as a user with the rights of a worker, or through a bad network."""

from typing import Literal

from liftstream.broker.rights import add_user, grant, revoke_read, revoke_write
from liftstream.contracts.settings import KafkaSettings
from liftstream.prove.stage import ProofStage

Door = Literal["open", "secured", "network"]
PASSWORD = "the-password-of-the-proof"  # noqa: S105


class BrokerEntrance:
    """The way of one case's workers to their topics.

    Args:
        stage: has the broker and the network.
        kafka: the case's topics.
        group: the workers' consumer group, and the name of their user.
        door: `secured` makes a user, who has the rights of a worker and no others.

    Attributes:
        settings: of the workers' connection.
    """

    def __init__(self, stage: ProofStage, kafka: KafkaSettings, group: str, door: Door) -> None:
        self._broker, self._kafka, self._user = stage.broker, kafka, group
        known = kafka.model_dump()
        if door == "network":
            known |= {"bootstrap": f"127.0.0.1:{stage.network.port}"}
        if door == "secured":
            add_user(stage.broker.bootstrap, group, PASSWORD)
            self.grant()
            known |= {
                "bootstrap": stage.broker.secure_bootstrap,
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "SCRAM-SHA-256",
                "username": group,
                "password": PASSWORD,
            }
        self.settings = KafkaSettings(**known)

    def grant(self) -> None:
        """Gives the user the rights of a worker: read two topics and one group, write one topic."""
        kafka = self._kafka
        grant(
            self._broker.bootstrap,
            self._user,
            read=(kafka.topic_demographic, kafka.topic_historic),
            write=(kafka.topic_prediction,),
            groups=(self._user,),
        )

    def revoke_write(self) -> None:
        """Takes the right to write predictions away."""
        revoke_write(self._broker.bootstrap, self._user, self._kafka.topic_prediction)

    def revoke_read(self, *, topic: str | None = None, group: str | None = None) -> None:
        """Takes the right to read a topic or the group away."""
        revoke_read(self._broker.bootstrap, self._user, topic=topic, group=group)
