"""The places where records can be lost between shop, broker, pipeline and platform, with the counts of both sides."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from confluent_kafka.admin import AdminClient

from liftstream.contracts.connection import confluent_options
from liftstream.contracts.settings import KafkaSettings
from liftstream.demo.looking import Pipeline, SeenReport
from liftstream.service.kafka.confluent.offsets import ends_of
from liftstream.simulation.shop.till import Counts

TOPICS: Final = ("session", "demographic", "historic", "prediction", "decision", "revenue")
"""Kafka's topics by the names of their settings, `KAFKA__TOPIC_<NAME>`."""


@dataclass(frozen=True)
class Step:
    """A place where records change hands: how many were given, and how many were taken."""

    what: str
    given: int
    taken: int

    @property
    def lost(self) -> int:
        """Records given and not taken; one that was taken twice makes up for none."""
        return max(0, self.given - self.taken)


def name_of(kafka: KafkaSettings, topic: str) -> str:
    """The name of a topic on the broker."""
    name: str = getattr(kafka, f"topic_{topic}")
    return name


def count_records(kafka: KafkaSettings) -> dict[str, int]:
    """Records ever written to each topic, by the broker's own count."""
    admin = AdminClient(confluent_options(kafka))
    return {topic: sum(ends_of(admin, name_of(kafka, topic)).values()) for topic in TOPICS}


def account(shop: Counts, written: Mapping[str, int], pipeline: Pipeline, report: SeenReport) -> list[Step]:
    """Every step from a session that was opened to its money in the experiment.

    Args:
        shop: what the shop did.
        written: records by topic, by the broker's count.
        pipeline, report: of everybody's end.
    """
    sessions = sum(arm.sessions for arm in report.arms)
    decided = sum(arm.answered + arm.unanswered for arm in report.arms)
    # a page that waited in vain does not hear a decision that comes later
    shown = shop.decided + shop.undecided
    halves = written["demographic"] + written["historic"]
    return [
        Step("sessions opened, written to Kafka", shop.opened, written["session"]),
        Step("sessions written, counted by the platform", written["session"], sessions),
        Step("halves due, written to Kafka", 2 * shop.opened, halves),
        Step("halves written, joined or put aside", halves, pipeline.resolved),
        Step("pairs joined, predictions in Kafka", pipeline.joined, written["prediction"]),
        Step("predictions in Kafka, judged by the platform", written["prediction"], report.answers.read),
        Step("decisions taken, told to the shop", decided, written["decision"]),
        Step("decisions told, pages shown", written["decision"], shown),
        Step("payments made, written to Kafka", shop.paid, written["revenue"]),
        Step("payments written, counted by the platform", written["revenue"], report.n_total),
    ]


def lost(steps: Iterable[Step]) -> int:
    """The unaccounted records of all steps."""
    return sum(step.lost for step in steps)
