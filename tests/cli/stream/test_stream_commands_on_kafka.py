"""`liftstream stream infer` and `check` on a real broker: the shop's topics become a definition that decides alike."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from liftstream.broker import ApacheKafka
from liftstream.cli.app import liftstream
from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.errors import BrokerError, InputError
from liftstream.contracts.places import model_named
from liftstream.contracts.settings import KafkaSettings, load_settings
from liftstream.scoring import load_for_decision
from liftstream.streams.definition import Stream
from liftstream.streams.loading import load_stream
from tests.conftest import MakeTopics
from tests.pipeline.kafka_trial import Answers, Clients, Feeder


def run(kafka: KafkaSettings, *arguments: object) -> Result:
    topics = {name: value for name, value in kafka.model_dump().items() if name.startswith("topic_")}
    chosen = {"bootstrap": kafka.bootstrap, **topics}
    words = [word for name, value in chosen.items() for word in ("--set", f"KAFKA__{name.upper()}={value}")]
    return CliRunner().invoke(liftstream, ["stream", *map(str, arguments), *words], catch_exceptions=False)


def stream_of(kafka: KafkaSettings, file: Path | None = None) -> Stream:
    overrides = {
        "KAFKA__TOPIC_DEMOGRAPHIC": kafka.topic_demographic,
        "KAFKA__TOPIC_HISTORIC": kafka.topic_historic,
    }
    return load_stream(load_settings(environment={}, overrides=overrides), file)


def answers_of_a_worker(
    kafka: KafkaSettings, definition: Path, count: int, folder: Path
) -> list[tuple[bytes, bytes]]:
    """What a worker with the shipped model writes for a definition, ordered by key."""
    folder.mkdir()
    chosen = {
        "PIPELINE__STREAM": definition,
        "PIPELINE__GROUP": kafka.topic_prediction,
        "PIPELINE__TOKEN": "a-token",
        "PIPELINE__PORT": 0,
        "PIPELINE__MODEL": model_named("cross_selling"),
    }
    extra = {f"LIFTSTREAM_{name}": str(value) for name, value in chosen.items()}
    answers = Answers(kafka)
    with (folder / "worker.log").open("wb") as log:
        command = [sys.executable, "-m", "liftstream.cli", "run"]
        environment = os.environ | kafka_environment(kafka) | extra
        worker = subprocess.Popen(command, env=environment, cwd=folder, stderr=log)
    try:
        deadline = time.monotonic() + 300
        while len(answers.glance().all) < count and worker.poll() is None and time.monotonic() < deadline:
            pass
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(300) == 0, (folder / "worker.log").read_text()[-3000:]
    finally:
        worker.kill()
    return sorted(answers.read().all)


@pytest.fixture
def shop(kafka: ApacheKafka, topics: MakeTopics) -> tuple[KafkaSettings, Clients]:
    settings, clients = topics(kafka), Clients(600)
    Feeder(settings).send_apart(clients, spread=20)
    return settings, clients


def test_the_definition_inferred_from_the_shops_topics_decides_as_the_shipped_one(
    shop: tuple[KafkaSettings, Clients], tmp_path: Path
) -> None:
    settings, clients = shop
    out = tmp_path / "inferred.yaml"
    asked = ("--topic", settings.topic_demographic, "--topic", settings.topic_historic, "--out", out)
    assert run(settings, "infer", *asked, "--model", model_named("cross_selling")).exit_code == 0
    assert (stream_of(settings, out).topics, stream_of(settings, out).answer) == (
        stream_of(settings).topics,
        stream_of(settings).answer,
    )
    again = settings.model_copy(update={"topic_prediction": settings.topic_session})
    count, shipped = len(clients.uuids), Path("config/silocompro.yaml").resolve()
    expected = answers_of_a_worker(settings, shipped, count, tmp_path / "shipped")
    assert answers_of_a_worker(again, out, count, tmp_path / "inferred") == expected
    assert {key for key, _ in expected} == {str(uuid).encode() for uuid in clients.uuids}
    assert len({value.split(b'"value":')[1] for _, value in expected}) == 2
    with pytest.raises(InputError, match="exists already"):
        run(settings, "infer", *asked)


def test_check_shows_joined_rows_with_their_scores_and_what_is_wrong(
    shop: tuple[KafkaSettings, Clients],
) -> None:
    settings, clients = shop
    feeder = Feeder(settings)
    for number, value in enumerate((b"hello", b'{"uuid": 5, "age": "41", "man": 7}', b'{"uuid": 6}')):
        feeder.send(0, number, value)
    feeder.send(1, 5, clients.halves[1][0].replace(str(clients.uuids[0]).encode(), b"5"))
    feeder.flush()
    arguments = ("check", "config/silocompro.yaml", "--model", model_named("cross_selling"))
    document = json.loads(run(settings, *arguments, "--json").stdout)
    rows = {row["id"]: row for row in document["rows"]}
    assert len(rows) == 10
    assert rows[5]["wrong"] == [
        "demographic: age is not a number: '41'",
        "demographic: man is 7; it is 0 or 1",
    ]
    answered = [row for row in rows.values() if not row["wrong"]]
    scorer = load_for_decision(model_named("cross_selling"), stream_of(settings).feature_names)
    matrix = np.array([list(row["values"].values()) for row in answered], np.float64)
    assert [row["score"] for row in answered] == scorer.score(matrix).tolist()
    demographic = document["sides"][0]
    assert demographic["records"] - demographic["readable"] == 3
    assert {fault["what"] for fault in demographic["faults"]} == {
        "the body: body",
        "age: type",
        "age: missing",
    }
    shown = run(settings, *arguments).stdout
    assert "age is not a number" in shown
    assert f"of 400 records of {settings.topic_demographic} can be read" in shown
    assert "not 0" in shown


def test_topics_that_are_not_there_or_empty_are_named(kafka: ApacheKafka, topics: MakeTopics) -> None:
    settings = topics(kafka, partitions=1)
    with pytest.raises(BrokerError, match=f"not on the broker.*did you mean {settings.topic_historic}"):
        run(settings, "infer", "--topic", settings.topic_historic + "s")
    with pytest.raises(InputError, match="has no records yet"):
        run(settings, "infer", "--topic", settings.topic_historic)
    with pytest.raises(InputError, match="none of 0 rows .*historic.*: no records yet; write some"):
        run(settings, "check", "config/silocompro.yaml")


def test_topics_of_which_no_record_can_be_read_refer_to_what_is_said_of_the_topics(
    kafka: ApacheKafka, topics: MakeTopics
) -> None:
    settings = topics(kafka, partitions=1)
    feeder = Feeder(settings)
    for side in (0, 1):
        feeder.send(side, 1, b"no json")
    feeder.flush()
    with pytest.raises(InputError, match="none of 0 rows .*; no record can be read; the lines on the topics"):
        run(settings, "check", "config/silocompro.yaml")
