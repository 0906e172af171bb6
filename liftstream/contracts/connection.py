"""How the settings of Kafka reach a client: aiokafka, kafka-python, confluent-kafka, or a child process by its
environment."""

import ssl
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import PREFIX, KafkaSettings

KAFKA_PYTHON_PROTOCOL: Final = (2, 3)
"""Newest protocol that kafka-python may speak. Left alone it opens with ApiVersions 4, which librdkafka's mock cluster
answers in a form that nobody can read; all we need is in 2.3, and newer and older brokers still agree on theirs."""
KAFKA_PYTHON_NAMES: Final = (
    "security_protocol", "sasl_mechanism", "sasl_plain_username", "sasl_plain_password",
    "ssl_cafile", "ssl_certfile", "ssl_keyfile", "ssl_password",
)  # fmt: skip
CONFLUENT_NAMES: Final = (
    "security.protocol", "sasl.mechanism", "sasl.username", "sasl.password",
    "ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.key.password",
)  # fmt: skip


def bootstrap_servers(kafka: KafkaSettings) -> list[str]:
    """The addresses, one by one.

    Raises:
        SettingsError: one is not host:port; clients would end in errors of Python's.
    """
    addresses = [address.strip() for address in kafka.bootstrap.split(",") if address.strip()]
    for address in addresses or [kafka.bootstrap]:
        if read_address(address) is None:
            raise SettingsError(
                f"KAFKA__BOOTSTRAP: {address!r}: write host:port, several separated by commas"
            )
    return addresses


def read_address(address: str) -> tuple[str, int] | None:
    """Host and port; None: it is none that could be looked up."""
    host, _, digits = address.rpartition(":")
    port = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 5 else 0
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif set(host) & set("[]:"):
        return None
    try:
        host.encode("idna")
    except UnicodeError:
        return None
    return (host, port) if host and 0 < port < 65_536 else None


def aiokafka_options(kafka: KafkaSettings) -> dict[str, Any]:
    """The arguments of every client of aiokafka."""
    options: dict[str, Any] = {
        "bootstrap_servers": bootstrap_servers(kafka),
        "security_protocol": kafka.security_protocol,
        "ssl_context": _ssl_context(kafka),
        "sasl_plain_username": kafka.username,
        "sasl_plain_password": _secret(kafka.password),
    }
    if kafka.security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = kafka.sasl_mechanism
    return options


def kafka_python_options(kafka: KafkaSettings) -> dict[str, Any]:
    """The arguments of every client of kafka-python: addresses, security, protocol."""
    return {
        "bootstrap_servers": bootstrap_servers(kafka),
        "api_version": KAFKA_PYTHON_PROTOCOL,
        **_security(kafka, KAFKA_PYTHON_NAMES),
    }


def confluent_options(kafka: KafkaSettings) -> dict[str, Any]:
    """The options of every client of confluent-kafka; its own log is off, as it says the same twenty times a second."""
    return {
        "bootstrap.servers": kafka.bootstrap,
        "log_level": 0,
        "reconnect.backoff.max.ms": 1_000,
        **_security(kafka, CONFLUENT_NAMES),
    }


def _security(kafka: KafkaSettings, names: Sequence[str]) -> dict[str, str]:
    """What is set of protocol, mechanism, user, password, certificates and key, by a library's own names."""
    values = (
        kafka.security_protocol,
        kafka.sasl_mechanism,
        kafka.username,
        _secret(kafka.password),
        kafka.ca_file,
        kafka.certificate_file,
        kafka.key_file,
        _secret(kafka.key_password),
    )
    return {name: str(value) for name, value in zip(names, values, strict=True) if value is not None}


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value else None


def kafka_environment(kafka: KafkaSettings) -> dict[str, str]:
    """The environment variables from which another process reads the same settings."""
    values = {name: getattr(kafka, name) for name in type(kafka).model_fields}
    texts = {
        name: value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
        for name, value in values.items()
        if value is not None
    }
    return {f"{PREFIX}KAFKA__{name.upper()}": text for name, text in texts.items()}


def check_connection(kafka: KafkaSettings) -> None:
    """Refuses settings that cannot work together, before anything is opened.

    Raises:
        SettingsError: a name or file is missing.
    """
    if kafka.security_protocol.startswith("SASL"):
        for name in ("sasl_mechanism", "username", "password"):
            if getattr(kafka, name) is None:
                raise SettingsError(
                    f"KAFKA__SECURITY_PROTOCOL {kafka.security_protocol} needs KAFKA__{name.upper()}"
                )
    bootstrap_servers(kafka)
    _ssl_context(kafka)


def _ssl_context(kafka: KafkaSettings) -> ssl.SSLContext | None:
    if not kafka.security_protocol.endswith("SSL"):
        return None
    for name in ("ca_file", "certificate_file", "key_file"):
        _check_file(f"KAFKA__{name.upper()}", getattr(kafka, name))
    try:
        context = ssl.create_default_context(cafile=str(kafka.ca_file) if kafka.ca_file else None)
        load_certificate(context, kafka)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"KAFKA__CA_FILE, KAFKA__CERTIFICATE_FILE, KAFKA__KEY_FILE, KAFKA__KEY_PASSWORD: cannot be used: {error}"
        ) from None
    return context


def load_certificate(context: ssl.SSLContext, kafka: KafkaSettings, of: str = "") -> None:
    """Loads this client's certificate, if the settings name one.

    Args:
        context: to load it into.
        kafka: names the certificate and its key.
        of: who asks for it, as its settings begin: nothing for the broker, `schema_registry_`.

    Raises:
        OSError: it cannot be used.
        SettingsError: its key is encrypted, and no password is set.
    """
    certificate, key = getattr(kafka, f"{of}certificate_file"), getattr(kafka, f"{of}key_file")
    if certificate:
        context.load_cert_chain(certificate, key, partial(_key_password, kafka, of, key or certificate))


def _key_password(kafka: KafkaSettings, of: str, file: Path) -> str:
    """Asked only of a key that is encrypted; without it Python would ask whoever sits at the terminal."""
    password = getattr(kafka, f"{of}key_password")
    if password is None:
        setting = f"KAFKA__{of.upper()}KEY"
        raise SettingsError(f"{setting}_FILE: {file}: is encrypted; set {setting}_PASSWORD")
    return str(password.get_secret_value())


def _check_file(setting: str, file: Path | None) -> None:
    try:
        if file is not None:
            file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{setting}: {file}: cannot be read: {error.strerror}") from None


def host_and_port(host: str, port: int) -> str:
    """An address as it is written, with an IPv6 host in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
