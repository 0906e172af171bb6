"""A platform without Kafka: a simulated shop plays whole batches into the collector, through the platform's own code."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.fetch import Raw
from liftstream.contracts.messages import Decision, Demographic, Prediction, Revenue, Session, encode
from liftstream.contracts.settings import KafkaSettings, PlatformSettings, Settings
from liftstream.platform.ingest.original import Columns
from liftstream.platform.service import PlatformService
from liftstream.simulation.shop.money import draw_luck, revenue
from liftstream.simulation.shop.population import ShopClients, draw_clients

BEGIN_MS = 1_700_000_000_000
BATCH = 500
Rule = Callable[[ShopClients], NDArray[np.bool_]]
KAFKA = KafkaSettings()
TOPIC = {
    "session": KAFKA.topic_session,
    "demographic": KAFKA.topic_demographic,
    "prediction": KAFKA.topic_prediction,
    "revenue": KAFKA.topic_revenue,
    "impression": KAFKA.topic_impression,
    "outcome": KAFKA.topic_outcome,
}


def show_men(columns: Columns) -> list[int]:
    """The original system's rule."""
    return [int(man) for man in columns["man"]]


def likely_buyers(clients: ShopClients) -> NDArray[np.bool_]:
    """What a good candidate decides."""
    return clients.interest >= 0.65


def everybody(clients: ShopClients) -> NDArray[np.bool_]:
    """What a bad candidate decides."""
    return np.ones(len(clients), dtype=bool)


def men(clients: ShopClients) -> NDArray[np.bool_]:
    """What the original decides as well."""
    return clients.man.astype(bool)


class Stage:
    """A service with a clock of its own and the records that are played into it."""

    def __init__(self, database: str, **platform: Any) -> None:
        self.ms = BEGIN_MS
        settings = Settings(platform=PlatformSettings(database=database, **platform))
        numbers = count(1)
        self.service = PlatformService(
            settings, show_men, now_ms=lambda: self.ms, salts=lambda: f"stage {next(numbers)}"
        )
        self.service.collector.start(self.ms)
        self.offsets: dict[str, int] = {}
        self.decisions: dict[str, Decision] = {}
        """By session, the first that the shop heard."""

    def raw(self, kind: str, record: Any, at_ms: int | None = None, partition: int = 0) -> Raw:
        """The next record of a topic."""
        topic = TOPIC[kind]
        offset = self.offsets.get(topic, 0)
        self.offsets[topic] = offset + 1
        value = record if isinstance(record, bytes | None) else encode(record)
        return Raw(topic, partition, offset, self.ms if at_ms is None else at_ms, value)

    def take(self, *batch: Raw, wait_ms: int = 0) -> list[Decision]:
        """One batch, `wait_ms` from now; the decisions that follow."""
        self.ms += wait_ms
        taken = self.service.collector.take(list(batch), self.ms, self.ms)
        self.service.collector.delivered(taken.batch)
        for decision in taken.decisions:
            self.decisions.setdefault(decision.session, decision)
        self.service.changes.publish(taken.changed)
        return taken.decisions

    def create(self, **fields: Any) -> tuple[str, dict[str, str]]:
        """A draft and its tokens; the default plan's numbers where nothing else is said."""
        usual = {
            "name": "New category",
            "effect": 0.7,
            "sd": 15,
            "alpha": 0.05,
            "power": 0.8,
            "n_per_arm": 5678,
        }
        made = self.service.create({**usual, **fields})
        return made.id, made.tokens

    def play(
        self,
        tokens: Mapping[str, str],
        rules: Mapping[str, Rule],
        clients: int,
        seed: int = 1,
        unanswered: float = 0.0,
        lost: Callable[[ShopClients], NDArray[np.bool_]] | None = None,
        first_uuid: int = 1_000_000,
        step_ms: int = 60_000,
        paying: bool = True,
    ) -> None:
        """Lets clients come, be answered and pay, `BATCH` at a time.

        Args:
            tokens, rules: by candidate.
            unanswered: share of the sessions that no candidate answers.
            lost: clients whose sessions never reach the platform.
        """
        rng = np.random.default_rng(seed)
        people = draw_clients(rng, clients, first_uuid)
        luck, silent = draw_luck(rng, clients), rng.random(clients) < unanswered
        gone = np.zeros(clients, dtype=bool) if lost is None else lost(people)
        shown = {name: rule(people) for name, rule in rules.items()}
        for start in range(0, clients, BATCH):
            here = [i for i in range(start, min(start + BATCH, clients)) if not gone[i]]
            self._come(people, here, shown, tokens, silent)
            self.take(wait_ms=self.service.patience_ms + 1)
            if paying:
                self._pay(people, here, luck)
            self.ms += step_ms

    def _come(
        self,
        people: ShopClients,
        here: list[int],
        shown: Mapping[str, NDArray[np.bool_]],
        tokens: Mapping[str, str],
        silent: NDArray[np.bool_],
    ) -> None:
        uuids, man = people.uuid.tolist(), people.man.tolist()
        batch = [self.raw("session", Session(uuids[i], f"{uuids[i]}-1", self.ms)) for i in here]
        batch += [self.raw("demographic", Demographic(uuids[i], 30, man[i], 1 - man[i])) for i in here]
        for name, token in tokens.items():
            batch += [
                self.raw("prediction", Prediction(uuids[i], int(shown[name][i]), token))
                for i in here
                if not silent[i]
            ]
        self.take(*batch, wait_ms=40)

    def _pay(self, people: ShopClients, here: list[int], luck: NDArray[np.float64]) -> None:
        uuids = people.uuid.tolist()
        decided = [self.decisions.get(f"{uuids[i]}-1") for i in here]
        shown = np.array([bool(d and d.value) for d in decided])
        money = revenue(shown, people.interested[here], luck[here]).tolist()
        self.take(
            *(
                self.raw("revenue", Revenue(uuids[i], f"{uuids[i]}-1", usd, 0))
                for i, usd in zip(here, money, strict=True)
            ),
            wait_ms=1_000,
        )
