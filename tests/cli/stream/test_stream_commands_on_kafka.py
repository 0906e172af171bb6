"""`liftstream stream infer` and `check` on a real broker: the shop's topics become a definition that decides alike."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from liftstream.broker import ApacheKafka
from liftstream.cli.app import liftstream
from liftstream.contracts.errors import BrokerError, InputError
from liftstream.contracts.places import model_named
from liftstream.contracts.settings import KafkaSettings, load_settings
from liftstream.scoring import load_for_decision
from liftstream.streams.definition import Stream
from liftstream.streams.loading import load_stream
from liftstream.streams.record_reader import RecordReader
from tests.pipeline.kafka_trial import Clients, Feeder

MakeTopics = Callable[..., KafkaSettings]


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


def decisions(stream: Stream, clients: Clients) -> dict[Any, int]:
    """What the shipped model decides for clients whose records are read by a definition."""
    rows: dict[Any, dict[str, Any]] = {}
    for side, records in zip(stream.sides, clients.halves, strict=True):
        reader = RecordReader(side)
        for record in records:
            found = reader.read(None, record, Counter())
            rows.setdefault(found.id, {}).update(zip(side.feature_names, found.values, strict=True))
    scorer = load_for_decision(model_named("cross_selling"), stream.feature_names)
    matrix = np.array([[row[name] for name in stream.feature_names] for row in rows.values()], np.float64)
    shown = scorer.score(matrix) >= scorer.default_threshold
    return dict(zip(rows, shown.astype(int).tolist(), strict=True))


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
    inferred, shipped = stream_of(settings, out), stream_of(settings)
    assert (inferred.topics, inferred.answer) == (shipped.topics, shipped.answer)
    expected = decisions(shipped, clients)
    assert decisions(inferred, clients) == expected
    assert len(set(expected.values())) == 2
    with pytest.raises(InputError, match="is there already"):
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
    with pytest.raises(InputError, match="no record is there to look at"):
        run(settings, "infer", "--topic", settings.topic_historic)
    with pytest.raises(InputError, match="none of 0 rows could be answered"):
        run(settings, "check", "config/silocompro.yaml")
