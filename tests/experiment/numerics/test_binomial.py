import pytest

from liftstream.experiment.numerics.binomial import acceptance_band, cdf, upper_tail


@pytest.mark.parametrize(("runs", "low", "high"), [(10_000, 430, 573), (2_000, 69, 133), (1_000, 29, 74)])
def test_the_bands_of_honest_simulations(runs: int, low: int, high: int) -> None:
    band = acceptance_band(runs, 0.05)
    assert (band.min_rejections, band.max_rejections) == (low, high)
    assert low in band
    assert low - 1 not in band


@pytest.mark.parametrize(
    ("k", "n", "p", "exact"),
    [(500_400, 1_000_000, 0.5, 0.788434170150573236), (9_980, 10_000_000, 1e-3, 0.423285175173261755)],
)
def test_a_million_clients_keep_all_digits(k: int, n: int, p: float, exact: float) -> None:
    """Against the sum of all terms in 30 digits."""
    assert cdf(k, n, p) == pytest.approx(exact, rel=1e-13)
    assert upper_tail(k + 1, n, p) == pytest.approx(1 - exact, rel=1e-13)


def test_the_ends_of_a_binomial_are_certain() -> None:
    assert (cdf(-1, 5, 0.3), cdf(5, 5, 0.3), upper_tail(0, 5, 0.3), upper_tail(6, 5, 0.3)) == (0, 1, 1, 0)
