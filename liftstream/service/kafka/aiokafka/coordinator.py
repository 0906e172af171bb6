"""aiokafka's group coordinator, changed where it takes a refusal for an answer, or waits forever after one.

It ignores the top-level error of OffsetFetch (from version 2 on): without the right to the group, or while its
coordinator still loads, nothing seemed to be committed, and reading would start over. And what a group refuses is told
to who polls only, which a worker without partitions never does.
"""

import contextlib
from typing import Any, Final

from aiokafka import errors
from aiokafka.consumer import group_coordinator
from aiokafka.protocol.commit import OffsetFetchRequest
from aiokafka.protocol.group import JoinGroupRequest


class GroupRefused(errors.KafkaError):  # type: ignore[misc]  # aiokafka has no types
    """The group does not take us, for another reason than a missing right; its argument says why."""


REFUSALS = errors.GroupAuthorizationFailedError, errors.TopicAuthorizationFailedError, GroupRefused

WHY: Final = {
    23: "another program uses it, and divides partitions in another way; give the workers a group of their own by"
    " PIPELINE__GROUP",
    26: "the broker allows no session timeout of {session_s:g} s; it must lie between group.min.session.timeout.ms and"
    " group.max.session.timeout.ms there",
    81: "it has as many members as group.max.size of the broker allows",
}
"""What the error codes of a refused JoinGroup mean here; the last one is unknown to aiokafka."""


class Coordinator(group_coordinator.GroupCoordinator):  # type: ignore[misc]  # aiokafka has no types
    """See the module."""

    _join_error = 0

    async def _send_req(self, request: Any) -> Any:
        answer = await super()._send_req(request)
        if isinstance(request, OffsetFetchRequest):
            self._check(errors.for_code(getattr(answer, "error_code", 0)))
        if isinstance(request, JoinGroupRequest):
            self._join_error = answer.error_code
        return answer

    def _push_error_to_user(self, exc: errors.KafkaError) -> Any:
        return super()._push_error_to_user(exc if isinstance(exc, REFUSALS) else self._in_words(exc))

    def _in_words(self, error: errors.KafkaError) -> GroupRefused:
        why = WHY.get(self._join_error, str(error)).format(session_s=self._session_timeout_ms / 1000)
        return GroupRefused(f"the group {self.group_id!r} does not take this worker: {why}")

    def _check(self, kind: type[Exception]) -> None:
        if kind is errors.NoError:
            return
        if kind is errors.NotCoordinatorForGroupError:
            self.coordinator_dead()
        raise kind(self.group_id)

    @property
    def refused(self) -> errors.KafkaError | None:
        """What the group refuses, until the refusal is acknowledged."""
        found: errors.KafkaError | None = self._pending_exception
        return found

    def go_on(self, error: errors.KafkaError) -> None:
        """Acknowledges a refusal; until then the coordinator does nothing more."""
        with contextlib.suppress(errors.KafkaError):
            self.check_errors()
        if not isinstance(error, errors.TopicAuthorizationFailedError):
            self.request_rejoin()
