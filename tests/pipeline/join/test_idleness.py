"""The seconds by which time goes on without records: counted only while we watch and the broker answers."""

from pipeline.join.idleness import AFTER_BREAK_S, BREAK_S, Ends, Idleness


def watched(idle: Idleness[str], begin_s: float, end_s: float, ends: Ends[str]) -> dict[str, int]:
    """What is counted at the end, after a look a second."""
    now_s, found = begin_s, {}
    while now_s <= end_s:
        found = idle.look(now_s, ["a", "b"], ends)
        now_s += 1
    return found


def test_a_partition_is_quiet_from_when_it_was_first_seen_at_its_end() -> None:
    idle: Idleness[str] = Idleness()
    assert idle.look(50, ["a", "b"], Ends({"a"})) == {"a": 0}
    assert idle.look(51, ["a", "b"], Ends({"a", "b"})) == {"a": 1000, "b": 0}
    assert idle.look(52, ["a", "b"], Ends({"b"})) == {"b": 1000}
    assert idle.look(53, ["a", "b"], Ends({"a", "b"})) == {"a": 0, "b": 2000}


def test_records_end_the_quiet_of_their_partition() -> None:
    idle: Idleness[str] = Idleness()
    watched(idle, 0, 4, Ends({"a", "b"}))
    idle.read("a")
    assert idle.look(5, ["a", "b"], Ends({"a", "b"})) == {"a": 0, "b": 5000}


def test_time_goes_on_only_as_far_as_is_known_while_an_answer_is_long_on_its_way() -> None:
    idle: Idleness[str] = Idleness()
    assert idle.look(50, ["a", "b"], Ends({"a", "b"}, ages_s={"a": 0.25})) == {"a": 0, "b": 0}
    assert idle.look(52, ["a", "b"], Ends({"a", "b"}, ages_s={"a": 2.25, "b": 2})) == {"a": 0, "b": 0}
    assert idle.look(53, ["a", "b"], Ends({"a", "b"}, ages_s={"a": 0.25})) == {"a": 3000, "b": 3000}


def test_after_a_broker_was_away_nothing_counts_until_producers_had_time_to_come_back() -> None:
    idle: Idleness[str] = Idleness()
    watched(idle, 0, 10, Ends({"a", "b"}))
    watched(idle, 11, 20, Ends(set(), away=True))
    assert watched(idle, 21, 20 + AFTER_BREAK_S, Ends({"a", "b"})) == {"a": 0, "b": 0}
    assert watched(idle, 21 + AFTER_BREAK_S, 22 + AFTER_BREAK_S, Ends({"a"})) == {"a": 2000}


def test_after_the_process_stood_still_nothing_counts_for_a_while() -> None:
    idle: Idleness[str] = Idleness()
    watched(idle, 0, 10, Ends({"a"}))
    woken_s = 11 + BREAK_S
    assert idle.look(woken_s, ["a"], Ends({"a"})) == {"a": 0}
    assert watched(idle, woken_s + 1, woken_s + AFTER_BREAK_S, Ends({"a"})) == {"a": 0}
    assert watched(idle, woken_s + 1 + AFTER_BREAK_S, woken_s + 1 + AFTER_BREAK_S, Ends({"a"})) == {"a": 1000}


def test_waiting_for_partitions_is_no_break() -> None:
    idle: Idleness[str] = Idleness()
    watched(idle, 0, 2, Ends({"a"}))
    idle.forget()
    for now_s in range(3, 30):
        idle.watch(now_s)
    assert watched(idle, 30, 32, Ends({"a"})) == {"a": 2000}
