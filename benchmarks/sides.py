"""`python -m benchmarks.sides`: what a join of one, two and three sides costs, beside a dict with the same decoder; no Kafka.

Both decode, score and write the same answers of the mixed stream, 20 features a side, in polls of a few thousand
records. Ours keeps the promises besides: window, watermark, late halves, offsets that may be committed. Turns
alternate: ratios hold.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

import click
import numpy as np

from liftstream.contracts.fetch import Fetch, Partition
from liftstream.contracts.settings import PipelineSettings, load_settings
from liftstream.streams.definition import Stream
from liftstream.streams.loading import load_stream
from pipeline.join.results import JoinCounts
from pipeline.join.windowed_join import Join
from pipeline.model import ServedModel, served_model
from pipeline.records.feature_rows import all_rows, matrix
from pipeline.records.predictions import KeyedPrediction, PredictionForm
from pipeline.records.stream_decoder import StreamDecoder
from testbed.mixed_stream import THRESHOLD, MixedMessages, make_mixed, write_definition, write_model

POLL: Final = 2_000
"""Records of each side that a poll brings."""
BEGIN_MS: Final = 1_780_000_000_000
FAR_MS: Final = 10**15

Poll = list[list[int]]
"""The numbers of the messages, for each side."""


class Contestant:
    """A stream with its own decoder and model."""

    def __init__(self, stream: Stream, settings: PipelineSettings) -> None:
        self.decoder = StreamDecoder(stream)
        self.model: ServedModel = served_model(settings, self.decoder)
        self.form = PredictionForm("a-token", stream.answer, stream.decision)

    def write(self, uuids: Sequence[Any], numbers: Any) -> list[KeyedPrediction]:
        """The answers of pairs with these features."""
        outcome = self.model.judge(numbers)
        return self.form.fill(uuids, outcome.values.tolist(), outcome)


def ours(one: Contestant, messages: MixedMessages, polls: list[Poll]) -> list[KeyedPrediction]:
    """The worker's join."""
    topics = one.decoder.stream.topics
    partitions = [Partition(topic, 0) for topic in topics]
    groups, begin = [{name: side for side, name in enumerate(partitions)}], dict.fromkeys(partitions, 0)
    join = Join(one.decoder.sides, groups, begin, 60_000, 10**6, JoinCounts())
    answers, offset = list[KeyedPrediction](), 0
    for poll in polls:
        fetches = []
        for name, half, rows in zip(partitions, messages.halves, poll, strict=True):
            offsets = np.arange(offset, offset + len(rows))
            keys = [messages.uuids[row].encode() for row in rows]
            fetches.append((name, Fetch(offsets, BEGIN_MS + offsets, keys, [half[row] for row in rows])))
        offset += len(poll[0])
        taken = join.take(fetches, FAR_MS)
        if taken.pairs:
            answers += one.write(taken.pairs.uuids.tolist(), taken.pairs.features(0, len(taken.pairs)))
            join.positions.resolve_pairs(taken.pairs)
        join.advance({})
        join.positions.to_commit(60_000)
    return answers


def bare(one: Contestant, messages: MixedMessages, polls: list[Poll]) -> list[KeyedPrediction]:
    """A dict: the rows of each id until all are there."""
    waiting: dict[Any, list[Any]] = {}
    answers, sides = list[KeyedPrediction](), len(messages.halves)
    for poll in polls:
        found = [
            decoder.decode([half[row] for row in rows])
            for decoder, half, rows in zip(one.decoder.sides, messages.halves, poll, strict=True)
        ]
        whole: list[tuple[Any, list[Any]]] = []
        for side, said in enumerate(found):
            for uuid, row in zip(said.uuids.tolist(), range(len(said.uuids)), strict=True):
                there = waiting.setdefault(uuid, [None] * sides)
                there[side] = said.rows, row
                if None not in there:
                    whole.append((uuid, waiting.pop(uuid)))
        if whole:
            rows = [_rows(whole, side) for side in range(sides)]
            answers += one.write([uuid for uuid, _ in whole], matrix(*rows))
    return answers


def _rows(whole: list[tuple[Any, list[Any]]], side: int) -> Any:
    """The features of one side, fetch by fetch, in the order of the pairs."""
    places: dict[int, tuple[Any, list[int], list[int]]] = {}
    for at, (_, halves) in enumerate(whole):
        rows, row = halves[side]
        _, mine, theirs = places.setdefault(id(rows), (rows, [], []))
        mine.append(at)
        theirs.append(row)
    order = np.concatenate([mine for _, mine, _ in places.values()])
    return all_rows([rows.at(np.array(theirs)) for rows, _, theirs in places.values()]).at(np.argsort(order))


def polls_of(count: int, sides: int) -> Iterator[Poll]:
    """All messages, the halves of a pair at most 500 positions apart."""
    rng = np.random.default_rng(2)
    orders = [np.argsort(np.arange(count) + 500 * rng.random(count)).tolist() for _ in range(sides)]
    for first in range(0, count, POLL):
        yield [order[first : first + POLL] for order in orders]


@click.command()
@click.option("--pairs", default=60_000, show_default=True, help="Of each kind of stream.")
@click.option("--runs", default=3, show_default=True, help="Of each, in turn.")
def main(pairs: int, runs: int) -> None:
    """One, two and three sides, beside a dict."""
    with TemporaryDirectory(prefix="liftstream-bench-") as folder:
        for sides in ("p", "ph", "phd"):
            model = write_model(Path(folder) / f"{sides}.pmml", sides)
            file = write_definition(Path(folder) / f"{sides}.yaml", sides)
            settings = PipelineSettings(model=model, threshold=THRESHOLD)
            contestants = [
                Contestant(load_stream(load_settings(environment={}), file), settings) for _ in range(2)
            ]
            messages, polls = make_mixed(pairs, 1, sides), list(polls_of(pairs, len(sides)))
            expected = messages.values(model, THRESHOLD)
            ratios = [
                _turn(contestants, messages, polls, expected, backwards=bool(n % 2)) for n in range(runs + 1)
            ]
            print(f"{len(sides)} sides: ours {median(ratios[1:]):.2f} of the dict's rate", flush=True)


def _turn(
    contestants: list[Contestant],
    messages: MixedMessages,
    polls: list[Poll],
    expected: dict[str, int],
    *,
    backwards: bool,
) -> float:
    """Our rate over the dict's."""
    runs: list[Callable[[], list[KeyedPrediction]]] = [
        lambda: ours(contestants[0], messages, polls),
        lambda: bare(contestants[1], messages, polls),
    ]
    took = [0.0, 0.0]
    for at in (1, 0) if backwards else (0, 1):
        began = time.process_time()
        answers = runs[at]()
        took[at] = time.process_time() - began
        assert len(answers) == len(expected)  # noqa: S101
        assert all(b'"value":%d' % expected[(key or b"").decode()] in value for key, value in answers)  # noqa: S101
    return took[1] / took[0]


if __name__ == "__main__":
    main()
