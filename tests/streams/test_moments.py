"""Dates and times: one form for each, whatever they are written as."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.streams.definition import TimeUnit
from liftstream.streams.moments import MomentType, NoMoment, iso, of_number, to_ms

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
since_1970 = st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30))


@given(since_1970, offsets)
def test_a_time_with_an_offset_is_the_same_moment_in_utc(moment: datetime, offset: timezone) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert iso(aware.astimezone(offset).isoformat(), "datetime") == moment.isoformat()
    assert to_ms(aware.astimezone(offset).isoformat(), "iso") == (moment - datetime(1970, 1, 1)) // timedelta(
        milliseconds=1
    )


@given(st.dates())
def test_a_date_is_the_same_as_text_and_as_a_number_of_any_unit(day: date) -> None:
    seconds = (day - date(1970, 1, 1)).days * 86_400
    assert iso(day.isoformat(), "date") == day.isoformat()
    for unit, factor in (("s", 1), ("ms", 1_000), ("us", 1_000_000)):
        assert of_number(seconds * factor, unit, "date") == day.isoformat()  # type: ignore[arg-type]
    assert of_number(seconds // 86_400, "days", "date") == day.isoformat()


@given(since_1970)
def test_event_times_of_every_unit_agree(moment: datetime) -> None:
    us = int((moment - datetime(1970, 1, 1)) / timedelta(microseconds=1))
    assert to_ms(us, "us") == to_ms(us // 1000, "ms") == us // 1000
    assert to_ms(us // 1_000_000, "s") == us // 1_000_000 * 1000


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("20240301", "date"),
        ("2024-W09-5", "date"),
        ("2024-03-01T00:00:00", "date"),
        ("2024-02-30", "date"),
        ("٢024-03-01", "date"),
        ("24:00:00", "time"),
        ("10", "time"),
        ("2024-03-01", "datetime"),
        ("2024-03-01T10:30:00+25:00", "datetime"),
        ("0001-01-01T00:00:00+02:00", "datetime"),
    ],
)
def test_what_is_no_date_or_time_is_refused(text: str, kind: MomentType) -> None:
    with pytest.raises(NoMoment):
        iso(text, kind)


@pytest.mark.parametrize(
    ("value", "unit"),
    [(-1, "ms"), (True, "ms"), ("5", "ms"), (float("nan"), "s"), (1e300, "s"), (10**400, "s"), (5, "iso"), (None, "iso")],
)  # fmt: skip
def test_what_is_no_event_time_is_refused(value: object, unit: TimeUnit) -> None:
    with pytest.raises(NoMoment):
        to_ms(value, unit)
