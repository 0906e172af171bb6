"""The common form of refusals: a list of problems by field."""

from collections.abc import Mapping

from starlette.responses import JSONResponse


def problem(status: int, field: str, said: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """One problem of one field."""
    return JSONResponse([{"field": field, "problem": said}], status, headers)
