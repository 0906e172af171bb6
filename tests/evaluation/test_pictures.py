"""Pictures show the part of the thresholds where something happens, in the words of what is decided."""

import json
from typing import Any

import numpy as np
import pytest

from liftstream.evaluation import pictures
from liftstream.evaluation.classification import calibrate
from liftstream.evaluation.pictures import STREAM_WORDS, draw_calibration, draw_profit
from liftstream.evaluation.profit import draw_curve

ROWS = 4_000


@pytest.fixture
def spec(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Title, subtitle and Vega-Lite document of what is drawn."""
    found: list[Any] = []

    def keep(chart: Any, title: str, subtitle: object) -> bytes:
        found.extend([title, subtitle, chart.to_dict()])
        return b""

    monkeypatch.setattr(pictures, "as_png", keep)
    return found


def scores_around(share: float) -> Any:
    """Scores of rows of which about this share is 1."""
    rng = np.random.default_rng(2)
    return rng.beta(8 * share, 8 * (1 - share), ROWS)


def profit_of(share: float, spec: list[Any], **options: Any) -> dict[str, Any]:
    score = scores_around(share)
    label = np.random.default_rng(3).random(ROWS) < score
    worth = np.where(label, 1 - share, -share)
    draw_profit({"m": draw_curve(worth, score, np.zeros(ROWS))}, "rows", "money", **options)
    document: dict[str, Any] = spec[2]
    return document


def layers_with(document: dict[str, Any], mark: str) -> list[dict[str, Any]]:
    return [one for one in document["layer"] if one["mark"]["type"] == mark]


@pytest.mark.parametrize(("share", "window"), [(0.05, (0.0, 0.31)), (0.6, (0.3, 0.9)), (0.97, (0.69, 1.0))])
def test_the_thresholds_that_are_drawn_lie_around_the_best(
    share: float, window: tuple[float, float], spec: list[Any]
) -> None:
    (line,) = layers_with(profit_of(share, spec), "line")
    low, high = line["encoding"]["x"]["scale"]["domain"]
    assert (low, high) == pytest.approx(window, abs=0.3)
    assert low <= share <= high
    assert high - low < 0.95


def test_a_label_at_the_edge_is_written_away_from_it(spec: list[Any]) -> None:
    named = layers_with(profit_of(0.02, spec), "text")[-1]
    assert named["mark"]["align"] == "left"


def test_another_stream_than_the_shops_is_told_in_its_own_words(spec: list[Any]) -> None:
    document = json.dumps(profit_of(0.1, spec, words=STREAM_WORDS))
    assert spec[0].startswith("Deciding 1 from 0.")
    assert "threshold: 1 is decided from this score on" in document
    assert not any(word in spec[0] + document for word in ("client", "category", "original system"))


def test_the_axes_of_a_calibration_end_soon_after_its_points(spec: list[Any]) -> None:
    for share, end in ((0.03, 0.2), (0.5, 1.0)):
        spec.clear()
        score = scores_around(share)
        label = (np.random.default_rng(3).random(ROWS) < score).astype(np.uint8)
        draw_calibration({"m": calibrate(label, score)}, "rows")
        (truth, *_) = spec[2]["spec"]["layer"]
        assert truth["encoding"]["x"]["scale"]["domain"][1] >= end
        assert (truth["encoding"]["x"]["scale"]["domain"][1] == 1.0) == (end == 1.0)
