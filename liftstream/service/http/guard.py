"""The guard in front of a service: host, address, origin, body and log-in before the request, headers on the answer."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from liftstream.service.http.address import refuse_address
from liftstream.service.http.body import (
    BODY_MOST_BYTES,
    TooLarge,
    TooSlow,
    bounded,
    refuse_size,
    too_large,
    too_slow,
)
from liftstream.service.http.headers import with_headers
from liftstream.service.http.host import refuse_host
from liftstream.service.http.origin import refuse_origin

AskLogIn: TypeAlias = Callable[[Request], Awaitable[Response | None]]
"""None for whoever may come in, otherwise the answer that they get."""
Shown: TypeAlias = Callable[[Request, Response], Response]
"""A refusal in the form that the caller reads: a page for people."""


class HttpGuard:
    """ASGI middleware.

    Args:
        app: what is guarded.
        service: its name in refusals, such as "this platform".
        ask_log_in: None where no password is set; then only the names of this machine are answered.
        body_most_bytes: the longest body that is read.
        get_only: in an address, that it has no HEAD: streams never end, and some answers count something.
        shown: gives a refusal the caller's form; default: the list of problems, for everybody.
    """

    def __init__(
        self,
        app: ASGIApp,
        service: str,
        ask_log_in: AskLogIn | None = None,
        body_most_bytes: int = BODY_MOST_BYTES,
        get_only: str = "/events",
        shown: Shown = lambda _, refused: refused,
    ) -> None:
        self._app, self._service, self._shown = app, service, shown
        self._ask_log_in, self._most_bytes, self._get_only = ask_log_in, body_most_bytes, get_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if (
            scope["method"] == "HEAD" and self._get_only not in scope["path"]
        ):  # as GET; the web server leaves the body out
            scope = {**scope, "method": "GET"}
        request, extended = Request(scope), with_headers(send, scope)
        refused = self._refuse(request)
        if refused is None and self._ask_log_in is not None:
            refused = await self._ask_log_in(request)
        answer: ASGIApp = self._app if refused is None else self._shown(request, refused)
        try:
            await answer(scope, bounded(receive, self._most_bytes), extended)
        except TooLarge:
            await too_large(self._most_bytes)(scope, receive, extended)
        except TooSlow:
            await too_slow()(scope, receive, extended)

    def _refuse(self, request: Request) -> Response | None:
        if self._ask_log_in is None and (refused := refuse_host(request, self._service)):
            return refused
        return refuse_address(request) or refuse_origin(request) or refuse_size(request, self._most_bytes)
