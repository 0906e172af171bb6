"""The split: sticky, by the planned shares, and checked."""

import pytest

from liftstream.contracts.errors import SettingsError
from liftstream.spend.split import check_split, read_split, serving

USERS = [str(user) for user in range(20_000)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "A=1",
        "A=0.5,B=0.6",
        "A=0.5,A=0.5",
        "A=0.5;B=0.5",
        "A=x,B=0.5",
        "A=0.5,Z=0.5",
        "A=-1,B=2",
        "A=nan,B=0.5",
    ],
)
def test_what_is_no_split_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(SettingsError, match=r"SPENDING__SPLIT: .*for example A=0.5,B=0.5"):
        read_split(text, "ABC")


def test_users_are_split_by_the_planned_shares_and_another_salt_splits_them_otherwise() -> None:
    split = read_split("A=0.7, C=0.3", "ABC")
    served = serving(USERS, "salt", split)
    share = served.count("A") / len(USERS)
    assert abs(share - 0.7) < 4 * (0.7 * 0.3 / len(USERS)) ** 0.5
    other = serving(USERS, "pepper", split)
    both = sum(a == b == "A" for a, b in zip(served, other, strict=True)) / len(USERS)
    assert abs(both - share * other.count("A") / len(USERS)) < 0.02
    assert served == serving(USERS, "salt", split)


def test_a_split_that_lost_users_of_one_model_is_an_alarm() -> None:
    split = read_split("A=0.5,B=0.5", "AB")
    assert check_split({"A": 5_050, "B": 4_950}, split).status == "ok"
    assert check_split({"A": 6_000, "B": 4_000}, split).status == "alarm"
