"""The gate in front of everything: origin, host, size, log-in, and the headers that browsers obey.

Without a password the platform listens on 127.0.0.1 only and asks nobody for anything; then the Host header must name
this machine, or a foreign page could read it under a name of its own (DNS rebinding). With a password everything but
`OPEN` asks for a log-in or an API key. A request that changes something never comes from a foreign page: browsers
name the page in `Origin` or say `cross-site` in `Sec-Fetch-Site`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from liftstream.platform.security.attempts import Attempts
from liftstream.platform.security.keys import opens
from liftstream.platform.security.logins import COOKIE, Logins

BODY_MOST: Final = 65_536
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN: Final = ("/live", "/ready", "/metrics", "/login", "/static/")
HERE: Final = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class TooLarge(Exception):
    """The body is longer than is read."""


class Gate:
    """ASGI middleware.

    Args:
        logins: None where no password is set.
        attempts: counts wrong API keys.
        now_ms: the clock.
    """

    def __init__(
        self,
        app: ASGIApp,
        engine: Engine,
        logins: Logins | None,
        attempts: Attempts,
        now_ms: Callable[[], int],
    ) -> None:
        self._app, self._engine, self._logins = app, engine, logins
        self._attempts, self._now_ms = attempts, now_ms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refused = refuse(request, local=self._logins is None) or await self._ask(request)
        answer: ASGIApp = refused or self._app
        try:
            await answer(scope, _bounded(receive), _with_headers(send, scope))
        except TooLarge:
            await too_large()(scope, receive, _with_headers(send, scope))

    async def _ask(self, request: Request) -> Response | None:
        """None for whoever may come in."""
        if self._logins is None or request.url.path.startswith(OPEN):
            return None
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await run_in_threadpool(self._by_key, address_of(request), key.strip())
        cookie = request.cookies.get(COOKIE)
        if cookie:
            known: bool = await run_in_threadpool(self._by_cookie, cookie)
            if known:
                return None
        if request.method in SAFE and "text/html" in request.headers.get("accept", ""):
            asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?to={quote(asked, safe='')}", 303)
        return problem(
            401,
            "authorization",
            "log in at /login, or send an API key as 'Authorization: Bearer KEY'",
            {"WWW-Authenticate": "Bearer"},
        )

    def _by_key(self, address: str, key: str) -> Response | None:
        if not self._attempts.may_try(address):
            return problem(429, "authorization", "too many wrong keys; wait a minute", {"Retry-After": "60"})
        with self._engine.connect() as connection:
            if opens(connection, key):
                return None
        self._attempts.failed(address)
        return problem(
            401,
            "authorization",
            "this API key is unknown or was revoked; make one at /keys",
            {"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )

    def _by_cookie(self, cookie: str) -> bool:
        assert self._logins is not None  # noqa: S101 - for the type checker; _ask looked
        with self._engine.connect() as connection:
            return self._logins.knows(connection, cookie, self._now_ms())


def refuse(request: Request, *, local: bool) -> Response | None:
    """Whoever may not even ask: a foreign name of this machine, a foreign page, too long a body."""
    host = request.headers.get("host", "")
    if local and _name_of(host) not in HERE:
        return problem(400, "host", f"this platform answers to 127.0.0.1 and localhost, not to {host[:80]!r}")
    if request.method not in SAFE and is_foreign(request.headers):
        return problem(403, "origin", "a page of another site may not change anything here")
    length = request.headers.get("content-length", "0")
    if not length.isdigit():
        return problem(400, "content-length", "not a number")
    return too_large() if int(length) > BODY_MOST else None


def is_foreign(headers: Headers) -> bool:
    """Whether a browser says that another site's page sent this."""
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def problem(status: int, field: str, said: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A refusal in the API's form: a list of what is wrong, by field."""
    return JSONResponse([{"field": field, "problem": said}], status, headers)


def too_large() -> Response:
    """For bodies that are longer than anything we ask for."""
    return problem(413, "body", f"at most {BODY_MOST:,} bytes are accepted")


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else "?"


def _name_of(host: str) -> str:
    return host if host.endswith("]") else host.rpartition(":")[0] if ":" in host else host


def _bounded(receive: Receive) -> Receive:
    """Counts what comes without a Content-Length."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > BODY_MOST:
            raise TooLarge
        return message

    return counted


def _with_headers(send: Send, scope: Any) -> Send:
    async def extended(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if not scope["path"].startswith("/static/"):
                headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return extended
