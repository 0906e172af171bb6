"""Every family states what it is in one record, is registered once, and is on the page."""

import re
from contextlib import suppress
from pathlib import Path

import pytest

from liftstream.contracts.errors import ModelError, ModelUnsupported
from liftstream.scoring.families.registry import FAMILIES, KINDS, REFUSED
from liftstream.scoring.loading import load_content
from tests.scoring.families.one_of_each import MODELS, documents

PAGE = Path(__file__).parents[3] / "docs" / "scoring.md"


def test_every_model_of_the_standard_is_a_family_or_refused_with_a_reason() -> None:
    assert set(FAMILIES) | set(REFUSED) == MODELS
    assert not set(FAMILIES) & set(REFUSED)
    assert len(FAMILIES) == len(KINDS)


def test_every_family_has_its_row_on_the_page() -> None:
    rows = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("|")]
    assert [tag for tag in FAMILIES if not any(tag in row for row in rows)] == []


FUNCTIONS = re.compile(r"functionName=(['\"])(\w+)['\"]")


@pytest.mark.parametrize("tag", sorted(FAMILIES))
def test_a_family_predicts_what_it_can_whatever_the_document_calls_it(tag: str) -> None:
    """With a function that it has not it is refused, unless it has one only; it never gives text for a number."""
    text, functions = documents()[tag], FAMILIES[tag].functions
    for function in ("regression", "classification", "clustering", "timeSeries"):
        other = FUNCTIONS.sub(f'functionName="{function}"', text, count=1).encode()
        with suppress(ModelError):
            model = load_content(other, Path("model.pmml"))
            assert model.function in functions
            value = model.score({name: [None, None] for name in model.inputs})[model.target]
            assert model.function != "regression" or value.dtype.kind in "fiu"


def test_a_function_that_a_family_has_not_is_refused_by_name() -> None:
    text = FUNCTIONS.sub("functionName='clustering'", documents()["TreeModel"], count=1).encode()
    with pytest.raises(
        ModelUnsupported, match="functionName='clustering'; supported: regression, classification"
    ):
        load_content(text, Path("model.pmml"))
