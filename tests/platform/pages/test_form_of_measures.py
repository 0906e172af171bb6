"""The form of a new experiment for what is not money, and for guards: read as meant, refused by field, and the same
when planned again."""

import math
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from liftstream.experiment import Plan, solve_power
from liftstream.experiment import plan as experiment_plan
from liftstream.platform.api.documents import planning_values
from liftstream.platform.documents.experiment_parts.plan import plan_document
from liftstream.platform.documents.new_experiment import plan_help, with_defaults
from liftstream.platform.pages import field_texts, fields
from liftstream.platform.pages.situations import plan_query
from liftstream.platform.planning.fits import fits_of
from liftstream.platform.planning.form import asked_for
from liftstream.platform.planning.requests import read_request
from testbed.platform_stage import Stage
from tests.platform.pages.browsing import text_of

MEASURES = ("money", "bought", "proportion", "count")
RETURNED = {
    "guard1_measure": "proportion", "guard1_outcome": "returned", "guard1_direction": "less", "guard1_margin": "1", "guard1_margin_of": "",
}  # fmt: skip


def asked(**texts: str) -> Any:
    return asked_for(with_defaults(planning_values(texts)))


@pytest.mark.parametrize("measure", MEASURES)
def test_the_example_of_every_measure_fits_with_no_client_to_spare(measure: str) -> None:
    texts = field_texts.texts({"measure": measure, "outcome": "contact"})
    values = with_defaults(planning_values(texts))
    found = plan_help(values, None)
    assert found.coherent
    assert found.fits["n_per_arm"] == values["n_per_arm"]
    assert found.kind == {"bought": "proportion"}.get(measure, measure)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("name", ["effect", "alpha", "power", "n_per_arm"])
@pytest.mark.parametrize("changed", [{"n_per_arm": 1_000}, {"looks": 3}])
def test_taking_over_what_is_offered_makes_the_numbers_of_every_measure_coherent(
    measure: str, name: str, changed: dict[str, Any]
) -> None:
    values = with_defaults({"measure": measure, "outcome": "contact", **changed})
    offered = plan_help(values, None).fits[name]
    assert offered is not None
    taken = planning_values({name: field_texts.fitting(name, offered, fields.shares_of(measure))})
    assert plan_help({**values, **taken}, None).coherent


def test_the_power_of_a_rate_by_the_true_effect_is_that_of_the_solver() -> None:
    values = with_defaults({"measure": "bought"})
    for point in plan_help(values, None).power_by_effect[4::6]:
        solved = solve_power(
            n=values["n_per_arm"], effect=point.x, rate=values["base_rate"], alpha=0.05
        ).power
        assert math.isclose(point.power, solved, abs_tol=0.005)


def test_what_is_measured_becomes_the_metric_of_the_api() -> None:
    assert "metric" not in asked(measure="money")
    assert asked(measure="bought")["metric"] == {"kind": "proportion", "source": "revenue"}
    found = asked(measure="proportion", outcome="contact", base_rate="5 %", effect="1 %")
    assert (found["metric"], found["base_rate"], found["effect"]) == (
        {"kind": "proportion", "outcome": "contact"},
        0.05,
        0.01,
    )
    assert "sd" not in found
    assert asked(measure="count", outcome="2024")["metric"] == {"kind": "count", "outcome": "2024"}


@pytest.mark.parametrize(
    ("texts", "guard"),
    [
        ({"margin": "1"}, {"kind": "proportion", "outcome": "returned", "direction": "less", "margin": 0.01}),
        ({"margin": "0.5 %"}, {"kind": "proportion", "outcome": "returned", "direction": "less", "margin": 0.005}),
        ({"margin": "2 %", "margin_of": "original"}, {"kind": "proportion", "outcome": "returned", "direction": "less", "margin": "2.0%"}),
        ({"measure": "money", "outcome": "", "direction": "more", "margin": "0.5"}, {"kind": "money", "source": "revenue", "direction": "more", "margin": 0.5}),
        ({"measure": "bought", "outcome": "", "direction": "", "margin": "3"}, {"kind": "proportion", "source": "revenue", "direction": "more", "margin": 0.03}),
        ({"measure": "count", "margin": "0.2"}, {"kind": "count", "outcome": "returned", "direction": "less", "margin": 0.2}),
    ],
)  # fmt: skip
def test_a_row_becomes_a_guard_of_the_api(texts: dict[str, str], guard: dict[str, Any]) -> None:
    row = {**RETURNED, **{f"guard1_{name}": text for name, text in texts.items()}}
    assert asked(**row)["guards"] == [guard]
    assert "guards" not in asked(**{**row, "guard1_measure": ""})


