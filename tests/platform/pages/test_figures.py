"""Every picture is a Vega-Lite document that compiles, and comes with its text and its table."""

import json
from typing import Any

import pytest
import vl_convert

from liftstream import experiment
from liftstream.platform.documents.new_experiment import DEFAULTS, plan_help
from liftstream.platform.pages.figures.answer_times import answer_times
from liftstream.platform.pages.figures.bounds import bounds_and_path
from liftstream.platform.pages.figures.difference import difference_over_time
from liftstream.platform.pages.figures.planning import power_by_clients, power_by_effect
from liftstream.platform.planning.power_curves import power_curves
from liftstream.service.pages.figure import Figure
from testbed.platform_stage import Stage

WITH_NUMBERS = ["improves", "harms", "no improvement", "stopped", "alarm"]
States = tuple[Stage, dict[str, str]]


def compiled(figure: Figure) -> dict[str, Any]:
    document = json.loads(figure.json)
    made: dict[str, Any] = vl_convert.vegalite_to_vega(document, vl_version="v6_1")
    return made


@pytest.mark.parametrize("word", WITH_NUMBERS)
def test_the_pictures_of_every_situation_compile_and_speak(word: str, states: States) -> None:
    stage, found = states
    shown = stage.service.experiment(found[word])
    [candidate] = shown.candidates
    difference = difference_over_time(candidate, shown.plan, "difference")
    assert compiled(difference)["marks"]
    assert f"{candidate.timeline[-1].clients:,} clients" in difference.says
    assert len(difference.rows) <= 13
    assert all(len(row) == len(difference.columns) for row in difference.rows)
    times = answer_times(shown.arms[1], 1_000, "times")
    assert compiled(times)["marks"]
    path = bounds_and_path(candidate, shown.plan, "bounds")
    assert path.spec is None or compiled(path)["marks"]
    assert len(path.rows) == len(candidate.looks)


def test_before_the_first_client_a_picture_says_why_it_is_not_there(states: States) -> None:
    stage, found = states
    shown = stage.service.experiment(found["waiting"])
    difference = difference_over_time(shown.candidates[0], shown.plan, "difference")
    assert difference.spec is None
    assert "30 clients" in difference.says
    assert answer_times(shown.arms[1], 1_000, "times").spec is None
    path = bounds_and_path(shown.candidates[0], shown.plan, "bounds")
    assert "The only look is due at 24,000 clients" in path.says


def test_the_axis_holds_zero_the_plan_and_the_settled_interval(states: States) -> None:
    stage, found = states
    shown = stage.service.experiment(found["harms"])
    [candidate] = shown.candidates
    spec = difference_over_time(candidate, shown.plan, "difference").spec
    assert spec is not None
    low, high = spec["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert low <= candidate.timeline[-1].ci_low < 0
    assert high >= shown.plan.effect


def test_the_names_of_levels_stand_before_the_path(states: States) -> None:
    stage, found = states
    shown = stage.service.experiment(found["improves"])
    spec = difference_over_time(shown.candidates[0], shown.plan, "difference").spec
    assert spec is not None
    marks = [layer["mark"]["type"] for layer in spec["layer"]]
    assert marks.index("line") < marks.index("text")


@pytest.mark.parametrize("looks", [1, 5])
def test_the_power_curves_pass_through_what_was_chosen_and_through_alpha(looks: int) -> None:
    planned = plan_help({**DEFAULTS, "looks": looks, "n_per_arm": 6_000}, None)
    clients, effect = power_by_clients(planned), power_by_effect(planned)
    assert compiled(clients)["marks"]
    assert compiled(effect)["marks"]
    assert planned.power_by_effect[0].power == pytest.approx(0.05, abs=1e-4)
    half = next(point for point in planned.power_by_effect if point.x == pytest.approx(0.7))
    assert half.power == pytest.approx(planned.achieved_power, abs=0.0012)
    assert "in 5 %" in effect.says


@pytest.mark.parametrize(
    "values",
    [
        {"effect": 0, "margin": -0.7, "n_per_arm": 6_000},
        {"kind": "count", "base_rate": 0.1, "effect": 0.1, "sd": None, "n_per_arm": 200},
        {"effect": 0.9, "margin": 0.2, "correlation": 0.5, "covariate": "before", "n_per_arm": 6_000},
    ],
)
def test_the_power_by_effect_is_that_of_the_solver(values: dict[str, object]) -> None:
    plan = experiment.plan(**{"sd": 15, **values})
    by_effect = power_curves(plan)[1]
    assert (by_effect.x[0], by_effect.power[0]) == (plan.margin, pytest.approx(0.05, abs=1e-4))
    for effect, power in zip(by_effect.x[4::6], by_effect.power[4::6], strict=True):
        solved = experiment.solve_power(n=plan.n_per_arm, effect=effect, **plan.comparison)
        assert power == pytest.approx(solved.power, abs=0.0012)


def test_fields_that_make_no_sense_leave_a_sentence_instead_of_a_curve() -> None:
    planned = plan_help({**DEFAULTS, "sd": "many"}, None)
    assert power_by_clients(planned).spec is None
    assert power_by_effect(planned).spec is None


def test_nothing_in_a_document_ends_the_element_that_holds_it() -> None:
    figure = Figure("name", "title", "says", {"title": "</script><!--&"})
    assert not {"<", ">", "&"} & set(figure.json)
    assert json.loads(figure.json) == figure.spec
