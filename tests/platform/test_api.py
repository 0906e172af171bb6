"""The API of the contract: answers, states, refusals, events; over a real web server."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import TimeoutError

from liftstream.contracts.messages import Session
from liftstream.platform.clients_file import client_lines
from liftstream.platform.queue import WorkQueue
from liftstream.platform.status import StatusBoard
from testbed.platform_stage import Stage, likely_buyers
from tests.platform.web import client_of

MISSION = {"name": "New category", "effect": 0.7, "sd": 15, "alpha": 0.05, "power": 0.8, "n_per_arm": 5678}


@pytest.fixture
def api(stage: Stage) -> Iterator[httpx.Client]:
    with client_of(stage.service) as client:
        yield client


def create(api: httpx.Client, **fields: object) -> dict[str, object]:
    answer = api.post("/api/experiments", json={**MISSION, **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_new_experiment_is_a_draft_with_a_token_of_128_bits_or_more_shown_once(api: httpx.Client) -> None:
    made = create(api)
    assert len(str(made["token"])) * 6 >= 128
    found = api.get(f"/api/experiments/{made['id']}")
    assert found.json()["state"] == "draft"
    assert str(made["token"]) not in found.text
    assert [one["id"] for one in api.get("/api/experiments").json()] == [made["id"]]


def test_several_candidates_have_a_token_each(api: httpx.Client) -> None:
    made = create(api, candidates=["lr", "mlp"], n_per_arm=8_000)
    assert made["token"] is None
    assert set(made["tokens"]) == {"lr", "mlp"}  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"effect": 0}, "effect"),
        ({"effect": -1}, "effect"),
        ({"effect": "much"}, "effect"),
        ({"effect": 1e-300}, "effect"),
        ({"effect": 1e-3}, "n_per_arm"),
        ({"sd": 0}, "sd"),
        ({"alpha": 0}, "alpha"),
        ({"alpha": 0.6}, "alpha"),
        ({"power": 0.01}, "power"),
        ({"n_per_arm": 5677}, "n_per_arm"),
        ({"n_per_arm": 1}, "n_per_arm"),
        ({"n_per_arm": 5678.5}, "n_per_arm"),
        ({"n_per_arm": 10**15}, "n_per_arm"),
        ({"looks": 5}, "n_per_arm"),
        ({"looks": 0}, "looks"),
        ({"looks": [0.5, 0.2]}, "looks"),
        ({"alternative": "sideways"}, "alternative"),
        ({"spending": "lavish"}, "spending"),
        ({"candidates": []}, "candidates"),
        ({"candidates": ["original"]}, "candidates"),
        ({"candidates": ["a", "a"]}, "candidates"),
        ({"weights": [1]}, "weights"),
        ({"share": 0}, "share"),
        ({"exclusive": 3}, "exclusive"),
        ({"aa": "yes"}, "aa"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_numbers_that_do_not_fit_are_refused_by_field_and_leave_nothing(
    api: httpx.Client, change: dict[str, object], field: str
) -> None:
    answer = api.post("/api/experiments", json={**MISSION, **change})
    assert answer.status_code == 422, answer.text
    assert field in {problem["field"] for problem in answer.json()}
    assert all(problem["problem"] for problem in answer.json())
    assert api.get("/api/experiments").json() == []


def test_too_few_clients_are_refused_with_the_number_that_would_fit_and_more_are_accepted(
    api: httpx.Client,
) -> None:
    answer = api.post("/api/experiments", json={**MISSION, "n_per_arm": 5_000})
    assert answer.json()[0]["fits"] == 5_678
    made = create(api, n_per_arm=6_000)
    assert api.get(f"/api/experiments/{made['id']}").json()["plan"]["achieved_power"] > 0.81


def test_names_may_be_written_as_people_write_them(api: httpx.Client) -> None:
    persian, japanese, family, french = "می\u200cخواهم", "新\u3000分類", "👩\u200d👧 offers", "50\u00a0%"
    for name in (persian, japanese, family, french, "\u200fمجموعة"):
        asked = {**MISSION, "name": name, "candidates": [name, "other"]}
        made = api.post("/api/experiments", json=asked | {"n_per_arm": 9_000})
        assert made.status_code == 201, (name, made.text)
        assert list(made.json()["tokens"]) == [name, "other"]
        assert name in api.get(f"/experiments/{made.json()['id']}").text
    for name in ("", " \u3000\u00a0", "\u200d", "a\u202eb", "a\nb", "a\u2028b", "a\ufeffb", "a" * 201):
        refused = api.post("/api/experiments", json={**MISSION, "name": name})
        assert [found["field"] for found in refused.json()] == ["name"], repr(name)


def test_what_is_missing_or_unknown_is_named_with_what_there_is(api: httpx.Client) -> None:
    for kind in ("proportion", "count"):
        asked = {**MISSION, "metric": {"kind": kind, "outcome": "contact"}, "sd": None}
        refused = api.post("/api/experiments", json=asked).json()
        assert [found["field"] for found in refused] == ["sd"]
        assert refused[0]["problem"].startswith("give base_rate")
    name = create(api)["id"]
    api.post(f"/api/experiments/{name}/start")
    api.post(f"/api/experiments/{name}/stop")
    arm = api.post(f"/api/experiments/{name}/rollout", json={"arm": "nobody"})
    key = api.delete("/api/keys/nobody")
    assert (arm.status_code, key.status_code) == (404, 404)
    assert arm.json() == [
        {"field": "arm", "problem": "there is no 'nobody' here; there are original, candidate"}
    ]
    assert key.json()[0]["problem"].endswith("GET /api/keys lists them")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'"text"', b"[" * 30_000, b"NaN"])
def test_a_body_that_is_no_object_is_4xx(api: httpx.Client, body: bytes) -> None:
    answer = api.post("/api/experiments", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert answer.json()[0]["field"]


def test_half_a_letter_in_a_body_is_4xx(api: httpx.Client) -> None:
    body = (
        b'{"name": "b", "policy": "uniform", "arms": [{"name": "a", "configuration": {"words": "\\ud800"}}]}'
    )
    answer = api.post("/api/bandits", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500


def test_a_long_body_is_refused_unread(api: httpx.Client) -> None:
    assert api.post("/api/experiments", content=b"x" * 2**20).status_code == 413

    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    assert 400 <= api.post("/api/experiments", content=chunks()).status_code < 500


def test_states_change_only_where_they_may(api: httpx.Client) -> None:
    at = f"/api/experiments/{create(api)['id']}"
    assert api.post(f"{at}/stop").status_code == 409
    assert api.post(f"{at}/start").json()["state"] == "running"
    assert api.post(f"{at}/start").status_code == 409
    stopped = api.post(f"{at}/stop", json={"reason": "wrong month"}).json()
    assert (stopped["state"], stopped["verdict"]) == ("stopped", "stopped")
    assert "wrong month" in stopped["sentence"]
    for change in ("start", "stop"):
        answer = api.post(f"{at}/{change}")
        assert answer.status_code == 409
        assert "stopped" in answer.json()[0]["problem"]


@pytest.mark.parametrize("path", ["", "/report", "/clients.csv", "/events", "/report?format=html"])
def test_an_unknown_id_is_404(api: httpx.Client, path: str) -> None:
    for name in ("nobody", "x" * 60, "%00", "a'--"):
        answer = api.get(f"/api/experiments/{name}{path}")
        assert answer.status_code == 404, (name, answer.text)
    for change in ("start", "stop"):
        assert api.post(f"/api/experiments/nobody/{change}").status_code == 404


def test_every_state_has_its_report(api: httpx.Client) -> None:
    at = f"/api/experiments/{create(api)['id']}"
    for change in (None, "start", "stop"):
        if change:
            api.post(f"{at}/{change}")
        found = api.get(f"{at}/report").json()
        assert found["plan"]["hash"] == found["plan_hash"] == found["ledger"]["plan"]
        html = api.get(f"{at}/report", params={"format": "html"})
        assert html.status_code == 200
        assert html.headers["content-type"].startswith("text/html")


def test_a_request_from_a_foreign_page_changes_nothing(api: httpx.Client) -> None:
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://" + str(api.base_url.netloc.decode()) + ".evil.example"},
    ):
        assert api.post("/api/experiments", json=MISSION, headers=headers).status_code == 403
    assert api.get("/api/experiments", headers={"Origin": "http://evil.example"}).json() == []
    own = {"Origin": str(api.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert api.post("/api/experiments", json=MISSION, headers=own).status_code == 201


def test_a_foreign_name_of_this_machine_is_refused(api: httpx.Client) -> None:
    answers = [
        api.get("/api/experiments", headers={"Host": name}).status_code
        for name in ("evil.example", "localhost.evil.example:80", "LocalHost:8000")
    ]
    assert answers == [400, 400, 200]


def test_answers_carry_a_strict_policy_and_are_not_kept(api: httpx.Client) -> None:
    headers = api.get("/api/experiments").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


def test_every_change_is_an_event(stage: Stage, api: httpx.Client) -> None:
    name = str(create(api)["id"])
    seen: list[dict[str, object]] = []
    first = threading.Event()

    def listen() -> None:
        with api.stream("GET", f"/api/experiments/{name}/events") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    seen.append(json.loads(line[6:]))
                    first.set()
                    if seen[-1]["state"] == "running" and seen[-1]["clients"] != {
                        "original": 0,
                        "candidate": 0,
                    }:
                        return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    assert first.wait(300)
    api.post(f"/api/experiments/{name}/start")
    stage.take(*(stage.raw("session", Session(u, f"{u}-1", stage.ms)) for u in range(10)))
    listener.join(300)
    assert not listener.is_alive()
    assert seen[0]["state"] == "draft"
    assert sum(seen[-1]["clients"].values()) == 10  # type: ignore[attr-defined]


def test_the_events_of_a_draft_that_is_discarded_end(api: httpx.Client) -> None:
    name = str(create(api)["id"])
    with api.stream("GET", f"/api/experiments/{name}/events") as answer:
        lines = answer.iter_lines()
        assert any(line.startswith("data: ") for line in lines)
        api.delete(f"/api/experiments/{name}")
        assert not [
            line for line in lines if line.startswith("data: ")
        ]  # to the end, which is none of an error


def test_what_can_be_got_can_be_asked_for_its_head(api: httpx.Client) -> None:
    for path in ("/live", "/", "/api/experiments"):
        head, whole = api.head(path), api.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]
        assert api.get("/live").status_code == 200  # the connection is still in order
    assert (api.head("/nothing").status_code, api.head("/ready").status_code) == (404, 503)
    events = f"/api/experiments/{create(api)['id']}/events"
    assert api.head(events).status_code == 405  # whose answer would never end


def test_pages_have_their_document_at_the_same_address_with_json(api: httpx.Client) -> None:
    name = create(api)["id"]
    assert api.get("/experiments.json").json()["experiments"][0]["id"] == name
    assert api.get(f"/experiments/{name}.json").json()["id"] == name
    assert api.get(f"/experiments/{name}/report.json").json()["ledger"]
    assert api.get("/keys.json").json() == {"keys": []}
    planning = api.get("/experiments/new.json", params={"effect": "1.4", "looks": "5", "sd": ""}).json()
    assert planning["values"]["effect"] == 1.4
    assert planning["values"]["sd"] == 15.0
    assert (
        api.get("/experiments/new.json", params={"effect": "many"}).json()["problems"][0]["field"] == "effect"
    )


def test_probes_live_without_kafka_and_say_what_is_missing(stage: Stage, api: httpx.Client) -> None:
    assert api.get("/live").status_code == 200
    answer = api.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["reason"]
    stage.service.board.say("reading")
    assert api.get("/ready").status_code == 200


def test_a_database_that_hangs_is_said_by_the_probes_which_wait_for_nobody(
    stage: Stage, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, hung, coming = [0.0], threading.Event(), threading.Semaphore(0)
    stage.service.board = StatusBoard(clock=lambda: now[0])
    stage.service.board.turn()
    stage.service.board.say("reading")
    assert api.get("/ready").status_code == 200

    def hang() -> list[Any]:
        coming.release()
        hung.wait(300)
        return []

    monkeypatch.setattr(stage.service, "summaries", hang)
    threads = 40
    with ThreadPoolExecutor(threads) as pool:
        asked = [pool.submit(api.get, "/api/experiments") for _ in range(threads)]
        try:
            for _ in range(threads):
                assert coming.acquire(timeout=300)
            now[0] = 34.0
            assert api.get("/live", timeout=60).status_code == 200
            answer = api.get("/ready", timeout=60)
            assert (answer.status_code, answer.json()["status"]) == (503, "away")
            assert "for 34 s" in answer.json()["reason"]
        finally:
            hung.set()
        assert {one.result().status_code for one in asked} == {200}


def test_metrics_count_by_arm_and_reason_and_hold_no_secret(stage: Stage, api: httpx.Client) -> None:
    made = create(api)
    name, token = str(made["id"]), str(made["token"])
    api.post(f"/api/experiments/{name}/start")
    stage.play({"candidate": token}, {"candidate": likely_buyers}, 100)
    text = api.get("/metrics").text
    assert f'liftstream_platform_clients_total{{arm="candidate",experiment="{name}"}}' in text
    assert 'reason="accepted"' in text
    assert token not in text


def test_a_token_can_be_replaced_while_it_matters(api: httpx.Client) -> None:
    made = create(api)
    at = f"/api/experiments/{made['id']}"
    new = api.post(f"{at}/tokens/candidate")
    assert new.status_code == 201
    assert new.json()["token"] != made["token"]
    assert api.post(f"{at}/tokens/somebody").status_code == 404
    tokens = api.get(at).json()["tokens"]
    assert [bool(token["revoked"]) for token in tokens] == [True, False]


def test_the_token_of_a_candidate_with_a_slash_can_be_replaced(api: httpx.Client) -> None:
    made = create(api, candidates=["lr/2"])
    new = api.post(f"/api/experiments/{made['id']}/tokens/lr%2F2")
    assert (new.status_code, new.json()["candidate"]) == (201, "lr/2")


def test_a_reason_to_stop_is_kept_as_one_visible_line(stage_on: Stage) -> None:
    name, _ = stage_on.create()
    stage_on.service.start(name)
    with client_of(stage_on.service) as client:
        stopped = client.post(f"/api/experiments/{name}/stop", json={"reason": "wrong\x00 month\r\n  again"})
        assert stopped.json()["sentence"].endswith("wrong month again.")


def test_readers_of_the_clients_file_hold_no_connection_and_it_is_written_for_one_at_a_time(
    stage_on: Stage,
) -> None:
    name, tokens = stage_on.create()
    stage_on.service.start(name)
    stage_on.play(tokens, {"candidate": likely_buyers}, 50)
    readers = [client_lines(stage_on.service, name) for _ in range(40)]  # more than there are connections
    assert {next(reader).partition("\n")[0] for reader in readers} == {"client,arm,revenue,look"}
    assert stage_on.service.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    stage_on.service.file_queue = WorkQueue(in_line_most=-1, said="others fetch")
    with client_of(stage_on.service) as client:
        refused = client.get(f"/api/experiments/{name}/clients.csv")
    assert (refused.status_code, refused.json()[0]["problem"]) == (
        503,
        "others fetch; ask again in a few seconds",
    )


def test_a_database_without_a_free_connection_is_503(stage: Stage, api: httpx.Client) -> None:
    def none_is_free() -> None:
        raise TimeoutError("QueuePool limit reached")

    stage.service.summaries = none_is_free  # type: ignore[method-assign,assignment]
    assert api.get("/api/experiments").status_code == 503


def test_the_clients_file_has_a_line_per_client_whose_money_is_known(stage: Stage, api: httpx.Client) -> None:
    made = create(api)
    api.post(f"/api/experiments/{made['id']}/start")
    stage.play({"candidate": str(made["token"])}, {"candidate": likely_buyers}, 50)
    lines = api.get(f"/api/experiments/{made['id']}/clients.csv").text.splitlines()
    assert lines[0] == "client,arm,revenue,look"
    assert len(lines) == 51


def test_a_draft_can_be_discarded_and_what_was_started_cannot(stage_on: Stage) -> None:
    draft, _ = stage_on.create(name="mistyped")
    kept, _ = stage_on.create(name="kept")
    stage_on.service.start(kept)
    with client_of(stage_on.service) as client:
        assert client.delete(f"/api/experiments/{draft}").status_code == 204
        assert client.delete(f"/api/experiments/{draft}").status_code == 404
        assert client.delete(f"/api/experiments/{kept}").status_code == 409
        assert [one["id"] for one in client.get("/api/experiments").json()] == [kept]
