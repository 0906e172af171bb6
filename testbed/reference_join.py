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
            partner = min(
                (w for w in near if w.side != one.side),
                key=lambda w, at=one.stamp: (abs(w.stamp - at), w.stamp),
                default=None,
            )
            if partner is not None:
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
        if newest[0] is not None and newest[1] is not None:
            now = max(now if now is not None else min(newest), min(newest))
            for over in [w for w in waiting if w.stamp < now - window]:
                waiting.remove(over)
                aside[over] = "timeout"
    return pairs, aside