@pytest.mark.parametrize(
    ("texts", "field", "fits"),
    [
        (
            {"guard2_measure": "count", "guard2_outcome": "page", "guard2_margin": "0,5"},
            "guard2_margin",
            "0.5",
        ),
        ({"guard3_measure": "proportion", "guard3_margin": "1"}, "guard3_outcome", None),
        ({"guard1_measure": "count", "guard1_outcome": "page"}, "guard1_margin", None),
        ({"guard1_measure": "money", "guard1_margin": "1"}, "guard1_measure", None),
        ({"measure": "proportion", "base_rate": "5", "outcome": "x"}, "base_rate", "5 %"),
        ({"measure": "proportion", "base_rate": "2,5 %", "outcome": "x"}, "base_rate", "2.5 %"),
        ({"measure": "bought", "effect": "1"}, "effect", "1 %"),
        ({"measure": "count", "outcome": ""}, "outcome", None),
        ({"measure": "median"}, "measure", None),
    ],
)
def test_what_does_not_fit_is_marked_at_its_box_with_what_was_meant(
    client: httpx.Client, texts: dict[str, str], field: str, fits: str | None
) -> None:
    answer = client.get("/experiments/new", params={"name": "x", **texts})
    assert answer.status_code == 200
    assert f'id="{field}-problem"' in answer.text
    if fits:
        assert f'data-field="{field}" data-value="{fits}"' in answer.text


def test_too_few_clients_with_a_comma_between_thousands_are_no_decimal(client: httpx.Client) -> None:
    answer = client.get("/experiments/new", params={"name": "x", "n_per_arm": "5,000"})
    assert 'data-field="n_per_arm" data-value="5,678"' in answer.text


def test_a_plan_that_is_planned_again_is_the_same(client: httpx.Client, stage: Stage) -> None:
    document = {
        "name": "Twice", "metric": {"kind": "proportion", "outcome": "contact"}, "base_rate": 0.1, "effect": 0.02, "alpha": 0.05,
        "power": 0.8, "n_per_arm": 3_200, "looks": 3,
        "guards": [
            {"source": "revenue", "kind": "money", "margin": "3%"}, {"source": "revenue", "kind": "proportion", "margin": 0.02},
            {"outcome": "returned", "kind": "count", "margin": 0.1, "direction": "less"},
        ],
    }  # fmt: skip
    plan: Plan = read_request(document, salt="s").plan
    texts = dict(parse_qsl(plan_query(plan_document(plan))))
    assert read_request(asked_for(with_defaults(planning_values(texts))), salt="s").plan == plan


@pytest.mark.parametrize("measure", ["bought", "proportion", "count"])
def test_choosing_another_measure_begins_with_numbers_that_fit_it(client: httpx.Client, measure: str) -> None:
    """Without scripts: the choice is sent by 'Calculate', together with the numbers of what was measured before."""
    before = field_texts.texts({}) | {
        "measured": "money",
        "measure": measure,
        "outcome": "contact",
        "looks": "5",
        "name": "x",
    }
    page = client.get("/experiments/new", params=before)
    assert '-problem"' not in page.text.replace("aria-describedby", "")
    assert f'name="measured" value="{measure}"' in page.text
    assert 'id="sd"' not in page.text
    assert 'id="base_rate"' in page.text
    assert "clients in all" in text_of(page.text)


def test_a_form_with_guards_seals_them(client: httpx.Client, stage: Stage) -> None:
    made = client.post(
        "/experiments", data={"name": "Watched", "measure": "bought", "measured": "bought", **RETURNED}
    )
    assert made.status_code == 201
    [row] = client.get("/experiments.json").json()["experiments"]
    plan = stage.service.experiment(row["id"]).plan
    assert (plan.kind, plan.source, plan.n_per_arm) == ("proportion", "revenue", 6_426)
    assert [(guard.name, guard.margin, guard.direction) for guard in plan.guards] == [
        ("returned", 0.01, "less")
    ]
    assert "returned by 1.00 points" in text_of(client.get(f"/experiments/{row['id']}").text)


@pytest.mark.parametrize(
    "values",
    [
        {"effect": 0.7, "sd": 15, "correlation": 0.6, "covariate": "before"},
        {"kind": "count", "base_rate": 0.1, "effect": 0.1, "looks": 3},
        {"kind": "proportion", "base_rate": 0.1, "effect": 0.05, "correlation": 0.3, "covariate": "before"},
    ],
)
def test_the_alpha_that_fits_the_needed_clients_is_the_planned_one(values: dict[str, Any]) -> None:
    plan = experiment_plan(**values)
    assert fits_of(plan)["alpha"] == pytest.approx(plan.alpha, rel=0.02)
