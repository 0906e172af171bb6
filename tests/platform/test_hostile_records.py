"""Records of somebody who may write to a topic and means harm: counted, left, and the next record is read."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from liftstream.contracts.messages import Session
from liftstream.streams.definition import IdType
from testbed.platform_stage import Stage
from tests.platform.bandits.block import Block
from tests.platform.stage import PROPORTION

CLIENT: dict[IdType, Any] = {
    "integer": 7,
    "text": "seven",
    "uuid": "00000000-0000-0000-0000-000000000007",
}
TEXTS = (
    "\x00", "a\x00b", "a\nb", "\x1b[2J", "\ud800", "\u202e", "é", "٣", "{", "", "x" * 150, "x" * 3_000, "9" * 30,
    "'; DROP TABLE client; --", "=1+1", "é.1.t.0.é", "\x00.1.t.0.x", "b.-1.t.0.x",
)  # fmt: skip
OTHERS = (10**30, -(10**30), 2**63, 1e308, 10**400, None, True, [[[]]], {"a": {}})


def honest(id_type: IdType) -> dict[str, dict[str, Any]]:
    """One record of each kind that would be taken."""
    uuid = CLIENT[id_type]
    return {
        "session": {"uuid": uuid, "session": "s", "opened_ms": 0},
        "demographic": {"uuid": uuid, "age": 30, "man": 1, "woman": 0},
        "prediction": {"uuid": uuid, "value": 1, "token": "x"},
        "revenue": {"uuid": uuid, "session": "s", "revenue": 1.0, "revision": 0},
        "impression": {"event": "e", "decision": "d", "unit": str(uuid), "count": 1},
        "outcome": {"event": "e", "decision": "", "unit": str(uuid), "name": "contact", "value": 1},
    }


def hostile(kind: str, record: dict[str, Any], bandit: str) -> Iterator[bytes]:
    """The record with each field in turn replaced by each harmful value, and what is no such record."""
    named = [f"{bandit}.1.t.0.é", f"{bandit}.٣.t.0.x", f"{bandit}.{'9' * 30}.t.{'9' * 30}.x"]
    for field in record:
        for value in (*TEXTS, *OTHERS, *named):
            yield json.dumps({**record, field: value}).encode()
    yield from (
        b"",
        b"\xff\xfe",
        b"[" * 4_000,
        b'{"a":' * 700,
        b"null",
        b"NaN",
        b"\x00",
        kind.encode() * 10_000,
    )


@pytest.mark.parametrize("id_type", CLIENT)
def test_no_record_stops_the_reading_of_those_after_it(database: str, id_type: IdType) -> None:
    stage = Stage(database, id_type=id_type)
    experiment = stage.service.create(PROPORTION).id
    stage.service.start(experiment)
    block = Block(stage)
    block.start()
    for kind, record in honest(id_type).items():
        stage.take(
            *(stage.raw(kind, value) for value in hostile(kind, record, block.id)), stage.raw(kind, None)
        )
    before = sum(arm.clients for arm in stage.service.experiment(experiment).arms)
    fresh = {"integer": 8, "text": "eight", "uuid": "00000000-0000-0000-0000-000000000008"}[id_type]
    stage.take(stage.raw("session", Session(fresh, "s8", stage.ms)))
    assert sum(arm.clients for arm in stage.service.experiment(experiment).arms) == before + 1
    stage.service.close()
