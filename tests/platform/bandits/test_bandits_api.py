"""`/api/bandits` over HTTP, as a program uses it."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import Connection, insert

from liftstream.platform.bandits.decisions_file import AT_ONCE, decision_parts
from liftstream.platform.bandits.store import COUNTS
from liftstream.platform.bandits.tables import BanditQuantum
from testbed.platform_stage import Stage
from tests.platform.bandits.block import BANDIT, Block
from tests.platform.web import client_of

QUANTUM = {"propensity": 0.5, "reason": "policy", **dict.fromkeys(COUNTS, 1.0)}
ORDINARY = {"decision", "group", "arm", "configuration", "propensity", "quantum", "until_ms"}


def test_a_bandit_is_created_started_decided_by_and_stopped(stage: Stage) -> None:
    with client_of(stage.service) as client:
        made = client.post("/api/bandits", json=BANDIT)
        assert made.status_code == 201
        path = f"/api/bandits/{made.json()['id']}"
        assert client.get(f"{path}/choice", params={"unit": "7"}).status_code == 409
        assert client.post(f"{path}/start").json()["state"] == "running"
        chosen = client.get(f"{path}/choice", params={"unit": "7"})
        assert set(chosen.json()) == ORDINARY
        assert chosen.headers["cache-control"].startswith("private, max-age=")
        assert client.post(f"{path}/pause").json()["state"] == "paused"
        assert client.post(f"{path}/pause").status_code == 409
        assert client.post(f"{path}/stop").json()["state"] == "stopped"
        assert [one["id"] for one in client.get("/api/bandits").json()] == [made.json()["id"]]


def test_arms_are_added_retired_and_killed(stage: Stage) -> None:
    block = Block(stage)
    block.start()
    path = f"/api/bandits/{block.id}"
    with client_of(stage.service) as client:
        added = client.post(f"{path}/arms", json={"name": "late", "configuration": {"price": 2}})
        assert (added.status_code, added.json()["state"]) == (201, "active")
        again = client.post(f"{path}/arms", json={"name": "late", "configuration": {"price": 2}})
        assert (again.status_code, again.json()[0]["field"]) == (422, "name")
        assert client.post(f"{path}/arms/late/kill").status_code == 200
        assert client.post(f"{path}/arms/late/retire").status_code == 409
        assert client.post(f"{path}/arms/nobody/retire").status_code == 404
        states = {arm["name"]: arm["state"] for arm in client.get(path).json()["arms"]}
        assert states["late"] == "killed"


def test_an_arm_whose_name_has_a_slash_can_be_removed_and_a_unit_is_visible_text(stage: Stage) -> None:
    block = Block(stage)
    block.start()
    path = f"/api/bandits/{block.id}"
    with client_of(stage.service) as client:
        for name in ("a/b", "50 % off/new"):
            client.post(f"{path}/arms", json={"name": name, "configuration": {"price": 2}})
            removed = client.post(f"{path}/arms/{quote(name, safe='')}/retire").json()
            assert {arm["name"]: arm["state"] for arm in removed["arms"]}[name] == "retired"
        refused = client.get(
            f"{path}/choice", params={"unit": "user\n1"}
        )  # whose feedback would be malformed
        assert (refused.status_code, refused.json()[0]["field"]) == (422, "unit")


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 422), (b"[]", 422), (b'{"name": "x"}', 422), (b'{"name": "\xff"}', 422), (b"x" * 70_000, 413)],
)
def test_a_body_that_is_no_bandit_is_refused(stage: Stage, body: bytes, status: int) -> None:
    with client_of(stage.service) as client:
        said = client.post("/api/bandits", content=body)
        assert said.status_code == status
        assert {"field", "problem"} <= set(said.json()[0])


def test_unknown_bandits_are_404_and_a_choice_needs_a_unit(stage: Stage) -> None:
    block = Block(stage)
    block.start()
    with client_of(stage.service) as client:
        for path in ("", "/choice?unit=1", "/report", "/decisions.csv", "/events"):
            assert client.get(f"/api/bandits/nobody{path}").status_code == 404
        assert client.get("/api/bandits/nobody").json() == [
            {"field": "id", "problem": "there is no 'nobody' here; GET /api/bandits lists them"}
        ]
        assert client.get(f"/api/bandits/{block.id}/choice").status_code == 422
        assert client.get(f"/api/bandits/{block.id}/choice", params={"unit": "x" * 300}).status_code == 422


def test_a_foreign_page_may_not_start_a_bandit(stage: Stage) -> None:
    block = Block(stage)
    with client_of(stage.service) as client:
        said = client.post(f"/api/bandits/{block.id}/start", headers={"Origin": "https://evil.example"})
        assert said.status_code == 403


def test_decisions_have_a_line_per_quantum_with_the_rewards_of_both_groups(stage: Stage) -> None:
    block = Block(stage)
    block.start()
    block.play(5, {"price": 0.9, "words": 0.9, "new": 0.9, "reference": 0.9})
    with client_of(stage.service) as client:
        rows = list(csv.DictReader(io.StringIO(client.get(f"/api/bandits/{block.id}/decisions.csv").text)))
    assert [int(row["quantum"]) for row in rows] == [0, 1, 2, 3, 4, 5]
    shown = stage.service.bandit(block.id)
    assert sum(float(row["reward"]) for row in rows) == sum(arm.target for arm in shown.arms)
    assert all(0 < float(row["propensity"]) <= 1 for row in rows)


def test_decisions_of_many_quanta_are_read_in_parts_between_which_no_transaction_is_open(
    stage_on: Stage,
) -> None:
    block, many = Block(stage_on), 2 * AT_ONCE + 7
    block.start()
    rows = [
        {
            **QUANTUM,
            "bandit": block.id,
            "number": number,
            "arm": number % 3,
            "from_ms": number,
            "until_ms": number + 1,
        }
        for number in range(1, many)
    ]
    with stage_on.service.engine.begin() as connection:
        connection.execute(insert(BanditQuantum), rows)
    opened = 0

    @contextmanager
    def reading() -> Iterator[Connection]:
        nonlocal opened
        opened += 1
        with stage_on.service.reading() as connection:
            yield connection
        opened -= 1

    parts = []
    for part in decision_parts(reading, block.id):
        assert opened == 0
        assert part.count("\n") <= AT_ONCE
        parts.append(part)
    found = list(csv.DictReader(io.StringIO("".join(parts))))
    assert [int(row["quantum"]) for row in found] == list(range(many))


def test_changes_are_told_as_server_sent_events(stage: Stage) -> None:
    block = Block(stage)
    block.start()
    with (
        client_of(stage.service) as client,
        client.stream("GET", f"/api/bandits/{block.id}/events", timeout=httpx.Timeout(10)) as stream,
    ):
        for line in stream.iter_lines():
            if line.startswith("data:"):
                assert json.loads(line[5:])["state"] == "running"
                break
