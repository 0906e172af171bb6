"""Creates the topics of every system here, if they are missing."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from kafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    NoError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from liftstream.broker.inspection import connected
from liftstream.contracts.connection import check_connection
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings

COMPACTED = {"cleanup.policy": "compact"}
DEFAULT_REPLICATION = (2, 4)
"""The version of the protocol from which a broker chooses the replication of a new topic."""
NO_RIGHT = {ClusterAuthorizationFailedError, TopicAuthorizationFailedError}


@dataclass(frozen=True)
class Wanted:
    """A topic as it should be created; an existing one stays as it is."""

    partitions: int
    settings: Mapping[str, str]


def wanted_topics(kafka: KafkaSettings, partitions: int, more: tuple[str, ...] = ()) -> dict[str, Wanted]:
    """Every topic of the settings by its name there, and `more` beside them.

    What a bandit serves and the lists of similar items are compacted: readers need only the newest record of each key.
    The lists have one partition, so that a snapshot has an order.
    """
    names = [str(name) for field, name in kafka if field.startswith("topic_")]
    compacted = kafka.topic_choice, kafka.topic_similar_items
    return dict.fromkeys([*names, *more], Wanted(partitions, {})) | dict.fromkeys(
        compacted, Wanted(1, COMPACTED)
    )


def make_missing(kafka: KafkaSettings, wanted: Mapping[str, Wanted]) -> list[str]:
    """Creates the topics that are missing, and waits until all their partitions have a leader.

    Returns:
        The names of those that were made.

    Raises:
        BrokerError: no connection, or the broker refuses a topic; the message has its words.
    """
    check_connection(kafka)
    try:
        with ExitStack() as stack:
            return _make(_maker(kafka, stack), wanted)
    except KafkaError as error:
        raise BrokerError(f"{kafka.bootstrap}: topics cannot be made: {error}") from None


def _maker(kafka: KafkaSettings, stack: ExitStack) -> Any:
    """A client that can create topics; the error says so if the broker answers but does not know the request."""
    try:
        return stack.enter_context(connected(kafka, api_version=DEFAULT_REPLICATION))
    except BrokerError:
        with connected(kafka):  # or its own words, where it does not answer at all
            raise BrokerError(
                f"{kafka.bootstrap} makes no topics for us: it is the embedded broker, which makes a topic when it is first"
                " written, or a Kafka before 2.4, where they are made by its own kafka-topics.sh"
            ) from None


def _make(admin: Any, wanted: Mapping[str, Wanted]) -> list[str]:
    there = set(admin.list_topics())  # a broker refuses these, too, to whom it grants no CREATE
    asked = {
        name: {"num_partitions": one.partitions, "configs": dict(one.settings)}
        for name, one in wanted.items()
        if name not in there
    }
    if not asked:
        return []
    answers = admin.create_topics(asked, raise_errors=False)["topics"]
    errors = {answer["name"]: for_code(answer["error_code"]) for answer in answers}
    made = [name for name, error in errors.items() if error is NoError]
    refused = [
        f"{answer['name']}: {answer.get('error_message') or errors[answer['name']].__name__}"
        for answer in answers
        if answer["name"] not in made and errors[answer["name"]] is not TopicAlreadyExistsError
    ]
    if refused:
        is_right = any(error in NO_RIGHT for error in errors.values())
        hint = "; grant CREATE, or ask somebody with this right to create them" if is_right else ""
        raise BrokerError(f"the broker refuses to make {'; '.join(refused)}{hint}")
    admin.wait_for_topics(made)
    return made
