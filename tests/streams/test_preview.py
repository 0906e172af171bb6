"""Rows of a stream as people look at them: joined by id, with everything that is wrong in each."""

import json
from typing import Any

from liftstream.streams.preview import Preview, SampledRecord, preview
from liftstream.streams.unreadable import Unreadable
from tests.pipeline.kafka_trial import Clients
from tests.streams.definitions import CARD_ID, PAID, card, silocompro

NOON_MS = 1_709_285_400_250


def clients(count: int = 20) -> list[list[SampledRecord]]:
    halves = Clients(count).halves
    return [
        [
            SampledRecord(b"", NOON_MS + 10 * n + 3 * side, (json.loads(one), 0))
            for n, one in enumerate(halves[side])
        ]
        for side in (0, 1)
    ]


def paid(**change: Any) -> Preview:
    payment = SampledRecord(None, NOON_MS, (PAID | change, 0))
    history = SampledRecord(CARD_ID.encode(), NOON_MS + 40_000, ({"months": {"m08": 2}}, 1))
    return preview(card(), [[payment], [history]])


def test_the_newest_ids_that_every_side_has_come_first_and_can_be_answered() -> None:
    demographic, historic = clients()
    found = preview(silocompro(), [demographic, historic[:15]])
    assert len(found.rows) == len(found.answerable) == 10
    expected = [one.opened[0]["uuid"] for one in historic[14:4:-1] if not isinstance(one.opened, Unreadable)]
    assert [row.id for row in found.rows] == expected
    assert set(found.rows[0].values) == set(silocompro().feature_names)
    assert found.rows[0].apart_s == 0.003


def test_a_row_of_every_type_has_its_values_by_name() -> None:
    (row,) = paid().rows
    assert (row.id, row.apart_s, row.wrong) == (CARD_ID, 40.0, ())
    assert row.values["country"] == "NO"
    assert [row.values[name] for name in ("m08", "m09")] == [2, None]


def test_everything_that_is_wrong_with_a_row_is_said() -> None:
    (row,) = paid(amount="much", channel="fax").rows
    assert row.wrong == (
        "payment: amount is not a number: 'much'",
        "payment: channel is 'fax'; accepted are web, shop, no",
    )
    assert "amount" not in row.values


def test_a_row_apart_or_without_a_partner_says_so() -> None:
    (row,) = paid(paid_at="2024-03-01T09:28:00Z").rows
    assert row.wrong == ("160.25 s apart, more than the window of 60 s",)
    found = preview(card(), [[SampledRecord(None, NOON_MS, (PAID, 0))], []])
    assert found.rows[0].wrong == ("history: no record among those that were read",)
    assert found.answerable == ()


def test_sides_say_how_many_records_can_be_read_and_why_not_the_others() -> None:
    demographic, historic = clients(3)
    broken = SampledRecord(None, NOON_MS, Unreadable("not JSON: x"))
    too_old = [SampledRecord(None, NOON_MS, ({"uuid": n, "age": 131 + n, "man": 1}, 1)) for n in range(2)]
    first, second = preview(silocompro(), [[*demographic, broken, *too_old], historic]).sides
    assert (first.records, first.readable, dict(first.oddities)) == (6, 3, {"duplicated_key": 2})
    assert dict(first.faults) == {
        "the body: body": (1, "not JSON: x"),
        "age: value": (2, "age 131 is not within 0 to 130"),
    }
    assert (second.topic, second.records, second.readable) == ("topic_historic", 3, 3)
