"""Runs the demo: broker, platform, service and site; learning, proof, verdict."""

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from liftstream.broker import EmbeddedBroker
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings, Settings, SimilarAdsSettings
from liftstream.demo.child import ChildProcess
from liftstream.demo.similar_ads.kafka_backend import KafkaBackend
from liftstream.demo.similar_ads.platform_api import PlatformApi
from liftstream.demo.similar_ads.story import ADS, MONEY_WITHIN_S, QUANTUM_S, SiteRequest, visits_in
from liftstream.demo.similar_ads.visits import Site, ad_of
from liftstream.demo.stage import make_folders
from liftstream.similar_ads.server import SimilarAdsServer
from liftstream.simulation.site.ads import draw_site_ads

PARTITIONS: Final = 2
TOPICS: Final = (
    "topic_session",
    "topic_demographic",
    "topic_prediction",
    "topic_revenue",
    "topic_decision",
    "topic_choice",
    "topic_impression",
    "topic_outcome",
)
VERDICT_WITHIN_S: Final = 90.0
LOOK_S: Final = 0.25

Tell = Callable[[str], None]


@dataclass(frozen=True)
class SitePlayed:
    """The result of the demo."""

    site: Site
    bandit: dict[str, Any]
    learned: dict[str, Any]
    """The bandit's document before the proof began."""
    experiment: dict[str, Any]
    seconds: float


def play(request: SiteRequest, tell: Tell, progress: Tell) -> SitePlayed:
    """Plays the whole demo.

    Args:
        tell: is told what is being done.
        progress: is told how many visits there were, often.

    Raises:
        LiftstreamError: something does not start or answer; one line says what.
    """
    began = time.monotonic()
    with ExitStack() as stack:
        run = make_folders(request.folder / "logs")
        stack.callback(shutil.rmtree, run, ignore_errors=True)
        tell("starting the embedded broker and the platform")
        names = KafkaSettings()
        broker = stack.enter_context(EmbeddedBroker({getattr(names, topic): PARTITIONS for topic in TOPICS}))
        platform = stack.enter_context(_platform(broker.bootstrap, run, request.folder / "logs"))
        api = PlatformApi(platform.address())
        bandit = api.post("/api/bandits", request.bandit)["id"]
        api.post(f"/api/bandits/{bandit}/start")
        site = _site(stack, request, broker.bootstrap, api.address, bandit, run)
        tell(f"the bandit learns from {request.learning_visits:,} visits: {api.address}/bandits/{bandit}")
        _visit(site.visit_regular, request.learning_visits, progress)
        site.backend.flush()
        learned = api.get(f"/api/bandits/{bandit}")
        experiment = _prove(request, site, api, tell, progress)
        return SitePlayed(
            site, api.get(f"/api/bandits/{bandit}"), learned, experiment, time.monotonic() - began
        )


def _prove(request: SiteRequest, site: Site, api: PlatformApi, tell: Tell, progress: Tell) -> dict[str, Any]:
    made = api.post("/api/experiments", request.experiment)
    plan = api.post(f"/api/experiments/{made['id']}/start")["plan"]
    tell(
        f"half of {plan['n_total']:,} clients get the block by the bandit: {api.address}/experiments/{made['id']}"
    )
    _visit(lambda: site.visit_client(made["token"], plan), plan["n_total"], progress)
    site.backend.flush()
    tell("waiting for the last outcomes and the verdict")
    deadline = time.monotonic() + VERDICT_WITHIN_S
    while (shown := api.get(f"/api/experiments/{made['id']}"))["state"] == "running":
        if time.monotonic() > deadline:
            raise BrokerError(f"no verdict within {VERDICT_WITHIN_S:.0f} s: {shown['sentence']}")
        time.sleep(LOOK_S)
    found: dict[str, Any] = shown
    return found


def _visit(visit: Callable[[], None], count: int, progress: Tell) -> None:
    """Plays visits with the season of the day: more in a busy quantum, as many as the machine can take."""
    done, began = 0, time.monotonic()
    while done < count:
        quantum = int((time.monotonic() - began) / QUANTUM_S)
        ends = began + (quantum + 1) * QUANTUM_S
        here = visits_in(quantum)
        for number in range(min(here, count - done)):
            if time.monotonic() >= ends:
                break
            visit()
            done += 1
            if number + 1 == here:
                time.sleep(max(0.0, ends - time.monotonic()))
        progress(f"{done:,} of {count:,} visits")


def _site(
    stack: ExitStack, request: SiteRequest, bootstrap: str, platform: str, bandit: str, run: Path
) -> Site:
    rng = np.random.default_rng([17, request.seed])
    ads = draw_site_ads(rng, ADS)
    settings = Settings(
        kafka=KafkaSettings(bootstrap=bootstrap),
        similar_ads=SimilarAdsSettings(
            database=f"sqlite:///{run / 'similar_ads.db'}",
            port=0,
            platform=platform,
            bandit=bandit,
            journal=run / "journal",
        ),
    )
    server = stack.enter_context(SimilarAdsServer(settings))
    server.service.index.put([ad_of(ads, row) for row in range(len(ads))])
    return Site(ads, KafkaBackend(ads, server.service, server.address, settings.kafka), rng)


def _platform(bootstrap: str, run: Path, logs: Path) -> ChildProcess:
    settings = {
        "KAFKA__BOOTSTRAP": bootstrap,
        "PLATFORM__DATABASE": f"sqlite:///{run / 'liftstream.db'}",
        "PLATFORM__MONEY_WITHIN_S": str(MONEY_WITHIN_S),
    }
    return ChildProcess("platform", settings, run, logs / "platform.log")
