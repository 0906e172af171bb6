"""aiokafka's group coordinator, changed where it takes a refusal for an answer, or waits forever after one.

It ignores the top-level error of OffsetFetch (from version 2 on): without the right to the group, or while its
coordinator still loads, nothing seemed to be committed, and reading would start over.
"""

import contextlib
from typing import Any

from aiokafka import errors
from aiokafka.consumer import group_coordinator
from aiokafka.protocol.commit import OffsetFetchRequest

REFUSALS = errors.GroupAuthorizationFailedError, errors.TopicAuthorizationFailedError


class Coordinator(group_coordinator.GroupCoordinator):  # type: ignore[misc]  # aiokafka has no types
    """See the module."""

    async def _send_req(self, request: Any) -> Any:
        answer = await super()._send_req(request)
        if isinstance(request, OffsetFetchRequest):
            self._check(errors.for_code(getattr(answer, "error_code", 0)))
        return answer

    def _check(self, kind: type[Exception]) -> None:
        if kind is errors.NoError:
            return
        if kind is errors.NotCoordinatorForGroupError:
            self.coordinator_dead()
        raise kind(self.group_id)

    @property
    def refused(self) -> errors.KafkaError | None:
        """The refused right, until the refusal is acknowledged."""
        return self._pending_exception if isinstance(self._pending_exception, REFUSALS) else None

    def go_on(self, error: errors.KafkaError) -> None:
        """Acknowledges a refusal; until then the coordinator does nothing more."""
        with contextlib.suppress(errors.KafkaError):
            self.check_errors()
        if isinstance(error, errors.GroupAuthorizationFailedError):
            self.request_rejoin()
