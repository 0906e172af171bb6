"""When it is judged again how topics are keyed."""

from itertools import pairwise

from pipeline.group.co_partitioning import UNKNOWN, CoPartitioning, changed
from pipeline.group.key_watch import AGAIN_AT_MOST_S, SETTLE_S, SUSPICIOUS, KeyWatch

APART, TOGETHER = CoPartitioning(False, "apart"), CoPartitioning(True, "together")


def looks(watch: KeyWatch, known: CoPartitioning, begin: int, end: int, timeouts: int = 0) -> list[int]:
    """The seconds at which it is due."""
    return [now for now in range(begin, end) if watch.is_due(now, known, timeouts)]


def test_as_long_as_nothing_is_known_it_is_judged_ever_more_rarely() -> None:
    found = looks(KeyWatch(), UNKNOWN, 0, 200)
    assert found[:5] == [0, 2, 6, 14, 30]
    assert {b - a for a, b in pairwise(found[4:])} == {AGAIN_AT_MOST_S}


def test_after_the_number_of_partitions_changed_it_is_judged_once_every_producer_must_have_noticed() -> None:
    watch = KeyWatch()
    assert looks(watch, TOGETHER, 0, 10) == []
    assert looks(watch, changed(6), 10, 1000)[0] == 10 + SETTLE_S


def test_a_further_change_meanwhile_is_waited_for_from_its_own_beginning() -> None:
    watch = KeyWatch()
    assert looks(watch, changed(6), 0, 300) == []
    assert looks(watch, changed(8), 300, 1000)[0] == 300 + SETTLE_S


def test_halves_apart_are_believed_for_good() -> None:
    assert looks(KeyWatch(), APART, 0, 1000, timeouts=10**6) == []


def test_many_halves_without_a_partner_make_what_is_known_doubtful_once_in_a_while() -> None:
    watch = KeyWatch()
    assert looks(watch, TOGETHER, 0, 10, SUSPICIOUS - 1) == []
    assert looks(watch, TOGETHER, 10, 20, SUSPICIOUS) == [10]
    assert looks(watch, TOGETHER, 20, 100, 2 * SUSPICIOUS) == [10 + AGAIN_AT_MOST_S]
