"""Address: refuses paths that no service here has."""

from starlette.requests import Request
from starlette.responses import Response

from liftstream.service.http.problems import problem


def refuse_address(request: Request) -> Response | None:
    """The refusal of a path with the character 0, which PostgreSQL takes in no text; None for any other."""
    if "\x00" in request.scope["path"]:
        return problem(404, "address", "nothing here has the character 0 (%00) in its name")
    return None
