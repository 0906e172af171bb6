"""Settings reach kafka-python and other processes unchanged."""

from pathlib import Path

import pytest
import trustme
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from kafka import KafkaConsumer
from pydantic import SecretStr

from liftstream.contracts.connection import (
    check_connection,
    confluent_options,
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
    key_password="of-the-key",  # noqa: S106
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


def encrypted_key(folder: Path) -> KafkaSettings:
    """A client's certificate whose private key needs the password "secret"."""
    client = trustme.CA().issue_cert("w@example.org")
    key = load_pem_private_key(client.private_key_pem.bytes(), None)
    client.cert_chain_pems[0].write_to_path(folder / "client.pem")
    form = BestAvailableEncryption(b"secret")
    (folder / "client.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, form))
    return KafkaSettings(
        security_protocol="SSL",
        certificate_file=folder / "client.pem",
        key_file=folder / "client.key",
    )


def test_an_encrypted_key_is_opened_by_its_password_and_nobody_is_asked_at_the_terminal(
    tmp_path: Path,
) -> None:
    kafka = encrypted_key(tmp_path)
    with pytest.raises(SettingsError, match=r"client\.key: is encrypted; set KAFKA__KEY_PASSWORD"):
        check_connection(kafka)
    opened = kafka.model_copy(update={"key_password": SecretStr("secret")})
    check_connection(opened)
    assert kafka_python_options(opened)["ssl_password"] == "secret"  # noqa: S105
    with pytest.raises(SettingsError, match="KAFKA__KEY_FILE, KAFKA__KEY_PASSWORD: cannot be used"):
        check_connection(kafka.model_copy(update={"key_password": SecretStr("wrong")}))
    AdminClient(confluent_options(opened))
    with pytest.raises(KafkaException):
        AdminClient(confluent_options(opened) | {"ssl.key.password": "wrong"})


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
