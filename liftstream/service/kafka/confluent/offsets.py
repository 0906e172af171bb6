"""Where partitions begin and end, or the offset of a time, through confluent-kafka.

`liftstream.service.kafka.extents` asks the same through aiokafka for the worker, whose installation has no other client.
"""

import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

ANSWER_WITHIN_S: Final = 3.0
"""Of a question to the broker; after it the broker counts as away."""
LATEST: Final = OffsetSpec.latest()  # type: ignore[no-untyped-call]
EARLIEST: Final = OffsetSpec.earliest()  # type: ignore[no-untyped-call]

NO_LEADER: Final = frozenset({KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE})
"""What brokers say of a partition that was made or has moved a moment ago."""
AGAIN_S: Final = 0.05

Place = tuple[str, int]
"""Topic and partition."""
Offsets = dict[Place, int]


def ask_offsets(
    admin: AdminClient, places: Iterable[Place], spec: OffsetSpec = LATEST
) -> dict[Place, "Future[Any]"]:
    """Asks for an offset of each partition; the answers come while other things go on."""
    asked = {TopicPartition(*place): spec for place in places}
    if not asked:
        return {}
    answers = admin.list_offsets(asked, request_timeout=ANSWER_WITHIN_S)
    return {(name.topic, name.partition): answer for name, answer in answers.items()}


def offsets(answers: Mapping[Place, "Future[Any]"]) -> Offsets:
    """The answers, waited for.

    Raises:
        KafkaException: no broker answers.
    """
    return {place: int(answer.result(ANSWER_WITHIN_S + 1).offset) for place, answer in answers.items()}


def find_offsets(admin: AdminClient, places: Collection[Place], spec: OffsetSpec = LATEST) -> Offsets:
    """An offset of each partition; one that has no leader yet is asked again for a while.

    Raises:
        KafkaException: no broker answers.
    """
    until = time.monotonic() + ANSWER_WITHIN_S
    while True:
        try:
            return offsets(ask_offsets(admin, places, spec))
        except KafkaException as error:
            if error.args[0].code() not in NO_LEADER or time.monotonic() > until:
                raise
        time.sleep(AGAIN_S)


def ends_of(admin: AdminClient, topic: str) -> dict[int, int]:
    """The next offset of each partition of a topic.

    Raises:
        KafkaException: there is no such topic, or no broker answers.
    """
    known = admin.list_topics(topic, timeout=ANSWER_WITHIN_S).topics[topic]
    if known.error is not None:
        raise KafkaException(known.error)
    ends = find_offsets(admin, [(topic, one) for one in known.partitions])
    return {number: end for (_, number), end in ends.items()}
