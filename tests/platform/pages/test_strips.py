"""Drawn intervals lie on one scale."""

from hypothesis import given
from hypothesis import strategies as st

from liftstream.platform.pages.figures.strips import WIDTH, strips

numbers = st.floats(min_value=-1e6, max_value=1e6)


def test_two_intervals_share_a_scale_with_zero_and_the_plan() -> None:
    first, second = strips([(1.0, 0.0, 2.0), (-1.0, -2.0, 0.0)], planned=1.0)
    assert first.zero == second.zero == first.low == second.high == WIDTH / 2
    assert first.planned == second.planned == first.at
    assert first.high > first.at > first.zero > second.at > second.low


@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=5), numbers)
def test_whatever_is_drawn_is_inside_the_picture_and_in_order(
    triples: list[tuple[float, float, float]], planned: float
) -> None:
    intervals = [(sorted(t)[1], sorted(t)[0], sorted(t)[2]) for t in triples]
    for strip in strips(intervals, planned):
        assert 0 <= strip.low <= strip.at <= strip.high <= WIDTH
        assert 0 <= strip.zero <= WIDTH
        assert strip.planned is not None
        assert 0 <= strip.planned <= WIDTH


def test_an_open_end_runs_out_of_the_picture() -> None:
    [strip] = strips([(0.5, None, 1.0)])
    assert strip.low == 0.0
    [strip] = strips([(0.5, 0.2, None)])
    assert strip.high == WIDTH
