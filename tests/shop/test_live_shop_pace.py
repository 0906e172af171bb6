"""A shop that is held back lets nobody in while too many pages wait; records of others on its topics do not disturb it."""

from itertools import product

from confluent_kafka import Producer

from liftstream.broker import EmbeddedBroker
from liftstream.contracts.settings import KafkaSettings, PlatformSettings, Settings
from liftstream.shop.live_shop import LiveShop, Visitors
from liftstream.simulation.shop.till import Counts

MOST, SESSIONS = 50, 120


STRANGE = (b"no json", b'{"uuid":1,"session":"\xff","opened_ms":1}', b"[" * 30_000)
"""Records of somebody else on the shop's topics."""


def play(broker: EmbeddedBroker, most_waiting: int | None) -> tuple[int, Counts]:
    """The most pages that ever waited where nobody decides, and what the shop saw."""
    kafka = KafkaSettings(bootstrap=broker.bootstrap)
    for topic in ("session", "demographic", "historic", "decision", "revenue"):
        broker.create_topic(getattr(kafka, f"topic_{topic}"), 1)
    shop = LiveShop(
        Settings(kafka=kafka, platform=PlatformSettings(patience_s=0.05)),
        Visitors(sessions=SESSIONS, per_second=10_000, most_waiting=most_waiting),
    )
    waited, producer = 0, Producer({"bootstrap.servers": broker.bootstrap})

    def watch(counts: Counts) -> None:
        nonlocal waited
        for topic, value in product((kafka.topic_session, kafka.topic_decision), STRANGE):
            producer.produce(topic, value)
        producer.flush()
        waited = max(waited, counts.opened - counts.decided - counts.undecided)

    counts = shop.run(watch)
    return waited, counts


def test_no_more_pages_wait_than_the_shop_was_told(embedded_broker: EmbeddedBroker) -> None:
    waited, counts = play(embedded_broker, MOST)
    assert waited == MOST
    assert counts.opened == counts.undecided == counts.paid == SESSIONS


def test_a_shop_that_was_told_nothing_lets_everybody_in(embedded_broker: EmbeddedBroker) -> None:
    waited, _ = play(embedded_broker, None)
    assert waited > MOST
