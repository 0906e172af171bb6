import pytest

from liftstream.platform.bandits.running.decision_id import Decided, bandit_of, make_decision, read_decision

SECRET = b"s" * 32
DECIDED = Decided("ab12cd34", 41, "reference", 3)


def test_a_decision_id_says_what_was_decided() -> None:
    made = make_decision(DECIDED, SECRET)
    assert (bandit_of(made), read_decision(made, SECRET)) == ("ab12cd34", DECIDED)
    assert len(made) <= 60


@pytest.mark.parametrize("at", range(0, 36, 3))
def test_an_id_of_which_one_letter_was_changed_says_nothing(at: int) -> None:
    made = make_decision(DECIDED, SECRET)
    changed = made[:at] + ("0" if made[at] != "0" else "1") + made[at + 1 :]
    assert read_decision(changed, SECRET) is None


@pytest.mark.parametrize(
    "text", ["", ".", "a.b.c.d.e", "ab12cd34.1.t", "x" * 500, "ab.1.z.0.", "\ud800.1.t.0.x"]
)
def test_what_is_no_decision_id_says_nothing(text: str) -> None:
    assert read_decision(text, SECRET) is None


def test_an_id_of_another_secret_says_nothing() -> None:
    assert read_decision(make_decision(DECIDED, b"t" * 32), SECRET) is None
