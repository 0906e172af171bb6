"""The join in twenty lines: one record at a time, lists instead of tables, nothing fast. What the pipeline is checked
with."""

from collections.abc import Iterable
from typing import NamedTuple


class Record(NamedTuple):
    """A half: side 0 or 1, uuid, event time in ms, offset in its topic."""

    side: int
    uuid: int
    stamp: int
    offset: int


def join(
    fetches: Iterable[list[Record]], window: int
) -> tuple[set[tuple[Record, Record]], dict[Record, str]]:
    """Pairs (demographic, historic) and put-aside records of one partition number, from fetches of one side each."""
    waiting: list[Record] = []
    newest: list[int | None] = [None, None]
    now: int | None = None
    pairs, aside = set(), {}
    for fetch in fetches:
        for one in fetch:
            near = [w for w in waiting if w.uuid == one.uuid and abs(w.stamp - one.stamp) <= window]
            others = [(abs(w.stamp - one.stamp), w.stamp, w) for w in near if w.side != one.side]
            if others:
                partner = min(others)[-1]
                waiting.remove(partner)
                pairs.add((one, partner) if one.side == 0 else (partner, one))
            elif now is not None and one.stamp < now - window:
                aside[one] = "late"
            else:
                for older in near:
                    waiting.remove(older)
                    aside[older] = "duplicate"
                waiting.append(one)
        side = fetch[0].side
        newest[side] = max([one.stamp for one in fetch] + [n for n in [newest[side]] if n is not None])
        read = [n for n in newest if n is not None]
        if len(read) == len(newest):
            now = min(read) if now is None else max(now, min(read))
            for over in [w for w in waiting if w.stamp < now - window]:
                waiting.remove(over)
                aside[over] = "timeout"
    return pairs, aside
