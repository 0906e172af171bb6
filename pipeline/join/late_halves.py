"""Late halves of one poll are matched with each other before they are put aside: the order of the sides does not matter."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pipeline.join.offset_tracker import OffsetTracker, Places
from pipeline.join.windowed_table import Matched, WindowedTable
from pipeline.records.halves import Halves
from pipeline.records.id_columns import Ids


def meet(demographic: Matched, historic: Matched, window_ms: int) -> Matched | None:
    """Late halves of both sides that came together: the pairs among them, from the second side; None: there are none."""
    mine, theirs = historic.late, demographic.late
    if mine is None or theirs is None:
        return None
    own_times = [one.written is not None for one in (theirs, mine)]
    widths, id_column = [theirs.rows.width, mine.rows.width], historic.late_uuids.dtype.type
    table = WindowedTable(window_ms, widths, id_column, own_times)
    never = np.iinfo(np.int64).min
    table.add(0, demographic.late_uuids, theirs, np.full(len(theirs), never))
    return table.add(1, historic.late_uuids, mine, np.full(len(mine), never))


def without(late: Matched, paired: Halves | None) -> Halves | None:
    """The late halves that are in no pair."""
    if late.late is None or paired is None:
        return late.late
    left = ~np.isin(late.late.places, paired.places)
    return late.late.at(left) if left.any() else None


def meet_all(
    table: WindowedTable,
    trackers: Sequence[OffsetTracker],
    late: Mapping[int, Matched],
    note: Callable[[int, Matched], None],
) -> dict[int, Matched]:
    """Late halves of three or more sides look for partners among all that came with them; those that found none.

    Args:
        table: in which those that are not late wait.
        trackers: of each side.
        late: by side, what came late.
        note: told of the pairs of a side.
    """
    waiting: dict[int, tuple[Ids, Places]] = {}
    left: dict[int, Matched] = {}
    for side, one in late.items():
        if one.late is None:
            continue
        again, waits = table.add_late(side, one.late_uuids, one.late)
        note(side, again)
        waiting[side] = one.late_uuids[waits], one.late.places[waits]
        left[side] = Matched(late=without(one, again.mine))
    for side, (uuids, places) in waiting.items():
        still = trackers[side].are_waiting(places)
        table.remove(side, uuids[still].tolist(), places[still].tolist())
        left[side].late = _outside(left[side].late, places[~still])
    return left


def _outside(halves: Halves | None, places: Places) -> Halves | None:
    """The halves that are at none of some places; None: there are none."""
    if halves is None or not len(places):
        return halves
    kept = ~np.isin(halves.places, places)
    return halves.at(kept) if kept.any() else None
