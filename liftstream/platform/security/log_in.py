"""Log-in: with a password, everything but `OPEN` asks for a session cookie or an API key."""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from liftstream.platform.security.attempts import Attempts
from liftstream.platform.security.keys import opens
from liftstream.platform.security.logins import COOKIE, Logins
from liftstream.service.http.host import address_of
from liftstream.service.http.origin import SAFE
from liftstream.service.http.problems import problem

OPEN: Final = ("/live", "/ready", "/metrics", "/login", "/static/")


class LogIn:
    """Decides for the HTTP guard whether a request may pass.

    Args:
        engine: where API keys and ended log-ins are known.
        logins: of people.
        attempts: counts wrong API keys.
        now_ms: the clock.
    """

    def __init__(self, engine: Engine, logins: Logins, attempts: Attempts, now_ms: Callable[[], int]) -> None:
        self._engine, self._logins = engine, logins
        self._attempts, self._now_ms = attempts, now_ms

    async def __call__(self, request: Request) -> Response | None:
        """None if access is allowed, otherwise the refusal."""
        if request.scope["path"].startswith(OPEN):
            return None
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await run_in_threadpool(self._by_key, address_of(request), key.strip())
        cookie = request.cookies.get(COOKIE)
        if cookie:
            known: bool = await run_in_threadpool(self._by_cookie, cookie)
            if known:
                return None
        reads_page = request.method in SAFE and "text/html" in request.headers.get("accept", "")
        if reads_page and "hx-request" not in request.headers:  # htmx would put the form into the page
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
        with self._engine.connect() as connection:
            return self._logins.knows(connection, cookie, self._now_ms())
