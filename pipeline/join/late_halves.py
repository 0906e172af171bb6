"""Late halves of one poll are matched with each other before they are put aside: the order of the sides does not matter."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pipeline.join.offset_tracker import OffsetTracker, Places
from pipeline.join.windowed_table import Matched, WindowedTable
from pipeline.records.id_columns import Ids


def meet(demographic: Matched, historic: Matched, window_ms: int) -> Matched:
    """The pairs among late halves of both sides that came together, from the second side."""
    mine, theirs = historic.late, demographic.late
    if mine is None or theirs is None:
        return Matched()
    own_times = [one.written is not None for one in (theirs, mine)]
    widths, id_column = [theirs.rows.width, mine.rows.width], historic.late_uuids.dtype.type
    table = WindowedTable(window_ms, widths, id_column, own_times)
    never = np.iinfo(np.int64).min
    table.add(0, demographic.late_uuids, theirs, np.full(len(theirs), never))
    return table.add(1, historic.late_uuids, mine, np.full(len(mine), never))


def meet_all(
    table: WindowedTable,
    trackers: Sequence[OffsetTracker],
    found: Mapping[int, Matched],
    note: Callable[[int, Matched], None],
) -> None:
    """Late halves of three or more sides look for partners among all that came with them.

    Args:
        table: in which those that are not late wait.
        trackers: of each side.
        found: by side, what came late.
        note: told of the pairs of a side.
    """
    waiting: dict[int, tuple[Ids, Places]] = {}
    for side, one in found.items():
        if one.late is not None:
            again, waits = table.add_late(side, one.late_uuids, one.late)
            note(side, again)
            waiting[side] = one.late_uuids[waits], one.late.places[waits]
    for side, (uuids, places) in waiting.items():
        still = trackers[side].are_waiting(places)
        table.remove(side, uuids[still].tolist(), places[still].tolist())
