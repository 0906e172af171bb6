"""What is committed is believed only where the broker has answered; a broker that refuses is played by its answers."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import errors
from aiokafka.consumer import group_coordinator
from aiokafka.structs import TopicPartition

from liftstream.service.kafka.aiokafka.coordinator import Coordinator

NAME = TopicPartition("topic", 0)


class Asked(Coordinator):
    """A coordinator that has no client."""

    def __init__(self) -> None:
        self.group_id, self.dead = "group", 0

    def coordinator_dead(self) -> None:
        self.dead += 1


def ask(monkeypatch: pytest.MonkeyPatch, topics: list[Any], error_code: int) -> tuple[Asked, Any]:
    async def answer(*_: Any) -> Any:
        return SimpleNamespace(topics=topics, error_code=error_code)

    monkeypatch.setattr(group_coordinator.GroupCoordinator, "_send_req", answer)
    asked = Asked()
    return asked, asyncio.run(asked._do_fetch_commit_offsets([NAME]))


def test_what_the_broker_says_is_committed_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, [("topic", [(0, 7, "", 0)])], 0)[1][NAME].offset == 7
    assert ask(monkeypatch, [("topic", [(0, -1, "", 0)])], 0)[1] == {}


@pytest.mark.parametrize(
    "kind",
    [
        errors.GroupAuthorizationFailedError,
        errors.GroupLoadInProgressError,
        errors.NotCoordinatorForGroupError,
    ],
)
def test_an_answer_that_is_an_error_does_not_mean_that_nothing_is_committed(
    monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    with pytest.raises(kind):
        ask(monkeypatch, [], kind.errno)


def test_a_refusal_is_over_when_somebody_has_taken_notice_and_the_group_is_joined_anew() -> None:
    rejoined: list[bool] = []

    class Refused(Coordinator):
        def __init__(self) -> None:
            self._pending_exception: Any = errors.GroupAuthorizationFailedError("group")
            self._error_consumed_fut = None
            self._coordination_task: Any = SimpleNamespace(done=lambda: False)

        def request_rejoin(self) -> None:
            rejoined.append(True)

    coordinator = Refused()
    error = coordinator.refused
    assert error is not None
    coordinator.go_on(error)
    assert (coordinator.refused, rejoined) == (None, [True])
