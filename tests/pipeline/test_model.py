"""The model in use and its replacement: a good one is taken, any other leaves the old one in place."""

import asyncio
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from liftstream.contracts.errors import InputError, ModelRefused, SettingsError
from liftstream.contracts.settings import PipelineSettings
from pipeline.model import ServedModel


class Constant:
    """Its file holds the score that it gives everyone."""

    def __init__(self, path: Path, threshold: float | None = 0.5) -> None:
        self.sha256 = path.read_text()
        self.default_threshold = threshold
        if self.sha256 == "broken":
            raise ModelRefused(f"{path}: not PMML")
        if self.sha256 == "defect":
            raise ZeroDivisionError

    def score(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full(len(matrix), float(self.sha256))


def model_of(file: Path, content: str, **settings: Any) -> ServedModel:
    file.write_text(content)
    return ServedModel(PipelineSettings(model=file, **settings), Constant)


def replace(file: Path, content: str) -> None:
    beside = file.with_suffix(".new")
    beside.write_text(content)
    os.replace(beside, file)


def shown(model: ServedModel) -> int:
    return int(model.decide(np.zeros((1, 113)))[0])


def test_a_score_that_reaches_the_threshold_shows_and_none_is_no_decision(tmp_path: Path) -> None:
    file = tmp_path / "m.pmml"
    found = [shown(model_of(file, score)) for score in ("0.5", "0.499", "nan")]
    assert found == [1, 0, -1]


def test_a_threshold_that_was_set_wins_over_the_card(tmp_path: Path) -> None:
    assert shown(model_of(tmp_path / "m.pmml", "0.6", threshold=0.7)) == 0


def test_a_model_without_any_threshold_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.pmml").write_text("0.6")
    settings = PipelineSettings(model=tmp_path / "m.pmml")
    with pytest.raises(SettingsError, match="PIPELINE__THRESHOLD"):
        ServedModel(settings, lambda path: Constant(path, None))


def test_a_model_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"away\.pmml"):
        ServedModel(PipelineSettings(model=tmp_path / "away.pmml"), Constant)


def test_a_new_file_is_swapped_in(tmp_path: Path) -> None:
    file = tmp_path / "m.pmml"
    model = model_of(file, "0.4")
    replace(file, "0.6")
    asyncio.run(model.reload())
    assert (shown(model), model.swaps, model.scorer.sha256, model.trouble) == (1, 1, "0.6", None)


def test_not_even_a_defect_of_ours_takes_the_old_model_away(tmp_path: Path) -> None:
    file = tmp_path / "m.pmml"
    model = model_of(file, "0.6")
    replace(file, "defect")
    asyncio.run(model.reload())
    assert shown(model) == 1
    assert "ZeroDivisionError" in (model.trouble or "")


def test_a_broken_file_leaves_the_old_model_in_place_until_a_good_one_comes(tmp_path: Path) -> None:
    file = tmp_path / "m.pmml"
    model = model_of(file, "0.6")
    replace(file, "broken")
    asyncio.run(model.reload())
    assert (shown(model), model.swaps) == (1, 0)
    assert "not PMML" in (model.trouble or "")
    replace(file, "0.1")
    asyncio.run(model.reload())
    assert (shown(model), model.trouble) == (0, None)


def test_a_file_that_is_away_for_a_moment_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "m.pmml"
    model = model_of(file, "0.6")
    file.unlink()
    asyncio.run(model.reload())
    assert (shown(model), model.trouble) == (1, None)
    file.write_text("0.1")
    asyncio.run(model.reload())
    assert shown(model) == 0


def test_a_card_that_is_replaced_is_noticed_too(tmp_path: Path) -> None:
    file, loads = tmp_path / "m.pmml", []
    file.write_text("0.6")

    def load(path: Path) -> Constant:
        loads.append(path)
        return Constant(path)

    model = ServedModel(PipelineSettings(model=file), load)
    asyncio.run(model.reload())
    assert len(loads) == 1
    file.with_suffix(".json").write_text("{}")
    asyncio.run(model.reload())
    assert len(loads) == 2


def test_asked_for_at_once_it_is_read_again_though_nothing_changed(tmp_path: Path) -> None:
    file, loads = tmp_path / "m.pmml", []
    file.write_text("0.6")

    def load(path: Path) -> Constant:
        loads.append(path)
        return Constant(path)

    asyncio.run(ServedModel(PipelineSettings(model=file), load).reload(only_if_changed=False))
    assert len(loads) == 2
