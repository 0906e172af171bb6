"""Small files that make restarts exact: which records beyond the commit are resolved already.

Kafka keeps one offset a partition, and we commit behind the oldest half that waits. What was resolved beyond it is
written here before every commit, for every lane, with the cut it belongs to. A restart that finds the cut it starts from
passes over those records; one that does not (another machine, a file lost) reads them again: predictions are repeated
byte for byte, and a half whose partner may have been answered before is `ambiguous`, not `timeout`.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import numpy as np
import structlog

from pipeline.join import Partition, Restart
from pipeline.ledger import Places

MAX_RANGES = 50_000

log = structlog.get_logger()


class Snapshot(msgspec.Struct, frozen=True):
    """A cut and the ranges of offsets beyond it that are resolved, first and last of each; by `topic/partition`."""

    cut: dict[str, int]
    resolved: dict[str, list[tuple[int, int]]]


_decode = msgspec.json.Decoder(list[Snapshot]).decode


class RestartState:
    """The files of one consumer group in a folder, one a lane; workers may share it, since a lane has one owner.

    The last two snapshots are kept: a crash may come between the file and its commit.

    Args:
        folder: made when first needed.
        group: the consumer group.
    """

    def __init__(self, folder: Path, group: str) -> None:
        self.folder = folder
        self._group = group
        self._last: dict[Path, Snapshot] = {}
        self._unwritable = False

    def remember(
        self,
        names: Iterable[Partition],
        cut: Mapping[Partition, int],
        resolved: Mapping[Partition, Places],
    ) -> None:
        """Writes what is resolved beyond a cut, if that is news. A folder that refuses is reported once, and costs
        exactness only."""
        path = self._path(names)
        ranges = {_text(name): _ranges(offsets) for name, offsets in resolved.items()}
        snapshot = Snapshot({_text(name): at for name, at in cut.items()}, ranges)
        before = self._last.get(path)
        if snapshot == before or sum(map(len, ranges.values())) > MAX_RANGES:
            return
        kept = [snapshot] if before is None or before.cut == snapshot.cut else [snapshot, before]
        self._last[path] = snapshot
        try:
            self._write(path, msgspec.json.encode(kept))
        except OSError as error:
            if not self._unwritable:
                log.warning("restarts will not be exact", folder=str(self.folder), why=error.strerror)
            self._unwritable = True

    def recall(self, positions: Mapping[Partition, int], committed: Mapping[Partition, int]) -> Restart:
        """What is known of a lane that begins at `positions`, with `committed` of them on the broker."""
        path = self._path(positions)
        self._last.pop(path, None)
        if not committed:
            return Restart()
        wanted = {_text(name): at for name, at in positions.items()}
        for snapshot in _read(path):
            if snapshot.cut == wanted:
                return Restart({name: _offsets(snapshot.resolved.get(_text(name), [])) for name in positions})
        return Restart(doubtful=any(committed.values()))

    def _path(self, names: Iterable[Partition]) -> Path:
        lane = hashlib.sha256(repr((self._group, sorted(names))).encode()).hexdigest()[:16]
        return self.folder / f"{lane}.json"

    def _write(self, path: Path, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_bytes(content)  # not synced: a file lost with the machine costs exactness only
        os.replace(beside, path)


def _read(path: Path) -> list[Snapshot]:
    try:
        return _decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return []


def _text(name: Partition) -> str:
    return f"{name.topic}/{name.partition}"


def _ranges(offsets: Places) -> list[tuple[int, int]]:
    """First and last of every run of ascending offsets."""
    ends = np.flatnonzero(np.diff(offsets) != 1)
    first = offsets[np.concatenate([[0], ends + 1])] if len(offsets) else offsets
    last = offsets[np.concatenate([ends, [-1]])] if len(offsets) else offsets
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _offsets(ranges: Iterable[tuple[int, int]]) -> frozenset[int]:
    return frozenset(offset for first, last in ranges for offset in range(first, last + 1))
