"""Asks for the key of a service that others reach: `Authorization: Bearer KEY` from programs, the browser's own log-in
from people."""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import SpendingSettings
from liftstream.service.http.host import LOOPBACK
from liftstream.service.http.problems import problem

SHORTEST = 16
OPEN = ("/live", "/ready", "/static/")

AskKey = Callable[[Request], Awaitable[Response | None]]


def ask_key_of(settings: SpendingSettings) -> AskKey | None:
    """The check of each request's key; None if no key is set, which only this machine's own address allows.

    Raises:
        SettingsError: an address that others reach without a key, or a key that is too short.
    """
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    if not key:
        if settings.host in LOOPBACK:
            return None
        raise SettingsError(
            f"SPENDING__HOST {settings.host!r} can be reached by others: set SPENDING__API_KEY as well, or listen on 127.0.0.1"
        )
    if len(key) < SHORTEST:
        raise SettingsError(
            f"SPENDING__API_KEY: at least {SHORTEST} characters are accepted; 'openssl rand -hex 32' makes some"
        )

    async def ask(request: Request) -> Response | None:
        if request.scope["path"].startswith(OPEN) or _is(key, _sent(request)):
            return None
        said = "send the key as 'Authorization: Bearer KEY', or as the password that the browser asks for"
        return problem(
            401, "authorization", said, {"WWW-Authenticate": 'Basic realm="liftstream", charset="UTF-8"'}
        )

    return ask


def _sent(request: Request) -> str:
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _is(key: str, sent: str) -> bool:
    return hmac.compare_digest(key.encode(), sent.encode("utf-8", "replace"))
