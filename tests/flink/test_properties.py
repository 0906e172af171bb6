"""Settings as Java's clients take them."""

from pathlib import Path

import pytest

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import KafkaSettings
from pipeline.flink.properties import client_properties, flink_options


def test_a_password_with_quotes_and_backslashes_stays_one_value_of_the_login() -> None:
    kafka = KafkaSettings(
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-256",
        username="u",
        password='a"b\\c; d',  # noqa: S106
    )
    found = client_properties(kafka)["sasl.jaas.config"]
    assert found.endswith('ScramLoginModule required username="u" password="a\\"b\\\\c; d";')


def test_certificates_travel_by_content_and_a_missing_file_is_named(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("-----BEGIN CERTIFICATE-----")
    kafka = KafkaSettings(security_protocol="SSL", ca_file=authority)
    found = client_properties(kafka)
    assert found["ssl.truststore.certificates"] == "-----BEGIN CERTIFICATE-----"
    assert found["ssl.truststore.type"] == "PEM"
    with pytest.raises(SettingsError, match=r"gone\.pem: no certificate or key in PEM"):
        client_properties(KafkaSettings(security_protocol="SSL", ca_file=tmp_path / "gone.pem"))


@pytest.mark.parametrize("kind", ["RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"])
def test_a_key_that_java_cannot_read_is_refused_before_a_job_starts(tmp_path: Path, kind: str) -> None:
    both = tmp_path / "both.pem"
    both.write_text(f"-----BEGIN CERTIFICATE-----\n-----BEGIN {kind}-----")
    kafka = KafkaSettings(security_protocol="SSL", certificate_file=both)
    with pytest.raises(
        SettingsError,
        match=r"both\.pem: a key that Kafka's Java client cannot read; openssl pkcs8 -topk8 -nocrypt",
    ):
        client_properties(kafka)


def test_certificate_and_key_may_be_in_one_file(tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----")
    found = client_properties(KafkaSettings(security_protocol="SSL", certificate_file=both))
    assert "BEGIN PRIVATE KEY" in found["ssl.keystore.key"]


def test_a_chosen_option_wins_over_ours() -> None:
    found = flink_options({"execution.checkpointing.interval": "9 s"}, parallelism=3)
    assert (found["execution.checkpointing.interval"], found["parallelism.default"]) == ("9 s", "3")
