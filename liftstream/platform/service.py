"""The platform in one object: what API and pages may do. Whoever reads Kafka shares its collector."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, Engine

from liftstream.contracts.settings import Settings
from liftstream.platform import registry
from liftstream.platform.bandits.decisions_file import decision_parts
from liftstream.platform.bandits.service import LiveBandits
from liftstream.platform.changes import ChangeFeed
from liftstream.platform.database import open_database
from liftstream.platform.documents.bandit import BanditDocument, BanditSummary, summarise, view_bandit
from liftstream.platform.documents.experiment import (
    ExperimentDocument,
    ExperimentSummary,
    KafkaDocument,
    kafka_document,
    summaries,
    view_experiment,
)
from liftstream.platform.documents.experiment_list import ExperimentList, view_list
from liftstream.platform.documents.keys import KeyList, view_keys
from liftstream.platform.documents.new_experiment import PlanningDocument, view_planning
from liftstream.platform.documents.report import ReportDocument, view_report
from liftstream.platform.ingest.collector import Collector
from liftstream.platform.ingest.original import Original
from liftstream.platform.ingest.rollout_rows import find_rollout
from liftstream.platform.planning.requests import make_salt, read_request
from liftstream.platform.queue import WorkQueue
from liftstream.platform.registry import Created
from liftstream.platform.security.keys import make_key, revoke_key
from liftstream.platform.status import StatusBoard
from liftstream.service import clock

OTHERS_FETCH: Final = "others are fetching clients, and files of clients are written one at a time"
LIST = "list"
"""Name under which changes of the list of experiments are published."""


class PlatformService:
    """Database, collector, change feed and status; every method is one transaction, and may be called from any thread.

    Args:
        original: decides for the original's arm; None: the old system goes on by itself there, which counts as a 0.
        now_ms: the clock.
        salts: gives each experiment and bandit the salt of its draw; fixed ones make a run repeatable.
        rng: draws the arms of bandits; likewise.

    Raises:
        SettingsError, DatabaseError: the database cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        original: Original | None,
        now_ms: Callable[[], int] = clock.now_ms,
        salts: Callable[[], str] = make_salt,
        rng: np.random.Generator | None = None,
    ) -> None:
        if settings.platform.original == "none":
            original = None
        self.settings, self.now_ms, self._salts = settings, now_ms, salts
        self.patience_ms = round(settings.platform.patience_s * 1_000)
        self.engine: Engine = open_database(settings.platform.database)
        self.changes, self.board = ChangeFeed(), StatusBoard()
        self.planning_queue = WorkQueue()  # a plan with many looks takes seconds of a core
        self.file_queue = WorkQueue(said=OTHERS_FETCH)  # and so does a file of a million clients
        kafka = settings.kafka
        self.topics: Mapping[str, str] = {
            kafka.topic_session: "session",
            **({} if original is None else {kafka.topic_demographic: "demographic"}),
            kafka.topic_prediction: "prediction",
            kafka.topic_revenue: "revenue",
        }
        self.feedback_topics: Mapping[str, str] = {
            kafka.topic_impression: "impression",
            kafka.topic_outcome: "outcome",
        }
        """Read where they exist: only bandits need them."""
        self.bandits = LiveBandits(self.engine, now_ms, self._publish_bandits, rng, salts)
        topics = {**self.topics, **self.feedback_topics}
        within_ms = round(settings.platform.money_within_s * 1_000)
        self.collector = Collector(
            self.engine,
            original,
            topics,
            self.bandits,
            self.patience_ms,
            within_ms,
            settings.platform.id_type,
        )

    def create(self, document: Any) -> Created:
        """Creates the draft that a document asks for; its tokens are known only now.

        Raises:
            Incoherent: with every field that does not fit.
            Busy: others plan.
        """
        with self.planning_queue.turn():
            wanted = read_request(document, salt=self._salts())
        with self.collector.changing() as connection:
            made = registry.create(connection, wanted, self.now_ms())
        self._publish(made.id)
        return made

    def start(self, experiment: str) -> None:
        """Starts a draft: clients are drawn from now on.

        Raises:
            Unknown, NotAllowed
        """
        with self._changing(experiment) as connection:
            registry.start(connection, experiment, self.now_ms())

    def discard(self, experiment: str) -> None:
        """Deletes a draft.

        Raises:
            Unknown, NotAllowed
        """
        with self._changing(experiment) as connection:
            registry.discard(connection, experiment)

    def stop(self, experiment: str, reason: str = "") -> None:
        """Ends a running experiment before its plan.

        Raises:
            Unknown, NotAllowed
        """
        with self._changing(experiment) as connection:
            registry.stop(connection, experiment, self.now_ms(), reason)

    def roll_out(self, experiment: str, arm: str | None = None) -> None:
        """Lets an arm of an ended experiment decide for everybody; default: the candidate that improves.

        Raises:
            Unknown, NotAllowed
        """
        with self.collector.changing() as connection:
            before = find_rollout(connection)
            registry.roll_out(connection, experiment, arm, self.now_ms(), has_rule=self.collector.has_rule)
        self.changes.publish({experiment, LIST, *([before.experiment] if before else [])})

    def take_back(self, experiment: str) -> None:
        """Takes the roll-out back: the arm no longer decides for anybody.

        Raises:
            Unknown, NotAllowed
        """
        with self._changing(experiment) as connection:
            registry.take_back(connection, experiment, self.now_ms())

    def renew_token(self, experiment: str, candidate: str) -> str:
        """Revokes a candidate's tokens and makes a new one, which is known only now.

        Raises:
            Unknown, NotAllowed
        """
        with self._changing(experiment) as connection:
            return registry.renew_token(connection, experiment, candidate, self.now_ms())

    def summaries(self) -> list[ExperimentSummary]:
        """All experiments, as the API lists them."""
        with self.reading() as connection:
            return summaries(connection, self.board.now, self.patience_ms)

    def experiments(self) -> ExperimentList:
        """The list, as its page shows it."""
        with self.reading() as connection:
            return view_list(connection, self.now_ms(), self.board.now)

    def experiment(self, experiment: str) -> ExperimentDocument:
        """One experiment.

        Raises:
            Unknown
        """
        with self.reading() as connection:
            return view_experiment(connection, experiment, self.now_ms(), self.board.now, self.patience_ms)

    def report(self, experiment: str) -> ReportDocument:
        """The report on one experiment.

        Raises:
            Unknown
        """
        with self.reading() as connection:
            return view_report(connection, experiment, self.now_ms(), self.board.now, self.patience_ms)

    def planning(self, given: Mapping[str, Any]) -> PlanningDocument:
        """What the numbers of a new experiment become.

        Raises:
            Busy: others plan.
        """
        with self.planning_queue.turn(), self.reading() as connection:
            return view_planning(connection, given, self.now_ms())

    def bandit_summaries(self) -> list[BanditSummary]:
        """All bandits, the newest first."""
        with self.bandits.lock, self.reading() as connection:
            every = sorted(self.bandits.bandits().values(), key=lambda live: (-live.created_ms, live.id))
            return [summarise(connection, live) for live in every]

    def bandit(self, bandit: str) -> BanditDocument:
        """One bandit.

        Raises:
            Unknown
        """
        with self.bandits.lock, self.reading() as connection:
            return view_bandit(connection, self.bandits.find(bandit), self.now_ms())

    def kafka(self) -> KafkaDocument:
        """The state of the Kafka loop, for a page."""
        return kafka_document(self.board.now)

    def decision_parts(self, bandit: str) -> Iterator[str]:
        """`decisions.csv`, in parts."""
        return decision_parts(self.reading, self.bandits.find(bandit).id)

    def keys(self) -> KeyList:
        """The API keys."""
        with self.reading() as connection:
            return view_keys(connection)

    def make_key(self, name: str) -> str:
        """A new API key, which is known only now."""
        with self.collector.changing() as connection:
            return make_key(connection, name, self.now_ms())

    def revoke_key(self, key: str) -> None:
        """Revokes a key.

        Raises:
            Unknown
        """
        with self.collector.changing() as connection:
            revoke_key(connection, key, self.now_ms())
        self.changes.publish_to_all()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the database."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Ends all listening and closes the database."""
        self.changes.close()
        self.engine.dispose()

    @contextmanager
    def _changing(self, experiment: str) -> Iterator[Connection]:
        """A transaction; whoever watches the experiment hears of it once it is committed."""
        with self.collector.changing() as connection:
            yield connection
        self._publish(experiment)

    def _publish_bandits(self, bandits: Iterable[str]) -> None:
        self.changes.publish([*bandits, LIST])

    def _publish(self, experiment: str) -> None:
        self.changes.publish([experiment, LIST])
