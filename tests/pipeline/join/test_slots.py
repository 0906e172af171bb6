"""Slots are used again and never twice at once; a half comes back as it was put, however many wait."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.join.slots import ROOM, Slots
from pipeline.records.feature_rows import pack, unpack
from pipeline.records.halves import Halves
from testbed.examples import examples
from testbed.task_stream import Side
from tests.pipeline.offline import listed

AGES = st.sampled_from([0.0, 41.0, 255.0, 256.0, 41.5])


@dataclass(frozen=True)
class Known:
    """What was put."""

    place: int
    age: float

    @property
    def features(self) -> list[float]:
        return [self.age, 1.0, 0.0]


def halves(known: list[Known]) -> Halves:
    places = np.array([one.place for one in known], np.int64)
    packed = [pack([int(age) if age == int(age) else age for age in one.features]) for one in known]
    texts = [b"%d" % one.place for one in known]
    column = np.fromiter(texts, object, len(texts))
    return Halves(places + 1000, places, unpack(packed, Side.DEMOGRAPHIC.width), column, column)


def check(taken: Halves, known: list[Known]) -> None:
    assert taken.places.tolist() == [one.place for one in known]
    assert taken.stamps.tolist() == [one.place + 1000 for one in known]
    assert taken.values.tolist() == [b"%d" % one.place for one in known]
    assert listed(taken.rows) == [one.features for one in known]


@given(st.lists(st.tuples(st.lists(AGES, max_size=6), st.floats(0, 1)), max_size=30), st.randoms())
@examples(100)
def test_what_is_taken_is_what_was_put_in_any_order_of_both(
    steps: list[tuple[list[float], float]], random
) -> None:  # type: ignore[no-untyped-def]
    shelf, waiting, place = Slots(Side.DEMOGRAPHIC.width), dict[int, Known](), 0
    for ages, share in steps:
        new = [Known(place + number, age) for number, age in enumerate(ages)]
        place += len(new)
        slots = shelf.put(halves(new)).tolist()
        assert not waiting.keys() & set(slots)
        waiting |= dict(zip(slots, new, strict=True))
        gone = random.sample(sorted(waiting), int(share * len(waiting)))
        check(shelf.take(np.array(gone, np.int64)), [waiting.pop(slot) for slot in gone])
    left = sorted(waiting)
    check(shelf.take(np.array(left, np.int64)), [waiting[slot] for slot in left])


def test_more_than_there_was_room_for_is_kept_and_given_back() -> None:
    shelf, known = (
        Slots(Side.DEMOGRAPHIC.width),
        [Known(place, 41.5 if place % 100 == 0 else place % 90) for place in range(5 * ROOM)],
    )
    slots = np.concatenate([shelf.put(halves(known[:100])), shelf.put(halves(known[100:]))])
    assert len(set(slots.tolist())) == len(known)
    check(shelf.take(slots[::-1]), known[::-1])
    assert len(shelf.stamps) == ROOM
    check(shelf.take(shelf.put(halves(known[:3]))), known[:3])
