"""Error pages for people: the reason, and where to go."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import WebSocketRequestValidationError
from starlette.responses import Response

from liftstream.platform.pages.rendering import render

Handler = Callable[[Request, Any], Awaitable[Response]]
LONGEST: Final = 80
"""Characters of an address that are repeated."""
LOGGED_OUT: Final = (
    "You are logged out, and nothing was changed. Log in in another tab, then reload this page:"
    " the browser sends again what you sent"
)
TITLES: Final = {
    400: "This could not be read",
    401: "Please log in",
    403: "Not from another site",
    404: "There is nothing here",
    405: "This cannot be asked for here",
    409: "Not in this state",
    413: "Too long",
    422: "This does not fit",
    503: "Not now",
}


def install(app: FastAPI) -> None:
    """Every refusal of the API keeps its reasons; browsers get them as a page."""
    for error, handler in list(app.exception_handlers.items()):
        if error is not WebSocketRequestValidationError:
            app.add_exception_handler(error, _for_people(handler))


def _for_people(handler: Any) -> Handler:
    async def answer(request: Request, error: Any) -> Response:
        return for_people(request, await handler(request, error))

    return answer


def for_people(request: Request, refused: Response) -> Response:
    """A refusal as a page for people; as it is for programs, and where it leads elsewhere."""
    status = refused.status_code
    if not wants_page(request) or status < HTTPStatus.BAD_REQUEST:
        return refused
    return render(
        request,
        "refusal.html",
        status,
        title=TITLES.get(status, "This did not work"),
        reasons={404: [_not_here(request)], 401: [LOGGED_OUT]}.get(status) or _reasons(bytes(refused.body)),
        is_logged_out=status == HTTPStatus.UNAUTHORIZED,
    )


def wants_page(request: Request) -> bool:
    """Whether a person asked: a browser, and not for the API or a document."""
    path = request.url.path
    people = not path.startswith("/api/") and not path.endswith((".json", ".csv"))
    return people and "text/html" in request.headers.get("accept", "")


def _not_here(request: Request) -> str:
    path = request.url.path
    shown = path if len(path) <= LONGEST else f"{path[:LONGEST]}…"
    return f"No page has the address {shown}. An experiment whose draft was discarded has none any more; the list has all others"


def _reasons(body: bytes) -> list[str]:
    try:
        return [found["problem"] for found in msgspec.json.decode(body)]
    except (msgspec.DecodeError, TypeError, KeyError):
        return []
