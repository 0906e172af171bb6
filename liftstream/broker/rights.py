"""Topics, users and rights on a broker that is ours: what tests and the demonstration set up beforehand."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

LEADERS_WITHIN_MS = 60_000
"""How long to wait for leaders: hundreds of partitions on a busy machine take a while."""


def _administration(bootstrap: str) -> Any:
    return closing(KafkaAdminClient(bootstrap_servers=bootstrap))


def create_topics(
    bootstrap: str, partitions: Mapping[str, int], settings: Mapping[str, str] | None = None
) -> None:
    """Creates topics with the given partition counts, and waits until every partition has a leader."""
    topics = {
        name: {"num_partitions": count, "configs": dict(settings or {})} for name, count in partitions.items()
    }
    with _administration(bootstrap) as admin:
        admin.create_topics(topics)
        admin.wait_for_topics(list(topics), timeout_ms=LEADERS_WITHIN_MS)


def add_partitions(bootstrap: str, partitions: Mapping[str, int]) -> None:
    """Raises the number of partitions of topics to the given counts."""
    with _administration(bootstrap) as admin:
        admin.create_partitions(dict(partitions))


def delete_topics(bootstrap: str, names: list[str]) -> None:
    """Removes topics."""
    with _administration(bootstrap) as admin:
        admin.delete_topics(names)


def configure_topic(bootstrap: str, topic: str, settings: Mapping[str, str]) -> None:
    """Changes settings of a topic."""
    with _administration(bootstrap) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, dict(settings))])


def delete_records(bootstrap: str, topic: str, before: Mapping[int, int]) -> None:
    """Removes the records of partitions before an offset, as retention does."""
    with _administration(bootstrap) as admin:
        admin.delete_records({TopicPartition(topic, number): offset for number, offset in before.items()})


def add_user(bootstrap: str, user: str, password: str) -> None:
    """Creates a user of the secured listener (SCRAM-SHA-256), who has no rights yet."""
    with _administration(bootstrap) as admin:
        admin.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(user, ScramMechanism.SCRAM_SHA_256, password)]
        )


def grant(
    bootstrap: str,
    user: str,
    *,
    read: tuple[str, ...] = (),
    write: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
) -> None:
    """Allows a user to read and write topics and to read groups, each by its exact name."""
    wanted = [(ResourceType.TOPIC, name, ACLOperation.READ) for name in read]
    wanted += [(ResourceType.TOPIC, name, ACLOperation.WRITE) for name in write]
    wanted += [(ResourceType.GROUP, name, ACLOperation.READ) for name in groups]
    rules = [
        ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, ResourcePattern(kind, name))
        for kind, name, operation in wanted
    ]
    with _administration(bootstrap) as admin:
        admin.create_acls(rules)


def revoke_write(bootstrap: str, user: str, topic: str) -> None:
    """Takes the right to write a topic from a user."""
    _revoke(bootstrap, user, ACLOperation.WRITE, ResourceType.TOPIC, topic)


def revoke_read(bootstrap: str, user: str, *, topic: str | None = None, group: str | None = None) -> None:
    """Takes the right to read a topic or a group from a user."""
    for kind, name in ((ResourceType.TOPIC, topic), (ResourceType.GROUP, group)):
        if name is not None:
            _revoke(bootstrap, user, ACLOperation.READ, kind, name)


def _revoke(bootstrap: str, user: str, operation: Any, kind: Any, name: str) -> None:
    pattern = ResourcePatternFilter(kind, name, ACLResourcePatternType.LITERAL)
    rule = ACLFilter(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, pattern)
    with _administration(bootstrap) as admin:
        admin.delete_acls([rule])
