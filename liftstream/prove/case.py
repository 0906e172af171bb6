"""A case: one scenario with topics, folder, feeder, workers and verifier of its own, on the broker of the stage."""

import contextlib
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp

import msgspec
from kafka.errors import KafkaError

from liftstream.broker.rights import add_partitions, create_topics, delete_topics
from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.errors import LiftstreamError
from liftstream.contracts.settings import KafkaSettings
from liftstream.prove.case_options import CaseOptions
from liftstream.prove.entrance import BrokerEntrance
from liftstream.prove.stage import ProofStage
from liftstream.prove.traffic.feeder import Feeder
from liftstream.prove.traffic.manifest import Fault
from liftstream.prove.traffic.streams import STREAMS
from liftstream.prove.verifier.questions import Verifier
from liftstream.prove.verifier.verifier import CaseFile
from liftstream.prove.workers import WorkerProcess, Workers
from liftstream.service.clock import now_ms

SESSION_TIMEOUT_S = 10.0
"""The session timeout of the consumer group, as the worker sets it."""
RESTART_WITHIN_S = SESSION_TIMEOUT_S + 5
STREAM_FILE = "stream.yaml"
MANY_PARTITIONS = 50
STEADY_PER_SECOND = 300
DONE_WITHIN_S = 180.0
"""How long a case may take to finish: longer than the watchdog waits (60 s) before it ends a silent worker, with a
restart after it."""
INPUT_TOPIC = {
    "max.message.bytes": "10000000",
    "retention.ms": "-1",  # records of last month are not to vanish
    "message.timestamp.after.max.ms": str(2**63 - 1),  # by default Kafka refuses the future
}
TOKEN = "the-token-of-the-proof"  # noqa: S105


class Abandoned(LiftstreamError):
    """The run was ended before the scenario was over."""


