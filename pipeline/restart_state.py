"""Small files that make restarts exact: which records beyond the commit are resolved already.

Kafka keeps one offset per partition, and we commit only up to the oldest waiting half. Records that were resolved
beyond it are written here before every commit, for every partition group, with the commit positions they belong to. A
restart that finds its positions here skips those records; one that does not (another machine, a lost file) reads them
again: predictions are repeated byte for byte, and a half whose partner may have been answered before is `ambiguous`,
not `timeout`.
"""

import os
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec
import structlog

from liftstream.contracts.fetch import Partition
from liftstream.contracts.messages import NOT_JSON
from pipeline.join.partition_group import Restart
from pipeline.join.runs import Runs

MAX_RANGES = 50_000

log = structlog.get_logger()


class ResolvedSnapshot(msgspec.Struct, frozen=True):
    """Commit positions and the ranges of offsets beyond it that are resolved, first and last of each; by `topic/partition`.

    `taken` are the last commit positions that the broker was known to have when this was written.
    """

    commit: dict[str, int] = msgspec.field(name="cut")
    resolved: dict[str, list[tuple[int, int]]]
    written_ns: int = 0
    taken: dict[str, int] = {}

    def repeats(self, other: "ResolvedSnapshot | None") -> bool:
        """Whether another snapshot says the same, whenever it was written."""
        return other is not None and (self.commit, self.resolved) == (other.commit, other.resolved)

    def stands_at(self, positions: Mapping[str, int], *, partly: bool) -> bool:
        """Whether these are its commit positions, or each lies between what was taken before and them.

        Args:
            positions: of some of its partitions.
            partly: whether the broker may have taken the commit for some partitions only, as where the right to one
            topic was gone.
        """
        first = self.taken if partly else {}
        return all(
            first.get(name, self.commit[name]) <= at <= self.commit[name] for name, at in positions.items()
        )

    def resolved_from(self, name: str, position: int) -> frozenset[int]:
        """The offsets of a partition that are resolved beyond a position, which is at most the committed one."""
        beyond = self.resolved.get(name, [])
        return _offsets([(position, self.commit[name] - 1), *beyond])


_decode = msgspec.json.Decoder(list[ResolvedSnapshot]).decode


