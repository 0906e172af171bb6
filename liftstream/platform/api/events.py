"""Server-sent events: one per change of an experiment, at most two a second."""

import json
from collections.abc import AsyncIterator

from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from liftstream.platform.changes import LISTENERS_MOST, TooManyListeners
from liftstream.platform.service import LIST, PlatformService

PAUSE_S = 0.5
PING_S = 15


async def event_stream(service: PlatformService, experiment: str, request: Request) -> EventSourceResponse:
    """The stream of an experiment, or of the list (`service.LIST`).

    Raises:
        Unknown: there is no such experiment.
        TooManyListeners: no more connections are held open.
    """
    if service.changes.listeners >= LISTENERS_MOST:
        raise TooManyListeners
    if experiment != LIST:
        await run_in_threadpool(service.experiment, experiment)
    return EventSourceResponse(_events(service, experiment, request), ping=PING_S)


async def bandit_events(service: PlatformService, bandit: str, request: Request) -> EventSourceResponse:
    """The stream of a bandit.

    Raises:
        Unknown: there is none.
        TooManyListeners: no more connections are held open.
    """
    if service.changes.listeners >= LISTENERS_MOST:
        raise TooManyListeners
    await run_in_threadpool(service.bandits.find, bandit)
    return EventSourceResponse(_bandit_events(service, bandit, request), ping=PING_S)


async def _bandit_events(
    service: PlatformService, bandit: str, request: Request
) -> AsyncIterator[dict[str, str]]:
    async for change in service.changes.changes(bandit, PAUSE_S):
        if await request.is_disconnected():
            return
        shown = await run_in_threadpool(service.bandit, bandit)
        data = {"change": change, "id": shown.id, "state": shown.state, "sentence": shown.sentence}
        yield {"event": "change", "id": str(change), "data": json.dumps(data | {"serving": shown.serving})}


async def _events(
    service: PlatformService, experiment: str, request: Request
) -> AsyncIterator[dict[str, str]]:
    async for change in service.changes.changes(experiment, PAUSE_S):
        if await request.is_disconnected():
            return
        data: dict[str, object] = {"change": change}
        if experiment != LIST:
            data |= await run_in_threadpool(_summary, service, experiment)
        yield {"event": "change", "id": str(change), "data": json.dumps(data)}


def _summary(service: PlatformService, experiment: str) -> dict[str, object]:
    shown = service.experiment(experiment)
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
