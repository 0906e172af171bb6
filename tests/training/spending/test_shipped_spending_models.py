"""The shipped B and C are served as they were trained: by the interface, on users of a shop that training never saw."""

from pathlib import Path

import numpy as np
import pytest

from liftstream.contracts.errors import ModelError
from liftstream.forecast.models.model import ExpenseModel
from liftstream.forecast.models.network import Network
from liftstream.forecast.models.registry import MODELS, load_models
from liftstream.forecast.models.regression import PooledRegression
from liftstream.forecast.request.data_object import read_data_object
from liftstream.simulation.spending.shop import generate_shop
from tests.forecast.shop_data import only

SHIPPED = Path(__file__).parents[3] / "pmml"
HISTORY = read_data_object(generate_shop(77).data_object())
MONTH = HISTORY.next_month or 0


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.name)
def test_a_model_saved_and_loaded_predicts_the_same(kind: type[ExpenseModel], tmp_path: Path) -> None:
    model = kind.load_model(SHIPPED)
    model.save_model(tmp_path)
    predicted = model.predict_expenses(HISTORY, MONTH)
    assert np.array_equal(kind.load_model(tmp_path).predict_expenses(HISTORY, MONTH), predicted)
    assert predicted.shape == (200,)
    assert np.array_equal(np.round(predicted, 2), predicted)
    assert predicted.min() >= 0


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.name)
def test_a_users_prediction_does_not_depend_on_the_other_users(kind: type[ExpenseModel]) -> None:
    model, chosen = kind.load_model(SHIPPED), [150, 3]
    every = model.predict_expenses(HISTORY, MONTH)
    assert model.predict_expenses(only(HISTORY, chosen), MONTH).tolist() == every[chosen].tolist()


@pytest.mark.parametrize("kind", [Network, PooledRegression])
def test_a_user_without_events_gets_the_cards_fallback(kind: type[Network | PooledRegression]) -> None:
    model = kind.load_model(SHIPPED)
    nobody = HISTORY.before(int(HISTORY.month.min()))
    assert set(model.predict_expenses(nobody, MONTH).tolist()) == {model.fallback}


def test_on_a_shop_it_never_saw_the_shipped_c_is_better_than_the_trend() -> None:
    models = load_models(SHIPPED)
    errors: dict[str, list[float]] = {"A": [], "B": [], "C": []}
    for seed in range(500, 506):
        history = read_data_object(generate_shop(seed).data_object())
        month = int(history.month.max())
        for name, found in errors.items():
            predicted = models[name].predict_expenses(history, month)
            found.append(float(np.mean((predicted - history.spending_in(month)) ** 2)))
    assert np.mean(errors["C"]) < 0.8 * np.mean(errors["A"])
    assert np.mean(errors["B"]) < 0.9 * np.mean(errors["A"])


def test_a_model_whose_card_is_of_another_file_or_scores_differently_is_refused(tmp_path: Path) -> None:
    for name in ("spending_c.pmml", "spending_c.json"):
        (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
    card = tmp_path / "spending_c.json"
    text = card.read_text()
    score = text.split('"score": ')[1].split("}")[0]
    card.write_text(text.replace(f'"score": {score}', '"score": 1.5'))
    with pytest.raises(ModelError, match="away from what training scored"):
        PooledRegression.load_model(tmp_path)
    card.unlink()
    with pytest.raises(ModelError, match="is missing; 'liftstream train spending' writes"):
        PooledRegression.load_model(tmp_path)
