"""Clients whose ids are text or UUIDs: drawn, answered, paid, listed; whole numbers stay as they were."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect, select, text

from liftstream.contracts.messages import Decision, encode, key_of
from liftstream.experiment import draw_arm
from liftstream.platform.clients_file import client_lines
from liftstream.platform.database import TABLES, open_database
from liftstream.platform.ingest.incoming import IncomingReader, read_id
from liftstream.platform.ingest.tables import Early
from liftstream.platform.schema import Client, RollOutVisit, Visit
from tests.platform.stage import Stage

CARD = "0b5e1a3c-58f1-4a1c-9f0e-{:012x}"
ODD = ['a,b "c"', "007", "7", "-7", ":x", "=1+1", "Zoë 🐟", "'"]


def uuid_of(number: int) -> str:
    return CARD.format(number)


@pytest.fixture
def cards(database: str) -> Iterator[Stage]:
    made = Stage(database, id_type="uuid")
    yield made
    made.service.close()


def session(stage: Stage, client: Any, name: str) -> Any:
    return stage.raw("session", {"uuid": client, "session": name, "opened_ms": stage.ms})


def answer(stage: Stage, client: Any, value: int, token: str) -> Any:
    return stage.raw("prediction", {"uuid": client, "value": value, "token": token})


def money(stage: Stage, client: Any, name: str, usd: float) -> Any:
    return stage.raw("revenue", {"uuid": client, "session": name, "revenue": usd, "revision": 0})


def started(stage: Stage) -> tuple[str, str, Any]:
    """The id, the candidate's token, and the plan of a running experiment."""
    made, tokens = stage.create()
    stage.service.start(made)
    return made, tokens["candidate"], stage.service.experiment(made).plan


def list_clients(stage: Stage, experiment: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(client_lines(stage.service, experiment)))))


def test_clients_with_uuids_are_drawn_answered_paid_and_listed(cards: Stage) -> None:
    experiment, token, plan = started(cards)
    ids = [uuid_of(number) for number in range(200)]
    arms = {one: draw_arm(one, plan.salt, plan.shares) for one in ids}
    cards.take(*(session(cards, one, f"s {one}") for one in ids))
    cards.take(*(answer(cards, one, 1, token) for one in ids), wait_ms=10)
    cards.take(wait_ms=2_000)
    assert set(arms.values()) == {"original", "candidate"}
    for one in ids:
        told = cards.decisions[f"s {one}"]
        in_candidate = arms[one] == "candidate"
        assert told == Decision(one, f"s {one}", experiment, str(arms[one]), int(in_candidate), in_candidate)
    cards.take(*(money(cards, one, f"s {one}", 2.5) for one in ids), wait_ms=2_000)
    listed = list_clients(cards, experiment)
    assert {row["client"]: row["arm"] for row in listed} == arms
    assert {row["revenue"] for row in listed} == {"2.5"}


def test_a_uuid_is_the_same_client_in_upper_case(cards: Stage) -> None:
    _, token, plan = started(cards)
    one = next(uuid_of(n) for n in range(99) if draw_arm(uuid_of(n), plan.salt, plan.shares) == "candidate")
    cards.take(session(cards, one.upper(), "s"))
    (told,) = cards.take(answer(cards, one, 1, token), wait_ms=10)
    assert (told.uuid, told.value, told.answered) == (one, 1, True)


