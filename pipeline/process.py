"""The process of a worker: start, signals, the deadline for its end, exit codes.

Not `faust.Worker`: it takes two seconds to end, prints terminal escapes, and does not let us choose the exit code.
"""

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar

import structlog

from liftstream.contracts.connection import check_connection, host_and_port
from liftstream.contracts.settings import Settings
from liftstream.service.kafka.writer import TopicWriter
from liftstream.service.logs import set_up_logs
from liftstream.service.memory import give_memory_back, take_reserve
from liftstream.service.stream_records import wires_of
from liftstream.service.watchdog import start_watchdog
from liftstream.streams.loading import load_stream
from pipeline.application import Application, crash_of
from pipeline.group.co_partitioning import CoPartitioning
from pipeline.group.preflight import REFUSE_AFTER_S, group_taken, run_preflight
from pipeline.model import ServedModel, served_model
from pipeline.monitoring.health import Health
from pipeline.monitoring.web import serve
from pipeline.records.stream_decoder import StreamDecoder
from pipeline.side_output import TopicOutput, check_place, output_at
from pipeline.token import token_of
from pipeline.watches import Watches
from pipeline.worker import Worker

STOP_WITHIN_S: Final = 9.0
DELIVER_WITHIN_S: Final = 5.0
LOOK_S: Final = 0.5

T = TypeVar("T")

log = structlog.get_logger()


def run_worker(settings: Settings, load_model: Callable[[], ServedModel] | None = None) -> int:
    """Runs a worker until it is told to stop; returns the exit code.

    Args:
        settings: checked here, before anything is consumed.
        load_model: for tests: the model to decide with.

    Raises:
        LiftstreamError: a setting, the model or the broker does not let it start; one line says why.
    """
    place, stream = settings.pipeline.side_output, load_stream(settings)
    token_of(settings.pipeline, stream.answer)
    check_connection(settings.kafka)
    check_place(place, stream)
    set_up_logs()
    give_memory_back()
    decoder = StreamDecoder(stream, wires_of(stream, settings.kafka))
    model = (load_model or (lambda: served_model(settings.pipeline, decoder)))()
    with asyncio.Runner() as runner:
        code = runner.run(Process(settings, model, decoder).run())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the interpreter's own end takes a moment
    return code


