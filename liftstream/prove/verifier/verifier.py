"""The verifier: a process apart from the pipeline, which watches its outputs from outside and judges them at the end.

Started as `python -m liftstream.prove.verifier.verifier CASE.json`. It reads the prediction topic, the side output and
the commits on and on, and answers questions that come as lines on standard input: `glance`, `progress`, `committed`,
`verdict`, `recount` after partitions were added to the input, and `look_away` and `reopen` around the moment in which
the prediction topic is made anew; each answer is a line of JSON.
"""

import select
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from liftstream.contracts.messages import NOT_JSON
from liftstream.prove.traffic.manifest import ManifestReader
from liftstream.prove.traffic.streams import STREAMS
from liftstream.prove.verifier.evidence import CommitSample, Observations, SeenAnswer
from liftstream.prove.verifier.following import (
    ASK_S,
    MESSAGES,
    FolderReader,
    SideOutputReader,
    TopicReader,
    read_logs,
)
from liftstream.prove.verifier.judging import Judge, first_new_answers, newly_answered
from liftstream.service.kafka.confluent.offsets import ends_of

LOOK_S = 0.1
SAMPLE_S = 0.3
REST = 3
"""How many times the duration of a look it rests: a look at many partitions loads the broker of those who are watched.
"""
SETTLE_WITHIN_S = 5.0
ANSWER_FIELDS = ["uuid", "value", "token"]


class CaseFile(msgspec.Struct, frozen=True):
    """The places that a verifier looks at."""

    bootstrap: str
    topics: tuple[str, str]
    prediction: str
    group: str
    token: str
    window_ms: int
    began_ms: int
    folder: str
    """Holds the manifest, the side output and the workers' logs."""
    side_topic: str | None = None
    """A topic in place of the side output's folder."""
    stream: str = "silocompro"


class Observer:
    """Follows the outputs of a case."""

    def __init__(self, case: CaseFile) -> None:
        self.case, self._stream = case, STREAMS[case.stream]
        self.folder = Path(case.folder)
        self.evidence = Observations()
        self.manifest = ManifestReader(self.folder / "manifest.jsonl")
        self._epoch = -1
        self._next_sample_s, self._samples = 0.0, True
        self._admin = AdminClient({"bootstrap.servers": case.bootstrap, "log_level": 0})
        self._commits = self._consumer(case.group)
        self._answers = self._consumer("verifier")
        self.recount()
        self._side_output = self._follow_side_output()
        self.reopen()

    def reopen(self) -> None:
        """Starts again with the prediction topic, which may have been created again."""
        self._answers.close()
        self._answers = self._consumer("verifier")
        self._epoch, self._samples = self._epoch + 1, True
        partitions = self._partitions(self.case.prediction)
        self._answers.assign([TopicPartition(self.case.prediction, number, 0) for number in partitions])
        self._reached = dict.fromkeys(partitions, 0)

    def recount(self) -> None:
        """Reads how many partitions the input topics have."""
        self._inputs = {topic: self._partitions(topic) for topic in self.case.topics}

    def look_away(self) -> None:
        """Stops looking at the prediction topic until `reopen`: it may be another one, whose ends say nothing about the
        answers seen so far, and whose records would be read again."""
        self._samples = False
        self._answers.unassign()

    def look(self) -> None:
        """Reads what is new."""
        for message in self._answers.consume(MESSAGES, LOOK_S):
            if not message.error():
                answer = self._answer(message)
                self.evidence.answers.append(answer)
                self._reached[answer.partition] = answer.offset + 1
        self._read_side_output()
        if self._samples and time.monotonic() > self._next_sample_s:
            began = time.monotonic()
            self._sample()
            ended = time.monotonic()
            self._next_sample_s = ended + max(SAMPLE_S, REST * (ended - began))

    def settle(self) -> None:
        """Reads everything that is there now."""
        try:
            ends = self._ends()
        except KafkaException:  # the broker is away: nothing can be new
            ends = {}
        deadline = time.monotonic() + SETTLE_WITHIN_S
        self.look()
        while time.monotonic() < deadline and any(self._reached[one] < end for one, end in ends.items()):
            self.look()
        self._read_side_output()
        self.evidence.assignments, self.evidence.rewrites = read_logs(self.folder, self.case.topics)
        self.manifest.read()

    def judge(self) -> Judge:
        """The judge of all that was seen so far."""
        return Judge(self.manifest.sent, self.manifest.gone, self.evidence, self.case.window_ms)

    def restarts(self) -> list[dict[str, Any]]:
        """Every fault with the seconds from its end until every partition had a new answer."""
        found = []
        for fault in self.manifest.faults:
            first = first_new_answers(self.evidence, fault.over_ms)
            latest = max(first.values(), default=None) if len(first) == len(self._reached) else None
            since = None if latest is None else round((latest - fault.over_ms) / 1000, 2)
            times = [round((at - self.case.began_ms) / 1000, 1) for at in (fault.began_ms, fault.over_ms)]
            found.append({"what": fault.what, "began_s": times[0], "over_s": times[1], "seconds": since})
        return found

    def committed(self) -> dict[tuple[int, int], int]:
        """The offsets that the group has committed, by side and partition."""
        names = [
            TopicPartition(topic, number) for topic in self.case.topics for number in self._inputs[topic]
        ]
        return {
            (self.case.topics.index(one.topic), one.partition): one.offset
            for one in self._commits.committed(names, timeout=ASK_S)
            if one.offset >= 0
        }

    def _consumer(self, group: str) -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self.case.bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 50,
                "log_level": 0,
            }
        )

    def _follow_side_output(self) -> SideOutputReader:
        topic, topics = self.case.side_topic, self.case.topics
        if topic is None:
            return FolderReader(self.folder / "side-output", topics)
        return TopicReader(self._consumer("verifier"), self._admin, topic, self._partitions(topic), topics)

    def _partitions(self, topic: str) -> list[int]:
        return sorted(self._answers.list_topics(topic, timeout=10).topics[topic].partitions)

    def _answer(self, message: Any) -> SeenAnswer:
        where = self._epoch, message.partition(), message.offset(), message.timestamp()[1]
        try:
            record = msgspec.json.decode(message.value() or b"")
            agreed = list(record) == ANSWER_FIELDS and record["token"] == self.case.token
        except (*NOT_JSON, TypeError):
            return SeenAnswer(*where, None, None)
        uuid, value = (self._stream.uuid_of(record["uuid"]), record["value"]) if agreed else (None, None)
        if uuid is None or type(value) is not int or value not in (0, 1):
            return SeenAnswer(*where, None, None)
        return SeenAnswer(*where, uuid, value)

    def _read_side_output(self) -> None:
        self.evidence.aside += self._side_output.read()
        self.evidence.torn_lines = self._side_output.torn

    def _sample(self) -> None:
        """Samples first the commits, then how far the outputs reach: so whatever counts was there before."""
        try:
            sample = CommitSample(self.committed(), self._epoch, self._ends(), self._side_output.reach())
        except KafkaException:  # the broker is away: there is nothing to see
            return
        self.evidence.samples.append(sample)

    def _ends(self) -> dict[int, int]:
        ends = ends_of(self._admin, self.case.prediction)
        return {number: end for number, end in ends.items() if number in self._reached}


