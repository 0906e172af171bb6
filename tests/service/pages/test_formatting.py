"""Numbers and times as people read them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.experiment.amounts import money
from liftstream.service.pages import formatting as f


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.05, "5 %"),
        (0.347, "34.7 %"),
        (0.99976, "> 99.9 %"),
        (0.9975, "99.8 %"),
        (1.0, "100 %"),
        (0.0, "0 %"),
        (0.0001, "< 0.1 %"),
        (0.0023, "0.23 %"),
        (None, "–"),
    ],
)
def test_a_share_is_said_in_percent_and_never_claims_all_or_none_falsely(
    share: float | None, text: str
) -> None:
    assert f.percent(share) == text


@given(st.floats(min_value=1e-6, max_value=1 - 1e-6))
def test_no_share_between_is_shown_as_all_or_nothing(share: float) -> None:
    assert f.percent(share) not in {"0 %", "100 %"}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (5678, "5,678"),
        (0.7, "0.7"),
        (-2.8311, "−2.83"),
        (0, "0"),
        (39.72, "39.7"),
        (1e-4, "0.0001"),
        (math.nan, "–"),
    ],
)
def test_a_number_has_three_digits_and_no_exponent(number: float, text: str) -> None:
    assert f.plain(number) == text


@given(st.floats(min_value=1e-5, max_value=1e12))
def test_a_shown_number_is_within_half_a_unit_of_its_last_digit(number: float) -> None:
    shown = float(f.plain(number).replace(",", ""))
    assert math.isclose(shown, number, rel_tol=0.0051)


@pytest.mark.parametrize("size", [1e-300, 1e-12, 3e-9, 1e15, 5.2e299, 1e308])
def test_a_number_far_from_one_is_written_with_a_power_of_ten(size: float) -> None:
    low, estimate, high = 0.9 * size, size, 1.1 * size
    written = [
        f.plain(estimate, 4), f.roughly(estimate), f.amount(estimate), *f.alike(low, estimate, high), money(estimate, beside=(low, high)),
    ]  # fmt: skip
    read = [float(text.replace("−", "-")) for text in written]
    assert read == pytest.approx([size, size, size, low, size, high, size], rel=0.05)
    assert max(map(len, written)) < 12
    assert f.amount(-size, sign=True).startswith("−")


def test_amounts_that_almost_agree_are_told_apart_with_a_power_of_ten() -> None:
    assert money(1.0000021e20, beside=(1.0000022e20, None)) != money(1.0000022e20, beside=(1.0000021e20,))


def test_money_agrees_with_the_sentence_of_the_verdict() -> None:
    assert f.amount(0.6149, sign=True) == "+0.61"
    assert f.amount(-1.674, sign=True) == "−1.67"
    assert f.amount(None) == "–"


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [
        ((0.0571, 0.0048, 0.1124), ("0.057", "0.005", "0.112")),
        ((1.0412, 0.97, 1.1), ("1.04", "0.97", "1.10")),
        ((27_011.3, 912.0, None), ("27,011", "912", "–")),
        ((0.0, -0.0, 0.0), ("0.00", "−0.00", "0.00")),
    ],
)
def test_an_estimate_and_its_ends_have_the_decimals_that_the_largest_needs(
    numbers: tuple[float | None, ...], texts: tuple[str, ...]
) -> None:
    assert f.alike(*numbers) == texts


def test_amounts_beside_each_other_have_no_more_decimals_than_the_largest() -> None:
    amounts = 2.71, 0.27, 5.14
    assert [f.roughly(one, sign=True, beside=amounts) for one in amounts] == ["+2.7", "+0.3", "+5.1"]


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0.02, "29 minutes"),
        (0.0001, "1 minute"),
        (0.25, "6 hours"),
        (3.24, "3.2 days"),
        (40, "6 weeks"),
        (None, "–"),
    ],
)
def test_a_duration_comes_in_the_unit_that_a_person_would_choose(days: float | None, text: str) -> None:
    assert f.duration(days) == text


def test_a_time_of_the_same_day_needs_no_date() -> None:
    now = "2023-11-14T23:53:20Z"
    assert f.clock("2023-11-14T22:13:20Z", now) == "22:13:20"
    assert f.clock("2023-11-13T22:13:20Z", now) == "13 Nov 22:13"
    assert f.clock("2022-11-13T22:13:20Z", now) == "13 Nov 2022 22:13"
    assert f.clock(None, now) == "–"


def test_an_estimate_has_two_digits() -> None:
    assert [f.roughly(27_011.3, sign=True), f.roughly(-1_349.0), f.roughly(4.39), f.roughly(0.0)] == [
        "+27,000",
        "−1,300",
        "4.4",
        "0",
    ]


def test_times_are_found_in_a_sentence() -> None:
    assert f.times_in("due on 2026-11-29 at 13:12 UTC, or so") == [
        ("due on ", "2026-11-29T13:12:00Z", "2026-11-29 at 13:12"),
        (" UTC, or so", "", ""),
    ]
    assert f.times_in("never") == [("never", "", "")]


def test_minus_signs_of_a_sentence_are_as_wide_as_the_plus() -> None:
    said = "it loses -1.65 $ (90 % interval -2.60 to -.69; one-sided p 1e-05, 2023-11-14)"
    assert f.typeset(said) == "it loses −1.65 $ (90 % interval −2.60 to −.69; one-sided p 1e-05, 2023-11-14)"
