import pytest

from liftstream.experiment.numerics.binomial import acceptance_band


@pytest.mark.parametrize(("runs", "low", "high"), [(10_000, 430, 573), (2_000, 69, 133), (1_000, 29, 74)])
def test_the_bands_of_honest_simulations(runs: int, low: int, high: int) -> None:
    band = acceptance_band(runs, 0.05)
    assert (band.min_rejections, band.max_rejections) == (low, high)
    assert low in band
    assert low - 1 not in band
