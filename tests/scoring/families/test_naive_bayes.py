"""Two categories, a table and distributions, worked out by hand."""

from math import exp, pi, sqrt

import pytest

from tests.scoring.documents import NUMBER, document, schema, score


def counts(p: float, q: float) -> str:
    return (
        f"<TargetValueCounts><TargetValueCount value='p' count='{p}'/><TargetValueCount value='q' count='{q}'/>"
        "</TargetValueCounts>"
    )


TABLE = (
    f"<BayesInput fieldName='w'><PairCounts value='a'>{counts(3, 1)}</PairCounts>"
    f"<PairCounts value='b'>{counts(1, 0)}</PairCounts></BayesInput>"
)


def stats(distribution_p: str, distribution_q: str) -> str:
    return (
        f"<BayesInput fieldName='x'><TargetValueStats><TargetValueStat value='p'>{distribution_p}</TargetValueStat>"
        f"<TargetValueStat value='q'>{distribution_q}</TargetValueStat></TargetValueStats></BayesInput>"
    )


def model(*inputs: str) -> str:
    return document(
        f"<NaiveBayesModel functionName='classification' threshold='0.01'>{schema('t', 'w', 'x')}"
        f"<BayesInputs>{''.join(inputs)}</BayesInputs><BayesOutput fieldName='t'>{counts(60, 40)}</BayesOutput>"
        "</NaiveBayesModel>",
        w="a|b|c", x=NUMBER, t="p|q",
    )  # fmt: skip


def posterior(p: float, q: float) -> float:
    return p / (p + q)


@pytest.mark.parametrize(
    ("word", "p", "q"),
    [("a", 60 * 3 / 4, 40 * 1), ("b", 60 * 1 / 4, 40 * 0.01), ("c", 60, 40), (None, 60, 40)],
    ids=[
        "counted",
        "count 0 becomes the threshold",
        "a value without a table says nothing",
        "missing says nothing",
    ],
)
def test_a_table_of_counts(word: str | None, p: float, q: float) -> None:
    found = score(model(TABLE), w=[word], x=[None])["probability(p)"]
    assert found == pytest.approx([posterior(p, q)], rel=1e-13)


def test_a_density_is_not_less_than_the_threshold() -> None:
    text = model(
        stats(
            "<GaussianDistribution mean='1' variance='4'/>", "<GaussianDistribution mean='90' variance='1'/>"
        )
    )
    density = exp(-(2.0**2) / 8) / sqrt(2 * pi * 4)
    found = score(text, w=["a"], x=[3.0])["probability(p)"]
    assert found == pytest.approx([posterior(60 * density, 40 * 0.01)], rel=1e-13)


@pytest.mark.parametrize("version", ["4.1", "4.2"])
def test_before_the_standard_had_densities_the_threshold_was_for_counts_alone(version: str) -> None:
    small = (
        "<GaussianDistribution mean='9000' variance='4000000'/>",
        "<GaussianDistribution mean='5000' variance='4000000'/>",
    )
    inputs = f"<Extension>{stats(*small)}</Extension>{TABLE}"
    text = model(inputs).replace("4_4", version.replace(".", "_")).replace("'4.4'", f"'{version}'")
    p, q = (exp(-((5000 - mean) ** 2) / 8e6) / sqrt(2 * pi * 4e6) for mean in (9000, 5000))
    by_version = {"4.1": (p, q), "4.2": (0.01, 0.01)}[version]
    found = score(text, w=["b"], x=[5000.0])["probability(p)"]
    assert found == pytest.approx([posterior(60 / 4 * by_version[0], 40 * 0.01 * by_version[1])], rel=1e-13)


def test_poisson_and_uniform() -> None:
    text = model(stats("<PoissonDistribution mean='2'/>", "<UniformDistribution lower='0' upper='10'/>"))
    found = score(text, w=["a"], x=[3.0])["probability(p)"]
    assert found == pytest.approx([posterior(60 * exp(-2) * 8 / 6, 40 * 0.1)], rel=1e-13)


def test_a_hundred_inputs_do_not_underflow() -> None:
    narrow = stats(
        "<GaussianDistribution mean='0' variance='1'/>", "<GaussianDistribution mean='1' variance='1'/>"
    )
    found = score(model(*[narrow] * 400).replace("threshold='0.01'", "threshold='1e-300'"), w=["a"], x=[0.5])
    assert found["probability(p)"] == pytest.approx([0.6], rel=1e-9)
