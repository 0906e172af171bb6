"""How the settings of Kafka reach aiokafka and Faust."""

import ssl
from typing import Any

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import KafkaSettings


def bootstrap_servers(kafka: KafkaSettings) -> list[str]:
    """The addresses, one by one."""
    return [address.strip() for address in kafka.bootstrap.split(",") if address.strip()]


def aiokafka_options(kafka: KafkaSettings) -> dict[str, Any]:
    """What every aiokafka client of ours is made with."""
    options: dict[str, Any] = {
        "bootstrap_servers": bootstrap_servers(kafka),
        "security_protocol": kafka.security_protocol,
        "ssl_context": _ssl_context(kafka),
        "sasl_plain_username": kafka.username,
        "sasl_plain_password": kafka.password.get_secret_value() if kafka.password else None,
    }
    if kafka.security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = kafka.sasl_mechanism
    return options


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
    for address in bootstrap_servers(kafka):
        _, _, port = address.rpartition(":")
        if not port.isdigit():
            raise SettingsError(
                f"KAFKA__BOOTSTRAP: {address!r}: write host:port, several separated by commas"
            )
    _ssl_context(kafka)


def _ssl_context(kafka: KafkaSettings) -> ssl.SSLContext | None:
    if not kafka.security_protocol.endswith("SSL"):
        return None
    try:
        context = ssl.create_default_context(cafile=str(kafka.ca_file) if kafka.ca_file else None)
        if kafka.certificate_file:
            context.load_cert_chain(kafka.certificate_file, kafka.key_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"KAFKA__CA_FILE, KAFKA__CERTIFICATE_FILE, KAFKA__KEY_FILE: cannot be used: {error}"
        ) from None
    return context
