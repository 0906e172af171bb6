"""Settings for Java's Kafka clients and for Flink."""

import re
from collections.abc import Mapping
from typing import Final

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import KafkaSettings, Settings

SHADED: Final = "org.apache.flink.kafka.shaded."
"""Flink's connector carries Kafka's classes under names of its own."""
LOGIN_MODULES: Final = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}
FETCH_BYTES: Final = 128 * 1024
"""Bytes fetched from a partition at a time: with Kafka's 1 MB a topic of small records would run minutes ahead of the
other."""
LONGEST_TRANSACTION_MS: Final = 600_000
"""Longest transaction, below the 15 minutes that brokers allow."""

DEFAULTS: Final = {
    "execution.checkpointing.interval": "1 s",
    "execution.checkpointing.mode": "AT_LEAST_ONCE",
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    "restart-strategy.type": "exponential-delay",
    "restart-strategy.exponential-delay.initial-backoff": "1 s",
    "restart-strategy.exponential-delay.max-backoff": "30 s",
    "pipeline.object-reuse": "true",
    "pipeline.name": "liftstream",
    "execution.buffer-timeout.interval": "5 ms",
    "pipeline.auto-watermark-interval": "100 ms",
    "python.fn-execution.bundle.time": "10",  # ms that a record may wait for others: latency
    "python.fn-execution.bundle.size": "5000",  # records in one call behind a backlog: throughput
    "python.fn-execution.arrow.batch.size": "5000",
    "table.local-time-zone": "UTC",
}
"""Our defaults of Flink's options; `--option` replaces each of them."""

OTHER_KEY: Final = re.compile("BEGIN (RSA|EC|DSA|ENCRYPTED) PRIVATE KEY")
"""Keys that are not in PKCS #8, or encrypted: Java 17 has no decryption for those that are written today."""


def client_properties(kafka: KafkaSettings) -> dict[str, str]:
    """The properties of every Java client; certificates are part of them, so no worker needs the files."""
    found = {"bootstrap.servers": kafka.bootstrap, "security.protocol": kafka.security_protocol}
    if kafka.security_protocol.startswith("SASL") and kafka.sasl_mechanism is not None:
        found["sasl.mechanism"] = kafka.sasl_mechanism
        found["sasl.jaas.config"] = _login(kafka, kafka.sasl_mechanism)
    if kafka.security_protocol.endswith("SSL"):
        found |= _certificates(kafka)
    return found


def consumer_properties(settings: Settings) -> dict[str, str]:
    """The properties of the source."""
    return client_properties(settings.kafka) | {
        "group.id": settings.pipeline.group,
        "max.partition.fetch.bytes": str(FETCH_BYTES),
        "commit.offsets.on.checkpoint": "true",
        "isolation.level": settings.pipeline.isolation_level,
        "partition.discovery.interval.ms": "10000",
    }


def producer_properties(settings: Settings) -> dict[str, str]:
    """The properties of the sink."""
    return client_properties(settings.kafka) | {
        "acks": "all",
        "linger.ms": "5",
        "transaction.timeout.ms": str(LONGEST_TRANSACTION_MS),
    }


def flink_options(chosen: Mapping[str, str], parallelism: int | None) -> dict[str, str]:
    """Our options of Flink, overridden by the chosen ones."""
    counted = {} if parallelism is None else {"parallelism.default": str(parallelism)}
    return DEFAULTS | counted | dict(chosen)


def _login(kafka: KafkaSettings, mechanism: str) -> str:
    password = kafka.password.get_secret_value() if kafka.password else ""
    values = {"username": kafka.username or "", "password": password}
    quoted = " ".join(f"{name}={_quote(value)}" for name, value in values.items())
    return f"{SHADED}{LOGIN_MODULES[mechanism]} required {quoted};"


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _certificates(kafka: KafkaSettings) -> dict[str, str]:
    files = {
        "ssl.truststore.certificates": kafka.ca_file,
        "ssl.keystore.certificate.chain": kafka.certificate_file,
        "ssl.keystore.key": kafka.key_file or kafka.certificate_file,  # one file may hold both
    }
    found: dict[str, str] = {}
    for name, file in files.items():
        if file is None:
            continue
        try:
            found[name] = file.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{file}: no certificate or key in PEM: {error}") from None
        found[f"ssl.{name.split('.')[1]}.type"] = "PEM"
    if OTHER_KEY.search(found.get("ssl.keystore.key", "")):
        raise SettingsError(
            f"{files['ssl.keystore.key']}: a key that Kafka's Java client cannot read; openssl pkcs8 -topk8 -nocrypt -in KEY -out NEW writes one"
        )
    return found
