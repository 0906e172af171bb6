"""Visitors of the simulated site: they see a block and look, or write to a seller."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import numpy as np
from confluent_kafka import Producer

from liftstream.contracts.connection import confluent_options
from liftstream.contracts.messages import Prediction, Session, encode, key_of
from liftstream.contracts.settings import KafkaSettings
from liftstream.experiment import draw_arm
from liftstream.similar_ads.ad import Ad
from liftstream.similar_ads.configuration import read_configuration
from liftstream.similar_ads.service import SimilarAds
from liftstream.simulation.site.ads import CATEGORIES, METROS, SiteAds
from liftstream.simulation.site.visitors import contact_probability, view_probability

REGULARS: Final = 20_000
"""Units that come while the bandit learns."""
FIRST_CLIENT: Final = 1_000_000


@dataclass
class Site:
    """The site: its ads, its service, what people did.

    Attributes:
        shown, viewed, contacted: visits by the name of what ranked their block.
    """

    ads: SiteAds
    service: SimilarAds
    address: str
    kafka: KafkaSettings
    rng: np.random.Generator
    old: Mapping[str, Any]
    shown: Counter[str] = field(default_factory=Counter)
    viewed: Counter[str] = field(default_factory=Counter)
    contacted: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        self._http = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self._producer = Producer({**confluent_options(self.kafka), "linger.ms": 5})
        self._old = read_configuration(self.old)
        self._clients = 0

    def visit_regular(self) -> None:
        """Somebody comes while the bandit learns."""
        unit = f"u{self.rng.integers(0, REGULARS)}"
        self._visit_bandit(unit)

    def visit_client(self, token: str, plan: Mapping[str, Any]) -> None:
        """Somebody comes to the experiment; their arm is a salted hash that anybody can compute from the plan."""
        uuid = FIRST_CLIENT + self._clients
        self._clients += 1
        session = Session(uuid, f"s{uuid}", 0)
        self._producer.produce(self.kafka.topic_session, encode(session), key_of(uuid))
        self._producer.produce(self.kafka.topic_prediction, encode(Prediction(uuid, 1, token)), key_of(uuid))
        self._producer.poll(0)
        if draw_arm(uuid, plan["salt"], plan["shares"]) == "candidate":
            self._visit_bandit(str(uuid))
        else:
            self._visit_old(str(uuid))

    def flush(self) -> None:
        """Waits until everything is written."""
        self._producer.flush(10)
        self.service.feedback.flush(10)

    def _visit_bandit(self, unit: str) -> None:
        asked = int(self.rng.integers(0, len(self.ads)))
        block = self._ask(int(self.ads.number[asked]), unit)
        shown = np.array([one["ad"]["number"] - 1 for one in block["ads"]], dtype=np.int64)
        self._react(block["arm"], block["decision"], unit, asked, shown)

    def _visit_old(self, unit: str) -> None:
        asked = int(self.rng.integers(0, len(self.ads)))
        found = self.service.index.similar(ad_of(self.ads, asked), self._old)
        shown = np.array([one.ad.number - 1 for one in found], dtype=np.int64)
        self._react("the old block", "", unit, asked, shown)

    def _react(self, arm: str, decision: str, unit: str, asked: int, shown: np.ndarray[Any, Any]) -> None:
        self.shown[arm] += 1
        self.viewed[arm] += self.rng.random() < view_probability(self.ads, asked, shown)
        if self.rng.random() < contact_probability(self.ads, asked, shown):
            self.contacted[arm] += 1
            self.service.feedback.outcome(decision, unit, "contact")

    def _ask(self, number: int, unit: str) -> dict[str, Any]:
        self._http.request("GET", f"/similar/{number}?{urlencode({'unit': unit})}")
        found: dict[str, Any] = json.loads(self._http.getresponse().read())
        return found


def ad_of(ads: SiteAds, row: int) -> Ad:
    """An ad of the simulated site, as the service keeps it."""
    category, metro = tuple(CATEGORIES)[ads.category[row]], METROS[ads.metro[row]]
    location = f"{metro} {ads.location[row]}"
    return Ad(int(ads.number[row]), ads.title(row), category, metro, location, float(ads.price[row]), row)
