"""One transaction a request, whole or not at all; a restart forgets nothing."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, func, inspect, select

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import SpendingSettings
from liftstream.service.database import DatabaseError
from liftstream.simulation.spending.shop import generate_shop
from liftstream.spend.service import SpendingService
from liftstream.spend.storage import truth
from liftstream.spend.storage.database import open_database
from liftstream.spend.storage.schema import PREDICTIONS, TESTS, SpendingSchema
from tests.forecast.shop_data import MONTHLY, data_object
from tests.spend.conftest import MODELS, Serve

SHOP = generate_shop(34, users=30)


def counts(url: str) -> tuple[int, dict[int, int]]:
    """Tests, and predictions by test."""
    engine = open_database(url)
    with engine.connect() as connection:
        tests = connection.execute(select(func.count()).select_from(TESTS)).scalar_one()
        rows = connection.execute(select(PREDICTIONS.c.test, func.count()).group_by(PREDICTIONS.c.test))
        found = {row[0]: row[1] for row in rows}
    engine.dispose()
    return tests, found


def test_the_migrations_make_the_tables_of_the_schema(database: str) -> None:
    engine = open_database(database)
    found = inspect(engine)
    for name, table in SpendingSchema.metadata.tables.items():
        assert {column["name"] for column in found.get_columns(name)} == set(table.columns.keys())
    open_database(database).dispose()  # once more changes nothing
    engine.dispose()


def test_a_restart_forgets_nothing_and_users_keep_their_model(serve: Serve, database: str) -> None:
    document = SHOP.data_object(6)
    first = serve(database)
    before = first.post("/predict", json=document).json()
    report = first.get("/predict").json()
    second = serve(database)
    assert second.get("/predict").json() == report
    assert second.post("/predict", json=document).json() == before


def test_after_a_reset_users_are_drawn_anew(client: httpx.Client) -> None:
    document = generate_shop(35, users=60).data_object(6)
    draws = []
    for _ in range(2):
        client.post("/predict", json=document)
        draws.append([line["model"] for line in client.get("/predict").json()["log"]])
        client.post("/predict/reset_log")
    assert draws[0] != draws[1]


def test_a_request_that_fails_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'spending.db'}"
    service = SpendingService(SpendingSettings(database=url, models=MODELS))

    def fail(*_: Any) -> None:
        raise RuntimeError("half way")

    monkeypatch.setattr(truth, "settle", fail)
    import json

    with pytest.raises(RuntimeError, match="half way"):
        service.predict(json.dumps(SHOP.data_object(6)).encode(), None)
    assert service.report() is None
    assert counts(url) == (0, {})
    service.close()


def test_requests_within_a_second_have_keys_of_their_own_and_all_are_right(
    serve: Serve, database: str
) -> None:
    client = serve(database)
    document = SHOP.data_object(6)
    expected = client.post("/predict", json=document).json()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post("/predict", json=document), range(20)))
    assert all(answer.status_code == 200 and answer.json() == expected for answer in answers)
    results = client.get("/predict").json()["model_results"]
    assert len(results) == 22
    assert counts(database)[1] == dict.fromkeys(range(1, 22), 90)


def test_a_request_that_is_sent_again_under_its_name_is_logged_once(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "export of 1 July"}
    first = client.post("/predict", json=SHOP.data_object(6), headers=headers).json()
    again = client.post("/predict", json=SHOP.data_object(6), headers=headers).json()
    assert again == first
    assert client.get("/predict").json()["tests"]["all"] == 1


def test_a_request_for_other_users_under_a_name_that_was_used_is_refused(client: httpx.Client) -> None:
    headers, document = {"Idempotency-Key": "monthly"}, SHOP.data_object(6)
    client.post("/predict", json=document, headers=headers)
    fewer = {**document, "users": document["users"][:3], "sessions": []}
    refused = client.post("/predict", json=fewer, headers=headers)
    assert (refused.status_code, refused.json()[0]["field"]) == (422, "Idempotency-Key")
    assert client.get("/predict").json()["tests"]["all"] == 1


@pytest.mark.slow
def test_killed_during_requests_the_log_holds_whole_requests_only_and_none_twice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'spending.db'}"
    document, sent = SHOP.data_object(6), []
    for _ in range(3):
        server = subprocess.Popen(
            [sys.executable, "-m", "liftstream.cli", "spending", "serve", "--port", "0", "--database", url],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=MODELS.parent,
        )  # fmt: skip
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        answered = threading.Semaphore(0)
        senders = [threading.Thread(target=_send, args=(address, document, sent, answered)) for _ in range(4)]
        for sender in senders:
            sender.start()
        for _ in range(5):
            assert answered.acquire(timeout=300)
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        for sender in senders:
            sender.join()
    tests, by_test = counts(url)
    assert set(by_test.values()) == {90}  # 30 users, three models
    assert len(by_test) == tests
    assert (
        len(sent) <= tests <= len(sent) + 3 * 4
    )  # at most the answer of each sender's last request was lost
    with create_engine(url).connect() as connection:
        names = list(connection.execute(select(TESTS.c.idempotency)).scalars())
    assert len(set(names)) == len(names)
    assert set(sent) <= set(names)


def _send(address: str, document: Any, sent: list[str], answered: threading.Semaphore) -> None:
    """Sends until the server is gone; every request has a name of its own."""
    with httpx.Client(base_url=address, timeout=300, trust_env=False) as client:
        for number in range(1_000):
            name = f"{threading.get_ident()}-{number}-{address}"
            try:
                client.post("/predict", json=document, headers={"Idempotency-Key": name}).raise_for_status()
            except httpx.HTTPError:
                return
            sent.append(name)
            answered.release()


def test_a_database_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SPENDING__DATABASE"):
        open_database("mysql://nowhere/x")
    with pytest.raises(DatabaseError, match="SPENDING__DATABASE"):
        open_database(f"sqlite:///{tmp_path / 'no' / 'folder' / 'x.db'}")


def test_the_tables_stand_beside_those_of_the_platform(serve: Serve, database: str) -> None:
    from liftstream.platform.database import open_database as open_platform

    open_platform(database).dispose()
    assert serve(database).post("/predict", json=data_object(MONTHLY)).status_code == 200
    open_platform(database).dispose()
