"""`liftstream broker`: a Kafka of one's own in the foreground, with the topics of the settings."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from liftstream.cli.options import settings_options
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings, load_settings

if TYPE_CHECKING:
    from liftstream.broker.topics import Wanted

LOOK_S = 1.0


@click.command()
@click.option("--port", type=click.IntRange(0, 65_534), default=9092, help="On 127.0.0.1; 0: any free one.")
@click.option(
    "--kafka", is_flag=True, help="Start a real Apache Kafka; needs Java 17 and, the first time, Maven."
)
@click.option(
    "--partitions",
    type=click.IntRange(1, 1000),
    default=4,
    help="Partitions of every topic that is not compacted.",
)
@settings_options
def broker(
    port: int, kafka: bool, partitions: int, settings_file: Path | None, overrides: dict[str, str]
) -> None:
    """A local Kafka in the foreground, with every topic of the settings.

    For tests on one machine. The embedded broker runs in this process: no Java, no Docker, one worker per group, 5
    MiB per partition. Its records, and those of --kafka, are lost when it ends. SIGTERM or Ctrl-C stop it.
    """
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    settings = load_settings(settings_file, overrides)
    from liftstream.broker.topics import wanted_topics

    topics = wanted_topics(settings.kafka, partitions)
    with (_apache if kafka else _embedded)(port, topics) as (bootstrap, ended):
        click.echo(bootstrap)
        named = ", ".join(f"{name} ({topic.partitions})" for name, topic in topics.items())
        click.echo(f"{len(topics)} topics (partitions): {named}. Ctrl-C ends it.", err=True)
        while not over.wait(LOOK_S):
            if ended():
                raise BrokerError("Apache Kafka ended by itself; start it again")


@contextmanager
def _embedded(port: int, topics: "Mapping[str, Wanted]") -> Iterator[tuple[str, Callable[[], bool]]]:
    from liftstream.broker.embedded import EmbeddedBroker
    from liftstream.broker.front import Front

    with (
        EmbeddedBroker({name: topic.partitions for name, topic in topics.items()}) as embedded,
        Front(port, embedded.bootstrap) as front,
    ):
        yield front.bootstrap, lambda: False


@contextmanager
def _apache(port: int, topics: "Mapping[str, Wanted]") -> Iterator[tuple[str, Callable[[], bool]]]:
    from liftstream.broker.apache import ApacheKafka
    from liftstream.broker.front import require_free
    from liftstream.broker.topics import make_missing

    require_free(port)
    with ApacheKafka(port=port or None) as apache:
        make_missing(KafkaSettings(bootstrap=apache.bootstrap), topics)
        yield apache.bootstrap, apache.ended
