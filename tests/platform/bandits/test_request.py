from typing import Any

import pytest

from liftstream.platform.bandits.request import read_arm, read_bandit
from liftstream.platform.planning.requests import Incoherent
from tests.platform.bandits.block import BANDIT

GENERATOR: dict[str, Any] = {
    "kind": "genetic",
    "bounds": {"price": {"low": 0, "high": 30}},
    "every_quanta": 2,
    "population": 6,
}


def problems(**fields: Any) -> set[str]:
    """The fields that are refused."""
    with pytest.raises(Incoherent) as caught:
        read_bandit({**BANDIT, **fields}, salt="s")
    return {problem.field for problem in caught.value.problems}


def test_a_bandit_that_fits_has_the_defaults_of_what_is_left_out() -> None:
    made = read_bandit(
        {"name": "b", "arms": [{"name": "a", "configuration": {"w": 1}}], "policy": "thompson"}, salt="s"
    )
    definition = made.definition
    assert (definition.quantum_ms, definition.attribution_ms, definition.objective) == (
        10_000,
        3_600_000,
        "contact",
    )
    assert (definition.guards, definition.least_share, definition.reference_share) == ((), 0, 0)


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"arms": []}, {"arms"}),
        ({"arms": [{"name": "a"}]}, {"arms[0].configuration"}),
        ({"arms": [{"name": "a", "configuration": {}}]}, {"arms[0].configuration"}),
        ({"arms": [{"name": "a", "configuration": {"x": "y" * 20_000}}]}, {"arms[0].configuration"}),
        ({"arms": [BANDIT["arms"][0], BANDIT["arms"][0]]}, {"arms[1].name"}),
        ({"arms": [{"name": "reference", "configuration": {"x": 1}}]}, {"arms[0].name"}),
        ({"reference": {"share": 0, "configuration": {"x": 1}}}, {"reference.share"}),
        ({"reference": {"share": 1, "configuration": {"x": 1}}}, {"reference.share"}),
        ({"reference": {"share": 0.00001, "configuration": {"x": 1}}}, {"reference.share"}),
        ({"reference": {"share": 0.2}}, {"reference.configuration"}),
        ({"reference": None}, {"reference"}),
        ({"quantum_s": 0.5}, {"quantum_s"}),
        ({"policy": "best"}, {"policy"}),
        ({"policy": "thompson", "parameters": {"temperature": 1}}, {"parameters.temperature"}),
        ({"policy": "epsilon-greedy", "parameters": {"epsilon": 2}}, {"parameters.epsilon"}),
        ({"guards": ["contact"]}, {"guards"}),
        ({"guards": "deal"}, {"guards"}),
        ({"least_share": 0.5}, {"least_share"}),
        ({"least_share": -0.1}, {"least_share"}),
        ({"least_share": "0"}, {"least_share"}),
        ({"burn_in_quanta": 1.5}, {"burn_in_quanta"}),
        ({"burn_in_quanta": -1}, {"burn_in_quanta"}),
        ({"quantum_s": "10"}, {"quantum_s"}),
        ({"quantum_s": True}, {"quantum_s"}),
        ({"quantum_s": float("nan")}, {"quantum_s"}),
        ({"attribution_s": 0}, {"attribution_s"}),
        ({"objective": ""}, {"objective"}),
        ({"objective": "con\x00tact"}, {"objective"}),
        ({"guards": ["deal", "deal"]}, {"guards"}),
        ({"objective": "impression", "guards": ["unit"]}, {"objective", "guards"}),
        ({"generator": {**GENERATOR, "always": [{}]}}, {"generator.always"}),
        ({"generator": {**GENERATOR, "population": 201}}, {"generator.population"}),
        ({"generator": {**GENERATOR, "bounds": {"price": {"values": "abc"}}}}, {"generator.bounds"}),
        (
            {"generator": GENERATOR, "arms": [{"name": "a", "configuration": {"price": "cheap"}}]},
            {"generator.bounds"},
        ),
        ({"guards": ["x" * 81]}, {"guards"}),
        ({"parameters": []}, {"parameters"}),
        ({"parameters": {"reference_share": 0.5}}, {"parameters.reference_share"}),
        ({"parameters": {"prior": [0, 1]}}, {"parameters.prior"}),
        ({"parameters": {"family": "normal"}}, {"parameters.family"}),
        ({"policy": "dynamic", "parameters": {"eta_variance": -1}}, {"parameters.eta_variance"}),
        ({"reference": {"share": True, "configuration": {"x": 1}}}, {"reference.share"}),
        ({"reference": {"share": 0.2, "configuration": {"x": "y" * 20_000}}}, {"reference.configuration"}),
        ({"arms": [{"name": f"a{n}", "configuration": {"x": 1}} for n in range(201)]}, {"arms"}),
        ({"arms": [{"name": "a", "configuration": [1]}]}, {"arms[0].configuration"}),
        ({"arms": [{"name": "a", "configuration": {"x": 1}, "weight": 2}]}, {"arms[0].weight"}),
        ({"arms": [{"name": "a\n", "configuration": {"x": 1}}]}, {"arms[0].name"}),
        (
            {"generator": {"kind": "random", "bounds": {"price": {"low": 0, "high": 1}}, "keep": 0}},
            {"generator.keep"},
        ),
        (
            {"generator": {"kind": "random", "bounds": {"price": {"low": 0, "high": 1}}, "mutation": 2}},
            {"generator.mutation"},
        ),
        (
            {
                "generator": {
                    "kind": "random",
                    "bounds": {"price": {"low": 0, "high": 1}},
                    "always": ["nobody"],
                }
            },
            {"generator.always"},
        ),
        ({"speed": 1}, {"speed"}),
        ({"name": " "}, {"name"}),
        ({"generator": {"kind": "random", "bounds": {"price": {"low": 3, "high": 1}}}}, {"generator.bounds"}),
        (
            {"generator": {"kind": "genetic", "bounds": {"colour": {"values": ["a", "b"]}}}},
            {"generator.bounds"},
        ),
    ],
)
def test_a_field_that_does_not_fit_is_named(fields: dict[str, Any], refused: set[str]) -> None:
    assert problems(**fields) == refused


def test_an_arm_needs_a_name_that_was_never_used() -> None:
    assert read_arm({"name": "b", "configuration": {"x": 1}}, 1, "a".__eq__) == ("b", {"x": 1})
    with pytest.raises(Incoherent, match="is or was an arm"):
        read_arm({"name": "a", "configuration": {"x": 1}}, 1, "a".__eq__)


@pytest.mark.parametrize(
    ("configuration", "said"), [({"words": 1}, "no value"), ({"price": [1]}, "no number")]
)
def test_an_arm_that_no_generation_could_breed_from_is_refused(
    configuration: dict[str, Any], said: str
) -> None:
    assert read_arm({"name": "b", "configuration": {"price": 1}}, 1, "a".__eq__, GENERATOR)
    with pytest.raises(Incoherent, match=f"{said} for 'price'"):
        read_arm({"name": "b", "configuration": configuration}, 1, "a".__eq__, GENERATOR)


def test_two_hundred_arms_are_active_at_a_time_at_most() -> None:
    with pytest.raises(Incoherent, match="at most 200 active arms; retire one first"):
        read_arm({"name": "b", "configuration": {"x": 1}}, 200, "a".__eq__)
