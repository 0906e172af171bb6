"""Live bandits in one object: what API, pages, the quantum clock and the collector do with them."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, Engine

from liftstream.bandits import Bandit, make_policy
from liftstream.contracts.fetch import Raw
from liftstream.platform.bandits import store
from liftstream.platform.bandits.arm_changes import breed, join_arm, leave_arm
from liftstream.platform.bandits.request import read_arm, read_bandit
from liftstream.platform.bandits.running.generator import is_generation_due
from liftstream.platform.bandits.running.live import ArmRow, LiveBandit, State
from liftstream.platform.bandits.running.serving import Served, serve
from liftstream.platform.bandits.settling import settle, settled_before
from liftstream.platform.bandits.taking import take_feedback
from liftstream.platform.ingest import loading, saving
from liftstream.platform.ingest.feedback_sink import FeedbackTaken
from liftstream.platform.ingest.running.event_log import log_event
from liftstream.platform.planning.requests import make_salt
from liftstream.platform.registry import NotAllowed, Unknown
from liftstream.service.database import writing

KEEP_QUANTA: Final = 1_000_000
"""Rows of quanta that are kept for pictures and `decisions.csv`: 115 days of ten seconds."""
DRAWN_MOST: Final = 1_000
"""Most choices that wait to be written to Kafka; older ones are of no use."""
PRUNE_QUANTA: Final = 360
"""Quanta between two prunings."""
MARK: Final = "bandits"
"""Counts the transactions that change bandits."""


class LiveBandits:
    """All bandits: one lock guards what is in memory, and every change is written before it is seen.

    Args:
        engine: the platform's database.
        now_ms: the clock.
        publish: is told which bandits changed.
        rng: draws the arms.
        salts: gives each bandit the salt of its groups.
    """

    def __init__(
        self,
        engine: Engine,
        now_ms: Callable[[], int],
        publish: Callable[[Iterable[str]], None],
        rng: np.random.Generator | None = None,
        salts: Callable[[], str] = make_salt,
    ) -> None:
        self._salts = salts
        self._engine, self.now_ms, self._publish = engine, now_ms, publish
        self._rng = rng or np.random.default_rng()
        self.lock = threading.RLock()
        self._memory: dict[str, LiveBandit] | None = None
        self._turn = 0
        self._drawn: deque[dict[str, Any]] = deque(maxlen=DRAWN_MOST)
        self.served: Mapping[str, Served] = {}
        """Snapshots of the running bandits; always replaced as a whole."""

    # Changing

    def create(self, document: Any) -> str:
        """Creates the draft that a document asks for; returns its id.

        Raises:
            Incoherent: with every field that does not fit.
        """
        wanted = read_bandit(document, salt=self._salts())
        definition = wanted.definition
        policy = make_policy(definition.policy, definition.parameters)
        arms = {
            number: ArmRow(number, name, configuration)
            for number, (name, configuration) in enumerate(wanted.arms.items())
        }
        live = LiveBandit(definition, "draft", Bandit(policy, wanted.arms), arms, self.now_ms(), len(arms))
        with self._changing() as (connection, bandits):
            store.insert_bandit(connection, live)
            log_event(
                connection, live.id, live.created_ms, "created", f"{len(arms)} arms, {definition.policy}"
            )
            bandits[live.id] = live
        self._publish([live.id])
        return live.id

    def start(self, bandit: str) -> None:
        """Starts serving arms, for the first time or after a pause.

        Raises:
            Unknown, NotAllowed
        """
        self._change_state(bandit, ("draft", "paused"), "running", "started")
        self.draw_due()

    def pause(self, bandit: str) -> None:
        """Stops serving until the bandit is started again; feedback still counts.

        Raises:
            Unknown, NotAllowed
        """
        self._change_state(bandit, ("running",), "paused", "paused")

    def stop(self, bandit: str) -> None:
        """Ends a bandit for good; feedback still counts for the attribution time.

        Raises:
            Unknown, NotAllowed
        """
        self._change_state(bandit, ("running", "paused"), "stopped", "stopped")

    def add_arm(self, bandit: str, document: Any) -> ArmRow:
        """Adds an arm, which is first served within ten quanta.

        Raises:
            Unknown, NotAllowed, Incoherent
        """
        with self._changing() as (connection, bandits):
            live = _find(bandits, bandit)
            if live.state == "stopped":
                raise NotAllowed(f"bandit {bandit} is stopped; no arm can be added")
            known = partial(store.is_arm_name, connection, bandit)
            name, configuration = read_arm(document, len(live.learned.arms), known, live.definition.generator)
            arm = join_arm(connection, live, ArmRow(live.next_arm, name, configuration))
            store.save_state(connection, live)
            log_event(connection, bandit, self.now_ms(), "arm", f"{name} joined")
        self._publish([bandit])
        return arm

    def remove_arm(self, bandit: str, name: str, how: str) -> None:
        """Retires or kills an arm: it is not chosen for another quantum.

        Args:
            how: `retired` or `killed`; a retired one did its work, a killed one was harmful. Both stay in the report.

        Raises:
            Unknown: no such bandit or arm.
            NotAllowed: it is not active, or the last one that is.
        """
        with self._changing() as (connection, bandits):
            live = _find(bandits, bandit)
            arm = live.arm_named(name)
            if arm is None:
                raise Unknown(name, f"GET /api/bandits/{bandit} names its arms", "arm")
            if arm.state != "active":
                raise NotAllowed(f"arm {name} is {arm.state} already")
            if len(live.learned.arms) == 1:
                raise NotAllowed(f"arm {name} is the last active one; add another first, or stop the bandit")
            leave_arm(live, arm, how)
            store.save_state(connection, live, arm)
            log_event(connection, bandit, self.now_ms(), "arm", f"{name} was {how}")
        self._publish([bandit])

    def draw_due(self) -> None:
        """Chooses the arm of every quantum that has begun; called by the clock, and by a request that comes first."""
        with self.lock:
            now_ms = self.now_ms()
            if not any(live.is_due(now_ms) for live in self.bandits().values()):
                return
            with self._changing() as (connection, bandits):
                due = [live for live in bandits.values() if live.is_due(now_ms)]
                for live in due:
                    self._draw(connection, live, now_ms)
            self._drawn.extend(live.choice_record() for live in due)
        self._publish([live.id for live in due])

    def take_drawn(self) -> list[dict[str, Any]]:
        """What `topic_choice` says of the quanta that were drawn since the last call, the oldest first."""
        with self.lock:
            drawn = list(self._drawn)
            self._drawn.clear()
        return drawn

    def current_records(self) -> list[dict[str, Any]]:
        """What `topic_choice` says of the bandits that run."""
        with self.lock:
            running = [live for live in self.bandits().values() if serve(live) is not None]
            return [live.choice_record() for live in running]

    # Feedback: called by the collector, in its transaction, while it holds the lock

    def take(self, connection: Connection, records: Sequence[tuple[str, Raw]]) -> FeedbackTaken:
        """Counts records, each with its kind (`impression` or `outcome`), and writes what follows."""
        return take_feedback(connection, records, self._current(connection))

    def settle(self, connection: Connection, read_to_ms: int) -> None:
        """Forgets what no feedback can change any more, once both topics are read up to this time."""
        if any(settled_before(live, read_to_ms) for live in self.bandits().values()):
            for live in self._current(connection).values():
                if settle(connection, live, read_to_ms):
                    store.save_state(connection, live)

    def forget(self) -> None:
        """Drops the memory after a failed transaction; everything is read again from the database."""
        with self.lock:
            self._memory = None

    # Looking

    def bandits(self) -> dict[str, LiveBandit]:
        """All bandits by id, read from the database if the memory was dropped. The caller holds `lock`."""
        if self._memory is None:
            with self._engine.connect() as connection, connection.begin():
                self._turn = loading.load_mark(connection, MARK)
                self._memory = store.load_bandits(connection)
            self._serve()
        return self._memory

    def find(self, bandit: str) -> LiveBandit:
        """One bandit.

        Raises:
            Unknown
        """
        with self.lock:
            return _find(self.bandits(), bandit)

    def choice_now(self, bandit: str, unit: str) -> tuple[bytes, int] | None:
        """Like `choice`, but never waits; None if the snapshot has no answer."""
        served = self.served.get(bandit)
        if served is None or served.until_ms <= self.now_ms():
            return None
        return served.answer(unit), served.until_ms

    def choice(self, bandit: str, unit: str) -> tuple[bytes, int]:
        """The answer for a unit and until when it holds.

        Raises:
            Unknown, NotAllowed
        """
        with self.lock:  # nobody pauses it in between
            live = self.find(bandit)
            if live.state != "running":
                raise NotAllowed(f"bandit {bandit} is {live.state}; only a running one decides")
            self.draw_due()  # the quantum clock may be a moment behind
            served = self.served[bandit]
        return served.answer(unit), served.until_ms

    def _change_state(self, bandit: str, before: tuple[State, ...], after: State, done: str) -> None:
        with self._changing() as (connection, bandits):
            live, now_ms = _find(bandits, bandit), self.now_ms()
            if live.state not in before:
                raise NotAllowed(
                    f"bandit {bandit} is {live.state}; only a {' or '.join(before)} one can be {done}"
                )
            live.state = after
            if after == "running" and live.started_ms is None:
                live.started_ms = now_ms
            if after == "stopped":
                live.ended_ms = now_ms
            store.save_state(connection, live)
            log_event(connection, bandit, now_ms, done, f"{done} with {len(live.learned.arms)} active arms")
        self._publish([bandit])

    def _draw(self, connection: Connection, live: LiveBandit, now_ms: int) -> None:
        before = live.quantum.number if live.quantum else 0
        quantum = live.draw(now_ms, self._rng)
        number = quantum.number
        store.save_quantum(connection, live)
        left = breed(connection, live, now_ms, self._rng) if is_generation_due(live, before) else []
        store.save_state(connection, live, live.arms[quantum.arm], *left)
        if number // PRUNE_QUANTA > before // PRUNE_QUANTA:
            store.forget_quanta(connection, live, number - KEEP_QUANTA)

    @contextmanager
    def _changing(self) -> Iterator[tuple[Connection, dict[str, LiveBandit]]]:
        with self.lock:
            try:
                with writing(self._engine) as connection:
                    yield connection, self._current(connection)
            except BaseException:
                self._memory = None
                raise
            self._serve()

    def _current(self, connection: Connection) -> dict[str, LiveBandit]:
        """All bandits, for a change of them: read again if another platform changed them since."""
        turn = saving.count_change(connection, MARK)
        if self._memory is None or turn != self._turn + 1:
            self._memory = store.load_bandits(connection)
        self._turn = turn
        return self._memory

    def _serve(self) -> None:
        snapshots = {live.id: serve(live) for live in (self._memory or {}).values()}
        self.served = {name: served for name, served in snapshots.items() if served is not None}


def _find(bandits: Mapping[str, LiveBandit], bandit: str) -> LiveBandit:
    if bandit not in bandits:
        raise Unknown(bandit, "GET /api/bandits lists them")
    return bandits[bandit]
