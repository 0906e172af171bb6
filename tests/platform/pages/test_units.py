"""Levels and differences as the pages write them."""

import re

import pytest

from liftstream.experiment.metrics.kinds import KINDS
from liftstream.platform.pages import units


def test_an_interval_names_both_ends_and_leaves_an_unknown_one_open() -> None:
    assert units.span(0.3, 1.21, "money") == "+0.30 to +1.21"
    assert units.span(None, 0.3, "money") == "−∞ to +0.30"
    assert units.span(-0.3, None, "money") == "−0.30 to +∞"
    assert units.span(None, None, "money") == "–"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "numbers", [(0.94, -0.084, 1.96), (0.0004, -0.0001, 0.0009), (10.002, 10.001, 10.003), (1e-9, -2_000.0, 1.5e4)]
)  # fmt: skip
def test_an_estimate_and_both_ends_have_the_same_number_of_decimals(
    kind: str, numbers: tuple[float, float, float]
) -> None:
    effect, low, high = numbers
    texts = [
        units.number(effect, kind, True, (low, high)),
        *units.span(low, high, kind, effect).split(" to "),
    ]
    assert len({len(re.sub(r"^.*?(\.|$)", "", text)) for text in texts}) == 1, texts
    assert len(set(texts)) == 3, f"they can be told apart: {texts}"


def test_a_mean_and_half_the_width_of_its_interval_are_written_alike() -> None:
    assert units.around(19.586, 0.384, "money") == ("19.59", "0.38")
    assert units.around(0.4, 0.000213, "money") == ("0.4000", "0.0002")
    assert units.around(None, None, "money") == ("–", "–")
