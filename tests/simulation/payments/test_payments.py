"""Simulated payments: the truth they are drawn from, and their two records."""

from datetime import date
from uuid import UUID

import numpy as np
import pytest

from liftstream.simulation.payments.cards import TODAY, Cards, as_texts, draw_cards
from liftstream.simulation.payments.money import BREAK_EVEN, value_of_asking
from liftstream.simulation.payments.payments import CHANNELS, NO_COUNTRY, SHOPS, Payments, draw_payments
from liftstream.simulation.payments.truth import chance_of_fraud
from liftstream.simulation.payments.wire import card_records, encode, payment_records


@pytest.fixture(scope="module")
def payments() -> Payments:
    return draw_payments(np.random.default_rng(3), 40_000)


def one_card(**changes: object) -> Cards:
    plain = {
        "card": as_texts(["0"]), "home": as_texts(["DE"]), "kind": as_texts(["debit"]),
        "issued_on": np.array([TODAY - 10_000]), "payments_30d": np.array([5.0]), "mean_amount_30d": np.array([20.0]),
        "countries_30d": np.array([1.0]), "disputes": np.array([0.0]),
    }  # fmt: skip
    return Cards(**{**plain, **changes})  # type: ignore[arg-type]


def log_odds(cards: Cards, **changes: object) -> float:
    plain = {
        "amount": np.array([20.0]), "country": as_texts(["DE"]), "shop": as_texts(["fuel"]),
        "channel": as_texts(["contactless"]), "pin": np.array([False]),
    }  # fmt: skip
    (chance,) = chance_of_fraud(cards, **{**plain, **changes}).tolist()  # type: ignore[arg-type]
    return float(np.log(chance / (1 - chance)))


def test_the_log_odds_are_those_of_the_page() -> None:
    usual = one_card()
    assert log_odds(usual) == pytest.approx(-4.6)
    assert log_odds(usual, country=as_texts(["FR"])) == pytest.approx(-4.6 + 1.7)
    traveller = one_card(countries_30d=np.array([3.0]))
    assert log_odds(traveller, country=as_texts(["FR"])) == pytest.approx(-4.6 + 0.85)
    assert log_odds(usual, amount=np.array([40.0])) == pytest.approx(-4.6 + 0.7 * np.log(2))
    assert log_odds(usual, amount=np.array([1.0])) == pytest.approx(-4.6)
    assert log_odds(one_card(issued_on=np.array([TODAY]))) == pytest.approx(-4.6 + 1.4)
    assert log_odds(one_card(disputes=np.array([5.0])), pin=np.array([True])) == pytest.approx(
        -4.6 + 1.8 - 1.2
    )
    assert log_odds(one_card(mean_amount_30d=np.array([np.nan])), amount=np.array([30.0])) == pytest.approx(
        -4.6
    )


def test_payments_are_fraud_as_often_as_their_chance_says(payments: Payments) -> None:
    error = np.sqrt((payments.chance * (1 - payments.chance)).sum())
    assert abs(payments.fraud.sum() - payments.chance.sum()) < 4 * error
    likely = payments.chance > 0.2
    assert payments.fraud[likely].mean() == pytest.approx(payments.chance[likely].mean(), abs=0.05)


def test_asking_from_the_break_even_chance_is_worth_most(payments: Payments) -> None:
    expected = payments.chance * value_of_asking(np.array([True])) + (1 - payments.chance) * value_of_asking(
        np.array([False])
    )
    by_threshold = {
        at: expected[payments.chance >= at].sum() for at in (0.0, 0.02, BREAK_EVEN, 0.1, 0.3, 1.0)
    }
    assert max(by_threshold, key=lambda at: by_threshold[at]) == BREAK_EVEN


def test_a_seed_gives_the_same_payments_and_every_card_its_own_id(payments: Payments) -> None:
    again = draw_payments(np.random.default_rng(3), 40_000)
    for name, column in payments.columns().items():
        np.testing.assert_array_equal(column, again.columns()[name])
    assert len(set(payments.cards.card)) == len(payments)
    assert str(UUID(payments.cards.card[0])) == payments.cards.card[0]


def test_the_records_say_what_the_columns_say(payments: Payments) -> None:
    columns = payments.columns()
    paid = payment_records(payments, 1_780_000_000_000, apart_ms=3)
    known = card_records(payments.cards, 1_780_000_000_050)
    for row, (payment, card) in enumerate(zip(paid[:500], known[:500], strict=True)):
        basket = payment["basket"]
        said = {
            "amount": payment["amount"],
            "dearest": basket[0]["price"] if basket else np.nan,
            "country": payment["shop"].get("country", NO_COUNTRY),
            "shop": payment["shop"]["kind"],
            "channel": payment["channel"],
            "pin": payment["pin"],
            "home": card["owner"]["country"],
            "kind": card["kind"],
            "issued_on": np.datetime64(date.fromisoformat(card["issued_on"])),
            "payments_30d": card["last_30_days"]["payments"],
            "mean_amount_30d": np.nan if (mean := card["last_30_days"]["mean_amount"]) is None else mean,
            "countries_30d": card["last_30_days"]["countries"],
            "disputes": card["disputes"],
        }
        assert said.keys() == columns.keys()
        for name, value in said.items():
            np.testing.assert_array_equal(np.array(value), columns[name][row], err_msg=name)
        assert payment["card"]["id"] == card["card"]
        assert (payment["paid_at"], card["read_at"]) == (1_780_000_000_000 + 3 * row, 1_780_000_000_050)
    assert encode(paid[0]).startswith(b'{"card":{"id":"')


def test_there_is_some_of_everything(payments: Payments) -> None:
    columns = payments.columns()
    assert set(columns["shop"]) == set(SHOPS)
    assert set(columns["channel"]) == set(CHANNELS)
    assert 0.01 < (columns["country"] == NO_COUNTRY).mean() < 0.03
    assert 0.1 < np.isnan(columns["dearest"]).mean() < 0.3
    assert 0.04 < np.isnan(columns["mean_amount_30d"]).mean() < 0.12
    assert 0.02 < payments.fraud.mean() < 0.06


def test_cards_can_be_taken_in_another_order() -> None:
    cards = draw_cards(np.random.default_rng(1), 5)
    assert cards.take(np.array([4, 0, 4])).card.tolist() == [cards.card[4], cards.card[0], cards.card[4]]
