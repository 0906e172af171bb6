"""The models in pmml/: each is what its card says, and the served one decides nearly as well as can be."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from liftstream import scoring
from liftstream.contracts.model_card import ModelCard, read_card
from liftstream.simulation.shop.money import decide_best, gain_over
from liftstream.simulation.shop.population import ShopClients, draw_clients
from training.cross_selling.dataset import LabelledClients
from training.cross_selling.models import MODELS

SHIPPED = Path(__file__).parents[2] / "pmml"
SPENDING = {"spending_b", "spending_c"}
CLIENTS, AT_ONCE = 1_000_000, 50_000


def load(name: str) -> tuple[scoring.Model, ModelCard]:
    path = SHIPPED / f"{name}.pmml"
    card = read_card(path, path.read_bytes())
    assert card is not None
    return scoring.load(path), card


def columns(clients: ShopClients, part: slice) -> Mapping[str, np.ndarray]:
    return LabelledClients(clients.features[part], clients.interested[part]).columns()


def test_every_model_of_training_is_shipped_small() -> None:
    assert {path.stem for path in SHIPPED.glob("*.pmml")} == {model.name for model in MODELS} | SPENDING
    assert all(path.stat().st_size < 3e6 for path in SHIPPED.iterdir())


@pytest.mark.parametrize("name", [model.name for model in MODELS])
def test_a_shipped_model_scores_its_golden_rows(name: str) -> None:
    model, card = load(name)
    inputs = {f.name: np.array([row.inputs[f.name] for row in card.golden_rows]) for f in card.features}
    expected = [row.score for row in card.golden_rows]
    assert np.allclose(model.score(inputs)["probability(1)"], expected, rtol=1e-9, atol=1e-9)
    assert (card.rows, card.metrics["held_out_rows"], card.metrics["parity"]["rows"]) == (
        335_000,
        165_000,
        10_000,
    )


@pytest.mark.slow
def test_the_served_model_decides_within_a_cent_per_client_of_the_best_possible() -> None:
    model, card = load("cross_selling")
    clients = draw_clients(np.random.default_rng(987_654_321), CLIENTS)  # no seed of a training
    parts = [slice(start, start + AT_ONCE) for start in range(0, CLIENTS, AT_ONCE)]
    score = np.concatenate([model.score(columns(clients, part))["probability(1)"] for part in parts])
    gain = gain_over(clients.man, score >= card.threshold, clients.interest)
    best = gain_over(clients.man, decide_best(clients.interest), clients.interest)
    assert best - gain < 0.01
    assert gain == pytest.approx(card.metrics["gain_expected"], abs=0.01)


def test_the_original_rule_shows_men() -> None:
    model, card = load("original")
    clients = draw_clients(np.random.default_rng(5), 1000)
    shown = model.score(columns(clients, slice(None)))["probability(1)"] >= card.threshold
    assert np.array_equal(shown, clients.man == 1)
