"""Origin: a request that changes something never comes from a page of another site.

Browsers compare both sites themselves and say the result in `Sec-Fetch-Site`, where they trust the connection (HTTPS, this
machine); elsewhere they name the page in `Origin`. The first counts more: behind a proxy `Host` may be a name of its own.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from liftstream.service.http.problems import problem

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


def refuse_origin(request: Request) -> Response | None:
    """The refusal of a change that another site's page asks for; None for any other request."""
    if request.method not in SAFE and is_foreign(request.headers):
        return problem(403, "origin", "a page of another site may not change anything here")
    return None


def is_foreign(headers: Headers) -> bool:
    """Whether a browser says that another site's page sent this."""
    if (site := headers.get("sec-fetch-site")) is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and _host_of(origin) != headers.get("host", "").lower()


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # of an open bracket: no browser sends it
        return "?"
