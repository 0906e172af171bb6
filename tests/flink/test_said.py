"""What records say as bytes: the same uuids, features and faults as the worker reads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.flink.said import READABLE, UUID, SaidReader, fault_of, rows_of, uuids_of
from testbed.task_stream import TASK, Side, decode

GOOD = (
    b'{"uuid":7,"age":41,"man":1,"woman":0}',
    b'{"uuid":"-9223372036854775808","age":41}',
    b'{"uuid":"99","age":41.5,"woman":1}',
    b'{"uuid":-5,"products":{"cat3":1,"u9":300}}',
    b'{"uuid":8,"products":{}}',
)
BAD = (None, b"", b"no json", b'{"uuid":1}', b"\xff", b"[]")


@given(st.lists(st.tuples(st.sampled_from(list(Side)), st.sampled_from(GOOD + BAD)), max_size=30))
def test_every_record_says_what_the_workers_decoder_reads_of_it(
    records: list[tuple[Side, bytes | None]],
) -> None:
    values = np.empty(len(records), object)
    values[:] = [value for _, value in records]
    said = SaidReader(TASK.sides).read(np.array([side for side, _ in records], np.int32), values)
    for (side, value), one in zip(records, said, strict=True):
        alone = decode(side, [value])
        if len(alone.uuids):
            assert (uuids_of([one]), fault_of(one)) == (alone.uuids.tolist(), "")
            rows, expected = rows_of([one], side.width), alone.rows
            assert rows.small.tolist() == expected.small.tolist() or rows.exact
            assert {key: row.tolist() for key, row in rows.exact.items()} == {
                key: row.tolist() for key, row in expected.exact.items()
            }
        else:
            assert fault_of(one) == alone.faults[0][1]


@pytest.mark.parametrize("uuid", [0, 1, -1, 2**63 - 1, -(2**63)])
def test_java_finds_the_uuid_in_eight_bytes_of_the_highest_first(uuid: int) -> None:
    values = np.array([b'{"uuid":%d,"age":41,"man":1,"woman":0}' % uuid], object)
    (said,) = SaidReader(TASK.sides).read(np.array([0]), values)
    assert said.startswith(READABLE)
    assert int.from_bytes(said[UUID], "big", signed=True) == uuid
