import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats import proportion

from liftstream import experiment


@given(st.integers(0, 60), st.integers(61, 200), st.floats(0.5, 0.999))
def test_wilson_and_agresti_coull_are_those_of_statsmodels(converted: int, n: int, level: float) -> None:
    for ours, name in ((experiment.wilson, "wilson"), (experiment.agresti_coull, "agresti_coull")):
        theirs = proportion.proportion_confint(converted, n, 1 - level, name)
        assert tuple(ours(converted, n, level)) == pytest.approx(theirs, abs=1e-9)


def test_rates_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="converted must be at most the 10 clients, got 11"):
        experiment.wilson(11, 10)
    with pytest.raises(ValueError, match="neither none nor all"):
        experiment.pooled_z(0, 10, 0, 10)


def test_wilsons_interval_begins_at_0_where_nobody_converted_and_keeps_the_digits_of_rare_events() -> None:
    """The second in 30 digits."""
    assert experiment.wilson(0, 1_000, 0.9).low == 0
    assert experiment.wilson(1_000, 1_000, 0.9).high == 1
    assert experiment.wilson(1, 10**12, 0.95).low == pytest.approx(1.7652455493517473e-13, rel=1e-13)
