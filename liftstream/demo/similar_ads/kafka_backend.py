"""The demo's site on its rails: blocks over HTTP from the similar-ads service, sessions and contacts to Kafka."""

import json
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import numpy as np
from confluent_kafka import Producer
from numpy.typing import NDArray

from liftstream.contracts.connection import confluent_options
from liftstream.contracts.messages import Prediction, Session, encode, key_of
from liftstream.contracts.settings import KafkaSettings
from liftstream.demo.similar_ads.story import OLD
from liftstream.demo.similar_ads.visits import ShownBlock, ad_of
from liftstream.similar_ads.configuration import read_configuration
from liftstream.similar_ads.service import SimilarAds
from liftstream.simulation.site.ads import SiteAds


class KafkaBackend:
    """Calls a service at an address, and writes as it does."""

    def __init__(self, ads: SiteAds, service: SimilarAds, address: str, kafka: KafkaSettings) -> None:
        self._ads, self._service, self._kafka = ads, service, kafka
        parts = urlsplit(address)
        self._http = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self._producer = Producer({**confluent_options(kafka), "linger.ms": 5})
        self._old = read_configuration(OLD)

    def block(self, asked: int, unit: str) -> ShownBlock:
        """Asks the service, which writes the impression."""
        number = int(self._ads.number[asked])
        self._http.request("GET", f"/similar/{number}?{urlencode({'unit': unit})}")
        found = json.loads(self._http.getresponse().read())
        rows = np.array([one["ad"]["number"] - 1 for one in found["ads"]], dtype=np.int64)
        return ShownBlock(found["arm"], found["decision"], rows)

    def old_block(self, asked: int) -> NDArray[np.int64]:
        """Asks the index."""
        found = self._service.index.similar(ad_of(self._ads, asked), self._old)
        return np.array([one.ad.number - 1 for one in found], dtype=np.int64)

    def begin_session(self, uuid: int, token: str) -> None:
        """Writes the session and the candidate's answer."""
        session = Session(uuid, f"s{uuid}", 0)
        self._producer.produce(self._kafka.topic_session, encode(session), key_of(uuid))
        self._producer.produce(self._kafka.topic_prediction, encode(Prediction(uuid, 1, token)), key_of(uuid))
        self._producer.poll(0)

    def contact(self, decision: str, unit: str) -> None:
        """Writes the outcome."""
        self._service.feedback.outcome(decision, unit, "contact")

    def flush(self) -> None:
        """Waits for both producers."""
        self._producer.flush(10)
        self._service.feedback.flush(10)