def test_money_is_proved_where_no_rule_decides_for_the_original(database: str) -> None:
    """Another stream's clients have no age and sex: the old system goes on by itself in the original's arm."""
    stage = Stage(database, id_type="uuid", original="none")
    assert "demographic" not in stage.service.topics.values()
    experiment, token, plan = started(stage)
    ids = [uuid_of(number) for number in range(200)]
    in_candidate = {one: draw_arm(one, plan.salt, plan.shares) == "candidate" for one in ids}
    stage.take(*(session(stage, one, f"s {one}") for one in ids))
    assert set(stage.decisions) == {f"s {one}" for one in ids if not in_candidate[one]}
    stage.take(*(answer(stage, one, 1, token) for one in ids), wait_ms=10)
    for one in ids:
        arm = "candidate" if in_candidate[one] else "original"
        told = Decision(one, f"s {one}", experiment, arm, int(in_candidate[one]), True)
        assert stage.decisions[f"s {one}"] == told
    stage.take(*(money(stage, one, f"s {one}", 2.0 + in_candidate[one]) for one in ids), wait_ms=2_000)
    means = {arm.arm: arm.mean for arm in stage.service.experiment(experiment).arms}
    assert means == {"original": 2.0, "candidate": 3.0}
    stage.service.stop(experiment, "seen enough")
    stage.service.roll_out(experiment, "original")
    stage.take(session(stage, uuid_of(1_000), "new"))
    assert (stage.decisions["new"].arm, stage.decisions["new"].value) == ("original", 0)
    stage.service.close()


def test_texts_are_told_apart_byte_by_byte_and_listed_as_they_are(database: str) -> None:
    stage = Stage(database, id_type="text")
    experiment, _, _ = started(stage)
    stage.take(*(session(stage, one, f"s{n}") for n, one in enumerate(ODD)))
    stage.take(*(money(stage, one, f"s{n}", float(n)) for n, one in enumerate(ODD)), wait_ms=2_000)
    assert [(row["client"], float(row["revenue"])) for row in list_clients(stage, experiment)] == [
        (one, float(n)) for n, one in enumerate(ODD)
    ]
    with stage.service.reading() as connection:
        assert set(connection.execute(select(Client.uuid)).scalars()) == set(ODD)
        assert connection.execute(select(Client.number).where(Client.uuid == "007")).scalars().all() == [2]
    stage.service.close()


def test_answers_and_money_that_come_before_their_session_wait_for_a_text_as_well(cards: Stage) -> None:
    experiment, token, plan = started(cards)
    one = next(uuid_of(n) for n in range(99) if draw_arm(uuid_of(n), plan.salt, plan.shares) == "candidate")
    cards.take(answer(cards, one, 1, token), money(cards, one, "s", 3.0))
    with cards.service.reading() as connection:
        assert set(connection.execute(select(Early.uuid)).scalars()) == {one}
    cards.service.collector._memory = None  # as after a crash: read again from the database
    (told,) = cards.take(session(cards, one, "s"), wait_ms=10)
    assert (told.uuid, told.value) == (one, 1)
    assert [(row["client"], row["revenue"]) for row in list_clients(cards, experiment)] == [(one, "3.0")]


def test_after_a_restart_decisions_that_the_shop_may_not_have_heard_name_the_same_client(
    cards: Stage,
) -> None:
    started(cards)
    ids = [uuid_of(number) for number in range(9)]
    cards.take(*(session(cards, one, f"s {one}") for one in ids))
    cards.ms += 2_000
    cards.service.collector.take([], cards.ms, cards.ms)  # not delivered
    again = cards.service.collector.start(cards.ms)
    assert {told.uuid for told in again} == set(ids)
    with cards.service.reading() as connection:
        assert set(connection.execute(select(Visit.uuid)).scalars()) == set(ids)


def test_outcomes_find_their_client_by_the_text_of_the_unit(cards: Stage) -> None:
    metric = {"kind": "proportion", "outcome": "contact"}
    made = cards.service.create(
        {
            "name": "Contacts",
            "metric": metric,
            "base_rate": 0.1,
            "effect": 0.05,
            "alpha": 0.05,
            "power": 0.8,
            "n_per_arm": 800,
        }
    )
    cards.service.start(made.id)
    ids = [uuid_of(number) for number in range(20)]
    cards.take(*(session(cards, one, one) for one in ids))
    units = [*(one.upper() for one in ids[:5]), "404180", "no uuid"]
    cards.take(
        *(
            cards.raw("outcome", {"event": f"e{n}", "decision": "", "unit": unit, "name": "contact"})
            for n, unit in enumerate(units)
        ),
        wait_ms=2_000,
    )
    found = cards.service.experiment(made.id)
    assert sum(arm.n * (arm.mean or 0) for arm in found.arms) == pytest.approx(5)
    reasons = {
        one.reason: one.count
        for one in found.answers.reasons
        if (one.kind, one.whose) == ("outcome", "experiment")
    }
    assert reasons == {"counted": 5, "unit_is_no_uuid": 2}


