"""The same story without Kafka, HTTP and waiting: the platform in this process, its clock set forward from quantum to
quantum.

People, ads, what is shown, what is counted and the verdict come from the same code as in the demo; only the transport
and the clock are others. A seed gives the same run again.
"""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.fetch import Raw
from liftstream.contracts.messages import Prediction, Session, encode
from liftstream.contracts.settings import PlatformSettings, Settings
from liftstream.demo.similar_ads.ranking import SiteRanking
from liftstream.demo.similar_ads.run import SitePlayed
from liftstream.demo.similar_ads.story import ADS, MONEY_WITHIN_S, OLD, QUANTUM_S, SiteRequest, visits_in
from liftstream.demo.similar_ads.visits import ShownBlock, Site
from liftstream.platform.bandits.records import ImpressionRecord, OutcomeRecord
from liftstream.platform.service import PlatformService
from liftstream.similar_ads.configuration import read_configuration
from liftstream.simulation.site.ads import SiteAds, draw_site_ads

BEGIN_MS: Final = 1_700_000_000_000
QUANTUM_MS: Final = round(1_000 * QUANTUM_S)


class MemoryBackend:
    """A platform that is told at once; `tick` ends a quantum.

    Args:
        database: URL of an empty one.
        seed: of the arms that are drawn.
        salts: of the bandit's groups and of the experiment's arms.
    """

    def __init__(self, ads: SiteAds, database: str, seed: int, salts: Sequence[str]) -> None:
        self._ranking = SiteRanking(ads)
        self._old = read_configuration(OLD)
        self._batch: list[Raw] = []
        self._numbers = count()
        self.now_ms, self.bandit = BEGIN_MS, ""
        left = iter(salts)
        platform = PlatformSettings(database=database, money_within_s=MONEY_WITHIN_S)
        self.service = PlatformService(
            Settings(platform=platform),
            lambda columns: [0] * len(columns["man"]),
            now_ms=lambda: self.now_ms,
            salts=lambda: next(left),
            rng=np.random.default_rng([18, seed]),
        )
        self.service.collector.start(self.now_ms)

    def block(self, asked: int, unit: str) -> ShownBlock:
        """Asks the platform, ranks, and notes the impression."""
        chosen = json.loads(self.service.bandits.choice(self.bandit, unit)[0])
        event = f"i{next(self._numbers)}"
        self._note("topic_impression", ImpressionRecord(event, chosen["decision"], unit))
        rows = self._ranking.rows(asked, read_configuration(chosen["configuration"]))
        return ShownBlock(chosen["arm"], chosen["decision"], rows)

    def old_block(self, asked: int) -> NDArray[np.int64]:
        """Ranks as it was."""
        return self._ranking.rows(asked, self._old)

    def begin_session(self, uuid: int, token: str) -> None:
        """Notes the session and the candidate's answer."""
        self._note("topic_session", Session(uuid, f"s{uuid}", 0))
        self._note("topic_prediction", Prediction(uuid, 1, token))

    def contact(self, decision: str, unit: str) -> None:
        """Notes the outcome."""
        self._note("topic_outcome", OutcomeRecord(f"o{next(self._numbers)}", unit, "contact", decision))

    def flush(self) -> None:
        """Lets the platform take what was noted."""
        self.service.collector.take(self._batch, self.now_ms, self.now_ms)
        self._batch = []

    def tick(self) -> None:
        """Ends the quantum."""
        self.flush()
        self.now_ms += QUANTUM_MS
        self.service.bandits.draw_due()

    def _note(self, topic: str, record: Any) -> None:
        name = getattr(self.service.settings.kafka, topic)
        self._batch.append(Raw(name, 0, next(self._numbers), self.now_ms, encode(record)))


def rehearse(request: SiteRequest, salts: Sequence[str] = ()) -> SitePlayed:
    """Plays it, whole, on a database in a folder that is gone afterwards.

    Args:
        salts: of the bandit's groups and of the experiment's arms; those of a run on Kafka draw the same arms as there.
    """
    salts = salts or (f"groups {request.seed}", f"arms {request.seed}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="liftstream-rehearsal-") as folder:
        rng = np.random.default_rng([17, request.seed])
        ads = draw_site_ads(rng, ADS)
        backend = MemoryBackend(ads, f"sqlite:///{Path(folder) / 'rehearsal.db'}", request.seed, salts)
        service, site = backend.service, Site(ads, backend, rng)
        try:
            backend.bandit = service.bandits.create(request.bandit)
            service.bandits.start(backend.bandit)
            _visit(backend, site.visit_regular, request.learning_visits)
            learned = service.bandit(backend.bandit).model_dump(mode="json")
            experiment = _prove(request, site, backend)
            bandit = service.bandit(backend.bandit).model_dump(mode="json")
            return SitePlayed(site, bandit, learned, experiment, time.monotonic() - began)
        finally:
            service.close()


def _prove(request: SiteRequest, site: Site, backend: MemoryBackend) -> dict[str, Any]:
    service = backend.service
    made = service.create(request.experiment)
    service.start(made.id)
    (token,) = made.tokens.values()
    plan = service.experiment(made.id).model_dump(mode="json")["plan"]
    _visit(backend, lambda: site.visit_client(token, plan), plan["n_total"])
    while (shown := service.experiment(made.id)).state == "running":
        backend.tick()
    found: dict[str, Any] = shown.model_dump(mode="json")
    return found


def _visit(backend: MemoryBackend, visit: Callable[[], None], many: int) -> None:
    done = 0
    for quantum in count():
        here = min(visits_in(quantum), many - done)
        for _ in range(here):
            visit()
        backend.tick()
        done += here
        if done == many:
            return
