"""A model that scores differently from its file never leaves training."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from liftstream.contracts.errors import ModelError
from training import parity
from training.cross_selling.dataset import LabelledClients, simulate
from training.cross_selling.models import MODELS, Trained, fit
from training.export import export
from training.parity import check_export


@pytest.fixture(scope="module")
def rule() -> tuple[Trained, LabelledClients]:
    rows = simulate(1000, 1).train
    (model,) = (model for model in MODELS if model.is_rule)
    return fit(model, rows, 1), rows


@pytest.mark.parametrize(("wrong", "by"), [("pypmml", 2e-9), ("liftstream", 2e-9), ("liftstream", np.nan)])
def test_a_scorer_that_differs_is_named(
    rule: tuple[Trained, LabelledClients], monkeypatch: pytest.MonkeyPatch, wrong: str, by: float
) -> None:
    trained, rows = rule
    exact = trained.score(rows)
    other = exact.copy()
    other[500] += by
    monkeypatch.setattr(parity, "score_with_pypmml", lambda *_: [other if wrong == "pypmml" else exact])
    monkeypatch.setattr(parity, "score_with_ours", lambda *_: other if wrong == "liftstream" else exact)
    with pytest.raises(ModelError, match=f"original: {wrong} scores .* away"):
        parity.compare(["original"], [b""], [exact], rows.columns())


def test_scorers_that_agree_are_reported_with_their_largest_difference(
    rule: tuple[Trained, LabelledClients], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, rows = rule
    exact = trained.score(rows)
    monkeypatch.setattr(parity, "score_with_pypmml", lambda *_: [exact + 1e-12])
    monkeypatch.setattr(parity, "score_with_ours", lambda *_: exact)
    (found,) = parity.compare(["original"], [b""], [exact], rows.columns())
    assert found.rows == 1000
    assert found.pypmml == pytest.approx(1e-12, rel=1e-3)
    assert found.liftstream == 0


def test_a_file_that_pypmml_cannot_read_is_one_line(rule: tuple[Trained, LabelledClients]) -> None:
    with pytest.raises(ModelError, match="pypmml cannot score the exported models: .") as caught:
        parity.compare(["original"], [b"<PMML/>"], [rule[0].score(rule[1])], rule[1].columns())
    assert "\n" not in str(caught.value)


def draw(rows: int, seed: int) -> tuple[pd.DataFrame, "pd.Series[int]"]:
    random = np.random.default_rng(seed)
    drawn = pd.DataFrame({"age": random.uniform(18, 90, rows), "income": random.lognormal(10, 1, rows)})
    label = pd.Series((random.random(rows) < drawn["age"] / 108).astype(int))
    return drawn.mask(random.random(drawn.shape) < 0.1), label


def test_a_model_is_found_in_its_file_and_another_one_is_not(tmp_path: Path) -> None:
    rows, label = draw(400, 1)
    forest = make_pipeline(SimpleImputer(), RandomForestClassifier(5, random_state=1)).fit(rows, label)
    line = make_pipeline(SimpleImputer(), LinearRegression()).fit(rows, label)
    for model, other in ((forest, draw(400, 2)), (line, draw(300, 3))):
        file = tmp_path / "mine.pmml"
        file.write_bytes(export("mine", model, rows.columns))
        check_export(file, model, rows)
        model.fit(*other)
        with pytest.raises(ModelError, match=r"mine\.pmml: .* of 400 rows have other scores than the model"):
            check_export(file, model, rows)
    with pytest.raises(ModelError, match="there is nothing to compare"):
        check_export(file, forest, rows)


def test_a_text_that_trees_on_categories_do_not_know_is_named_and_the_others_agree(tmp_path: Path) -> None:
    rows, label = draw(400, 1)
    rows["plan"] = np.random.default_rng(5).choice(["free", "pro", "team"], 400)
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer([("numbers", "passthrough", ["age", "income"]), ("texts", encoder, ["plan"])])
    trees = HistGradientBoostingClassifier(max_iter=20, categorical_features=[2])
    model = make_pipeline(columns, trees).fit(rows, label * (rows["plan"] != "pro"))
    file = tmp_path / "mine.pmml"
    file.write_bytes(export("mine", model, rows.columns))
    check_export(file, model, rows)
    rows.loc[rows.index[:7], "plan"] = "other"
    said = r"7 of 400 rows .* 0: probability\(1\) nan \(.* where plan is no declared value\) instead of 0\."
    with pytest.raises(ModelError, match=said):
        check_export(file, model, rows)


def test_what_the_converter_loses_is_found(tmp_path: Path) -> None:
    rows, label = draw(400, 1)
    columns = ColumnTransformer(
        [("filled", SimpleImputer(), list(rows.columns)), ("gaps", MissingIndicator(), list(rows.columns))]
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=5_000)).fit(rows, label)
    file = tmp_path / "mine.pmml"
    file.write_bytes(export("mine", model, rows.columns))
    gaps = int(rows.isna().any(axis=1).sum())
    with pytest.raises(ModelError, match=f"{gaps} of 400 rows have other scores"):
        check_export(file, model, rows)
