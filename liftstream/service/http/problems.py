"""A refusal in the form of every API here: a list of what is wrong, by field."""

from collections.abc import Mapping

from starlette.responses import JSONResponse


def problem(status: int, field: str, said: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """One problem of one field."""
    return JSONResponse([{"field": field, "problem": said}], status, headers)
