"""Records that Kafka has not acknowledged, in a file: a service that is killed sends them when it starts again.

Each process writes files of its own and holds a lock on them; files without a holder are what somebody who was killed left.
A machine that loses its power may lose the last records: they are written, not synchronised.
"""

import fcntl
import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from liftstream.contracts.errors import InputError

ROLL_BYTES: Final = 4_000_000
"""A longer file is followed by another one, and goes when its own records are acknowledged."""
SUFFIX: Final = ".jsonl"


class JournalRecord(msgspec.Struct):
    """What was to be written."""

    topic: str
    key: str
    value: msgspec.Raw


class _Segment:
    """A file, how long it is, and how many of its records are under way."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{uuid.uuid4().hex}{SUFFIX}"
        unseen = self.path.with_suffix(".new")
        self._file = os.open(unseen, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        unseen.rename(self.path)  # locked before anybody can find it
        self.size = self.under_way = 0
        self.full = False

    def append(self, line: bytes) -> None:
        """One more record, in one write."""
        os.write(self._file, line)
        self.size += len(line)
        self.under_way += 1

    def acknowledge(self) -> None:
        """One record less; without any the file is emptied, or goes where another one follows."""
        self.under_way -= 1
        if self.under_way:
            return
        if self.full:
            self.end()
        else:
            os.ftruncate(self._file, 0)
            self.size = 0

    def end(self) -> None:
        """Closes the file; it stays if it has records under way."""
        if not self.under_way:
            self.path.unlink(missing_ok=True)
        os.close(self._file)


class Journal:
    """The files of one process in a folder that several may share; may be used from any thread.

    Raises:
        InputError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock, self._closed = folder, threading.Lock(), False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._left = _without_holder(folder)
            self._segment = _Segment(folder)
        except OSError as error:
            raise InputError(
                f"SIMILAR_ADS__JOURNAL: {folder} cannot be written: {error.strerror}; name another folder"
            ) from error

    def append(self, record: JournalRecord) -> _Segment:
        """Notes a record before it is sent; the answer is what `acknowledge` takes."""
        line = msgspec.json.encode(record) + b"\n"
        with self._lock:
            if self._segment.size > ROLL_BYTES:
                self._segment.full = True
                self._segment = _Segment(self._folder)
            self._segment.append(line)
            return self._segment

    def acknowledge(self, segment: _Segment) -> None:
        """Kafka has one of the records of a file."""
        with self._lock:
            if not self._closed:
                segment.acknowledge()

    def take_over(self) -> Iterator[JournalRecord]:
        """Records that others left unacknowledged; their files go once all were handed out and noted again."""
        for path, held in self._left:
            for line in path.read_bytes().splitlines():
                try:
                    yield msgspec.json.decode(line, type=JournalRecord)
                except msgspec.MsgspecError:
                    continue  # the last line of a process that was killed while it wrote: nobody was told of it
            path.unlink(missing_ok=True)
            os.close(held)
        self._left = []

    def close(self) -> None:
        """Leaves a file only where records are under way."""
        with self._lock:
            self._closed = True
            self._segment.end()


def _without_holder(folder: Path) -> list[tuple[Path, int]]:
    """Files whose process is gone, the oldest first, locked for us."""
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}"), key=lambda one: one.stat().st_mtime_ns):
        held = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found.append((path, held))
        except OSError:
            os.close(held)
    return found
