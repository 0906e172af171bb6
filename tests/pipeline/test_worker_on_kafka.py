"""Workers on a real Kafka: every client answered, whatever is done to them meanwhile."""

import json
import signal
import time
from pathlib import Path

from liftstream.broker import ApacheKafka
from tests.conftest import MakeTopics
from tests.pipeline.kafka_trial import (
    TOKEN,
    Answers,
    Clients,
    Feeder,
    Worker,
    aside,
    committed,
    feeding,
    running,
    until,
)

MONTH_MS = 30 * 86_400_000


def test_fifty_thousand_pairs_are_answered_right_by_two_workers_one_of_which_is_killed(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    clients = Clients(50_000)
    feeder, answers = Feeder(settings), Answers(settings)
    feeder.send_apart(Clients(500, first=1))  # shows that the two may share the partitions
    first, second = Worker(settings, tmp_path), Worker(settings, tmp_path)
    with running(first, second):
        until(lambda: first.is_ready() and second.is_ready(), first, second)
        with feeding(feeder, clients, rate=30_000):
            until(lambda: len(answers.glance().values) > 3000, first, second)
            first.stop(signal.SIGKILL)
            assert len(answers.glance().values) < 50_000
        until(lambda: answers.are_for(clients.uuids), second)
        until(lambda: committed(settings) == 101_000, second)
        assert second.stop() == 0
    assert {uuid: {value} for uuid, value in clients.expected.items()}.items() <= answers.values.items()
    assert {one["reason"] for one in aside(tmp_path)} <= {"ambiguous", "timeout"}


def test_a_worker_that_is_killed_and_started_again_answers_everyone_and_puts_nobody_aside(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    clients = Clients(30_000)
    feeder, answers = Feeder(settings), Answers(settings)
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(worker.is_ready, worker)
        with feeding(feeder, clients, rate=20_000):
            until(lambda: len(answers.glance().values) > 1000, worker)
            worker.stop(signal.SIGKILL)
            assert len(answers.glance().values) < 30_000
    again = Worker(settings, tmp_path)
    with running(again):
        until(lambda: answers.are_for(clients.uuids), again)
        until(lambda: committed(settings) == 60_000, again)
        assert again.stop() == 0
    assert {uuid: {value} for uuid, value in clients.expected.items()} == answers.values
    assert aside(tmp_path) == []


def test_sigterm_under_load_ends_with_0_and_another_worker_goes_on_without_a_gap(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    clients = Clients(20_000)
    feeder, answers = Feeder(settings), Answers(settings)
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(worker.is_ready, worker)
        with feeding(feeder, clients, rate=20_000):
            until(lambda: len(answers.glance().values) > 500, worker)
            worker.process.send_signal(signal.SIGTERM)
            assert worker.stop() == 0  # the second one; waits 15 s at most
            assert len(answers.glance().values) < 20_000
    other = Worker(settings, tmp_path)
    with running(other):
        until(lambda: answers.are_for(clients.uuids), other)
        until(lambda: committed(settings) == 40_000, other)
        assert other.stop() == 0
    assert {uuid: {value} for uuid, value in clients.expected.items()} == answers.values
    assert (
        len(answers.all) == 20_000
    )  # a stop commits all that was answered, and the state file knows the rest
    assert aside(tmp_path) == []


def test_a_worker_says_when_it_is_ready_and_its_predictions_have_exactly_the_form_of_the_contract(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    clients = Clients(5)
    feeder, answers = Feeder(settings), Answers(settings)
    worker = Worker(settings, tmp_path)
    with running(worker):
        assert worker.get("/live")[0] == 200
        until(worker.is_ready, worker)
        assert worker.metric("ready") == 1
        feeder.send_apart(clients)
        until(lambda: answers.are_for(clients.uuids), worker)
        assert worker.stop() == 0
    for key, value in answers.all:
        record = json.loads(value)
        assert list(record) == ["uuid", "value", "token"]
        assert key == str(record["uuid"]).encode()
        assert record == {"uuid": record["uuid"], "value": clients.expected[record["uuid"]], "token": TOKEN}
    assert TOKEN not in worker.said()
    assert {path.suffix for path in tmp_path.iterdir()} <= {"", ".log", ".pmml"}
    assert not (tmp_path / "liftstream-data").exists()


def test_poison_goes_aside_with_its_reason_and_the_stream_goes_on(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    clients = Clients(40)
    feeder, answers = Feeder(settings), Answers(settings)
    poison = [
        b"not json",
        b"{'uuid': 1}",
        None,
        b"",
        b"\xff\xfe",
        b'{"uuid":"4o4","products":{}}',
        b"x" * 900_000,
    ]
    for index, uuid in enumerate(clients.uuids):
        for side in (0, 1):
            feeder.send(side, uuid, poison[(2 * index + side) % len(poison)])
            feeder.send(side, uuid, clients.halves[side][index])
    feeder.send(0, 7, b'{"uuid":7,"age":99,"man":1,"woman":0}')  # the rule has no score for this age
    feeder.send(1, 7, b'{"uuid":7,"products":{}}')
    feeder.flush()
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(lambda: answers.are_for(clients.uuids), worker)
        until(lambda: len(aside(tmp_path)) == 82, worker)
        read, joined = worker.metric("records_read_total"), worker.metric("pairs_joined_total")
        assert (read, joined, worker.metric("records_put_aside_total")) == (162, 40, 82)
        assert worker.stop() == 0
    found = aside(tmp_path)
    assert {one["reason"] for one in found} == {"invalid"}
    assert sum("value_base64" in one for one in found) == poison_count(poison, b"\xff\xfe")
    assert sum(one.get("value", "") is None for one in found) == poison_count(poison, None)
    assert sum(one["detail"] == "the model gives no score for this pair" for one in found) == 2
    assert list(found[0])[:7] == ["reason", "detail", "topic", "partition", "offset", "timestamp_ms", "key"]


def poison_count(poison: list[bytes | None], one: bytes | None) -> int:
    return sum(poison[number % len(poison)] == one for number in range(80))


def test_records_of_last_month_are_joined_as_live_ones_and_the_window_is_exact(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=1)
    clients = Clients(6)
    feeder, answers = Feeder(settings), Answers(settings)
    begin = time.time_ns() // 1_000_000 - MONTH_MS
    for index, (uuid, apart) in enumerate(zip(clients.uuids, [1999, 2000, 2001] * 2, strict=True)):
        first = index // 3
        feeder.send(first, uuid, clients.halves[first][index], begin + index)
        feeder.send(1 - first, uuid, clients.halves[1 - first][index], begin + index + apart)
    feeder.flush()
    worker = Worker(settings, tmp_path, join_window_s=2)
    near = [uuid for index, uuid in enumerate(clients.uuids) if index % 3 != 2]
    with running(worker):
        until(lambda: answers.are_for(near), worker)
        until(lambda: len(aside(tmp_path)) == 4, worker)
        assert worker.stop() == 0
    assert answers.values.keys() == set(near)
    assert {one["reason"] for one in aside(tmp_path)} == {"timeout"}


def test_a_worker_whose_frame_fails_says_so_in_its_last_line_and_ends(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    (tmp_path / "rule.pmml").write_text("blind")
    worker = Worker(settings, tmp_path)
    with running(worker):
        assert worker.process.wait(300) == 1
    assert worker.log()[-1]["event"] == "stopped"
    assert "no fetch can be made" in worker.log()[-1]["why"]
