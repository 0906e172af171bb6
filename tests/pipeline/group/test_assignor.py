"""Who of the group reads what."""

from typing import Any

from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata
from hypothesis import given
from hypothesis import strategies as st

from pipeline.group.assignor import Assignor, GroupMember, combine, decide
from pipeline.group.co_partitioning import OF_THESE_COUNTS, UNKNOWN, CoPartitioning, changed

TOGETHER, APART = CoPartitioning(True, "seen together"), CoPartitioning(False, "seen apart")
COUNTS = {"demographic": 4, "historic": 4}

keyings = st.sampled_from([TOGETHER, APART, UNKNOWN])
groups = st.lists(keyings, min_size=1, max_size=6).flatmap(
    lambda known: st.permutations(range(len(known))).map(
        lambda born: {
            f"m{n}": GroupMember(at, f"host process {n}", co_partitioning)
            for n, (at, co_partitioning) in enumerate(zip(born, known, strict=True))
        }
    )
)


@given(groups, st.integers(1, 9), st.integers(1, 9))
def test_every_partition_has_one_reader_and_halves_of_a_client_the_same(
    members: dict[str, GroupMember], left: int, right: int
) -> None:
    decision, shares = decide(members, {"demographic": left, "historic": right})
    given_out = [
        (topic, number) for share in shares.values() for topic, numbers in share.items() for number in numbers
    ]
    assert sorted(given_out) == sorted(
        [("demographic", n) for n in range(left)] + [("historic", n) for n in range(right)]
    )
    if decision.owner is None:
        assert left == right
        assert all(share.get("demographic") == share.get("historic") for share in shares.values())
    else:
        assert sum(bool(share) for share in shares.values()) == 1


@given(groups)
def test_partitions_are_shared_only_where_somebody_knows_that_they_can_and_nobody_that_they_cannot(
    members: dict[str, GroupMember],
) -> None:
    decision, _ = decide(members, COUNTS)
    known = {member.co_partitioning.holds for member in members.values()}
    assert (decision.owner is None) == (True in known and False not in known)


@given(groups)
def test_whoever_has_been_there_longest_reads_everything(members: dict[str, GroupMember]) -> None:
    decision, shares = decide(members, {"demographic": 2, "historic": 3})
    oldest = min(members, key=lambda name: members[name].born_ns)
    assert decision.owner == members[oldest].where
    assert shares[oldest] == {"demographic": [0, 1], "historic": [0, 1, 2]}


def test_shares_differ_by_one_partition_at_most() -> None:
    members = {f"m{n}": GroupMember(n, "", TOGETHER) for n in range(3)}
    _, shares = decide(members, COUNTS)
    assert sorted(len(share["historic"]) for share in shares.values()) == [1, 1, 2]


def test_unequal_counts_are_believed_before_anybody() -> None:
    assert combine([TOGETHER], {"d": 2, "h": 3}) == CoPartitioning(
        False, "d has 2 partitions, h has 3 partitions", OF_THESE_COUNTS
    )


class App:
    tables: Any = None


class Cluster:
    def partitions_for_topic(self, topic: str) -> set[int]:
        return set(range(COUNTS[topic]))


def test_what_is_decided_reaches_every_member_through_the_protocol() -> None:
    first, second = Assignor(App()), Assignor(App())
    first.co_partitioning = APART
    metadata = {
        name: ConsumerProtocolMemberMetadata.decode(one.metadata(set(COUNTS)).encode())
        for name, one in (("a", first), ("b", second))
    }
    assigned = first.assign(Cluster(), metadata)
    for name, one in (("a", first), ("b", second)):
        one.on_assignment(ConsumerProtocolMemberAssignment.decode(assigned[name].encode()))
    assert second.decision is not None
    assert (second.decision.co_partitioning, second.decision.members) == (APART, 2)
    assert second.co_partitioning == APART  # and says so itself when it joins again
    assert len(assigned["a"].partitions()) == 8
    assert assigned["b"].partitions() == []


def test_what_was_judged_for_another_number_of_partitions_is_not_believed() -> None:
    told = GroupMember(1, "a", CoPartitioning(True, "together", 4))
    decision, shares = decide({"a": told, "b": told}, {"d": 6, "h": 6})
    assert decision.co_partitioning == changed(6)
    assert sorted(map(bool, shares.values())) == [False, True]
    started_since = GroupMember(2, "b", changed(5))
    decision, _ = decide({"b": started_since}, {"d": 6, "h": 6})
    assert decision.co_partitioning == changed(6)
    decision, _ = decide({"a": told}, {"d": 4, "h": 4})
    assert decision.co_partitioning.holds


def test_while_a_topic_is_missing_nobody_reads_the_other_one() -> None:
    told = GroupMember(1, "a", CoPartitioning(True, "together", 4))
    decision, shares = decide({"a": told}, {"d": 4, "h": 0})
    assert decision.owner is None
    assert decision.co_partitioning.why.startswith("h: not on the broker")
    assert shares == {"a": {}}
