"""Answers that are sent part by part, and the responses of routes that can answer in another form than JSON."""

from collections.abc import Iterable
from typing import Any

from fastapi.responses import StreamingResponse

from liftstream.platform.api.problems import answers


def responses_of(media_type: str, *refusals: int) -> dict[int | str, dict[str, Any]]:
    """The responses of a route for the OpenAPI document: this form, and refusals."""
    return {200: {"content": {media_type: {}}}, **answers(*refusals)}


def csv_file(parts: Iterable[str], name: str) -> StreamingResponse:
    """A CSV file that browsers save under this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(parts, media_type="text/csv; charset=utf-8", headers=headers)
