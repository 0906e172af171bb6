"""A worker that dies or fails at a point which no outside signal would hit; otherwise like `liftstream run`.

Started as `python -m liftstream.prove.worker POINT` with settings in the environment.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.settings import load_settings
from liftstream.service.kafka import transport, writer
from pipeline import worker
from pipeline.model import ServedModel
from pipeline.process import run_worker

WRITES_BEFORE_DEATH = 20
AGE_OF_FAILURE = 123
"""The age of the client at whose record the scorer fails, at the point `scorer-raises`."""


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_between_write_and_commit() -> None:
    """Dies after a batch of predictions was acknowledged, before anything that used it is committed."""
    deliver, written = writer.TopicWriter.deliver, 0

    async def deliver_and_die(self: Any, *arguments: Any) -> None:
        nonlocal written
        await deliver(self, *arguments)
        written += 1
        if written >= WRITES_BEFORE_DEATH:
            _die()

    writer.TopicWriter.deliver = deliver_and_die  # type: ignore[method-assign,assignment]


def _die_between_commit_and_next_fetch() -> None:
    """Dies after the broker has a commit, before the worker does anything else."""
    commit, commits = transport.Consumer._commit_now, 0

    async def commit_and_die(self: Any) -> bool:
        nonlocal commits
        done = await commit(self)
        commits += done
        if commits >= 2:
            _die()
        return done

    transport.Consumer._commit_now = commit_and_die  # type: ignore[method-assign]


def _die_before_any_commit() -> None:
    """Dies at the first commit, with answers written and positions to commit."""
    commit = worker.Worker.to_commit

    def commit_and_die(self: Any) -> Any:
        found = commit(self)
        if found and self.measures.answers:
            _die()
        return found

    worker.Worker.to_commit = commit_and_die  # type: ignore[method-assign]


def _fail_at_one_record() -> None:
    """The scorer raises for every batch that holds one certain record."""
    read: Any = ServedModel._read

    def read_and_wrap(self: Any) -> Any:
        decision = read(self)
        score = decision.scorer.score

        def score_or_raise(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
            if (matrix[:, 0] == AGE_OF_FAILURE).any():
                raise RuntimeError("a scorer that fails at one record")
            found: NDArray[np.float64] = score(matrix)
            return found

        decision.scorer.score = score_or_raise
        return decision

    ServedModel._read = read_and_wrap  # type: ignore[method-assign]


def _commit_at_once() -> None:
    """Commits whatever was read: the mistake that the harness must find."""

    def commit_everything(self: Any) -> Any:
        self._to_commit = {}
        return {name: at for name in self.join.partitions if (at := self.join.positions.next_of(name))}

    worker.Worker.to_commit = commit_everything  # type: ignore[method-assign]


POINTS: dict[str, Callable[[], None]] = {
    "between-write-and-commit": _die_between_write_and_commit,
    "between-commit-and-next-fetch": _die_between_commit_and_next_fetch,
    "before-any-commit": _die_before_any_commit,
    "scorer-raises": _fail_at_one_record,
    "commits-at-once": _commit_at_once,
}


if __name__ == "__main__":
    for point in sys.argv[1:]:
        POINTS[point]()
    sys.exit(run_worker(load_settings()))
