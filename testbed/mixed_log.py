"""A log of both topics with everything in it that the contract speaks of, and what every runner must make of it.

What becomes of each record is the same however the reading of the topics interleaves, within the few seconds that
runners may read one topic ahead of the other: so a backlog has one right answer, and the reference join gives it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.shop.population import draw_clients
from liftstream.simulation.shop.records import demographic_records, historic_records
from pipeline.records.feature_rows import matrix
from pipeline.records.predictions import KeyedPrediction, PredictionForm
from testbed.reference_join import Record, join
from testbed.task_stream import TASK, Side, decode

SEED = 1
APART_MS = 400
"""How far apart the halves of a pair are at most."""
SHUFFLED_MS = 300
"""How far out of order records stand in their topics."""
BEHIND_MS = 100_000
"""How far behind its neighbours a late record is: more than any runner reads one topic ahead of the other. The worker
fetches up to 20,000 demographic records of a partition at once, which of 200,000 pairs in three minutes and four
partitions are 65 s."""
POISON = (None, b"", b"no json", b'{"uuid":1}', b"[1]", b"\xff\xfe", b'{"uuid":"x","age":1,"man":1}')

Decide = Callable[[NDArray[np.float64]], NDArray[np.int8]]


@dataclass(frozen=True)
class Sent:
    """A record as it is written."""

    side: int
    key: bytes | None
    value: bytes | None
    stamp: int
    uuid: int | None
    """None: it cannot be read."""


@dataclass
class Expected:
    """Predictions, each as key and value, and what goes aside, each as side, key, value, event time and reason."""

    predictions: Counter[KeyedPrediction] = field(default_factory=Counter)
    aside: Counter[tuple[Any, ...]] = field(default_factory=Counter)


class Clients:
    """Draws clients one after another, each with the bytes of both halves."""

    def __init__(self, count: int) -> None:
        features = draw_clients(np.random.default_rng(SEED), count).features
        self._uuids = np.random.default_rng(SEED + 1).permutation(count) + 1_000_000
        self._halves = demographic_records(self._uuids, features), historic_records(self._uuids, features)
        self._next = 0

    def next(self) -> "Client":
        """The next one."""
        at, self._next = self._next, self._next + 1
        return Client(int(self._uuids[at]), self._halves[0][at], self._halves[1][at])


@dataclass(frozen=True)
class Client:
    """Both halves as bytes."""

    uuid: int
    demographic: bytes
    historic: bytes

    def sent(self, side: int, stamp: int) -> Sent:
        """A half at an event time."""
        value = (self.demographic, self.historic)[side]
        return Sent(side, b"%d" % self.uuid, value, stamp, self.uuid)


def mixed_log(pairs: int, start_ms: int, span_ms: int, window_ms: int) -> list[Sent]:
    """Records of both topics in the order in which they are written.

    Args:
        pairs: plain ones; others come besides, about one in ten.
        start_ms: event time of the first.
        span_ms: event time from the first to the last; more than two minutes, for late ones to be among them.
        window_ms: of the join.
    """
    rng = np.random.default_rng(SEED)
    clients, log = Clients(pairs + pairs // 4 + 100), []
    times = start_ms + np.sort(rng.integers(0, span_ms, pairs))
    for number, at in enumerate(times.tolist()):
        log += _pair(clients.next(), at, rng)
        if number % 10 == 0:
            kind = KINDS[(number // 10) % len(KINDS)]
            log += kind(clients, at, at - start_ms > BEHIND_MS + 2 * window_ms, window_ms, rng)
    places = [at + rng.integers(0, SHUFFLED_MS) for at, _ in log]
    return [log[index][1] for index in np.argsort(places, kind="stable")]


Placed = list[tuple[int, Sent]]
"""Records with the time at which each is written."""


def _pair(client: Client, at: int, rng: np.random.Generator) -> Placed:
    stamps = [at, at + int(rng.integers(0, APART_MS))]
    if rng.random() < 0.5:
        stamps.reverse()
    return [(stamp, client.sent(side, stamp)) for side, stamp in zip(Side, stamps, strict=True)]


def _visits(clients: Clients, at: int, _: bool, window_ms: int, rng: np.random.Generator) -> Placed:
    client = clients.next()
    return [one for visit in range(3) for one in _pair(client, at + visit * 2 * window_ms, rng)]


def _lone(clients: Clients, at: int, *_: Any) -> Placed:
    return [(at, clients.next().sent(side, at)) for side in Side]


def _too_far(clients: Clients, at: int, _: bool, window_ms: int, __: Any) -> Placed:
    client, after = clients.next(), at + 2 * window_ms
    return [(at, client.sent(0, at)), (after, client.sent(1, after))]


def _sent_twice(clients: Clients, at: int, _: bool, window_ms: int, __: Any) -> Placed:
    return [
        (stamp, client.sent(side, stamp))
        for side in Side
        for client in [clients.next()]
        for stamp in (at, at + window_ms // 2)
    ]


def _late(clients: Clients, at: int, is_possible: bool, *_: Any) -> Placed:
    if not is_possible:
        return []
    return [(at, clients.next().sent(side, at - BEHIND_MS)) for side in Side]


def _poison(clients: Clients, at: int, _: bool, __: int, rng: np.random.Generator) -> Placed:
    client, value = clients.next(), POISON[int(rng.integers(len(POISON)))]
    side = int(rng.integers(2))
    return [(at, Sent(side, b"%d" % client.uuid, value, at, None))]


def _odd(clients: Clients, at: int, *_: Any) -> Placed:
    """Unusual but readable."""
    client = clients.next()
    value = b'{"uuid":"%d","age":41.5,"woman":1,"man":1}' % client.uuid
    return [(at, Sent(0, b"%d" % client.uuid, value, at, client.uuid)), (at, client.sent(1, at))]


KINDS = (_visits, _lone, _too_far, _sent_twice, _late, _poison, _odd)


def expected_of(log: Sequence[Sent], window_ms: int, token: str, decide: Decide) -> Expected:
    """What the reference join makes of a log.

    Args:
        token: of the predictions.
        decide: 0, 1 or -1 for the rows of a feature matrix.
    """
    found, records = Expected(), []
    for offset, one in enumerate(log):
        if one.uuid is None:
            found.aside[one.side, one.key, one.value, one.stamp, "invalid"] += 1
        else:
            records.append(Record(one.side, one.uuid, one.stamp, offset))
    pairs, aside = join(([record] for record in records), window_ms)
    met = {record for pair in pairs for record in pair}
    for record in records:
        if record not in met:
            # time goes on after the last record
            one, reason = log[record.offset], aside.get(record, "timeout")
            found.aside[one.side, one.key, one.value, one.stamp, reason] += 1
    if pairs:
        found.predictions.update(_predictions(log, sorted(pairs), token, decide))
    return found


def _predictions(
    log: Sequence[Sent], pairs: Sequence[tuple[Record, Record]], token: str, decide: Decide
) -> list[KeyedPrediction]:
    sides = [decode(side, [log[pair[side].offset].value for pair in pairs]).rows for side in Side]
    values = decide(matrix(*sides)).tolist()
    return PredictionForm(token, TASK.answer).fill([pair[0].uuid for pair in pairs], values)
