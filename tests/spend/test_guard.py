"""Who may ask, and how much they may send."""

from pathlib import Path

import httpx
import pytest

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import load_settings
from liftstream.spend.server import SpendingServer
from tests.forecast.shop_data import MONTHLY, data_object
from tests.spend.conftest import MODELS, Serve

KEY = "0123456789abcdef-key"


def test_a_page_of_another_site_changes_nothing_and_a_foreign_name_is_not_answered(
    client: httpx.Client,
) -> None:
    document = data_object(MONTHLY)
    assert (
        client.post("/predict", json=document, headers={"Origin": "http://evil.example"}).status_code == 403
    )
    assert client.post("/predict/reset_log", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_above_the_stated_size_is_413(serve: Serve, tmp_path: Path, announced: bool) -> None:
    client = serve(f"sqlite:///{tmp_path / 'spending.db'}", BODY_MOST_MB="1")
    body = b" " * 1_000_001
    content = body if announced else iter([body[:600_000], body[600_000:]])
    answer = client.post("/predict", content=content)
    assert (answer.status_code, answer.json()[0]["problem"]) == (413, "at most 1,000,000 bytes are accepted")


def test_with_a_key_every_route_and_page_asks_for_it(serve: Serve, tmp_path: Path) -> None:
    client = serve(f"sqlite:///{tmp_path / 'spending.db'}", API_KEY=KEY)
    for path in ("/", "/predict", "/docs", "/openapi.json"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert client.get(path, headers={"Authorization": "Basic !"}).status_code == 401
        assert client.get(path, headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
        assert client.get(path, auth=("anybody", KEY)).status_code == 200
    assert client.get("/live").status_code == 200


@pytest.mark.parametrize(
    ("host", "key", "said"), [("192.0.2.1", None, "SPENDING__HOST"), ("127.0.0.1", "short", "at least 16")]
)
def test_an_address_that_others_reach_needs_a_key_that_cannot_be_guessed(
    host: str, key: str | None, said: str, tmp_path: Path
) -> None:
    given = {
        "SPENDING__HOST": host,
        "SPENDING__PORT": "0",
        "SPENDING__DATABASE": f"sqlite:///{tmp_path / 'x.db'}",
        "SPENDING__MODELS": str(MODELS),
    }
    if key:
        given["SPENDING__API_KEY"] = key
    with pytest.raises(SettingsError, match=said):
        SpendingServer(load_settings(overrides=given, environment={}))


def test_every_answer_carries_the_policy(client: httpx.Client) -> None:
    for answer in (client.get("/"), client.get("/predict"), client.post("/predict", content=b"x")):
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
