"""Predictions as bytes: `{"uuid": 404180, "value": 1, "token": "..."}`, keyed by the uuid as text."""

from collections.abc import Iterable

import msgspec


class PredictionForm:
    """Writes predictions with one token; the same uuid and value always give the same bytes.

    Args:
        token: names the candidate to the A/B platform.
    """

    def __init__(self, token: str) -> None:
        quoted = msgspec.json.encode(token)
        self._ends = [b',"value":%d,"token":%b}' % (value, quoted) for value in (0, 1)]

    def fill(self, uuids: Iterable[int], values: Iterable[int]) -> list[tuple[bytes, bytes]]:
        """Key and value of each prediction."""
        ends, keys = self._ends, [b"%d" % uuid for uuid in uuids]
        return [(key, b'{"uuid":' + key + ends[value]) for key, value in zip(keys, values, strict=True)]