class Case:
    """The actors of a scenario, between `open` and `close`.

    Args:
        stage: broker and network.
        name: of the scenario.
        seed: with the name it decides clients, gaps and times.
        pairs: clients that are sent all at once at the beginning.
        options: of the scenario.
        stream: a name of `STREAMS`.
        listen: is told what is noted in the schedule.
    """

    verifier: Verifier
    feeder: Feeder
    entrance: BrokerEntrance
    workers: Workers

    def __init__(
        self,
        stage: ProofStage,
        name: str,
        seed: int,
        pairs: int,
        options: CaseOptions,
        stream: str,
        listen: Callable[[str], None],
    ) -> None:
        self._stage, self.broker, self.network = stage, stage.broker, stage.network
        self.name, self.seed, self.pairs = name, seed, pairs
        self._options = options
        self._stream_name, self.stream = stream, STREAMS[stream]
        self.rng = random.Random(f"{seed}/{name}")
        self.schedule: list[str] = []
        self.wrong: list[str] = []
        self._listen, self._began, self._began_ms = listen, time.monotonic(), now_ms()
        self._ends = contextlib.ExitStack()
        self.folder = Path(mkdtemp(prefix=f"liftstream-prove-{name}-"))
        mark = self.folder.name.rsplit("-", 1)[1]
        self.kafka = KafkaSettings(
            bootstrap=self.broker.bootstrap,
            topic_demographic=f"demographic-{mark}",
            topic_historic=f"historic-{mark}",
            topic_prediction=f"prediction-{mark}",
        )

    def open(self) -> None:
        """Creates topics and model, and starts feeder and verifier."""
        demographic, historic = self._options.counts
        inputs = {self.kafka.topic_demographic: demographic, self.kafka.topic_historic: historic}
        create_topics(self.broker.bootstrap, inputs, INPUT_TOPIC)
        self.create_prediction_topic()
        if self._side_topic:
            create_topics(self.broker.bootstrap, {self._side_topic: 1})
        (self.folder / "side-output").mkdir()
        self.replace_model(self.stream.document())
        if self.stream.definition is not None:
            (self.folder / STREAM_FILE).write_text(self.stream.definition, encoding="utf-8")
        manifest = self.folder / "manifest.jsonl"
        self.feeder = Feeder(
            self.kafka, manifest, self.rng.getrandbits(32), self.stream, keyed=self._options.keyed
        )
        self._ends.callback(self.feeder.close)
        self.verifier = Verifier(self._write_case_file())
        self._ends.callback(self.verifier.close)
        self.verifier.ask("glance")  # so that it has seen all in order before anything is done to it
        self.entrance = BrokerEntrance(self._stage, self.kafka, self.group, self._options.door)
        self.workers = Workers(self.folder, self._environment(), self.tell, self._restarted)
        self._ends.callback(self.workers.abandon)

    @property
    def inputs(self) -> tuple[str, str]:
        """The input topics."""
        return self.kafka.topic_demographic, self.kafka.topic_historic

    @property
    def group(self) -> str:
        """The workers' consumer group."""
        return self.kafka.topic_prediction

    @property
    def _side_topic(self) -> str | None:
        return f"aside-{self.group}" if self._options.side_output_in_topic else None

    def create_prediction_topic(self) -> None:
        """Creates the prediction topic; the broker stamps its records, so that all times are of one clock."""
        create_topics(
            self.broker.bootstrap,
            {self.kafka.topic_prediction: self._options.counts[0]},
            {"message.timestamp.type": "LogAppendTime"},
        )

    def replace_model(self, text: str) -> None:
        """Replaces the model by another one, in one step."""
        beside = self.folder / "model.new"
        beside.write_text(text)
        beside.replace(self.folder / "model.pmml")

    def tell(self, what: str) -> None:
        """Notes in the schedule what was done or seen."""
        self._listen(what)
        self.schedule.append(f"{time.monotonic() - self._began:6.1f} s  {what}")

    def wait(self, least_s: float, most_s: float) -> None:
        """Waits for a time that the seed decides."""
        self._wait(self.rng.uniform(least_s, most_s))

    def wait_until(self, at_ms: int) -> None:
        """Returns at a time, in ms since 1970."""
        self._wait(max(0, at_ms - now_ms()) / 1000)

    @contextlib.contextmanager
    def fault(self, what: str) -> Iterator[None]:
        """Notes a fault, which the block causes; from its end on the seconds to the first new answers are measured."""
        self.tell(what)
        began = now_ms()
        yield
        self.feeder.note(Fault(what, began, now_ms()))

    @contextlib.contextmanager
    def traffic(self, per_second: float = STEADY_PER_SECOND) -> Iterator[None]:
        """Sends a backlog of clients at once, and a steady stream of others while the block runs."""
        self.feeder.backlog(self.pairs)
        self.tell(f"{self.pairs:,} pairs at once, then {per_second:g} a second")
        with self.feeder.steady(per_second):
            yield
        self.tell("the input ends")

    @contextlib.contextmanager
    def under_load(self) -> Iterator[WorkerProcess]:
        """A worker that answers traffic while the block runs; after it everything that was sent is accounted for."""
        worker = self.workers.start()
        with self.traffic():
            self.until_answering()
            yield worker
        self.drain()

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Notes a violation if the two differ."""
        if found != wanted:
            self.wrong.append(f"{what}: {found}, expected {wanted}")

    def until_red(self) -> None:
        """Waits until the oldest worker says that it is not ready, and why."""
        worker = self.workers.running[0]

        def red() -> bool:
            status, said = worker.get("/ready") or (0, "")
            if status == 503 and "catching up" not in said:
                self.tell(f"/ready says: {'; '.join(msgspec.json.decode(said)['reasons'])}")
                return True
            return False

        self.until("/ready is red", red)

    def until_ready(self) -> None:
        """Waits until every running worker is ready, or stands by for another."""
        self.until("ready", lambda: all(_is_in_place(worker) for worker in self.workers.running))

    def add_partitions(self, counts: Mapping[str, int]) -> None:
        """Adds partitions to input topics, and lets the verifier look at them."""
        add_partitions(self.broker.bootstrap, counts)
        self.verifier.ask("recount")

    def until_answering(self) -> None:
        """Waits until the first answers are there."""
        self.until("the first answers", lambda: self.verifier.ask("glance")["answers"] > 0)

    def recover(self) -> None:
        """Waits until new answers have come in every partition since the last fault."""
        self.until("new answers after a fault", lambda: not self.verifier.ask("glance")["unrecovered"])

    def until(self, what: str, look: Callable[[], object], within_s: float = DONE_WITHIN_S) -> bool:
        """Waits until `look` is true; False, and a note, if that takes longer than `within_s`."""
        deadline = time.monotonic() + within_s
        while True:
            began = time.monotonic()
            if look():
                return True
            if time.monotonic() > deadline:
                self.wrong.append(f"{what}: not within {within_s:g} s")
                return False
            self._wait(max(0.2, min(2.0, 2 * (time.monotonic() - began))))

    def drain(self) -> None:
        """Waits until every record is accounted for, or it has taken too long."""

        def drained() -> bool:
            found = self.verifier.ask("progress")
            return not (found["unanswered"] or found["unaccounted"] or found["unrecovered"])

        self.until("everything answered or put aside", drained)
        self.tell("drained")

    def close(self, *, keep: bool = False) -> None:
        """Ends everything; deletes topics with many partitions, which would slow down the broker's restarts."""
        self._ends.close()
        if max(self._options.counts) > MANY_PARTITIONS:
            with contextlib.suppress(KafkaError):
                delete_topics(self.broker.bootstrap, [*self.inputs, self.kafka.topic_prediction])
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self, seconds: float) -> None:
        if self._stage.abandoned.wait(seconds):
            raise Abandoned("the proof was ended")

    def _restarted(self, what: str) -> None:
        """Notes that a worker ended unasked and was started again: a fault too, if anybody is left to be answered."""
        self.tell(what)
        if self.feeder.busy:
            self.feeder.note(Fault(what, now_ms(), now_ms()))

    def _environment(self) -> dict[str, str]:
        chosen = {
            "group": self.group,
            "model": self.folder / "model.pmml",
            "threshold": self.stream.threshold,
            "token": TOKEN,
            "join_window_s": self._options.window_s,
            "port": 0,
            "start": self._options.start,
            "side_output": f"topic:{self._side_topic}" if self._side_topic else "side-output",
        }
        if self.stream.definition is not None:
            chosen["stream"] = self.folder / STREAM_FILE
        own = {f"LIFTSTREAM_PIPELINE__{name.upper()}": str(value) for name, value in chosen.items()}
        ours = {name: value for name, value in os.environ.items() if not name.startswith("LIFTSTREAM_")}
        return ours | kafka_environment(self.entrance.settings) | own

    def _write_case_file(self) -> Path:
        file = self.folder / "case.json"
        case = CaseFile(
            bootstrap=self.broker.bootstrap,
            topics=(self.kafka.topic_demographic, self.kafka.topic_historic),
            prediction=self.kafka.topic_prediction,
            group=self.group,
            token=TOKEN,
            window_ms=round(1000 * self._options.window_s),
            began_ms=self._began_ms,
            folder=str(self.folder),
            side_topic=self._side_topic,
            stream=self._stream_name,
        )
        file.write_bytes(msgspec.json.encode(case))
        return file


def _is_in_place(worker: WorkerProcess) -> bool:
    status, said = worker.get("/ready") or (0, "")
    return status == 200 or "standing by" in said
