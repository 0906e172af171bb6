import math

import numpy as np
import pytest
import tea_tasting as tt
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.rates import power_poisson_diff_2indep

from liftstream import experiment
from liftstream.experiment import Moments
from liftstream.experiment.numerics import noncentral_t
from liftstream.experiment.size.sample_size import whole_clients
from testbed.examples import examples

designs = st.fixed_dictionaries(
    {
        "sd": st.floats(0.1, 100),
        "ratio": st.floats(0.2, 5),
        "two_sided": st.booleans(),
        "method": st.sampled_from(["z", "t"]),
        "correlation": st.floats(-0.9, 0.9),
    }
)


def test_clients_for_a_power() -> None:
    n, effect = 1_000, 2.0
    sample = np.random.default_rng(2).gamma(2, 10, n)
    ours = experiment.solve_power(
        n=n / 2, effect=effect, sd=Moments.of(sample).sd, method="t", two_sided=True
    ).power
    import pyarrow

    other = tt.Mean("x", effect_size=effect, n_obs=n).solve_power(pyarrow.table({"x": sample}), "power")
    assert ours == pytest.approx(other[0].power, rel=1e-6)


def test_effect_0_7_and_sd_15_need_5678_clients_per_arm() -> None:
    size = experiment.solve_sample_size(effect=0.7, sd=15, alpha=0.05, power=0.8)
    assert (size.n_per_arm, size.n_total, size.method, size.alternative) == (5678, 11356, "z", "one-sided")
    assert size.exact == pytest.approx(5677.858682467135, rel=1e-14)
    assert size.achieved_power == pytest.approx(0.80000866, abs=1e-8)


@examples(40)
@given(designs, st.floats(0.02, 0.5), st.floats(0.001, 0.2), st.floats(0.3, 0.99))
def test_solving_back_any_of_the_four_returns_the_start(design, d, alpha, power) -> None:
    effect = d * design["sd"]
    n = experiment.solve_sample_size(effect=effect, alpha=alpha, power=power, **design).exact
    if design["method"] == "t" and n <= 2 * max(1, 1 / design["ratio"]):
        return  # two clients are more than enough
    if n < 2 or n * design["ratio"] < 2:
        return
    assert experiment.solve_power(n=n, effect=effect, alpha=alpha, **design).power == pytest.approx(
        power, rel=1e-9
    )
    assert experiment.solve_effect(n=n, alpha=alpha, power=power, **design).effect == pytest.approx(
        effect, rel=1e-9
    )
    assert experiment.solve_significance(n=n, effect=effect, power=power, **design).alpha == pytest.approx(
        alpha, rel=1e-8
    )


@examples(40)
@given(st.floats(0.03, 0.5), st.floats(0.03, 0.3), st.sampled_from(["pooled", "unpooled"]))
def test_rates_solve_back_as_well(rate, effect, variance) -> None:
    design = {"rate": rate, "rate_variance": variance}
    n = experiment.solve_sample_size(effect=effect, **design).exact
    if n < 2:
        return
    assert experiment.solve_power(n=n, effect=effect, **design).power == pytest.approx(0.8, rel=1e-9)
    assert experiment.solve_effect(n=n, **design).effect == pytest.approx(effect, rel=1e-6)
    assert experiment.solve_significance(n=n, effect=effect, **design).alpha == pytest.approx(0.05, rel=1e-8)


@pytest.mark.parametrize("method", ["z", "t"])
def test_the_ratio_is_solved_as_well(method: str) -> None:
    size = experiment.solve_sample_size(effect=0.7, sd=15, ratio=0.4, method=method)
    found = experiment.solve_ratio(n=size.exact, effect=0.7, sd=15, method=method)
    assert found.ratio == pytest.approx(0.4, rel=1e-9)
    assert found.solved_for == "ratio"
    with pytest.raises(ValueError, match="n must be large enough"):
        experiment.solve_ratio(n=2000, effect=0.7, sd=15, method=method)


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("ratio", [0.5, 1, 3])
@pytest.mark.parametrize("n", [5, 60, 5679])
def test_the_power_of_t_is_that_of_statsmodels(n: int, ratio: float, two_sided: bool) -> None:
    d = 2.5 / math.sqrt(n)
    theirs = TTestIndPower().power(d, n, 0.05, ratio, alternative="two-sided" if two_sided else "larger")
    ours = experiment.solve_power(n=n, effect=d, sd=1, ratio=ratio, method="t", two_sided=two_sided)
    assert ours.power == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("exact", [29.000000000000004, 116.00000000000001, 996.0000000000002, 29, 28.001])
def test_the_ceiling_is_not_disturbed_by_the_last_digit(exact: float) -> None:
    assert whole_clients(exact) == math.ceil(round(exact, 9))


