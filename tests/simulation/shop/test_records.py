"""The bytes on the topics, read back by an independent JSON parser and by the contract's types."""

import json

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from liftstream.contracts.features import FEATURES, PRODUCTS
from liftstream.contracts.messages import UUID_MAX, UUID_MIN, Demographic, Historic, Session
from liftstream.simulation.shop import records
from liftstream.simulation.shop.population import draw_features

UUIDS = st.lists(st.integers(UUID_MIN, UUID_MAX), max_size=8)


@given(UUIDS, st.integers(0, 2**32))
def test_halves_carry_every_feature_of_their_client(uuids: list[int], seed: int) -> None:
    features = draw_features(np.random.default_rng(seed), len(uuids))
    demographic = records.demographic_records(uuids, features)
    historic = records.historic_records(uuids, features)
    for uuid, row, one, other in zip(uuids, features.tolist(), demographic, historic, strict=True):
        client = dict(zip(FEATURES, row, strict=True))
        assert json.loads(one) == {"uuid": uuid, **{name: client[name] for name in ("age", "man", "woman")}}
        assert json.loads(other) == {"uuid": uuid, "products": {name: client[name] for name in PRODUCTS}}
        assert msgspec.json.decode(one, type=Demographic).uuid == uuid
        assert msgspec.json.decode(other, type=Historic).uuid == uuid


def test_products_come_in_the_shops_order_not_in_that_of_our_matrices() -> None:
    (value,) = records.historic_records([1], draw_features(np.random.default_rng(0), 1))
    assert list(json.loads(value)["products"])[:4] == ["cat17", "cat74", "cat42", "cat96"]


def test_sessions_are_what_the_contract_says() -> None:
    uuid, visit = np.array([404180, 404180]), np.array([1, 2])
    names = records.session_names(uuid, visit)
    assert len(set(names)) == 2
    opened = records.session_records(uuid, names, np.array([1_700_000_000_000, 1_700_000_000_500]))
    assert msgspec.json.decode(opened[1], type=Session) == Session(404180, names[1], 1_700_000_000_500)
