"""The manifest: what was sent, written by the feeder line by line as the broker acknowledges it, read by the
verifier."""

from pathlib import Path
from typing import IO, Literal

import msgspec

Kind = Literal["half", "unscored", "invalid"]
"""`half`: a half of a client; `unscored`: one that the model cannot score; `invalid`: a record that cannot be read."""


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """One input record as it stands in Kafka.

    Attributes:
        side: 0 demographic, 1 historic.
        uuid: None for a record that holds none.
        values: the decisions that are right for this client; two while the model is being replaced.
        sent_ms: when it was sent, which may be long after or before its event time.
    """

    side: int
    partition: int
    offset: int
    stamp_ms: int
    uuid: int | None
    kind: Kind
    values: tuple[int, ...]
    sent_ms: int


class Gone(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Retention removed the records before an offset."""

    side: int
    partition: int
    before: int


class Fault(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A fault, and the time at which it was over (ms since 1970): from then on answers must come again."""

    what: str
    began_ms: int
    over_ms: int


encode = msgspec.json.Encoder().encode
_decode_sent = msgspec.json.Decoder(Sent).decode
_decode_event = msgspec.json.Decoder(Gone | Fault).decode


class ManifestReader:
    """Follows a manifest that is being written."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("rb")
        self._torn = b""
        self.sent: list[Sent] = []
        self.gone: list[Gone] = []
        self.faults: list[Fault] = []

    def read(self) -> list[Sent]:
        """The new records; events go to their lists."""
        *lines, self._torn = (self._torn + self._file.read()).split(b"\n")
        fresh: list[Sent] = []
        for line in lines:
            if line[1:2] != b'"':
                fresh.append(_decode_sent(line))
                continue
            event = _decode_event(line)
            if isinstance(event, Gone):
                self.gone.append(event)
            else:
                self.faults.append(event)
        self.sent += fresh
        return fresh
