"""The truth that ships is the one that was recovered."""

import json
from importlib.resources import files

import numpy as np
import pytest

from liftstream.contracts.features import FEATURES, PRODUCTS
from liftstream.simulation.shop.truth import load_truth


def test_the_interest_of_one_client_is_the_sigmoid_of_the_sum_in_the_shipped_file() -> None:
    written = json.loads(files("liftstream.simulation.shop").joinpath("truth.json").read_text())
    bought = {"age": 41, "woman": 1, "cat28": 1, "u3": 1}
    log_odds = written["intercept"] + sum(written["coefficients"][k] * v for k, v in bought.items())
    row = np.array([[bought.get(name, 0) for name in FEATURES]], dtype=np.uint8)
    assert load_truth().interest(row)[0] == pytest.approx(1 / (1 + np.exp(-log_odds)), rel=1e-14)


def test_interest_does_not_depend_on_how_many_clients_are_asked_at_once() -> None:
    features = np.random.default_rng(1).integers(0, 2, (40_000, len(FEATURES)), dtype=np.uint8)
    together = load_truth().interest(features)
    assert np.allclose(together[-7:], load_truth().interest(features[-7:]), rtol=1e-13)


def test_messages_name_every_product_once() -> None:
    assert sorted(load_truth().message_order) == sorted(PRODUCTS)
