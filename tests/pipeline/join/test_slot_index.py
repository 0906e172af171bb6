"""The slots of integer ids, looked up whole polls at a time, are those of a dict."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.join import slot_index
from pipeline.join.slot_index import FEW, NOBODY, SMALLEST, IntegerIndex, SlotIndex, TextIndex
from testbed.examples import examples

Step = Callable[[SlotIndex], object]
FIRST, LAST = -(2**63), 2**63 - 1
IDS = st.lists(st.one_of(st.integers(0, 30), st.sampled_from([FIRST, -1, LAST])), max_size=40)


def column(ids: list[int]) -> np.ndarray:
    return np.array(ids, np.int64)


def same(steps: list[Step]) -> None:
    """Both kinds of index answer alike at every step."""
    indexes: tuple[SlotIndex, SlotIndex] = IntegerIndex(), TextIndex()
    for step in steps:
        assert step(indexes[0]) == step(indexes[1])
        assert len(indexes[0]) == len(indexes[1])


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    found: list[Step] = []
    for first in range(0, 100 * draw(st.integers(1, 12)), 100):
        ids, one = draw(IDS), draw(st.integers(0, 30))
        slots = np.arange(first, first + len(ids))
        found += draw(
            st.lists(
                st.sampled_from(
                    [
                        lambda index, ids=ids, slots=slots: index.keep_all(column(ids), slots).tolist(),
                        lambda index, ids=ids: index.take_all(column(ids)).tolist(),
                        lambda index, ids=ids: index.find_all(column(ids)).tolist(),
                        lambda index, one=one: index.find(one),
                        lambda index, one=one: index.remove(one),
                        lambda index, one=one, slot=first + 50: (index.remove(one), index.put(one, slot)),
                    ]
                ),
                max_size=4,
                unique_by=id,
            )
        )
    return found


@pytest.mark.parametrize("few", [0, FEW])
@pytest.mark.parametrize("scattered", [True, False])
@given(data=st.data())
@examples(150)
def test_it_says_what_a_dict_says(few: int, data: st.DataObject, *, scattered: bool) -> None:
    """Whether ids are looked up one by one or at once, in a table so small that they meet and it is made anew often."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slot_index, "FEW", few)
        patch.setattr(slot_index, "SMALLEST", 4)
        patch.setattr(slot_index, "SCATTER", slot_index.SCATTER if scattered else 1)
        same(data.draw(steps()))


def test_many_ids_that_come_and_go_are_found_as_in_a_dict() -> None:
    rng = np.random.default_rng(3)
    turns: list[Step] = []
    for turn in range(40):
        ids, gone = rng.integers(0, 40_000, 5_000), rng.integers(0, 40_000, 3_000)
        slots = np.arange(5_000 * turn, 5_000 * turn + 5_000)
        turns.append(lambda index, ids=ids, slots=slots: index.keep_all(ids, slots).tolist())
        turns.append(lambda index, gone=gone: index.take_all(gone).tolist())
    same(turns)


def test_ids_that_a_sender_chose_to_fall_into_one_cell_do_not() -> None:
    """Multiples of a power of two are those that a plain table takes longest for."""
    index = IntegerIndex()
    ids = np.arange(20_000) << 40
    index.keep_all(ids, np.arange(20_000))
    cells, _ = index._hashed(ids)
    assert np.bincount(cells).max() < 12


def test_an_id_that_comes_again_and_again_takes_one_cell() -> None:
    index = IntegerIndex()
    for slot in range(3 * SMALLEST):
        assert index.keep_all(column([7]), column([slot])) == [slot]
        assert index.take_all(column([7])) == [slot]
    assert np.count_nonzero(index._slots != NOBODY) == 1


def test_what_a_burst_has_needed_is_given_back() -> None:
    index, ids = IntegerIndex(), np.arange(100_000)
    index.keep_all(ids, ids)
    assert len(index._slots) > SMALLEST
    assert (index.take_all(ids) == ids).all()
    assert len(index._slots) == SMALLEST
