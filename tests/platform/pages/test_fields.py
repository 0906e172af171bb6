"""What stands in the boxes of a new experiment reads back as what it was, and what is offered fits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.platform.api.documents import planning_values
from liftstream.platform.documents.new_experiment import DEFAULTS, plan_help
from liftstream.platform.pages import field_texts, fields


def test_the_texts_of_an_untouched_form_are_the_defaults() -> None:
    assert planning_values(field_texts.texts({})) == DEFAULTS


def test_every_field_that_may_be_left_alone_has_its_box() -> None:
    boxes = {field.name for field in (fields.NAME, *fields.LINKED, fields.SPREAD, fields.LOOKS, *fields.MORE)}
    assert boxes | {"aa"} == set(DEFAULTS)


@given(st.sampled_from(["effect", "alpha", "n_per_arm"]), st.floats(min_value=1e-4, max_value=0.9999))
def test_a_value_that_fits_is_never_rounded_to_one_that_does_not(name: str, value: float) -> None:
    read = planning_values({name: field_texts.fitting(name, value)})[name]
    assert read >= value * (1 - 1e-5)


@given(st.floats(min_value=1e-4, max_value=0.9999))
def test_power_is_only_promised_downwards(value: float) -> None:
    read = planning_values({"power": field_texts.fitting("power", value)})["power"]
    assert read <= value * (1 + 1e-5)
    assert math.isclose(read, value, rel_tol=0.011)


@pytest.mark.parametrize("name", ["effect", "alpha", "power", "n_per_arm"])
@pytest.mark.parametrize("changed", [{"n_per_arm": 3_000}, {"effect": 0.5, "looks": 3}, {"power": 0.95}])
def test_taking_over_any_value_that_is_offered_makes_the_numbers_coherent(
    name: str, changed: dict[str, float]
) -> None:
    values = {**DEFAULTS, **changed}
    offered = plan_help(values, None).fits[name]
    assert offered is not None
    taken = planning_values({name: field_texts.fitting(name, offered)})
    assert plan_help({**values, **taken}, None).coherent


def test_a_share_is_shown_in_percent_and_a_text_as_it_was_typed() -> None:
    assert field_texts.shown("alpha", 0.05) == "5 %"
    assert field_texts.shown("n_per_arm", 5_678) == "5,678"
    assert field_texts.shown("effect", "0,7 $") == "0,7 $"


@pytest.mark.parametrize(
    ("field", "typed", "fits"),
    [("effect", "0,7", "0.7"), ("alpha", "2,5 %", "2.5 %"), ("alpha", "5", "5 %"), ("power", "80", "80 %"), ("sd", "15,5", "15.5"),
     ("sd", "1.500,00", "1500"), ("sd", "1,500.25", "1500.25"), ("looks", "1,0", "1")],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_refused_with_what_was_meant(
    field: str, typed: str, fits: str
) -> None:
    values = planning_values({field: typed})
    assert field in {problem.field for problem in plan_help({**DEFAULTS, **values}, None).problems}
    assert field_texts.meant(field, typed) == fits


@pytest.mark.parametrize(
    ("name", "typed", "read"),
    [("n_per_arm", "5,678", 5678), ("looks", "1,0", "1,0"), ("effect", "1,500", "1,500")],
)
def test_a_comma_separates_thousands_only_where_it_can_be_nothing_else(
    name: str, typed: str, read: object
) -> None:
    assert planning_values({name: typed}) == {name: read}


def test_a_label_is_not_said_twice() -> None:
    assert (
        fields.behind_label("effect", "Smallest improvement worth having must be above 0")
        == " must be above 0"
    )
    assert fields.behind_label("name", "a name is missing") == ": a name is missing"
