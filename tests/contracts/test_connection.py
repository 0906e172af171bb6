"""Settings reach kafka-python and other processes unchanged."""

from pathlib import Path

import pytest
from kafka import KafkaConsumer

from liftstream.contracts.connection import (
    check_connection,
    kafka_environment,
    kafka_python_options,
    read_address,
)
from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import KafkaSettings, load_settings

SECURED = KafkaSettings(
    bootstrap="a:1, b:2",
    security_protocol="SASL_SSL",
    sasl_mechanism="SCRAM-SHA-512",
    username="worker",
    password="secret",  # noqa: S106
    ca_file=Path("ca.pem"),
    topic_session="sessions",
)


def test_another_process_reads_the_same_settings_from_its_environment() -> None:
    assert load_settings(environment=kafka_environment(SECURED)).kafka == SECURED
    assert load_settings(environment=kafka_environment(KafkaSettings())).kafka.bootstrap == "localhost:9092"


def test_kafka_python_knows_every_option_it_is_given() -> None:
    options = kafka_python_options(SECURED)
    assert set(options) <= set(KafkaConsumer.DEFAULT_CONFIG)
    assert options["bootstrap_servers"] == ["a:1", "b:2"]
    assert options["sasl_plain_password"] == "secret"  # noqa: S105


@pytest.mark.parametrize("bootstrap", [",", " ", " , "])
def test_no_address_at_all_is_refused(bootstrap: str) -> None:
    with pytest.raises(SettingsError, match="^KAFKA__BOOTSTRAP: .*: write host:port"):
        check_connection(KafkaSettings(bootstrap=bootstrap))
    assert kafka_python_options(KafkaSettings(bootstrap="a:1,"))["bootstrap_servers"] == ["a:1"]


def test_an_open_broker_is_reached_without_security_options() -> None:
    assert not [name for name in kafka_python_options(KafkaSettings()) if name.startswith(("sasl", "ssl"))]


@pytest.mark.parametrize(
    "address",
    [
        "kafka",
        ":9092",
        "kafka:",
        "kafka:0",
        "kafka:65536",
        "kafka:²",
        "kafka:9_0",
        "a..b:1",
        "x" * 64 + ":1",
        "::1:1",
        "[::1:1",
    ],
)
def test_an_address_that_nobody_could_look_up_is_refused_before_any_client_sees_it(address: str) -> None:
    assert read_address(address) is None
    with pytest.raises(
        SettingsError, match=r"^KAFKA__BOOTSTRAP: .*: write host:port, several separated by commas$"
    ):
        check_connection(KafkaSettings(bootstrap=f"a:1, {address}"))


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("a:1", ("a", 1)),
        ("my_kafka.de.:65535", ("my_kafka.de.", 65535)),
        ("[::1]:9", ("::1", 9)),
        ("bücher.de:9", ("bücher.de", 9)),
    ],
)
def test_hosts_by_name_and_by_number_have_a_port(address: str, place: tuple[str, int]) -> None:
    assert read_address(address) == place
    check_connection(KafkaSettings(bootstrap=address))


@pytest.mark.parametrize("name", ["ca_file", "certificate_file", "key_file"])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    gone = tmp_path / "gone.pem"
    with pytest.raises(SettingsError, match=f"^KAFKA__{name.upper()}: {gone}: cannot be read: No such file"):
        check_connection(KafkaSettings.model_validate({"security_protocol": "SSL", name: gone}))
