"""Predictions as bytes: `{"uuid": 404180, "value": 1, "token": "..."}`, keyed by the uuid as text."""

from collections.abc import Iterable

import msgspec


class PredictionForm:
    """Writes predictions with one token; the same uuid and value always give the same bytes.

    Args:
        token: names the candidate to the A/B platform.
    """

    def __init__(self, token: str) -> None:
        quoted = msgspec.json.encode(token).replace(b"%", b"%%")
        self._form = b'{"uuid":%d,"value":%d,"token":' + quoted + b"}"

    def fill(self, uuids: Iterable[int], values: Iterable[int]) -> list[tuple[bytes, bytes]]:
        """Key and value of each prediction."""
        form = self._form
        return [(b"%d" % uuid, form % (uuid, value)) for uuid, value in zip(uuids, values, strict=True)]
