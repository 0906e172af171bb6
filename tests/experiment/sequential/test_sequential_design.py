import inspect
import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream import experiment
from liftstream.experiment.sequential.alpha_spending import Spending
from liftstream.experiment.sequential.crossing import START, Paths, crossing_probabilities
from liftstream.experiment.sequential.progress import sequential_p
from liftstream.experiment.sequential.sequential_bounds import (
    DESIGNS,
    classic_bounds,
    error_of_rule,
    naive_error,
    spending_bounds,
    total_error,
)
from liftstream.experiment.sequential.sequential_design import bounds_at
from liftstream.experiment.sequential.stagewise import as_strong, at_stop
from testbed.examples import examples

KNOWN = [name for name in DESIGNS if name != "user"]


times = st.lists(st.floats(0.01, 1.3), min_size=1, max_size=8, unique=True).map(
    lambda ts: tuple(t for i, t in enumerate(sorted(ts)) if i == 0 or t - sorted(ts)[i - 1] > 1e-3)
)


def test_effect_0_7_and_sd_15_with_five_looks() -> None:
    design = experiment.group_sequential(5)
    expected = (4.22919505930145, 2.88813577863865, 2.29809034964286, 1.96182164737905, 1.7397041324302)
    assert design.z_upper == pytest.approx(expected, abs=2e-6)
    assert 11355.7173649343 * design.inflation == pytest.approx(11752.842565519, rel=1e-6)
    assert 11355.7173649343 * design.expected_ratio_effect == pytest.approx(9162.60132871486, rel=1e-6)


@examples(30)
@given(st.sampled_from(KNOWN), st.integers(1, 8), st.floats(0.005, 0.2), st.booleans())
def test_every_design_spends_alpha_and_no_more(
    design: str, looks: int, alpha: float, two_sided: bool
) -> None:
    if design == "haybittle-peto" and alpha < 0.02:
        return
    found = experiment.group_sequential(looks, design=design, alpha=alpha, two_sided=two_sided)
    sides = 2 if two_sided else 1
    assert sides * total_error(found.times, found.z_upper, two_sided) == pytest.approx(alpha, rel=1e-6)
    assert found.power_at(1) == pytest.approx(0.8, abs=1e-9)
    assert found.inflation > 1 - 1e-9
    assert found.expected_ratio_effect <= found.inflation + 1e-9


@examples(40)
@given(times, st.sampled_from(["obf", "pocock", "hsd", "kim-demets"]), st.booleans())
def test_irregular_late_and_extra_looks_never_spend_more_than_alpha(times, spending, two_sided) -> None:
    planned = experiment.group_sequential(4, design=spending, two_sided=two_sided)
    upper, lower, _ = bounds_at(planned, times, final=True)
    sides = 2 if two_sided else 1
    spent = sides * sum(crossing_probabilities(times, lower, upper)[0])
    assert spent <= 0.05 * (1 + 1e-6)
    if times[-1] <= 1 or len(times) == 1 or times[-2] < 1:
        assert spent == pytest.approx(0.05, rel=1e-6)


@pytest.mark.parametrize("step", [0.3, 0.01, 1e-3, 1e-4])
def test_looks_close_together_lose_no_path(step: float) -> None:
    before = START.go_on(0.5, -2.0, 2.0)
    after = before.go_on(0.5 + step, -2.0, 2.0)
    crossed = before.above(0.5 + step, 2.0) + before.below(0.5 + step, -2.0)
    assert after.mass.sum() + crossed == pytest.approx(before.mass.sum(), abs=1e-6)


def test_beyond_the_planned_information_nothing_more_is_spent() -> None:
    planned = experiment.group_sequential(2)
    upper, _, spent = bounds_at(planned, (0.5, 1.0, 1.2), final=False)
    assert upper[2] == math.inf
    assert spent[1] == spent[2] == 0.05


def test_a_classic_plan_keeps_its_shape_when_its_looks_come_as_planned() -> None:
    for design in ("obf-classic", "pocock-classic", "wang-tsiatis", "haybittle-peto"):
        planned = experiment.group_sequential(4, design=design)
        assert planned.z_upper == pytest.approx(classic_bounds(design, planned.times, 0.05, False), abs=1e-5)


def test_simulated_paths_cross_as_often_as_computed() -> None:
    design = experiment.group_sequential(5, futility="obf")
    rng = np.random.default_rng(7)
    steps = rng.normal(size=(200_000, 5)) * math.sqrt(0.2)
    for multiple in (0.0, 1.0):
        walk = np.cumsum(steps + multiple * design.drift * 0.2, axis=1)
        z = walk / np.sqrt(design.times)
        up, down = z >= design.z_upper, z < design.z_lower
        over = up | down
        first = over.argmax(axis=1)
        won = over.any(axis=1) & up[np.arange(len(z)), first]
        assert won.mean() == pytest.approx(design.power_at(multiple), abs=4 * 0.5 / math.sqrt(200_000))


