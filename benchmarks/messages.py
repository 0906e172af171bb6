"""The halves of made-up clients as bytes, in the layouts that producers write, and what each client is to be answered."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.features import DEMOGRAPHIC, FEATURES, PRODUCTS
from liftstream.contracts.settings import PipelineSettings
from liftstream.simulation.shop.population import draw_clients
from liftstream.simulation.shop.records import demographic_records, historic_records
from pipeline.model import served_model
from pipeline.records.stream_decoder import StreamDecoder
from testbed.task_stream import TASK

Features = NDArray[np.uint8]
Halves = tuple[list[bytes], list[bytes]]
"""Demographic and historic values, a client each."""

DECIDED_AT_ONCE: Final = 20_000


@dataclass(frozen=True)
class Messages:
    """Both halves of clients whose uuids are distinct and in no order."""

    uuids: list[int]
    features: Features
    halves: Halves

    def __len__(self) -> int:
        return len(self.uuids)

    def values(self, model: Path, threshold: float) -> dict[int, int]:
        """What every client is to be answered, by our scorer outside of any pipeline."""
        settings = PipelineSettings(model=model, threshold=threshold)
        decide = served_model(settings, StreamDecoder(TASK)).decide
        steps = range(0, len(self), DECIDED_AT_ONCE)
        values = [decide(self.features[first : first + DECIDED_AT_ONCE].astype(float)) for first in steps]
        return dict(zip(self.uuids, np.concatenate(values).tolist(), strict=True))


def make_messages(count: int, layout: str = "compact", seed: int = 1, first_uuid: int = 100_000) -> Messages:
    """Clients of the simulated shop.

    Args:
        count: how many.
        layout: one of `LAYOUTS`.
        seed: of clients and order.
        first_uuid: the smallest uuid.
    """
    rng = np.random.default_rng(seed)
    features = draw_clients(rng, count).features
    uuids = (first_uuid + rng.permutation(count)).tolist()
    return Messages(uuids, features, LAYOUTS[layout](uuids, features))


def _compact(uuids: Sequence[int], features: Features) -> Halves:
    """Records as the simulated shop writes them: no spaces."""
    return demographic_records(uuids, features), historic_records(uuids, features)


def _spaced(uuids: Sequence[int], features: Features) -> Halves:
    """Records as `json.dumps` writes them: a space after every comma and colon."""
    demographic, historic = zip(*map(_records, uuids, features.tolist()), strict=True)
    return [json.dumps(one).encode() for one in demographic], [json.dumps(one).encode() for one in historic]


def _shuffled(uuids: Sequence[int], features: Features) -> Halves:
    """Keys in an order of its own in every message, products as well."""
    rng = np.random.default_rng(7)
    halves: Halves = ([], [])
    for uuid, row in zip(uuids, features.tolist(), strict=True):
        demographic, historic = _records(uuid, row)
        products: dict[str, int] = historic["products"]
        historic["products"] = {PRODUCTS[at]: products[PRODUCTS[at]] for at in rng.permutation(len(PRODUCTS))}
        for side, record in zip(halves, (demographic, historic), strict=True):
            names = rng.permutation(list(record))
            side.append(json.dumps({str(name): record[name] for name in names}).encode())
    return halves


def _two_producers(uuids: Sequence[int], features: Features) -> Halves:
    """Compact and spaced ones, at random."""
    from_second = np.random.default_rng(8).random(len(uuids)) < 0.5
    both = [list(zip(*layout(uuids, features), strict=True)) for layout in (_compact, _spaced)]
    chosen = [both[int(second)][at] for at, second in enumerate(from_second)]
    return [demographic for demographic, _ in chosen], [historic for _, historic in chosen]


def _records(uuid: int, row: Sequence[int]) -> tuple[dict[str, Any], dict[str, Any]]:
    values = dict(zip(FEATURES, row, strict=True))
    demographic = {name: values[name] for name in DEMOGRAPHIC}
    return {"uuid": uuid} | demographic, {"uuid": uuid, "products": {name: values[name] for name in PRODUCTS}}


LAYOUTS: Final[dict[str, Callable[[Sequence[int], Features], Halves]]] = {
    "compact": _compact,
    "spaced": _spaced,
    "shuffled": _shuffled,
    "two-producers": _two_producers,
}
