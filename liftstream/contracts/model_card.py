"""The model card `<name>.json` that stands beside `<name>.pmml`: what training knows and serving checks."""

from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec

from liftstream.contracts.errors import InputError, ModelError


class CardFeature(msgspec.Struct, frozen=True):
    """One input of the model with the range it was trained on."""

    name: str
    low: float
    high: float


class GoldenRow(msgspec.Struct, frozen=True):
    """Inputs and the score the trained model gave them; every start of a worker scores them again."""

    inputs: dict[str, float | str]
    score: float


class ModelCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is, where it came from, and the threshold at which its score means "show"."""

    name: str
    sha256: str
    threshold: float
    features: list[CardFeature]
    metrics: dict[str, Any] = {}
    created: str = ""
    rows: int = 0
    seed: int | None = None
    golden_rows: list[GoldenRow] = []
    threshold_interval: tuple[float, float] | None = None
    about: str = ""
    texts: dict[str, list[str]] = {}
    """Inputs that are texts, with the values that the model tells apart."""
    serves: Literal["pipeline", "files"] = "pipeline"
    """Whether it was trained on the features of the pipeline, or on columns that only files have."""


def card_path(model: Path) -> Path:
    """The path of the card of a model file."""
    return model.with_suffix("").with_suffix(".json") if model.suffix == ".gz" else model.with_suffix(".json")


def hash_of(content: bytes) -> str:
    """The SHA-256 of a model file, as its card and the metrics give it."""
    return sha256(content).hexdigest()


def read_card(model: Path, content: bytes) -> ModelCard | None:
    """The card beside `model`; None if there is none.

    Args:
        model: the PMML file's path.
        content: the PMML file's bytes, which the card must have been written for.

    Raises:
        InputError: the card is not one.
        ModelError: the card was written for another file.
    """
    path = card_path(model)
    try:
        card = msgspec.json.decode(path.read_bytes(), type=ModelCard)
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{path}: not a model card: {error}; run 'liftstream train' to write it again"
        ) from error
    if card.sha256 != hash_of(content):
        raise ModelError(
            f"{path} was written for another file: it names sha256 {card.sha256[:12]}…, {model} has"
            f" {hash_of(content)[:12]}…; train again, or remove the card and set PIPELINE__THRESHOLD"
        )
    return card
