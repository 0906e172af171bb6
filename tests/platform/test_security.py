"""Who gets in, with a password: log-in for people, keys for programs, nobody else; and no secret anywhere."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import PlatformSettings
from liftstream.platform.security.attempts import EACH, Attempts
from liftstream.platform.security.entrance import entrance_of
from testbed.platform_stage import Stage
from tests.platform.web import client_of

PASSWORD, SECRET = "correct horse", "0123456789abcdef-secret"


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[tuple[Stage, httpx.Client]]:
    stage = Stage(
        f"sqlite:///{tmp_path / 'locked.db'}", admin_password=SecretStr(PASSWORD), secret=SecretStr(SECRET)
    )
    with client_of(stage.service) as client:
        yield stage, client
    stage.service.close()


def log_in(client: httpx.Client, password: str, **headers: str) -> httpx.Response:
    return client.post("/login", data={"password": password, "to": "/experiments"}, headers=headers)


def test_nobody_gets_in_without_a_log_in_or_a_key(locked: tuple[Stage, httpx.Client]) -> None:
    _, client = locked
    for path in ("/api/experiments", "/experiments.json", "/openapi.json", "/keys.json"):
        answer = client.get(path)
        assert answer.status_code == 401, path
    assert client.post("/api/experiments", json={}).status_code == 401
    to_form = client.get("/experiments?x=1", headers={"Accept": "text/html"})
    assert to_form.status_code == 303
    assert to_form.headers["location"] == "/login?to=%2Fexperiments%3Fx%3D1"
    assert client.get("/live").status_code == 200
    assert client.get("/ready").status_code == 503


def test_the_right_password_opens_by_a_cookie_that_scripts_cannot_read(
    locked: tuple[Stage, httpx.Client],
) -> None:
    stage, client = locked
    answer = log_in(client, PASSWORD)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/experiments"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie  # a link in an e-mail opens the page, not the log-in
    assert client.get("/api/experiments").status_code == 200
    value = answer.cookies["liftstream_login"]
    with stage.service.reading() as connection:
        dump = str(connection.exec_driver_sql("SELECT * FROM login").fetchall())
    assert value.partition(".")[0] not in dump
    client.post("/logout")
    client.cookies.set("liftstream_login", value)
    assert client.get("/api/experiments").status_code == 401


@pytest.mark.parametrize("way", ["log-in", "key"])
def test_a_stream_of_events_ends_with_the_log_in_or_the_key_that_opened_it(
    way: str, locked: tuple[Stage, httpx.Client]
) -> None:
    stage, client = locked
    name, _ = stage.create()
    log_in(client, PASSWORD)
    sent: dict[str, str] = {}
    if way == "key":
        key = client.post("/api/keys", json={"name": "x"}).json()["key"]
        sent = {"Authorization": f"Bearer {key}"}
    with client.stream("GET", f"/api/experiments/{name}/events", headers=sent) as answer:
        lines = answer.iter_lines()
        assert any(line.startswith("data: ") for line in lines)
        if way == "key":
            listed = client.get("/keys.json").json()["keys"]
            assert client.delete(f"/api/keys/{listed[0]['id']}").status_code == 204
        else:
            client.post("/logout")
        stage.service.start(name)
        assert not [line for line in lines if line.startswith("data: ")]  # to its end


def test_a_wrong_password_leads_back_to_the_form_and_many_to_a_pause(
    locked: tuple[Stage, httpx.Client],
) -> None:
    _, client = locked
    answers = [log_in(client, f"guess {i}").headers["location"] for i in range(12)]
    assert answers[0].startswith("/login?wrong=1")
    assert answers[-1].startswith("/login?wait=1")
    assert log_in(client, PASSWORD).headers["location"].startswith("/login?wait=1")


def test_guesses_at_the_same_moment_are_no_more_than_one_after_another(
    locked: tuple[Stage, httpx.Client],
) -> None:
    _, client = locked
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda i: log_in(client, f"guess {i}").headers["location"], range(30)))
    assert sum(said.startswith("/login?wrong=1") for said in answers) == EACH


def test_a_log_in_leads_to_no_other_site(locked: tuple[Stage, httpx.Client]) -> None:
    _, client = locked
    for to in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:x"):
        answer = client.post("/login", data={"password": PASSWORD, "to": to})
        assert answer.headers["location"] == "/"


def test_a_cookie_that_was_signed_with_another_secret_is_refused(locked: tuple[Stage, httpx.Client]) -> None:
    _, client = locked
    value = log_in(client, PASSWORD).cookies["liftstream_login"]
    client.cookies.set("liftstream_login", value.partition(".")[0] + "." + "0" * 64)
    assert client.get("/api/experiments").status_code == 401


def test_a_new_password_logs_out_whoever_knew_the_old_one(tmp_path: Path) -> None:
    cookie, statuses = "", []
    for password in (PASSWORD, "another horse", PASSWORD):
        stage = Stage(
            f"sqlite:///{tmp_path / 'p.db'}", admin_password=SecretStr(password), secret=SecretStr(SECRET)
        )
        with client_of(stage.service) as client:
            cookie = cookie or log_in(client, password).cookies["liftstream_login"]
            client.cookies.set("liftstream_login", cookie)
            statuses.append(client.get("/api/experiments").status_code)
        stage.service.close()
    assert statuses == [200, 401, 200]


def test_a_foreign_page_cannot_log_in_or_change_anything(locked: tuple[Stage, httpx.Client]) -> None:
    _, client = locked
    assert log_in(client, PASSWORD, Origin="http://evil.example").status_code == 403
    log_in(client, PASSWORD)
    assert (
        client.post("/api/keys", json={"name": "x"}, headers={"Origin": "http://evil.example"}).status_code
        == 403
    )


def test_a_page_behind_a_proxy_that_renames_the_host_may_log_in(locked: tuple[Stage, httpx.Client]) -> None:
    _, client = locked
    browser = {"Host": "backend:8000", "Origin": "https://ab.example.org"}
    assert log_in(client, PASSWORD, **browser, **{"Sec-Fetch-Site": "same-origin"}).status_code == 303
    for said in ("cross-site", "same-site"):
        assert log_in(client, PASSWORD, **browser, **{"Sec-Fetch-Site": said}).status_code == 403
    assert log_in(client, PASSWORD, **browser).status_code == 403  # only `Origin` says where it comes from
    by_https = {"X-Forwarded-Proto": "https", "Sec-Fetch-Site": "same-origin"}
    assert "secure" in log_in(client, PASSWORD, **browser, **by_https).headers["set-cookie"].lower()


def test_the_commands_of_a_report_name_the_key_that_they_need(locked: tuple[Stage, httpx.Client]) -> None:
    stage, client = locked
    name, _ = stage.create()
    stage.service.start(name)
    log_in(client, PASSWORD)
    assert client.get(f"/experiments/{name}/report").text.count("Authorization: Bearer KEY") == 2


def test_a_person_who_is_logged_out_gets_a_page_and_htmx_no_form_in_its_place(
    locked: tuple[Stage, httpx.Client],
) -> None:
    _, client = locked
    people = {"Accept": "text/html,application/xhtml+xml"}
    sent = client.post("/experiments", data={"name": "typed"}, headers=people)
    assert sent.status_code == 401
    assert "reload this page" in sent.text
    assert 'href="/login"' in sent.text
    assert client.get("/experiments/new", headers=people | {"HX-Request": "true"}).status_code == 401
    assert client.post("/api/experiments", json={}, headers=people).json()[0]["field"] == "authorization"


def test_an_api_key_opens_until_it_is_revoked_and_is_not_kept(locked: tuple[Stage, httpx.Client]) -> None:
    stage, client = locked
    log_in(client, PASSWORD)
    key = client.post("/api/keys", json={"name": "deploy"}).json()["key"]
    shown = client.get("/api/keys").json()["keys"][0]
    client.cookies.clear()
    bearer = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/experiments", headers=bearer).status_code == 200
    assert client.get("/api/experiments", headers={"Authorization": "Bearer lsk_wrong"}).status_code == 401
    with stage.service.reading() as connection:
        assert key not in str(connection.exec_driver_sql("SELECT * FROM api_key").fetchall())
    assert client.delete(f"/api/keys/{shown['id']}", headers=bearer).status_code == 204
    assert client.get("/api/experiments", headers=bearer).status_code == 401


def test_wrong_keys_are_limited(locked: tuple[Stage, httpx.Client]) -> None:
    _, client = locked
    statuses = [
        client.get("/api/experiments", headers={"Authorization": f"Bearer {i}"}).status_code
        for i in range(12)
    ]
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_failures_are_forgotten_after_a_minute_and_limited_in_all() -> None:
    now = [0.0]
    attempts = Attempts(each=2, everybody=5, clock=lambda: now[0])
    for _ in range(2):
        attempts.failed("a")
    assert not attempts.may_try("a")
    assert attempts.may_try("b")
    for address in ("b", "c", "d"):
        attempts.failed(address)
    assert not attempts.may_try("e")
    now[0] = 61.0
    assert attempts.may_try("a")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"host": "0.0.0.0"}, "PLATFORM__ADMIN_PASSWORD and PLATFORM__SECRET"),  # noqa: S104
        ({"host": "0.0.0.0", "admin_password": SecretStr(PASSWORD)}, "set PLATFORM__SECRET"),  # noqa: S104
        ({"host": "::", "secret": SecretStr(SECRET)}, "set PLATFORM__ADMIN_PASSWORD"),
        ({"admin_password": SecretStr("short"), "secret": SecretStr(SECRET)}, "at least 8"),
        ({"admin_password": SecretStr(PASSWORD), "secret": SecretStr("short")}, "at least 16"),
        (
            {"admin_password": SecretStr("$argon2id$broken"), "secret": SecretStr(SECRET)},
            "not an argon2 hash",
        ),
    ],
)
def test_an_open_address_without_password_and_secret_is_refused(
    settings: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        entrance_of(PlatformSettings(**settings))  # type: ignore[arg-type]
    assert said in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_the_password_may_be_given_as_its_argon2_hash() -> None:
    from argon2 import PasswordHasher

    hashed = PasswordHasher().hash(PASSWORD)
    entrance = entrance_of(PlatformSettings(admin_password=SecretStr(hashed), secret=SecretStr(SECRET)))
    assert entrance is not None
    assert entrance.password.is_right(PASSWORD)
    assert not entrance.password.is_right(hashed)
