"""The topics that are missing are made as they should be, and what exists stays as it is."""

import json
import os
import subprocess
import sys

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from liftstream.broker import ApacheKafka, EmbeddedBroker
from liftstream.broker.topics import make_missing, wanted_topics
from liftstream.contracts.errors import BrokerError, SettingsError
from liftstream.contracts.settings import KafkaSettings

COMPACTED = {"topic_choice", "topic_similar_items"}


def test_every_topic_of_the_settings_is_wanted_by_its_name_there() -> None:
    names = {f"topic_{name}": f"shop.{name}" for name in ("session", "choice")}
    kafka = KafkaSettings(**names)
    topics = {getattr(kafka, field) for field in KafkaSettings.model_fields if field.startswith("topic_")}
    assert wanted_topics(kafka, 4).keys() == topics
    assert set(names.values()) <= topics


def test_only_what_readers_need_the_last_word_of_is_compacted() -> None:
    wanted = wanted_topics(KafkaSettings(), 3, ("mine",))
    compacted = {name for name, one in wanted.items() if one.settings.get("cleanup.policy") == "compact"}
    assert compacted == COMPACTED
    assert {one.partitions for name, one in wanted.items() if name not in COMPACTED} == {3}
    assert wanted["mine"].partitions == 3


def test_no_broker_is_one_sentence_that_names_its_address() -> None:
    with pytest.raises(BrokerError, match="127.0.0.1:1"):
        make_missing(KafkaSettings(bootstrap="127.0.0.1:1"), {})


def test_the_embedded_broker_is_named_as_one_that_makes_topics_by_itself(
    embedded_broker: EmbeddedBroker,
) -> None:
    kafka = KafkaSettings(bootstrap=embedded_broker.bootstrap)
    with pytest.raises(BrokerError, match="makes a topic when it is first written"):
        make_missing(kafka, wanted_topics(kafka, 1))


def test_a_protocol_that_asks_for_a_password_is_refused_without_one() -> None:
    kafka = KafkaSettings(bootstrap="127.0.0.1:1", security_protocol="SASL_PLAINTEXT")
    with pytest.raises(SettingsError, match="KAFKA__SASL_MECHANISM"):
        make_missing(kafka, {})


@pytest.mark.kafka
def test_the_command_makes_what_is_missing_and_leaves_the_rest(kafka: ApacheKafka) -> None:
    names = [name for name in KafkaSettings.model_fields if name.startswith("topic_")]
    environment = {f"LIFTSTREAM_KAFKA__{name.upper()}": f"made_{name}" for name in names}
    environment["LIFTSTREAM_KAFKA__BOOTSTRAP"] = kafka.bootstrap
    first, second = (topics_command(environment, partitions) for partitions in ("2", "5"))
    assert set(first["made"]) == {f"made_{name}" for name in names}
    assert (second["made"], set(second["existing"])) == ([], set(first["made"]))
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    try:
        seen = {
            topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(list(first["made"]))
        }
        policy = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "made_topic_choice")])
    finally:
        admin.close()
    assert seen["made_topic_session"] == 2
    assert seen["made_topic_choice"] == 1
    assert "compact" in str(policy)


@pytest.mark.kafka
def test_only_who_lacks_the_right_to_make_topics_is_told_to_ask_for_it(kafka: ApacheKafka) -> None:
    settings = KafkaSettings(bootstrap=kafka.bootstrap)
    with pytest.raises(BrokerError, match=r"refuses to make bad name: Topic name is invalid: .*'$"):
        make_missing(settings, wanted_topics(settings, 1, ("bad name",)))


def topics_command(environment: dict[str, str], partitions: str) -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "liftstream.cli", "topics", "--json", "--partitions", partitions],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found