class RestartState:
    """The files of one consumer group in a folder, one for the partitions of a worker; workers may share it.

    The last two snapshots are kept, and the last whose commit the broker is known to have taken: a crash may come
    between the file and its commit, and commits may be refused for a while.

    Args:
        folder: made when first needed.
        group: the consumer group.
    """

    def __init__(self, folder: Path, group: str) -> None:
        self.folder = folder
        self._group = sha256(group.encode()).hexdigest()[:8]
        self._last: dict[tuple[Partition, ...], list[ResolvedSnapshot]] = {}
        self._committed: dict[frozenset[str], ResolvedSnapshot] = {}
        self._unwritable = False

    def remember(self, parts: Sequence[tuple[Mapping[Partition, int], Mapping[Partition, Runs]]]) -> None:
        """Writes what is resolved beyond the commit positions of each partition group, if that has changed.

        All groups are in one file: a file for each would take longer than their join. A folder that refuses is
        reported once, and costs exactness only.

        Args:
            parts: commit positions, and the runs of offsets beyond them that are resolved.
        """
        kept: list[ResolvedSnapshot] = []
        is_news = False
        for commit, resolved in parts:
            key = tuple(commit)
            last = self._last.get(key)
            confirmed = self._committed.get(frozenset(map(_text, commit)))
            snapshot = _snapshot(commit, resolved, confirmed.commit if confirmed else {})
            if (
                not (last and snapshot.repeats(last[0]))
                and sum(map(len, snapshot.resolved.values())) <= MAX_RANGES
            ):
                before = [*(last or [])[:1], confirmed]
                last = self._last[key] = _one_for_each_commit([snapshot, *before])
                is_news = True
            kept += last or []
        if is_news:
            self._keep(self._path(name for commit, _ in parts for name in commit), kept)

    def committed(self, positions: Mapping[Partition, int]) -> None:
        """Told that the broker has these commit positions."""
        at = {_text(name): offset for name, offset in positions.items()}
        for snapshots in self._last.values():
            self._note_committed(snapshots, at)

    def _note_committed(self, snapshots: Iterable[ResolvedSnapshot], at: Mapping[str, int]) -> None:
        for one in snapshots:
            if one.commit.items() <= at.items():
                self._committed[frozenset(one.commit)] = one

    def _keep(self, path: Path, snapshots: Sequence[ResolvedSnapshot]) -> None:
        try:
            self._write(path, msgspec.json.encode(snapshots))
        except OSError as error:
            if not self._unwritable:
                log.warning("restarts will not be exact", folder=str(self.folder), why=error.strerror)
            self._unwritable = True

    def recall(
        self,
        partition_groups: Iterable[Iterable[Partition]],
        positions: Mapping[Partition, int],
        committed: Container[Partition],
    ) -> list[Restart]:
        """What is known of partition groups that begin at `positions`, of which those in `committed` are on the broker.

        The partition groups need not be those of the files: after the first worker is alone, or the keys became
        known, others may be joined with each other than before.
        """
        self._last = {}
        snapshots = sorted(self._all(), key=lambda one: one.written_ns, reverse=True)
        self._committed = {}
        self._note_committed(reversed(snapshots), {_text(name): at for name, at in positions.items()})
        return [
            self._recall({name: positions[name] for name in partition_group}, committed, snapshots)
            for partition_group in partition_groups
        ]

    def _recall(
        self,
        positions: Mapping[Partition, int],
        committed: Container[Partition],
        snapshots: Sequence[ResolvedSnapshot],
    ) -> Restart:
        if not any(name in committed for name in positions):
            return Restart()
        known = {name for snapshot in snapshots for name in snapshot.commit}
        wanted = {
            text: at
            for name, at in positions.items()
            if (text := _text(name)) in known or name in committed  # others are new: nobody has read of them
        }
        missing, done = set(wanted), dict[str, frozenset[int]]()
        for partly in (False, True):
            for snapshot in snapshots:
                names = snapshot.commit.keys() & wanted.keys()
                at = {name: wanted[name] for name in names}
                if names and names <= missing and snapshot.stands_at(at, partly=partly):
                    missing -= names
                    done.update({name: snapshot.resolved_from(name, wanted[name]) for name in names})
        if missing:
            return Restart(doubtful=any(positions[name] for name in positions if name in committed))
        return Restart({name: done.get(_text(name), frozenset()) for name in positions})

    def _all(self) -> Iterator[ResolvedSnapshot]:
        for path in sorted(self.folder.glob(f"{self._group}-*.json")):
            yield from _read(path)

    def _path(self, names: Iterable[Partition]) -> Path:
        partition_group = sha256(repr(sorted(names)).encode()).hexdigest()[:12]
        return self.folder / f"{self._group}-{partition_group}.json"

    def _write(self, path: Path, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_bytes(content)  # not synced: a file lost with the machine costs exactness only
        os.replace(beside, path)


def _read(path: Path) -> list[ResolvedSnapshot]:
    try:
        return _decode(path.read_bytes())
    except (OSError, *NOT_JSON):
        return []


def _snapshot(
    commit: Mapping[Partition, int], resolved: Mapping[Partition, Runs], taken: Mapping[str, int]
) -> ResolvedSnapshot:
    ranges = {_text(name): list(map(tuple, runs.tolist())) for name, runs in resolved.items()}
    return ResolvedSnapshot(
        {_text(name): at for name, at in commit.items()}, ranges, time.time_ns(), dict(taken)
    )


def _one_for_each_commit(snapshots: Iterable[ResolvedSnapshot | None]) -> list[ResolvedSnapshot]:
    """The first snapshot for each of the commit positions."""
    found: list[ResolvedSnapshot] = []
    for snapshot in snapshots:
        if snapshot is not None and all(snapshot.commit != one.commit for one in found):
            found.append(snapshot)
    return found


def _text(name: Partition) -> str:
    return f"{name.topic}/{name.partition}"


def _offsets(ranges: Iterable[tuple[int, int]]) -> frozenset[int]:
    return frozenset(offset for first, last in ranges for offset in range(first, last + 1))
