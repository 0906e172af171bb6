"""What the shop and its enrichers write: arrays in, the bytes of one Kafka record each out, in the same order."""

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.features import FEATURES
from liftstream.contracts.messages import Session, encode
from liftstream.simulation.shop.population import AGE_COLUMN, MAN_COLUMN, WOMAN_COLUMN
from liftstream.simulation.shop.truth import Bits, load_truth


def session_names(uuid: Iterable[int], visit: Iterable[int]) -> list[str]:
    """The name of each session: the client's uuid and the number of the visit."""
    return [f"{client}-{number}" for client, number in zip(_ints(uuid), _ints(visit), strict=True)]


def session_records(uuid: Iterable[int], session: Sequence[str], opened_ms: Iterable[int]) -> list[bytes]:
    """Values for `topic_session`."""
    fields = zip(_ints(uuid), session, _ints(opened_ms), strict=True)
    return [encode(Session(client, name, at_ms)) for client, name, at_ms in fields]


def demographic_records(uuid: Iterable[int], features: Bits) -> list[bytes]:
    """Values for `topic_demographic`; `features` as in `ShopClients`, one row per record."""
    columns = features[:, [AGE_COLUMN, MAN_COLUMN, WOMAN_COLUMN]].tolist()
    return [
        b'{"uuid":%d,"age":%d,"man":%d,"woman":%d}' % (client, *row)
        for client, row in zip(_ints(uuid), columns, strict=True)
    ]


def historic_records(uuid: Iterable[int], features: Bits) -> list[bytes]:
    """Values for `topic_historic`, products in the shop's own order; about 5 us a record."""
    template, digits, columns = _historic_template()
    text = np.repeat(template[np.newaxis], len(features), axis=0)
    text[:, digits] += features[:, columns]
    width, joined = len(template), text.tobytes()
    return [
        b'{"uuid":%d,"products":%b' % (client, joined[at : at + width])
        for client, at in zip(_ints(uuid), range(0, len(joined), width), strict=True)
    ]


def _ints(values: Iterable[int]) -> list[int]:
    # Python's own ints: formatting numpy's takes five times as long.
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


@cache
def _historic_template() -> tuple[Bits, NDArray[np.int64], NDArray[np.int64]]:
    """The JSON of a client who bought nothing, where its digits stand, and the feature column of each digit."""
    order = load_truth().message_order
    parts = [f'"{name}":0' for name in order]
    # each is followed by a comma or a brace, after "{" in front
    ends = np.cumsum([len(part) + 1 for part in parts])
    template = np.frombuffer(f"{{{','.join(parts)}}}}}".encode(), dtype=np.uint8)
    return template, ends - 1, np.array([FEATURES.index(name) for name in order])
