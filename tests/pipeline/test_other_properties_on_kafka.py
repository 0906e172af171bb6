"""Brokers whose properties are not those of our test brokers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from liftstream.broker import ApacheKafka
from liftstream.broker.rights import delete_topics
from tests.conftest import MakeTopics
from tests.pipeline.kafka_trial import SOON_S, Worker, running, until

MAKES_TOPICS = {"auto.create.topics.enable": "true", "num.partitions": "1"}
LONG_SESSIONS = {"group.min.session.timeout.ms": "30000"}


@pytest.fixture
def broker(request: pytest.FixtureRequest, kafka_installation: None) -> Iterator[ApacheKafka]:
    with ApacheKafka(properties=request.param) as started:
        yield started


def names_on(broker: ApacheKafka) -> set[str]:
    return set(AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=300).topics)


def ready_reasons(worker: Worker) -> str:
    return " ".join(json.loads(worker.get("/ready")[1])["reasons"])


@pytest.mark.parametrize("broker", [MAKES_TOPICS], indirect=True, ids=["makes topics"])
def test_a_misspelt_topic_is_named_by_a_broker_that_makes_what_it_is_asked_for(
    broker: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    misspelt = topics(broker).model_copy(update={"topic_historic": "topic_hysteric"})
    worker = Worker(misspelt, tmp_path)
    with running(worker):
        assert worker.process.wait(SOON_S) == 1
    assert "topic_hysteric: not on" in worker.said()
    assert "topic_hysteric" not in names_on(broker)


@pytest.mark.parametrize("broker", [MAKES_TOPICS], indirect=True, ids=["makes topics"])
def test_a_topic_that_is_deleted_under_a_worker_is_not_made_again_by_its_questions(
    broker: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(broker)
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(worker.is_ready, worker)
        delete_topics(broker.bootstrap, [settings.topic_historic])
        until(lambda: settings.topic_historic in ready_reasons(worker), worker, within_s=SOON_S)
        assert settings.topic_historic not in names_on(broker)


@pytest.mark.parametrize("broker", [LONG_SESSIONS], indirect=True, ids=["long sessions"])
def test_a_broker_that_allows_no_session_as_short_as_ours_is_waited_for_with_the_reason(
    broker: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    worker = Worker(topics(broker), tmp_path)
    with running(worker):
        until(lambda: "allows no session timeout of 6 s" in ready_reasons(worker), worker)
        assert worker.stop() == 0
