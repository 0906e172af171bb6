"""Server-sent events: one per change of an experiment or a bandit, at most two a second."""

import json
from collections.abc import AsyncIterator, Callable, Mapping

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from liftstream.platform.changes import LISTENERS_MOST, TooManyListeners
from liftstream.platform.documents.bandit import BanditDocument
from liftstream.platform.documents.experiment import ExperimentDocument
from liftstream.platform.registry import Unknown
from liftstream.platform.security.log_in import LogIn
from liftstream.platform.service import LIST, PlatformService

PAUSE_S = 0.5
PING_S = 15


Data = Mapping[str, object]


async def experiment_events(
    service: PlatformService, experiment: str, request: Request
) -> EventSourceResponse:
    """The stream of an experiment, or of the list (`service.LIST`).

    Raises:
        Unknown: there is no such experiment.
        TooManyListeners: no more connections are held open.
    """
    if experiment == LIST:
        return await _stream(service, experiment, request, dict)
    return await _stream(service, experiment, request, lambda: _summary(service.experiment(experiment)))


async def bandit_events(service: PlatformService, bandit: str, request: Request) -> EventSourceResponse:
    """The stream of a bandit.

    Raises:
        Unknown: there is no such bandit.
        TooManyListeners: no more connections are held open.
    """
    return await _stream(service, bandit, request, lambda: _bandit_summary(service.bandit(bandit)))


async def _stream(
    service: PlatformService, name: str, request: Request, data: Callable[[], Data]
) -> EventSourceResponse:
    if service.changes.listeners >= LISTENERS_MOST:
        raise TooManyListeners
    await run_in_threadpool(data)
    return EventSourceResponse(_events(service, name, request, data), ping=PING_S)


async def _events(
    service: PlatformService, name: str, request: Request, data: Callable[[], Data]
) -> AsyncIterator[dict[str, str]]:
    async for change in service.changes.changes(name, PAUSE_S):
        if await request.is_disconnected() or await _is_locked_out(request):
            return
        try:
            told = {"change": change, **await run_in_threadpool(data)}
        except (Unknown, DBAPIError, NoConnection):
            return  # a listener connects again, and is told why nothing comes
        yield {"event": "change", "id": str(change), "data": json.dumps(told)}


async def _is_locked_out(request: Request) -> bool:
    """Whether the log-in or the key that opened the stream has ended since."""
    log_in: LogIn | None = request.app.state.log_in
    return log_in is not None and await log_in(request) is not None


def _bandit_summary(shown: BanditDocument) -> Data:
    return {"id": shown.id, "state": shown.state, "sentence": shown.sentence, "serving": shown.serving}


def _summary(shown: ExperimentDocument) -> Data:
    return {
        "id": shown.id,
        "state": shown.state,
        "situation": shown.situation,
        "verdict": shown.verdict,
        "sentence": shown.sentence,
        "clients": {arm.arm: arm.clients for arm in shown.arms},
        "n": {arm.arm: arm.n for arm in shown.arms},
        "effect": shown.effect,
        "ci_low": shown.ci_low,
        "ci_high": shown.ci_high,
        "at": shown.at,
    }
