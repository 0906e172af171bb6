"""Host: a service without a password answers only to the names of this machine.

Otherwise a page of another site could read it under that site's name (DNS rebinding).
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from liftstream.service.http.problems import problem

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
"""Names by which a machine reaches itself."""


def refuse_host(request: Request, service: str) -> Response | None:
    """The refusal of a Host header that does not name this machine; None for one that does.

    Args:
        request: of anybody.
        service: its name in the refusal, such as "this platform".
    """
    host = request.headers.get("host", "")
    if _name_of(host.lower()) in LOOPBACK:
        return None
    return problem(400, "host", f"{service} answers to 127.0.0.1 and localhost, not to {host[:80]!r}")


def address_of(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client else "?"


def _name_of(host: str) -> str:
    return host if host.endswith("]") else host.rpartition(":")[0] if ":" in host else host
