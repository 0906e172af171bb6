"""Checks before a worker joins its group: a broker answers, the topics exist, and no other worker reads everything
already."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings, Settings
from liftstream.service.kafka.advertised import find_unreachable
from liftstream.service.kafka.aiokafka.client_start import WITHIN_S, impatient_options, started
from liftstream.service.kafka.kafka_errors import missing_right_to_read
from liftstream.streams.definition import Stream
from pipeline.group.co_partitioning import CoPartitioning, judge_counts, whole_topics
from pipeline.group.membership import look_at_group
from pipeline.group.newest_records import judge_newest

REFUSE_AFTER_S: Final = 13.0
"""How long to wait: longer than the session timeout (10 s), after which a killed worker is out of its group."""
MISSING_FOR_S: Final = 4.0
LOOK_S: Final = 1.0

Say = Callable[[str], None]


async def run_preflight(settings: Settings, stream: Stream, say: Say) -> CoPartitioning:
    """Returns what is known of the keys, once this worker may join.

    Args:
        settings: of the process.
        stream: the stream whose topics are read.
        say: told what is waited for.

    Raises:
        BrokerError: a topic is missing, or the group is taken.
    """
    kafka = settings.kafka
    counts = await _partitions(kafka, (*stream.topics, stream.answer.topic), say)
    co_partitioning = judge_counts(stream.topics, counts)
    if co_partitioning.holds is None:
        if any(side.format != "json" for side in stream.sides):
            say(f"asking the schema registry at {kafka.schema_registry}")
        co_partitioning = await judge_newest(kafka, stream, counts[stream.topics[0]], settings.pipeline.group)
    await _find_room(settings, stream, co_partitioning, say)
    return co_partitioning


async def _partitions(kafka: KafkaSettings, names: Sequence[str], say: Say) -> dict[str, int]:
    """How many partitions each topic has; waits for a broker that says so, however slow.

    Raises:
        BrokerError: a topic stays missing; one that was made just now is not known everywhere at once.
    """
    answers = 0
    while True:
        counts = await _ask_partitions(kafka, names)
        missing = [name for name in names if counts is not None and not counts.get(name)]
        if counts is not None and not missing:
            return counts
        answers += counts is not None
        if answers > MISSING_FOR_S / LOOK_S:
            raise BrokerError(
                f"{', '.join(missing)}: not on {kafka.bootstrap}, or this user may not see it; have it made, or set"
                " KAFKA__TOPIC_… to the name used there ('liftstream doctor' tells more)"
            )
        silence = "" if missing else await find_unreachable(kafka) or f"no answer from {kafka.bootstrap} yet"
        say(silence or f"{', '.join(missing)}: not there yet")
        await asyncio.sleep(LOOK_S)


async def _ask_partitions(kafka: KafkaSettings, names: Sequence[str]) -> dict[str, int] | None:
    """Partitions by topic, 0 or missing for topics that this user may not see; None if no answer came."""
    admin = AIOKafkaAdminClient(**impatient_options(kafka))
    try:
        await started(admin)
        topics = await asyncio.wait_for(admin.describe_topics(list(names)), WITHIN_S)
    except (KafkaError, OSError, TimeoutError):
        return None
    finally:
        await admin.close()
    return {topic["topic"]: len(topic["partitions"]) for topic in topics}


async def _find_room(settings: Settings, stream: Stream, co_partitioning: CoPartitioning, say: Say) -> None:
    """Waits while another worker reads everything: one that was killed is gone soon; refuses if it stays.

    Raises:
        BrokerError: it stays; or others use the group.
    """
    name, loop = settings.pipeline.group, asyncio.get_running_loop()
    deadline = loop.time() + REFUSE_AFTER_S
    while True:
        group = await look_at_group(settings.kafka, name)
        if group.stranger is not None:
            raise BrokerError(
                f"the group {name!r} is used by another program: {group.stranger}; give the workers a group of their own"
                " by PIPELINE__GROUP"
            )
        if group.refused:
            say(missing_right_to_read(f"group {name!r}"))
            await asyncio.sleep(LOOK_S)
            deadline = loop.time() + REFUSE_AFTER_S
            continue
        if co_partitioning.holds is not False or not group.members:
            return
        owner = group.members[0].where
        if loop.time() > deadline:
            raise group_taken(name, owner, co_partitioning)
        say(f"{owner} reads {whole_topics(stream.topics)}; waiting to see whether it is still alive")
        await asyncio.sleep(LOOK_S)


def group_taken(group: str, owner: str, co_partitioning: CoPartitioning) -> BrokerError:
    """The refusal of a second worker where only one can be right."""
    return BrokerError(
        f"{owner} serves the group {group!r} already, and only one worker can: {co_partitioning.why}, so the halves of a client"
        " may be in any two partitions. To share the work, write both topics with the uuid as key and equal partition"
        " counts; this worker ends"
    )