def test_a_binding_futility_bound_lowers_the_upper_ones_and_the_error_stays_alpha() -> None:
    free = experiment.group_sequential(4, futility="obf")
    binding = experiment.group_sequential(4, futility="obf", binding=True)
    assert binding.z_upper[-1] < free.z_upper[-1]
    assert binding.inflation < free.inflation
    assert binding.power_at(0) == pytest.approx(0.05, rel=1e-6)
    assert binding.power_at(1) == pytest.approx(0.8, abs=1e-6)
    assert free.power_at(0) < 0.05


def test_looking_every_day_at_an_ordinary_p_value_is_wrong_too_often() -> None:
    assert naive_error(28, 0.05, two_sided=False) == pytest.approx(0.235, abs=5e-4)


def test_cumulative_alpha_as_nominal_level_is_no_bound() -> None:
    times = tuple((i + 1) / 5 for i in range(5))
    wrong = [1.959964 / math.sqrt(t) for t in times]
    assert error_of_rule(times, wrong, two_sided=True) == pytest.approx(0.0610146, abs=2e-5)
    spent = [Spending("obf").spent(t, 0.025) for t in times]
    right = spending_bounds(times, tuple(spent), True)
    assert all(ours > theirs for ours, theirs in zip(right[1:], wrong[1:], strict=True))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"looks": (0.5, 0.2, 1.0)}, "looks must be increasing"),
        ({"looks": 0}, "looks must be a whole number of at least 1"),
        ({"looks": 2, "design": "user", "cumulative": (0.04, 0.02)}, "never falling"),
        ({"looks": 2, "design": "user"}, "cumulative must be"),
        ({"design": "peeking"}, "spending must be one of"),
        ({"alpha": 0.9}, "power must be above alpha"),
        ({"two_sided": True, "futility": "obf"}, "futility must be absent"),
        ({"design": "haybittle-peto", "parameter": 1.0}, "constant must be so high"),
        ({"design": "kim-demets", "parameter": -1.0}, "rho must be above 0"),
    ],
)
def test_a_design_that_makes_no_sense_is_refused(arguments, said) -> None:
    with pytest.raises(ValueError, match=said):
        experiment.group_sequential(**{"looks": 4, **arguments})


@examples(25)
@given(st.integers(1, 5), st.floats(-4, 5), st.booleans(), st.sampled_from(["obf", "pocock"]))
def test_p_is_below_alpha_exactly_when_the_interval_excludes_zero(look, z, two_sided, spending) -> None:
    design = experiment.group_sequential(5, design=spending, two_sided=two_sided)
    stop = at_stop(design.times[:look], design.z_upper[:look], z, 0.05, two_sided=two_sided)
    excluded = stop.drift_low > 0 or (two_sided and stop.drift_high < 0)
    assert excluded == (stop.pvalue < 0.05)
    assert stop.drift_low < stop.drift < stop.drift_high


def test_crossing_the_bound_and_p_below_alpha_are_the_same_thing() -> None:
    design = experiment.group_sequential(5)
    for look in range(1, 6):
        at = design.z_upper[look - 1]
        over = at_stop(design.times[:look], design.z_upper[:look], at + 1e-6, 0.05)
        assert over.pvalue < 0.05
    under = at_stop(design.times, design.z_upper, at - 1e-6, 0.05)
    assert under.pvalue > 0.05


def test_the_stagewise_interval_covers_as_often_as_it_says() -> None:
    design = experiment.group_sequential(3)
    rng = np.random.default_rng(11)
    runs, covered, drift = 2_000, 0, 2.0
    steps = rng.normal(size=(runs, 3)) * math.sqrt(1 / 3) + drift / 3
    z = np.cumsum(steps, axis=1) / np.sqrt(design.times)
    for path in z:
        stop = next((i for i in range(2) if path[i] >= design.z_upper[i]), 2)
        times, upper = design.times[: stop + 1], design.z_upper[: stop + 1]
        # the interval covers the drift exactly when its p-value there is not extreme
        covered += 0.05 <= as_strong(times, upper, path[stop], drift, two_sided=False) <= 0.95
    assert abs(covered / runs - 0.9) < 3.3 * math.sqrt(0.09 / runs)


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("alpha", [0.05, 1e-10])
def test_what_is_missed_keeps_its_digits_at_a_power_of_nearly_one(alpha: float, two_sided: bool) -> None:
    found = experiment.group_sequential(5, alpha=alpha, power=0.999999, two_sided=two_sided)
    assert 1 - found.power_at(1) == pytest.approx(1e-6, rel=1e-6)
    assert found.inflation > 1, "no looks are cheaper than one"


def test_a_hundred_looks_spend_alpha_and_have_their_power() -> None:
    found = experiment.group_sequential(100)
    assert total_error(found.times, found.z_upper) == pytest.approx(0.05, rel=1e-6)
    assert found.power_at(1) == pytest.approx(0.8, abs=1e-6)
    assert found.inflation == pytest.approx(1.0685, abs=2e-4)


