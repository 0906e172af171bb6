"""Faust's thread for its consumer, in which aiokafka gets our replacement classes; see `transport.py`."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from aiokafka import TopicPartition, conn
from aiokafka.consumer import consumer, fetcher, subscription_state
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.utils.futures import maybe_async

from liftstream.service.kafka.aiokafka.coordinator import REFUSALS, Coordinator
from liftstream.service.kafka.aiokafka.frames import FrameConnection, decode_in_place
from liftstream.service.kafka.aiokafka.lean_records import (
    AskingFetcher,
    LeanRecords,
    LeanResult,
    PartitionState,
)
from liftstream.service.kafka.aiokafka.rebootstrap import have_clients_look_again
from liftstream.service.kafka.aiokafka.replacing import replace_in
from liftstream.service.kafka.pace import AT_ONCE

FETCHES = {"_fetch_max_wait_ms": AT_ONCE.max_wait_ms, "_fetch_max_bytes": 4 * 1024 * 1024}
"""How long a fetch waits for records, and what it brings at most of all partitions."""
NOT_MADE_YET_S = 0.02

FAUST = logging.getLogger("faust.transport")
"""Faust's own messages from the classes made of its own; they would go by our module's name and so past the limits on
noise."""


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, which waits less for a fetch and shows the aiokafka consumer it made."""

    logger = FAUST
    raw: Any = None

    def _create_worker_consumer(self, transport: Any) -> Any:
        raw = super()._create_worker_consumer(transport)
        chosen = FETCHES | {"_isolation_level": cast(Any, self.consumer).assignee.isolation_level}
        for name, value in chosen.items():  # read by aiokafka when it starts
            if not hasattr(raw, name):
                raise RuntimeError(f"aiokafka changed: {name} cannot be set")
            setattr(raw, name, value)
        replace_in(fetcher, LeanRecords, "_unpack_records")
        replace_in(fetcher, LeanResult, "getall")
        replace_in(subscription_state, PartitionState, "await_reset")
        asking = "_proc_fetch_request", "_get_actions_per_node", "fetched_records"
        replace_in(consumer, AskingFetcher, *asking)
        replace_in(consumer, Coordinator, "_do_fetch_commit_offsets")
        replace_in(conn, FrameConnection, "_create_reader_task")
        decode_in_place()
        have_clients_look_again()
        self.raw = raw
        return raw

    async def call_thread(self, fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Runs a coroutine in the thread, concurrently with its other work; cancelling the wait cancels it.

        Faust's queue has two places: two questions to a broker that is slow would stop all fetches, from other brokers,
        too. And a commit that nobody waits for any more would be tried again after later ones.
        """

        async def call() -> Any:
            return await maybe_async(fun(*args, **kwargs))

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call(), self.thread_loop))

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Like Faust's, except that a missing right or a deleted topic is waited for instead of ending the worker."""
        raw, assigned, note = self.raw, self.assignment(), cast(Any, self.consumer).assignee.note
        wanted = {
            TopicPartition(*tp): OffsetAndMetadata(at, note) for tp, at in offsets.items() if tp in assigned
        }
        try:
            await raw.commit(wanted)
        except REFUSALS as error:
            cast(Any, self.consumer).note_refusal(error)
            return False
        except UnknownTopicOrPartitionError:
            return False
        except Exception:  # noqa: BLE001  # whatever else it is, Faust knows what it means
            done: bool = await super()._commit(offsets)
            return done
        return True

    @property
    def refused(self) -> KafkaError | None:
        """What the group refuses, until the refusal is acknowledged."""
        coordinator = getattr(self.raw, "_coordinator", None)  # none before the start
        found: KafkaError | None = getattr(coordinator, "refused", None)
        return found

    async def go_on(self, error: KafkaError) -> None:
        """Takes notice of a refusal."""
        self.raw._coordinator.go_on(error)

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Waits for the consumer first: on a slow machine Faust subscribes before its own thread has made it, and crashes."""
        while self._consumer is None and not self.should_stop:
            await asyncio.sleep(NOT_MADE_YET_S)
        await super().subscribe(topics)
