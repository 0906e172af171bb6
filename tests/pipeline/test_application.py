"""The Faust application around a worker."""

import asyncio
from pathlib import Path

from liftstream.contracts.settings import Settings
from liftstream.service.kafka.transport import SEEK_WITHIN_S
from pipeline.application import Application
from pipeline.group.co_partitioning import UNKNOWN
from pipeline.join.idleness import Ends
from pipeline.monitoring.health import Health
from tests.pipeline.offline import worker_in


def test_who_looks_from_another_thread_before_the_start_leaves_the_consumer_to_our_loop(
    tmp_path: Path,
) -> None:
    worker, _ = worker_in(tmp_path)

    async def work() -> None:
        health = Health(worker)
        health.application = Application(Settings(), worker, UNKNOWN)
        assert await asyncio.to_thread(health.reasons)  # what /ready does
        consumer = health.application.consumer
        assert consumer._thread.parent_loop is asyncio.get_running_loop()
        assert health.application.app.consumer is consumer

    asyncio.run(work())


def test_nothing_is_read_to_its_end_before_there_is_a_consumer(tmp_path: Path) -> None:
    worker, _ = worker_in(tmp_path)

    async def work() -> None:
        assert Application(Settings(), worker, UNKNOWN).ended([]) == Ends(())

    asyncio.run(work())


def test_a_worker_may_stand_by_for_years_without_being_out_of_its_group(tmp_path: Path) -> None:
    worker, _ = worker_in(tmp_path)

    async def work() -> None:
        conf = Application(Settings(), worker, UNKNOWN).app.conf
        assert conf.broker_max_poll_interval > 20 * 365 * 24 * 3600
        assert conf.broker_rebalance_timeout <= 60  # what the group is told is another time
        assert conf.broker_request_timeout > 1.5 * SEEK_WITHIN_S  # else Faust gives up before we do

    asyncio.run(work())
