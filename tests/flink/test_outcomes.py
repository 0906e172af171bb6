"""What is written of what leaves the join: predictions of pairs, lines of halves that are alone, two of a pair without
score."""

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.side_output import decode_put_aside
from pipeline.flink.outcomes import JoinedHalves, OutcomeWriter
from pipeline.flink.said import SaidReader
from testbed.task_stream import TASK, named

STREAM = named(TASK, "demographic", "historic")
UNSCORED_AGE = 99


def decide(matrix: NDArray[np.float64]) -> NDArray[np.int8]:
    return np.where(matrix[:, 0] == UNSCORED_AGE, -1, matrix[:, 3] > 0).astype(np.int8)


def halves(side: int, values: list[bytes | None]) -> JoinedHalves:
    """Columns as they come from Flink: a half that is None is missing."""
    raw = np.array([value or b"" for value in values], object)
    said = SaidReader(TASK.sides).read(np.full(len(values), side), raw)
    missing = np.array([value is None for value in values])
    said[missing], raw[missing] = None, None
    numbers = np.arange(len(values))
    return JoinedHalves(
        numbers, 100 + numbers, 1000 + numbers, np.array([b"k"] * len(values), object), raw, said
    )


def person(uuid: int, age: int) -> bytes:
    return b'{"uuid":%d,"age":%d,"man":1,"woman":0}' % (uuid, age)


def history(uuid: int, bought: int) -> bytes:
    return b'{"uuid":%d,"products":{"cat0":%d}}' % (uuid, bought)


def test_pairs_become_predictions_and_lone_halves_lines_with_their_place_reason_and_bytes() -> None:
    demographic = halves(0, [person(1, 30), person(2, 40), None, b"no json"])
    historic = halves(1, [history(1, 1), None, history(3, 0), None])
    reasons = np.array([None, "timeout", "late", "invalid"], object)
    lines = OutcomeWriter(STREAM, 3000, 500, "a-token", decide).lines(reasons, demographic, historic)
    assert lines.aside.tolist() == [False, True, True, True]
    assert (lines.keys[0], lines.values[0]) == (b"1", b'{"uuid":1,"value":1,"token":"a-token"}')
    lone, late, invalid = (decode_put_aside(value) for value in lines.values[1:])
    assert (lone.reason, lone.detail, lone.topic) == ("timeout", "no partner within 3 s", "demographic")
    assert (late.reason, late.topic, late.partition, late.offset, late.timestamp_ms) == (
        "late",
        "historic",
        2,
        102,
        1002,
    )
    assert (lone.value_bytes(), late.value_bytes()) == (person(2, 40), history(3, 0))
    assert (invalid.reason, invalid.detail.startswith("not JSON")) == ("invalid", True)
    assert lines.other_values.tolist() == [None] * 4


def test_a_pair_without_a_score_is_two_lines_and_the_others_are_answered() -> None:
    demographic = halves(0, [person(1, 30), person(2, UNSCORED_AGE)])
    historic = halves(1, [history(1, 0), history(2, 1)])
    lines = OutcomeWriter(STREAM, 3000, 500, "t", decide).lines(
        np.array([None, None], object), demographic, historic
    )
    assert lines.aside.tolist() == [False, True]
    assert lines.values[0] == b'{"uuid":1,"value":0,"token":"t"}'
    found = [decode_put_aside(value) for value in (lines.values[1], lines.other_values[1])]
    assert [(one.reason, one.topic, one.value_bytes()) for one in found] == [
        ("invalid", "demographic", person(2, UNSCORED_AGE)),
        ("invalid", "historic", history(2, 1)),
    ]
