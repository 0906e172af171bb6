"""The split of the clients against the planned one: chi-square, exact, and asked again and again."""

from fractions import Fraction

import numpy as np
import pytest
import tea_tasting as tt
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from liftstream import experiment
from liftstream.experiment.checks import sample_ratio
from liftstream.experiment.checks.sample_ratio import exact_p
from liftstream.experiment.numerics.binomial import acceptance_band
from tests.experiment.against_tea_tasting import clients, theirs


def test_sample_ratio() -> None:
    counts = {str(arm): int((clients()["variant"] == arm).sum()) for arm in (0, 1)}
    ours = experiment.check_sample_ratio(counts, {"0": 1, "1": 1}).numbers["pvalue"]
    other = theirs(tt.SampleRatio(method="norm", correction=False))
    assert ours == pytest.approx(other.pvalue, rel=1e-9)


def test_a_split_is_judged_by_the_planned_weights() -> None:
    assert experiment.check_sample_ratio({"a": 900, "b": 100}, {"a": 0.9, "b": 0.1}).status == "ok"
    alarm = experiment.check_sample_ratio({"a": 900, "b": 100}, {"a": 0.5, "b": 0.5})
    assert alarm.status == "alarm"
    assert "900" in alarm.sentence
    chi2, df, p = sample_ratio.chi_square([500, 500, 0], [0.5, 0.5, 0.0])
    assert (chi2, df, p) == (0.0, 1, 1.0)


@pytest.mark.parametrize(
    ("observed", "weights", "said"),
    [
        ([1, 2], [0, 0], "a sum above 0"),
        ([1, -2], [1, 1], "at least 0"),
        ([1, 2], [1, -1], "at least 0"),
        ([1, 2, 3], [1, 1, 0], "0 for an arm of weight 0"),
        ([1, 2], [1], "one for each of 2 arms"),
    ],
)
def test_splits_that_make_no_sense_are_refused(observed, weights, said) -> None:
    with pytest.raises(ValueError, match=said):
        sample_ratio.chi_square(observed, weights)


def test_the_sequential_split_check_is_rarely_wrong_however_often_it_is_asked() -> None:
    rng = np.random.default_rng(33)
    wrong = 0
    for _ in range(300):
        rows = rng.multinomial(50, [0.5, 0.5], size=60).tolist()
        wrong += sample_ratio.sequential_p(rows, [0.5, 0.5], 100)[-1] < 0.05
    assert wrong <= acceptance_band(300, 0.05).max_rejections
    lost = rng.multinomial(50, [0.6, 0.4], size=60).tolist()
    assert sample_ratio.sequential_p(lost, [0.5, 0.5], 100)[-1] < 1e-6


def exactly(first: int, clients: int, share: float) -> float:
    """The binomial p-value in whole numbers: all splits that are at most as likely, up to the 1e-7 of R's binom.test."""
    rate, scale = share.as_integer_ratio()
    term, terms = (scale - rate) ** clients, []
    for k in range(clients + 1):
        terms.append(term)
        term = term * (clients - k) * rate // ((k + 1) * (scale - rate))
    most = terms[first] + terms[first] // 10**7
    return float(Fraction(sum(term for term in terms if term <= most), sum(terms)))


@given(st.integers(1, 1500), st.floats(0.01, 0.99), st.floats(0, 1))
@example(clients=305, share=0.921875, at=0.0625)  # scipy's own incomplete beta loses digits there
@example(clients=470, share=0.203125, at=0.96875)  # and there
@example(clients=320, share=0.078125, at=0.925)  # there it finds 0
def test_the_exact_p_is_that_of_whole_numbers(clients: int, share: float, at: float) -> None:
    share = share - share % 2**-20  # so that its complement is exact as well
    first = round(at * clients)
    found = exact_p([first, clients - first], [share, 1 - share])
    assert found == pytest.approx(exactly(first, clients, share), rel=1e-7, abs=1e-300)


@given(st.integers(1, 3000), st.floats(0.01, 0.99), st.floats(0, 1))
def test_the_exact_p_is_that_of_scipy_where_scipy_has_all_its_digits(
    clients: int, share: float, at: float
) -> None:
    first = round(at * clients)
    found = exact_p([first, clients - first], [share, 1 - share])
    assert found == pytest.approx(stats.binomtest(first, clients, share).pvalue, rel=1e-7, abs=1e-100)


def test_a_hundred_million_clients_are_checked_exactly_without_counting_them_one_by_one() -> None:
    check = experiment.check_sample_ratio(
        {"original": 50_010_000, "candidate": 49_990_000}, {"original": 1, "candidate": 1}, method="exact"
    )
    assert check.numbers["pvalue"] == pytest.approx(0.0455, abs=2e-4)
    assert check.status == "ok"


def test_an_exact_check_of_three_arms_is_refused() -> None:
    with pytest.raises(ValueError, match="two arms"):
        experiment.check_sample_ratio({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 1, "c": 1}, method="exact")


def test_an_alarm_names_counts_and_plan_and_never_says_that_p_is_0() -> None:
    check = experiment.check_sample_ratio(
        {"original": 6004, "candidate": 5996}, {"original": 9, "candidate": 1}
    )
    assert check.status == "alarm"
    assert "original 6,004, candidate 5,996; planned 90 %, 10 %; p below 1e-300" in check.sentence


def test_an_alarm_writes_thirds_of_a_plan_short() -> None:
    check = experiment.check_sample_ratio({"a": 900, "b": 500, "c": 500}, {"a": 1, "b": 1, "c": 1})
    assert "planned 33.33 %, 33.33 %, 33.33 %;" in check.sentence


def test_watched_after_every_row_an_honest_split_raises_no_more_alarms_than_it_may() -> None:
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(400):
        rows = [{"original": int(n), "candidate": 200 - int(n)} for n in rng.binomial(200, 0.5, 30)]
        alarms += experiment.watch_sample_ratio(rows, {"original": 1, "candidate": 1}).status == "alarm"
    assert alarms <= acceptance_band(400, 0.001).max_rejections


def test_watched_after_every_row_a_lost_tenth_is_seen() -> None:
    rng = np.random.default_rng(5)
    rows = [{"original": int(n), "candidate": 200 - int(n)} for n in rng.binomial(200, 0.55, 60)]
    check = experiment.watch_sample_ratio(rows, {"original": 1, "candidate": 1})
    assert check.status == "alarm"
    assert check.numbers["rows"] == 60


def test_the_exact_p_of_a_million_clients_is_that_of_the_binomial_test() -> None:
    assert exact_p([499_543, 524_738], [1, 1]) == pytest.approx(8.460753411452817e-137, rel=1e-12)
    assert exact_p([524_182, 524_595], [1, 1]) == pytest.approx(0.6874594528928376, rel=1e-12)


def test_counts_may_be_whole_floats_and_weights_must_sum_to_more_than_0() -> None:
    assert exact_p([520.0, 480.0], [1, 1]) == exact_p([520, 480], [1, 1])
    with pytest.raises(ValueError, match="weights must be a list with a sum above 0"):
        sample_ratio.sequential_p([[1, 1]], [0, 0])
