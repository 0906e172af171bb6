"""What is wrong between this machine and its Kafka, and what to do about it: judgements over what inspection saw."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from liftstream.broker.inspection import BrokerSeen, TopicSeen, inspect
from liftstream.contracts.errors import LiftstreamError
from liftstream.contracts.settings import Settings
from liftstream.contracts.side_output import topic_of

Status = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True)
class Finding:
    """The result of one check, in one line.

    Attributes:
        check: what was looked at.
        said: what was found; for a failure with what to do next.
    """

    check: str
    status: Status
    said: str

    def to_dict(self) -> dict[str, Any]:
        """The finding for `--json`."""
        return asdict(self)


def diagnose(
    settings: Settings, inputs: Sequence[str] | None = None, output: str | None = None
) -> tuple[list[Finding], dict[str, int]]:
    """Broker, topics and rights, in that order, and how many partitions the visible topics have.

    Without a broker the others are skipped.

    Args:
        settings: of the process.
        inputs, output: topics of the stream; default: the task's.
    """
    kafka = settings.kafka
    read = [kafka.topic_demographic, kafka.topic_historic] if inputs is None else list(inputs)
    written = [kafka.topic_prediction if output is None else output]
    side_topic = topic_of(settings.pipeline.side_output)
    more = [] if side_topic is None else [side_topic]
    try:
        seen = inspect(kafka, settings.pipeline.group, [*read, *written, *more])
    except LiftstreamError as error:
        skipped = [Finding(name, "skipped", "needs the broker") for name in ("topics", "rights")]
        return [Finding("broker", "failed", str(error)), *skipped], {}
    found = [
        Finding("broker", "ok", f"{kafka.bootstrap} answers: {', '.join(seen.addresses)}"),
        judge_topics(seen),
        judge_rights(seen, settings, read, [*written, *more]),
    ]
    return found, {name: topic.partitions for name, topic in seen.topics.items()}


def judge_topics(seen: BrokerSeen) -> Finding:
    """Whether every topic exists; one that is hidden from us may exist."""
    missing = [name for name, topic in seen.topics.items() if not topic.partitions and not topic.hidden]
    if missing:
        also = " ".join(f"--also {name}" for name in missing)
        return Finding(
            "topics",
            "failed",
            f"{_listed(missing)} not on the broker; create with 'liftstream topics {also}', or give the"
            " name used there: KAFKA__TOPIC_…, or a topic of PIPELINE__STREAM",
        )
    visible = [f"{name} ({topic.partitions})" for name, topic in seen.topics.items() if topic.partitions]
    if not visible:
        return Finding("topics", "skipped", "none is visible to this user: see rights")
    return Finding("topics", "ok", f"with partitions: {', '.join(visible)}")


def judge_rights(
    seen: BrokerSeen, settings: Settings, inputs: Sequence[str], outputs: Sequence[str]
) -> Finding:
    """The rights of a worker: READ on what it reads and on its group, WRITE on answers and on a side output that is a
    topic."""
    kafka, group = settings.kafka, settings.pipeline.group
    wanted = [(name, "READ") for name in inputs] + [(name, "WRITE") for name in outputs]
    missing = [problem for name, right in wanted if (problem := _missing(name, right, seen.topics[name]))]
    if seen.group_hidden or (seen.group is not None and "READ" not in seen.group):
        missing.append(f"READ on group {group}")
    if missing:
        user = f"user {kafka.username!r}" if kafka.username else "this user"
        return Finding(
            "rights",
            "failed",
            f"missing: {', '.join(missing)}; ask the broker's administrator to grant it to {user}",
        )
    if all(topic.rights is None for topic in seen.topics.values()):
        return Finding("rights", "ok", "the broker knows no rights: everything is allowed")
    allowed = ", ".join(f"{right} {name}" for name, right in wanted)
    return Finding("rights", "ok", f"{allowed}, READ group {group}")


def _missing(name: str, right: str, topic: TopicSeen) -> str | None:
    if topic.hidden:
        return f"{right} on {name} (or there is no such topic, Kafka does not say which)"
    if topic.rights is not None and topic.partitions and right not in topic.rights:
        return f"{right} on {name}"
    return None


def _listed(names: list[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"
