"""The normal distribution of the standard library."""

from liftstream.experiment.numerics import normal


def test_tails_of_looks_that_never_come_again_do_not_fill_the_memory() -> None:
    for k in range(1, 10_001):
        normal.z_of_tail(k / 10_002)
    assert normal.z_of_tail.cache_info().currsize < 10_000
