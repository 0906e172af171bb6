"""Commits follow each other; a slow broker is a future that a test answers when it likes."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.service.kafka import commits
from liftstream.service.kafka.commits import CommitQueue


class Broker:
    """Takes commits of what stands at the time; notes what reached it, and whether two were ever under way."""

    def __init__(self) -> None:
        self.position = self.underway = self.most_underway = 0
        self.taken: list[int] = []
        self.delay_s: Callable[[], float] = lambda: 0.0

    async def attempt(self) -> bool:
        position = self.position
        self.underway += 1
        self.most_underway = max(self.most_underway, self.underway)
        try:
            await asyncio.sleep(self.delay_s())
            self.taken.append(position)
        finally:
            self.underway -= 1
        return True


def run(work: Callable[[Broker, CommitQueue], Awaitable[None]]) -> Broker:
    broker = Broker()

    async def play() -> None:
        await work(broker, CommitQueue(broker.attempt))

    asyncio.run(play())
    return broker


@given(st.lists(st.sampled_from([0.0, 0.001, 0.004]), min_size=1, max_size=12))
def test_whatever_the_broker_takes_time_for_two_commits_are_never_under_way_and_positions_only_grow(
    delays: list[float],
) -> None:
    async def work(broker: Broker, queue: CommitQueue) -> None:
        left = iter(delays)
        broker.delay_s = lambda: next(left, 0.0)
        callers = []
        for _ in delays:
            broker.position += 1
            callers.append(asyncio.ensure_future(queue.commit(0.002)))
            await asyncio.sleep(0.001)
        await asyncio.gather(*callers)
        await queue.commit(10)

    broker = run(work)
    assert broker.most_underway == 1
    assert broker.taken == sorted(broker.taken)
    assert broker.taken[-1] == len(delays)


def test_who_cannot_wait_is_told_that_nothing_is_known_and_the_next_one_commits_what_stands_then() -> None:
    async def work(broker: Broker, queue: CommitQueue) -> None:
        answered = asyncio.Event()

        async def slow() -> bool:
            taken = await broker.attempt()
            await answered.wait()
            return taken

        queue = CommitQueue(slow)
        broker.position = 1
        assert not await queue.commit(0.01)
        broker.position = 2
        assert not await queue.commit(0.01)
        assert broker.taken == [1]
        answered.set()
        assert await queue.commit(10)

    assert run(work).taken == [1, 2]


def test_a_commit_that_is_given_up_is_over_and_the_next_one_begins_at_once() -> None:
    async def work(broker: Broker, queue: CommitQueue) -> None:
        broker.delay_s = lambda: 3600.0
        assert not await queue.commit(0.0)
        assert await queue.give_up()
        assert not await queue.give_up()
        broker.delay_s, broker.position = lambda: 0.0, 7
        assert await queue.commit(10)

    broker = run(work)
    assert (broker.taken, broker.underway, broker.most_underway) == ([7], 0, 1)


def test_an_answer_that_never_comes_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "GIVEN_UP_S", 0.01)

    async def work(broker: Broker, queue: CommitQueue) -> None:
        broker.delay_s = lambda: 3600.0
        assert not await queue.commit(10)
        broker.delay_s = lambda: 0.0
        assert await queue.commit(10)

    run(work)


def test_an_attempt_that_fails_fails_whoever_asked_for_it_and_the_next_one_is_made() -> None:
    answers = iter([RuntimeError("no"), True])

    async def attempt() -> bool:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def work() -> None:
        queue = CommitQueue(attempt)
        with pytest.raises(RuntimeError, match="no"):
            await queue.commit(10)
        assert await queue.commit(10)

    asyncio.run(work())


def test_a_commit_that_fails_when_nobody_waits_for_it_any_more_fails_whoever_comes_next() -> None:
    async def work() -> None:
        answered = asyncio.Event()

        async def attempt() -> bool:
            await answered.wait()
            raise RuntimeError("no")

        queue = CommitQueue(attempt)
        assert not await queue.commit(0.0)
        answered.set()
        with pytest.raises(RuntimeError, match="no"):
            await queue.commit(10)

    asyncio.run(work())
