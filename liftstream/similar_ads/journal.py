"""Records that Kafka has not acknowledged, in a file: a service that is killed sends them when it starts again.

Each process writes its own files and holds a lock on them; files without a lock were left by a process that was killed.
A record that was noted survives the process; one that was synchronised survives a power cut of the machine too. Threads
that wait for that together share one call to the disk: 40 of them took in 8,000 records a second where a call takes 2
ms.
"""

import errno
import fcntl
import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from liftstream.contracts.errors import InputError
from liftstream.contracts.messages import NOT_JSON
from liftstream.contracts.whole_file import sync_folder

ROLL_BYTES: Final = 4_000_000
"""Size from which another file is begun; a full file is deleted when its own records are acknowledged."""
SUFFIX: Final = ".jsonl"


class JournalRecord(msgspec.Struct):
    """A record that was to be written."""

    topic: str
    key: str
    value: msgspec.Raw


class _Segment:
    """A file of the journal: its length, and how many of its records are written, on the disk, and under way to
    Kafka."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{uuid.uuid4().hex}{SUFFIX}"
        unseen = self.path.with_suffix(".new")
        self.file = os.open(unseen, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(self.file, fcntl.LOCK_EX)
        unseen.rename(self.path)  # locked before anybody can find it
        sync_folder(folder)
        self.size = self.written = self.synced = self.under_way = 0
        self.full = False

    def append(self, line: bytes) -> int:
        """Appends a record in one write; returns its number.

        Raises:
            OSError: the disk is full; nothing of the record stays.
        """
        if os.write(self.file, line) < len(line):
            os.ftruncate(self.file, self.size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.size += len(line)
        self.under_way += 1
        self.written += 1
        return self.written

    def acknowledge(self) -> None:
        """Counts a record as acknowledged; a file without any is emptied, or deleted if another one follows."""
        self.under_way -= 1
        if self.under_way:
            return
        if self.full:
            self.end()
        else:
            os.ftruncate(self.file, 0)
            self.size = 0

    def end(self) -> None:
        """Closes the file; it stays if it has records under way."""
        if self.under_way:
            os.fdatasync(self.file)
        else:
            self.path.unlink(missing_ok=True)
        os.close(self.file)


class Noted(NamedTuple):
    """The place of a record, for `acknowledge` and `sync`."""

    segment: _Segment
    number: int


class Journal:
    """The files of one process in a folder that several may share; may be used from any thread.

    Raises:
        InputError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock, self._closed = folder, threading.Lock(), False
        self._syncing = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._left = _without_holder(folder)
            self._segment = _Segment(folder)
        except OSError as error:
            raise InputError(
                f"SIMILAR_ADS__JOURNAL: {folder} cannot be written: {error.strerror}; name another folder"
            ) from error

    def append(self, record: JournalRecord) -> Noted:
        """Notes a record before it is sent.

        Raises:
            OSError: the disk is full.
        """
        line = msgspec.json.encode(record) + b"\n"
        with self._lock:
            if self._segment.size > ROLL_BYTES:
                os.fdatasync(self._segment.file)
                self._segment.full = True
                self._segment = _Segment(self._folder)
            return Noted(self._segment, self._segment.append(line))

    def acknowledge(self, noted: Noted) -> None:
        """Told that Kafka has a record."""
        with self._lock:
            if not self._closed:
                noted.segment.acknowledge()

    def sync(self, noted: Noted) -> None:
        """Waits until a record, and all before it, are on the disk or in Kafka.

        Raises:
            OSError: the disk cannot take it.
        """
        segment = noted.segment
        with self._syncing:
            if segment.synced >= noted.number:
                return  # whoever waited before took this record along
            with self._lock:
                if segment.full or self._closed or not segment.under_way:
                    return
                written, file = segment.written, os.dup(segment.file)
            try:
                os.fdatasync(file)
            finally:
                os.close(file)
            segment.synced = written

    def take_over(self) -> Iterator[JournalRecord]:
        """Records that other processes left unacknowledged; their files are deleted once all were handed out and noted
        again."""
        for path, held in self._left:
            for line in path.read_bytes().splitlines():
                try:
                    yield msgspec.json.decode(line, type=JournalRecord)
                except NOT_JSON:
                    continue  # the last line of a process that was killed while it wrote: nobody was told of it
            with self._lock:
                os.fdatasync(self._segment.file)
            path.unlink(missing_ok=True)
            os.close(held)
        self._left = []

    def close(self) -> None:
        """Closes the files; one stays only if it has records under way."""
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