class Process:
    """One run of a worker.

    Args:
        settings: of the process.
        model: decides.
        decoder: of the stream's records.
    """

    def __init__(self, settings: Settings, model: ServedModel, decoder: StreamDecoder) -> None:
        self.settings, self.model, self.decoder = settings, model, decoder
        self.stream = decoder.stream
        self._asked: asyncio.Event = asyncio.Event()
        self._stands_by_since: float | None = None

    async def run(self) -> int:
        """Runs from the first connection to the last commit; returns the exit code."""
        self._take_signals()
        kafka, place = self.settings.kafka, self.settings.pipeline.side_output
        writer = TopicWriter(kafka, self.stream.answer.topic)
        output = output_at(place, kafka)
        worker = Worker(self.settings, self.model, writer, output, self.decoder)
        health = Health(worker)
        server = serve(self.settings, health)
        self._say_started(server.server_address)
        health.waiting_for = f"no Kafka at {kafka.bootstrap} yet"
        try:
            co_partitioning = await self._unless_asked(self._preflight(worker, health))
            if co_partitioning is None:
                return 0
            return await self._serve(Application(self.settings, worker, co_partitioning), health)
        finally:
            server.shutdown()
            server.server_close()
            await writer.close()
            await output.close()

    async def _preflight(self, worker: Worker, health: Health) -> CoPartitioning:
        await worker.writer.open()
        if isinstance(worker.output, TopicOutput):
            await worker.output.open()

        def say(what: str) -> None:
            if what != health.waiting_for:
                log.warning("waiting", what=what)
            health.waiting_for = what

        return await run_preflight(self.settings, self.stream, say)

    async def _serve(self, application: Application, health: Health) -> int:
        app: Any = application.app
        app.in_worker = True
        app.on_before_shutdown.connect(_settle_and_commit(application))
        starting = asyncio.ensure_future(app.start())
        beside = Watches(self.settings, self.stream, self.model, application).start()
        health.application, health.waiting_for = application, None
        watchdog = start_watchdog(health.vitals)
        take_reserve()
        gc.freeze()
        failure: BaseException | None = None
        while failure is None and not self._asked.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK_S)
            failure = self._failure(application, starting, *beside)
            health.look()
        watchdog.set()
        code = 0 if failure is None else 1
        why = {} if failure is None else {"why": str(failure), "kind": type(failure).__name__}
        self._set_deadline(code, why)
        for task in beside:
            task.cancel()
        await app.stop()
        starting.cancel()
        if failure is not None:
            log.error("stopped", **why)
        else:
            log.info("stopped", counts=_counts(application.worker))
        return code

    def _failure(self, application: Application, *tasks: "asyncio.Future[Any]") -> BaseException | None:
        for task in tasks:
            if task.done() and not task.cancelled() and task.exception() is not None:
                return task.exception()
        return crash_of(application.app) or application.worker.measures.failure or self._refusal(application)

    def _refusal(self, application: Application) -> BaseException | None:
        """Where only one worker can be right and another one is, this one ends, after it had time to die."""
        decision, now = application.assignor.decision, time.monotonic()
        if (
            decision is None
            or decision.owner is None
            or decision.co_partitioning.holds is None
            or not application.standing_by()
        ):
            self._stands_by_since = None
            return None
        self._stands_by_since = self._stands_by_since or now
        if now - self._stands_by_since < REFUSE_AFTER_S:
            return None
        return group_taken(self.settings.pipeline.group, decision.owner, decision.co_partitioning)

    async def _unless_asked(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What `work` gives; None where we were asked to stop first."""
        task, asked = asyncio.ensure_future(work), asyncio.ensure_future(self._asked.wait())
        await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=DELIVER_WITHIN_S)  # until it has closed its connections
            return None
        return task.result()

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()

        def ask(*_: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                loop.call_soon_threadsafe(self._asked.set)

        def reload(*_: Any) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._reload)

        # not loop.add_signal_handler: closing the loop would bring the default action back
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, ask)
        signal.signal(signal.SIGHUP, reload)

    def _reload(self) -> None:
        self._reloading = asyncio.ensure_future(self.model.reload(only_if_changed=False))

    def _set_deadline(self, code: int, why: Mapping[str, str]) -> None:
        """Ends the process after a while: without a broker Faust's stop never returns. Nothing is lost, as what matters
        is committed."""

        def end() -> None:
            log.warning("stopped at the deadline", after_s=STOP_WITHIN_S, **why)
            sys.stderr.flush()
            os._exit(code)

        overdue = threading.Timer(STOP_WITHIN_S, end)
        overdue.daemon = True
        overdue.start()

    def _say_started(self, address: Any) -> None:
        host, port = address[:2]
        log.info(
            "started",
            url=f"http://{host_and_port(str(host), port)}",
            port=port,
            process=os.getpid(),
            group=self.settings.pipeline.group,
            model=str(self.model.path),
            sha256=self.model.scorer.sha256,
            threshold=self.model.threshold,
        )


def _settle_and_commit(application: Application) -> Callable[..., Any]:
    """Before the consumer stops, waits for what is under way and commits it; not after a crash, when there is none to
    commit with."""

    async def settle_and_commit(_: Any, **__: Any) -> None:
        await application.worker.settle(DELIVER_WITHIN_S)
        if not application.app.crashed:
            await application.app.consumer.commit()

    return settle_and_commit


def _counts(worker: Worker) -> dict[str, int]:
    counts = worker.counts
    return {
        "read": counts.read,
        "joined": counts.joined,
        "put_aside": counts.aside.total(),
        "waiting": worker.join.waiting,
        "returned": counts.returned,
    }
