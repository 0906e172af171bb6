"""A record that is lost anywhere on its way is counted, whoever lost it."""

from typing import Any

import pytest

from liftstream.demo.accounts import TOPICS, account, lost
from liftstream.demo.looking import Pipeline
from liftstream.simulation.shop.till import Counts
from tests.demo.demo_reports import report_of

SESSIONS = 10


def everything(**changed: Any) -> int:
    """Records lost when all went well but for what is changed, by its name."""
    shop = Counts(opened=SESSIONS, decided=9, undecided=1, late=1, paid=SESSIONS)
    written = dict.fromkeys(TOPICS, SESSIONS)
    pipeline = {"joined": SESSIONS, "predictions": SESSIONS, "put_aside": {}}
    platform = {"n_total": SESSIONS, "read": SESSIONS, "sessions": SESSIONS}
    for name, value in changed.items():
        next(place for place in (written, pipeline, platform) if name in place)[name] = value  # type: ignore[index]
    report = report_of(**platform)
    return lost(account(shop, written, Pipeline(**pipeline), report))  # type: ignore[arg-type]


def test_nothing_is_lost_when_every_record_arrived() -> None:
    assert everything() == 0


@pytest.mark.parametrize(
    ("where", "left"),
    [
        ("session", 8),
        ("demographic", 8),
        ("historic", 8),
        ("prediction", 8),
        ("decision", 8),
        ("revenue", 8),
        ("sessions", 8),
        ("joined", 9),
        ("read", 8),
        ("n_total", 8),
    ],
)
def test_what_is_missing_at_one_step_is_lost_there(where: str, left: int) -> None:
    assert everything(**{where: left}) == 2


def test_a_record_in_the_side_output_is_not_lost() -> None:
    assert everything(joined=9, prediction=9, read=9, put_aside={"timeout": 1, "late": 1}) == 0


def test_a_record_that_came_twice_does_not_make_up_for_one_that_did_not_come() -> None:
    assert everything(session=8, sessions=10) == 2
