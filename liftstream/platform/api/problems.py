"""Refusals: every 4xx answer is a list of `{field, problem}`, with `fits` where a value would fit."""

import math
from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from liftstream.platform.changes import TooManyListeners
from liftstream.platform.planning.requests import Incoherent
from liftstream.platform.queue import Busy
from liftstream.platform.registry import NotAllowed, Unknown
from liftstream.service.http.problems import problem
from liftstream.service.http.refusals import ProblemBody, described, install_refusals

SAID: Final = {
    400: "The request cannot be read.",
    401: "No log-in and no API key.",
    403: "Sent by a page of another site.",
    404: "This page or object does not exist.",
    409: "Not in this state.",
    413: "The body is too long.",
    422: "The numbers do not fit together.",
    429: "Too many wrong attempts.",
    503: "Not now; the reason says what is missing.",
}


class FieldProblemBody(ProblemBody):
    """A field that was refused, and a value that would fit."""

    fits: float | None = None


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The responses of these statuses for the OpenAPI document: lists of problems."""
    return described(SAID, statuses, FieldProblemBody)


def install(app: FastAPI) -> None:
    """Converts every liftstream error to its answer."""
    install_refusals(app)
    app.add_exception_handler(Incoherent, _incoherent)
    app.add_exception_handler(Unknown, _unknown)
    app.add_exception_handler(NotAllowed, _not_allowed)
    app.add_exception_handler(TooManyListeners, _too_many)
    app.add_exception_handler(Busy, _busy)


def listed(problems: Sequence[Any]) -> list[dict[str, Any]]:
    """Problems as they are sent."""
    return [
        {"field": found.field, "problem": found.problem}
        | ({"fits": found.fits} if found.fits is not None and math.isfinite(found.fits) else {})
        for found in problems
    ]


async def _incoherent(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Incoherent)  # noqa: S101 - Starlette's handlers are typed for any exception
    return JSONResponse(listed(error.problems), 422)


async def _unknown(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Unknown)  # noqa: S101
    return problem(404, error.field, f"there is no {str(error)[:80]!r} here; {error.known}")


async def _not_allowed(_: Request, error: Exception) -> JSONResponse:
    return problem(409, "state", str(error))


async def _too_many(*_: object) -> JSONResponse:
    return problem(503, "events", "too many open connections; ask again, or poll the experiment")


async def _busy(_: Request, error: Exception) -> JSONResponse:
    return problem(503, "queue", f"{error}; ask again in a few seconds", {"Retry-After": "5"})