def test_who_is_rolled_out_to_keeps_the_text(cards: Stage) -> None:
    experiment, token, _ = started(cards)
    cards.service.stop(experiment, "enough")
    cards.service.roll_out(experiment, "candidate")
    cards.take(session(cards, uuid_of(5), "later"))
    with cards.service.reading() as connection:
        assert connection.execute(select(RollOutVisit.uuid)).scalars().all() == [uuid_of(5)]
    (told,) = cards.take(answer(cards, uuid_of(5), 1, token), wait_ms=10)
    assert (told.uuid, told.value, told.answered) == (uuid_of(5), 1, True)


@pytest.mark.parametrize(
    ("id_type", "value"),
    [("integer", '"404180"'), ("integer", str(2**63)), ("integer", "1.5"), ("uuid", "404180"), ("uuid", f'"{CARD}"'),
     ("uuid", '"0b5e1a3c58f14a1c9f0e000000000001"'), ("uuid", '"0b5e1a3c-58f1-4a1c-9f0e-000000000001\\n"'),
     ("text", "404180"), ("text", '""'), ("text", '"a\\u0000b"'), ("text", '"a\\n"'), ("text", '"' + "x" * 201 + '"')],
)  # fmt: skip
def test_an_id_of_another_type_is_malformed(id_type: Any, value: str) -> None:
    with pytest.raises(ValueError, match="uuid"):
        IncomingReader(id_type).read("session", b'{"uuid": %s, "session": "s"}' % value.encode())


def test_a_whole_number_stays_one_to_the_byte() -> None:
    for number in (404180, 0, -5, 2**63 - 1, -(2**63)):
        record = IncomingReader().read("session", b'{"uuid": %d, "session": "s"}' % number)
        told = encode(Decision(record.uuid, "s", "e", "original", 0, False))
        assert told.startswith(b'{"uuid":%d,' % number)
        assert key_of(record.uuid) == b"%d" % number
    assert key_of("Zoë") == "Zoë".encode()
    assert msgspec.json.decode(encode(Decision("007", "s", "e", "a", 0, False)), type=Decision).uuid == "007"


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_unit_that_names_a_whole_number_is_that_client(number: int) -> None:
    assert read_id(str(number), "integer") == number
    assert read_id(str(number), "text") == str(number)
    assert read_id(str(number), "uuid") is None


def test_the_tables_of_before_keep_their_clients_and_their_indexes(database: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(TABLES.migrations))
    url = (
        database
        if database.startswith("sqlite")
        else database.replace("postgresql://", "postgresql+psycopg://")
    )
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes |= {"connection": connection, "version_table": TABLES.version_table}
        command.upgrade(config, "0003")
        for number in (404180, -5, 2**63 - 1):
            connection.execute(
                text("INSERT INTO client VALUES ('e', :u, 'original', 1, 2.5, 1)"), {"u": number}
            )
            connection.execute(
                text("INSERT INTO visit VALUES ('e', :s, :u, 'original', 1, NULL, NULL, 0, NULL, NULL)"),
                {"u": number, "s": f"s{number}"},
            )
    before = {one["name"]: one["column_names"] for one in inspect(engine).get_indexes("visit")}
    engine.dispose()
    opened = open_database(database)
    with opened.connect() as connection:
        assert set(connection.execute(select(Client.uuid)).scalars()) == {404180, -5, 2**63 - 1}
        assert set(connection.execute(select(Visit.uuid)).scalars()) == {404180, -5, 2**63 - 1}
        assert connection.execute(select(Visit.session).where(Visit.uuid == -5)).scalars().all() == ["s-5"]
        assert {one["name"]: one["column_names"] for one in inspect(opened).get_indexes("visit")} == before
        if opened.dialect.name == "sqlite":
            made = "SELECT sql FROM sqlite_master WHERE name = 'visit_open'"
            assert "WHERE value IS NULL" in connection.execute(text(made)).scalar_one()
    opened.dispose()
