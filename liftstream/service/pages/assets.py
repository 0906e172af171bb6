"""The files that pages load: style sheet, scripts, icon; the same for every service."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC: Final = Path(__file__).parent / "static"
YEAR_S: Final = 365 * 24 * 3_600


@cache
def asset(name: str) -> str:
    """The address of a file under `static/`; another content has another address, so it may be cached forever."""
    seal = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={seal}"


class Assets(StaticFiles):
    """The files of `static/`; what is asked for by its content's address is kept for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 404."""
        found = await super().get_response(path, scope)
        if found.status_code == 200 and scope["query_string"].startswith(b"v="):
            found.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        return found


def assets() -> GZipMiddleware:
    """What is mounted at `/static`; compressed, as Vega is large."""
    return GZipMiddleware(Assets(directory=STATIC), minimum_size=1_000, compresslevel=5)
