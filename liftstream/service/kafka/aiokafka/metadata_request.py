"""aiokafka's question for the metadata of topics, which has no broker make those that are missing.

A broker with `auto.create.topics.enable`, which is Kafka's default, makes a topic that is asked for unless the question
forbids it. So a misspelt name would be an empty topic that is read without an error.
"""

from aiokafka import client
from aiokafka.admin import client as admin
from aiokafka.protocol import metadata

from liftstream.service.kafka.aiokafka.replacing import replace_in


class MetadataRequest(metadata.MetadataRequest):  # type: ignore[misc]  # aiokafka has no types
    """See the module."""

    def __init__(self, topics: list[str] | None = None) -> None:
        super().__init__(topics, allow_auto_topic_creation=False)


def have_clients_make_no_topics() -> None:
    """Has aiokafka's clients of this process ask so."""
    for user in (client, admin):
        replace_in(user, MetadataRequest, "build")