@pytest.mark.parametrize(
    ("named", "arguments"),
    [
        ("sd", {"effect": 0.7, "sd": 0}),
        ("sd", {"effect": 0.7, "sd": -1}),
        ("sd", {"effect": 0.7, "sd": math.nan}),
        ("sd", {"effect": 0.7}),
        ("effect", {"effect": 0, "sd": 15}),
        ("effect", {"effect": -0.7, "sd": 15}),
        ("effect", {"effect": 1e-300, "sd": 15}),
        ("effect", {"effect": "a lot", "sd": 15}),
        ("effect", {"sd": 15}),
        ("power", {"effect": 0.7, "sd": 15, "power": 0.04}),
        ("power", {"effect": 0.7, "sd": 15, "power": 1}),
        ("alpha", {"effect": 0.7, "sd": 15, "alpha": 0}),
        ("ratio", {"effect": 0.7, "sd": 15, "ratio": 0}),
        ("method", {"effect": 0.7, "sd": 15, "method": "chi"}),
        ("correlation", {"effect": 0.7, "sd": 15, "correlation": 1}),
        ("margin", {"effect": 0.7, "sd": 15, "margin": -0.1, "two_sided": True}),
        ("rate", {"effect": 0.7, "rate": 1.2}),
        ("effect", {"effect": 0.7, "rate": 0.5}),
        ("mean", {"relative_effect": 0.7, "sd": 15}),
    ],
)
def test_the_impossible_is_refused_by_name(named: str, arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=named):
        experiment.solve_sample_size(**arguments)  # type: ignore[arg-type]


def test_one_client_is_refused() -> None:
    with pytest.raises(ValueError, match="n must be at least 2, got 1"):
        experiment.solve_power(n=1, effect=0.7, sd=15)


@examples(40)
@given(st.floats(0.1, 0.6), st.floats(-0.3, -0.01), st.floats(0.3, 3))
def test_the_null_rates_of_a_margin_are_the_likeliest_ones(rate, margin, ratio) -> None:
    from scipy.optimize import minimize_scalar

    from liftstream.experiment.size.design import null_rates

    candidate = rate + 0.05
    original, shifted = null_rates(rate, candidate, ratio, margin)
    assert shifted - original == pytest.approx(margin)

    def unlikely(p: float) -> float:
        q = p + margin
        return -(rate * math.log(p) + (1 - rate) * math.log(1 - p)) - ratio * (
            candidate * math.log(q) + (1 - candidate) * math.log(1 - q)
        )

    best = minimize_scalar(
        unlikely, bounds=(-margin + 1e-9, 1 - 1e-9), method="bounded", options={"xatol": 1e-9}
    )
    assert original == pytest.approx(best.x, abs=1e-5)


def test_the_answer_reads_well_and_is_a_dictionary() -> None:
    size = experiment.solve_sample_size(effect=0.7, sd=15)
    assert repr(size).startswith("SampleSize(solved_for='n', n_per_arm=5678")
    assert size.to_dict()["achieved_power"] == size.achieved_power


def test_a_t_test_of_an_effect_beyond_all_measure_answers_at_once() -> None:
    assert experiment.solve_power(n=10, effect=1e300, sd=1, method="t").power == 1
    scaled = noncentral_t.upper_tail(3e4, 5, 4e4)
    assert scaled == pytest.approx(stats.chi2.cdf(5 * (4 / 3) ** 2, 5), rel=1e-6)


def test_several_candidates_share_alpha_as_in_a_plan() -> None:
    size = experiment.solve_sample_size(effect=0.7, sd=15, candidates=3)
    alone = experiment.solve_sample_size(effect=0.7, sd=15, alpha=0.05 / 3)
    plan = experiment.plan(effect=0.7, sd=15, candidates=("a", "b", "c"))
    assert (size.n_per_arm, size.n_total) == (alone.n_per_arm, 4 * alone.n_per_arm)
    assert plan.n_per_arm == size.n_per_arm
    back = experiment.solve_significance(n=size.exact, effect=0.7, sd=15, candidates=3)
    assert back.alpha == pytest.approx(0.05)


def test_not_worse_is_planned_with_an_effect_of_0() -> None:
    assert experiment.solve_sample_size(effect=0, sd=15, margin=-0.7).n_per_arm == 5678
    assert experiment.plan(effect=0, sd=15, margin=-0.7).n_per_arm == 5678


@pytest.mark.parametrize(
    ("rate", "effect", "margin", "ratio", "exact"),
    [(1e-6, 1e-7, -5e-7, 2, 30832363.884453), (1 - 1e-6, -1e-7, -5e-7, 2, 56556248.610133162)],
)
def test_rates_in_a_million_against_a_margin_keep_their_digits(rate, effect, margin, ratio, exact) -> None:
    """With the likeliest rates found by bisection in 50 digits."""
    size = experiment.solve_sample_size(effect=effect, rate=rate, margin=margin, ratio=ratio)
    assert size.exact == pytest.approx(exact, rel=1e-8)


def test_an_alpha_too_small_for_a_number_is_refused_by_the_clients_that_cause_it() -> None:
    with pytest.raises(
        ValueError, match=r"n must be smaller for effect 1, or alpha would be below 1e-300, got 10"
    ):
        experiment.solve_significance(n=1_000_000, effect=1, sd=1)