def test_an_integration_serves_nearby_drifts_as_well_as_their_own() -> None:
    times, upper = (0.2, 0.5, 0.6, 1.0), (3.0, 2.5, 2.4, 2.0)
    lower = (-1.0, 0.0, 0.3, -math.inf)
    known = Paths.of(times, lower, upper, 2.5)
    for drift in (1.8, 2.5, 3.2):
        own = crossing_probabilities(times, lower, upper, drift)
        assert known.crossed(drift)[0] == pytest.approx(own[0], abs=1e-8)
        assert known.crossed(drift)[1] == pytest.approx(own[1], abs=1e-8)
        assert known.missed(drift) == pytest.approx(1 - sum(own[0]), abs=1e-7)


@given(st.floats(-12, 12), st.floats(-4, 4), st.booleans(), st.sampled_from(["obf", "pocock", "kim-demets"]))
def test_p_values_lie_between_0_and_1_wherever_z_is(
    z: float, before: float, two_sided: bool, name: str
) -> None:
    times = (0.3, 0.7)
    assert 0 <= sequential_p([before, z], times, Spending(name), two_sided=two_sided) <= 1
    stop = at_stop(times, (3.0, 2.5), z, 0.05, two_sided=two_sided)
    assert 0 <= stop.pvalue <= 1
    assert stop.drift_low < stop.drift < stop.drift_high


@pytest.mark.parametrize(
    ("design", "parameter"),
    [
        ("hsd", 800),
        ("hsd", -800),
        ("kim-demets", 51),
        ("kim-demets", 0),
        ("wang-tsiatis", 5),
        ("haybittle-peto", 0),
    ],
)
def test_parameters_that_make_no_design_are_refused(design: str, parameter: float) -> None:
    with pytest.raises(ValueError, match="gamma|rho|delta|constant"):
        experiment.group_sequential(5, design=design, parameter=parameter)


@pytest.mark.parametrize(
    ("looks", "same"),
    [(np.int64(3), 3), (3.0, 3), (np.array([0.2, 0.5, 1]), (0.2, 0.5, 1)), ([0.2, 0.5, 1], (0.2, 0.5, 1))],
)
def test_looks_are_taken_as_data_scientists_have_them(looks, same) -> None:
    assert experiment.group_sequential(looks) == experiment.group_sequential(same)


@pytest.mark.parametrize("looks", [2.5, "3", True, None, float("nan"), float("inf"), 0])
def test_a_number_of_looks_that_makes_no_sense_is_refused_by_name(looks) -> None:
    with pytest.raises(ValueError, match="^looks must be"):
        experiment.group_sequential(looks)


@pytest.mark.parametrize("constant", [2.5, 3.0, 3.29, 4.0, 5.0])
def test_haybittle_and_petos_bounds_are_the_constant_until_the_last_and_spend_alpha(constant: float) -> None:
    design = experiment.group_sequential(3, design="haybittle-peto", parameter=constant)
    assert design.z_upper[:2] == pytest.approx((constant, constant), abs=1e-7)
    assert total_error(design.times, design.z_upper) == pytest.approx(0.05, rel=1e-8)


@pytest.mark.parametrize("design", ["obf", "pocock", "haybittle-peto"])
@pytest.mark.parametrize("at", [0.04, 0.67, 1.0])
def test_a_single_look_has_the_planned_power_wherever_it_is(design: str, at: float) -> None:
    found = experiment.group_sequential((at,), design=design, power=0.9)
    assert found.power_at(1) == pytest.approx(0.9, rel=1e-9)


def test_hundreds_of_looks_need_no_deeper_stack_than_a_few() -> None:
    times = tuple((i + 1) / 80 for i in range(80))
    spent = tuple(0.0123 * t**3 for t in times)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 60)
    try:
        bounds = spending_bounds(times, spent, False)
    finally:
        sys.setrecursionlimit(limit)
    assert total_error(times, bounds) == pytest.approx(0.0123, rel=1e-6)


@pytest.mark.parametrize("futility", ["obf", "hsd"])
def test_binding_bounds_spend_alpha_without_an_effect_and_beta_under_the_planned_one(futility: str) -> None:
    design = experiment.group_sequential((0.2, 0.35, 0.7, 1), futility=futility, binding=True, power=0.9)
    crossed = crossing_probabilities(design.times, design.z_lower, design.z_upper)[0]
    assert np.cumsum(crossed) == pytest.approx(design.alpha_spent, rel=1e-7)
    given_up = crossing_probabilities(design.times, design.z_lower, design.z_upper, design.drift)[1]
    beta = Spending(futility)
    assert np.cumsum(given_up) == pytest.approx([beta.spent(t, 0.1) for t in design.times], rel=1e-6)
