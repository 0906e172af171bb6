"""The tasks beside the consumer: the clock of the watermarks, and looks at keys, topics and the model's file."""

import asyncio
import contextlib
import time
from typing import Any, Final

from aiokafka.errors import KafkaError

from liftstream.contracts.settings import Settings
from liftstream.streams.definition import Stream
from pipeline.application import Application
from pipeline.group.co_partitioning import UNKNOWN, CoPartitioning, judge_counts
from pipeline.group.key_watch import KeyWatch
from pipeline.group.newest_records import judge_newest
from pipeline.model import ServedModel

MODEL_LOOK_S: Final = 0.5
KEYS_LOOK_S: Final = 1.0
TOPICS_LOOK_S: Final = 3.0


class Watches:
    """See the module; each is a task that never ends by itself."""

    def __init__(
        self, settings: Settings, stream: Stream, model: ServedModel, application: Application
    ) -> None:
        self._settings, self._stream, self._model = settings, stream, model
        self._application = application

    def start(self) -> list["asyncio.Future[Any]"]:
        """The tasks."""
        works = self._application.tick_on(), self._watch_keys(), self._watch_topics(), self._watch_model()
        return [asyncio.ensure_future(work) for work in works]

    async def _watch_keys(self) -> None:
        """Judges the newest records until it is known how they are keyed, and again when that may have changed."""
        watch = KeyWatch()
        while True:
            await asyncio.sleep(KEYS_LOOK_S)
            counts, known = self._application.worker.counts, self._application.in_force()
            if not watch.is_due(time.monotonic(), known, counts.aside["timeout"]):
                continue
            judged = await self._judge_keys()
            if judged.holds is not None and judged.holds is not known.holds:
                self._application.learned(judged)

    async def _watch_topics(self) -> None:
        while True:
            await asyncio.sleep(TOPICS_LOOK_S)
            with contextlib.suppress(
                KafkaError, TimeoutError
            ):  # a broker that is away says nothing of topics
                await asyncio.wait_for(self._application.look_for_other_topics(), TOPICS_LOOK_S)

    async def _judge_keys(self) -> CoPartitioning:
        topics, writer = self._stream.topics, self._application.worker.writer
        counts = {name: await writer.partitions_of(name) for name in topics}
        if not all(counts.values()):
            return UNKNOWN
        judged = judge_counts(topics, counts)
        if judged.holds is not None:
            return judged
        return await judge_newest(self._settings.kafka, self._stream, counts[topics[0]])

    async def _watch_model(self) -> None:
        while True:
            await asyncio.sleep(MODEL_LOOK_S)
            await self._model.reload()
