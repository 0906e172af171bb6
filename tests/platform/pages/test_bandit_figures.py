"""The pictures of a bandit stay readable with many arms, and however long its quanta are."""

import json
import re
from typing import Any

import vl_convert

from liftstream.platform.documents.bandit import BanditArmDocument, BanditDocument, QuantumDocument
from liftstream.platform.pages.figures.bandit import (
    COLOURS,
    DRAWN,
    OTHERS,
    posterior_of_arms,
    traffic_of_arms,
)

BEGAN_MS = 1_700_000_000_000


def arm(number: int, state: str = "active") -> BanditArmDocument:
    known = {"mean": number / 100, "ci_low": 0.0, "ci_high": 1.0, "probability_best": 0.01}
    return BanditArmDocument.model_construct(name=f"article {number}", state=state, **known)


def shown(arms: int, quanta: int, quantum_ms: int = 10_000) -> BanditDocument:
    """A bandit in which low numbers are served more often."""
    recent = [
        QuantumDocument.model_construct(
            number=number,
            arm=f"article {number % (1 + number % arms)}",
            from_ms=BEGAN_MS + number * quantum_ms,
            until_ms=BEGAN_MS + (number + 1) * quantum_ms,
        )
        for number in range(quanta)
    ]
    everyone = [arm(number, "retired" if number > 50 else "active") for number in range(arms)]
    return BanditDocument.model_construct(
        arms=everyone, recent=recent, started="now", reference=None, objective="click"
    )


def rows_of(spec: Any) -> list[dict[str, Any]]:
    assert vl_convert.vegalite_to_vega(json.loads(json.dumps(spec)), vl_version="v6_1")["marks"]
    rows: list[dict[str, Any]] = spec["layer"][0]["data"]["values"]
    return rows


def test_of_sixty_arms_the_most_served_have_a_colour_and_the_others_share_one() -> None:
    figure = traffic_of_arms(shown(60, 360))
    rows = rows_of(figure.spec)
    assert {row["arm"] for row in rows} == {*(name for name, _, _ in figure.rows[: len(COLOURS)]), OTHERS}
    assert sum(row["quanta"] for row in rows) == 360
    assert len(figure.rows) > 30  # the table names all


def test_few_arms_have_no_others() -> None:
    figure = traffic_of_arms(shown(3, 50))
    assert {row["arm"] for row in rows_of(figure.spec)} == {"article 0", "article 1", "article 2"}


def test_spans_of_one_picture_are_never_drawn_into_one() -> None:
    for quantum_ms in (1_000, 10_000, 60_000, 3_600_000, 86_400_000):
        rows = rows_of(traffic_of_arms(shown(2, 360, quantum_ms)).spec)
        assert len({row["t"] for row in rows}) == 24, quantum_ms


def test_of_many_arms_the_highest_active_ones_are_drawn_and_the_sentence_says_so() -> None:
    figure = posterior_of_arms(shown(60, 10))
    drawn = [row["arm"] for row in rows_of(figure.spec)]
    assert drawn == [f"article {number}" for number in range(50, 50 - DRAWN, -1)]
    assert figure.says.startswith("article 50 is expected at 0.50 (")
    assert figure.says.endswith("Drawn are the 30 highest of 60 arms.")
    assert len(figure.rows) == 60


def test_the_names_of_arms_stand_below_each_other_on_a_phone() -> None:
    spec = json.loads(json.dumps(traffic_of_arms(shown(3, 50)).spec))

    def height(width: int) -> float:
        svg = vl_convert.vegalite_to_svg(spec | {"width": width}, vl_version="v6_1")
        return float(re.findall(r'<svg[^>]* height="([\d.]+)"', svg)[0])

    assert height(300) > height(600)
