"""The card beside a model is read for that very file or not at all."""

from pathlib import Path

import msgspec
import pytest

from liftstream.contracts.errors import InputError, ModelError
from liftstream.contracts.model_card import CardFeature, GoldenRow, ModelCard, card_path, hash_of, read_card

CONTENT = b"<PMML/>"
CARD = ModelCard(
    name="m",
    sha256=hash_of(CONTENT),
    threshold=0.66,
    features=[CardFeature("age", 15, 54)],
    golden_rows=[GoldenRow({"age": 40}, 0.5)],
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tmp_path / "m.pmml"


def test_a_card_comes_back_as_it_was_written(model: Path) -> None:
    card_path(model).write_bytes(msgspec.json.encode(CARD))
    assert read_card(model, CONTENT) == CARD


def test_a_model_without_a_card_has_none(model: Path) -> None:
    assert read_card(model, CONTENT) is None


def test_a_card_of_another_file_is_refused(model: Path) -> None:
    card_path(model).write_bytes(msgspec.json.encode(CARD))
    with pytest.raises(ModelError, match="written for another file"):
        read_card(model, CONTENT + b" ")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"name": "m"}', b'{"x": ' + b"[" * 50_000])
def test_what_is_no_card_is_refused_by_name(model: Path, content: bytes) -> None:
    card_path(model).write_bytes(content)
    with pytest.raises(InputError, match="m.json: not a model card"):
        read_card(model, CONTENT)
