"""Server-sent events: one per change of an experiment, at most two a second."""

import json
from collections.abc import AsyncIterator

from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from liftstream.platform.changes import LISTENERS_MOST, TooManyListeners
from liftstream.platform.service import LIST, House

PAUSE_S = 0.5
PING_S = 15


async def event_stream(house: House, experiment: str, request: Request) -> EventSourceResponse:
    """The stream of an experiment, or of the list (`house.LIST`).

    Raises:
        Unknown: there is no such experiment.
        TooManyListeners: no more connections are held open.
    """
    if house.bell.listeners >= LISTENERS_MOST:
        raise TooManyListeners
    if experiment != LIST:
        await run_in_threadpool(house.experiment, experiment)
    return EventSourceResponse(_events(house, experiment, request), ping=PING_S)


async def _events(house: House, experiment: str, request: Request) -> AsyncIterator[dict[str, str]]:
    async for change in house.bell.changes(experiment, PAUSE_S):
        if await request.is_disconnected():
            return
        data: dict[str, object] = {"change": change}
        if experiment != LIST:
            data |= await run_in_threadpool(_summary, house, experiment)
        yield {"event": "change", "id": str(change), "data": json.dumps(data)}


def _summary(house: House, experiment: str) -> dict[str, object]:
    shown = house.experiment(experiment)
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
