"""Runs the demo: the shop in a thread, polling of all parts, until the platform has its verdict."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from typing import Final

from confluent_kafka import KafkaException

from liftstream.contracts.errors import BrokerError
from liftstream.demo.accounts import Step, account, count_records
from liftstream.demo.looking import NoAnswer, Pipeline, SeenReport, look_at_experiment, look_at_pipeline
from liftstream.demo.plan import LINGER_MS, Request
from liftstream.demo.stage import Stage
from liftstream.shop.live_shop import LiveShop
from liftstream.simulation.shop.till import Counts

LOOK_S: Final = 0.5
STALL_S: Final = 20.0
"""How long nothing may move before the demo ends. Less than the embedded broker can keep, see `stage`."""
RATE_OVER_S: Final = 3.0
SETTLE_WITHIN_S: Final = 10.0
"""How long to wait at the end: halves without a partner leave the pipeline's table after the join's window."""
LEAVE_WITHIN_S: Final = 5.0


@dataclass(frozen=True)
class DemoCounts:
    """The counts of all parts at a moment; `rate` is in decisions a second."""

    seconds: float
    shop: Counts
    pipeline: Pipeline
    report: SeenReport
    rate: float

    @property
    def progress(self) -> tuple[int, ...]:
        """Counts of which at least one grows while all is well."""
        return self.shop.opened, self.shop.paid, self.pipeline.resolved, self.report.n_total


@dataclass(frozen=True)
class FinishedDemo:
    """The end of a run: the last counts, and the account of every record."""

    last: DemoCounts
    steps: list[Step]
    seconds: float
    patience_ms: float


class Player:
    """The shop, in a thread of its own; `check` raises its error."""

    def __init__(self, stage: Stage, request: Request) -> None:
        try:
            self.shop = LiveShop(stage.settings, request.visitors, LINGER_MS)
        except KafkaException as error:
            raise BrokerError(f"the shop cannot reach the embedded broker: {error}") from error
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="shop", daemon=True)

    @property
    def done(self) -> bool:
        """Whether all clients have paid."""
        return not self._thread.is_alive()

    def check(self) -> None:
        """Raises the shop's error, if there was one."""
        if self._failure is not None:
            raise BrokerError(f"the shop could not go on: {self._failure}") from self._failure

    def __enter__(self) -> "Player":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shop.stop()
        self._thread.join(LEAVE_WITHIN_S)

    def _run(self) -> None:
        try:
            self.shop.run()
        except Exception as error:  # noqa: BLE001  # it is raised again where somebody listens
            self._failure = error


def play(stage: Stage, request: Request, see: Callable[[DemoCounts], None]) -> FinishedDemo:
    """Lets the clients come and waits for the verdict.

    Args:
        see: shown every snapshot.

    Raises:
        LiftstreamError: somebody ended, or nothing moves any more.
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what it would say of a broker, we say in one line
    watch = Watch(stage)
    with Player(stage, request) as player:
        while True:
            player.check()
            snapshot = watch.look(player.shop.counts)
            if snapshot is not None:
                see(snapshot)
                if player.done and watch.is_over(snapshot):
                    break
            time.sleep(LOOK_S)
        written = count_records(stage.settings.kafka)
        steps = account(player.shop.counts, written, snapshot.pipeline, snapshot.report)
    return FinishedDemo(snapshot, steps, snapshot.seconds, 1_000 * stage.settings.platform.patience_s)


class Watch:
    """Polls pipeline and platform, and notices when nothing moves."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._began = self._moved = time.monotonic()
        self._judged: float | None = None
        self._progress: tuple[int, ...] = ()
        self._recent: deque[tuple[float, int]] = deque()

    def look(self, shop: Counts) -> DemoCounts | None:
        """The current counts of all parts; None if one did not answer this time.

        Raises:
            ProcessEnded: somebody is not there any more.
            BrokerError: nothing moved for `STALL_S`.
        """
        self._stage.check()
        now, found = time.monotonic(), None
        with suppress(NoAnswer):
            report = look_at_experiment(self._stage.page, self._stage.experiment)
            pipeline = look_at_pipeline(self._stage.worker)
            found = DemoCounts(now - self._began, copy(shop), pipeline, report, self._rate(now, pipeline))
        self._notice(found, now)
        return found

    def is_over(self, snapshot: DemoCounts) -> bool:
        """Whether the verdict is there, and every half and prediction is accounted for or had its time."""
        if snapshot.report.state == "running":
            return False
        self._judged = self._judged or time.monotonic()
        pipeline = snapshot.pipeline
        resolved = pipeline.resolved >= 2 * snapshot.shop.opened
        settled = resolved and snapshot.report.answers.read >= pipeline.predictions >= pipeline.joined
        return settled or time.monotonic() > self._judged + SETTLE_WITHIN_S

    def _rate(self, now: float, pipeline: Pipeline) -> float:
        self._recent.append((now, pipeline.predictions))
        while self._recent[0][0] < now - RATE_OVER_S:
            self._recent.popleft()
        (then, before), (_, after) = self._recent[0], self._recent[-1]
        return (after - before) / (now - then) if now > then else 0.0

    def _notice(self, found: DemoCounts | None, now: float) -> None:
        if found is not None and found.progress != self._progress:
            self._progress, self._moved = found.progress, now
        elif now - self._moved > STALL_S:
            raise BrokerError(
                f"nothing has moved for {STALL_S:.0f} s; {self._stage.troubles()}; mend that and run it again"
            )
