"""Default models are looked up in the current folder, then in the installation."""

from pathlib import Path

import pytest

from liftstream.contracts.errors import InputError
from liftstream.contracts.places import find_model, find_stream, model_named, shipped_models


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_model_of_the_current_folder_comes_first(tmp_path: Path) -> None:
    (tmp_path / "pmml").mkdir()
    (tmp_path / "pmml/cross_selling.pmml").touch()
    assert find_model(Path("pmml/cross_selling.pmml")) == Path("pmml/cross_selling.pmml")


def test_elsewhere_the_shipped_model_is_found() -> None:
    assert model_named("cross_selling") == shipped_models() / "cross_selling.pmml"


def test_an_unknown_model_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InputError, match="no model named 'croos'.*cross_selling"):
        model_named("croos")


def test_another_folder_is_never_replaced_by_the_shipped_models() -> None:
    with pytest.raises(InputError, match="no such model file"):
        find_model(Path("elsewhere/cross_selling.pmml"))


def test_elsewhere_the_shipped_stream_definition_is_found() -> None:
    assert find_stream(Path("config/silocompro.yaml")).read_text().startswith("# The task's stream")


def test_a_stream_definition_that_is_nowhere_is_refused() -> None:
    with pytest.raises(InputError, match="stream infer"):
        find_stream(Path("config/card.yaml"))