def test_numbers_beyond_all_measure_are_refused_or_answered_but_never_divided_by() -> None:
    with pytest.raises(ValueError, match=r"ratio must be in 1e-15..1e\+15, got 1e\+308"):
        experiment.solve_sample_size(effect=1, sd=1, ratio=1e308)
    with pytest.raises(ValueError, match=r"n must be at most 1e\+15, got 1e\+308"):
        experiment.solve_power(n=1e308, effect=1, sd=1)
    for effect in (1e308, -1e308):
        found = experiment.solve_power(n=10, effect=effect, sd=1, method="t", two_sided=True)
        assert found.power == 1


@examples(30)
@given(
    st.floats(0.05, 20),
    st.floats(0.02, 1),
    st.floats(0.2, 5),
    st.booleans(),
    st.sampled_from([0.0, -0.1, 0.05]),
)
def test_counts_spread_by_their_own_means_in_both_arms(count, share, ratio, two_sided, margin) -> None:
    """Ours leaves the wrong side of two out, as every closed formula does; statsmodels counts it."""
    margin = 0.0 if two_sided else margin * count
    options = {"count": count, "ratio": ratio, "two_sided": two_sided, "margin": margin}
    effect = margin + share * count
    size = experiment.solve_sample_size(effect=effect, **options)
    theirs = power_poisson_diff_2indep(
        count + effect, count, size.exact * ratio, nobs_ratio=1 / ratio, value=margin, method_var="alt",
        alternative="two-sided" if two_sided else "larger", return_results=False,
    )  # fmt: skip
    assert theirs == pytest.approx(0.8, abs=2e-6)
    if min(1, ratio) * size.exact < 2:
        return
    assert experiment.solve_effect(n=size.exact, **options).effect == pytest.approx(effect, rel=1e-6)
    assert experiment.solve_power(n=size.exact, effect=effect, **options).power == pytest.approx(
        0.8, rel=1e-9
    )


def test_welch_finds_a_rare_count_as_often_as_planned() -> None:
    n, runs, rng = (
        experiment.solve_sample_size(count=0.5, effect=0.25).n_per_arm,
        20_000,
        np.random.default_rng(5),
    )
    original, candidate = (rng.poisson(mean, (runs, n)) for mean in (0.5, 0.75))
    found = (
        stats.ttest_ind(candidate, original, axis=1, equal_var=False, alternative="greater").pvalue < 0.05
    ).mean()
    assert found == pytest.approx(0.8, abs=0.015)


def test_a_relative_effect_on_a_mean_below_zero_is_a_share_of_its_size() -> None:
    loses = experiment.solve_sample_size(relative_effect=0.05, mean=-20, sd=15)
    assert (loses.effect, loses.relative_effect) == (1.0, 0.05)  # 5 % of 20 $ more, as reports say it
    assert loses.n_per_arm == experiment.solve_sample_size(relative_effect=0.05, mean=20, sd=15).n_per_arm


@pytest.mark.parametrize("spread", [{"rate": 0.05}, {"count": 0.4}])
def test_a_relative_effect_is_a_share_of_the_rate_or_the_count(spread: dict[str, float]) -> None:
    (level,) = spread.values()
    relative = experiment.solve_sample_size(relative_effect=0.1, **spread)
    assert relative == experiment.solve_sample_size(effect=0.1 * level, **spread)
    assert relative.relative_effect == pytest.approx(0.1)


def test_a_covariate_saves_its_share_of_the_clients_of_rates_and_counts_too() -> None:
    for spread in ({"rate": 0.05}, {"count": 0.4}, {"sd": 1}):
        alone = experiment.solve_sample_size(effect=0.02, **spread).exact
        assert experiment.solve_sample_size(effect=0.02, correlation=0.6, **spread).exact == pytest.approx(
            0.64 * alone
        )
    plan = {"kind": "proportion", "base_rate": 0.05, "effect": 0.01}
    assert experiment.plan(correlation=0.6, **plan).n_exact == pytest.approx(
        0.64 * experiment.plan(**plan).n_exact
    )


def test_a_spread_is_said_in_one_way() -> None:
    for spreads in ({"sd": 1, "count": 1}, {"rate": 0.1, "count": 1}, {"sd": 1, "rate": 0.1}):
        with pytest.raises(ValueError, match="give either sd"):
            experiment.solve_sample_size(effect=0.1, **spreads)
    with pytest.raises(ValueError, match="sd_candidate must be absent where rate or count says"):
        experiment.solve_sample_size(effect=0.1, rate=0.1, sd_candidate=2)
    with pytest.raises(
        ValueError, match="effect must be a difference that leaves the candidate's mean count above 0"
    ):
        experiment.solve_sample_size(effect=-1, count=1, two_sided=True)
    for margin in (-1, 1, 1e300):
        with pytest.raises(ValueError, match="margin must be between -1 and 1, as a difference of rates"):
            experiment.solve_significance(n=100, effect=0.1, rate=0.1, margin=margin)
    with pytest.raises(ValueError, match="method must be z for rates, for counts"):
        experiment.solve_sample_size(effect=1, count=1, method="t")