def glance(watch: Observer) -> dict[str, Any]:
    """The facts that need no judgement of every record."""
    watch.settle()
    return {
        "answers": len(watch.evidence.answers),
        "unrecovered": [one["what"] for one in watch.restarts() if one["seconds"] is None],
    }


def progress(watch: Observer) -> dict[str, Any]:
    """The progress of the case."""
    found, judge = glance(watch), watch.judge()
    return found | {
        "sent": len(judge.places),
        "unanswered": judge.unanswered(),
        "unaccounted": judge.unaccounted(),
        "put_aside": len(judge.aside),
    }


def verdict(watch: Observer) -> dict[str, Any]:
    """The judgement, with how long every fault was felt."""
    found = progress(watch)
    judge = watch.judge()
    return found | {
        "checks": [check.to_dict() for check in judge.checks()],
        "restarts": watch.restarts(),
        "repeated": judge.repeated(),
        "newly_answered": newly_answered(watch.evidence, watch.case.began_ms),
    }


def committed(watch: Observer) -> dict[str, Any]:
    """The offsets that the group has committed, by `side/partition`."""
    found = watch.committed()
    return {"offsets": {f"{side}/{partition}": offset for (side, partition), offset in found.items()}}


def main(path: str) -> None:
    """Watches until standard input ends."""
    watch = Observer(msgspec.json.decode(Path(path).read_bytes(), type=CaseFile))
    questions: dict[str, Callable[[Observer], dict[str, Any] | None]] = {
        "glance": glance,
        "progress": progress,
        "verdict": verdict,
        "committed": committed,
        "reopen": Observer.reopen,
        "look_away": Observer.look_away,
        "recount": Observer.recount,
    }
    while True:
        watch.look()
        if select.select([sys.stdin], [], [], 0)[0]:
            question = sys.stdin.readline().strip()
            if not question:
                return
            sys.stdout.write(msgspec.json.encode(questions[question](watch) or {}).decode() + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
