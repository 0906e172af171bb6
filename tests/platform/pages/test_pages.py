"""The pages as a program sees them: what they say is what their documents say, and no request of a person is a 500."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from liftstream.platform.documents.new_experiment import DEFAULTS
from liftstream.service.pages.assets import STATIC, asset
from liftstream.service.pages.formatting import amount, count, typeset
from testbed.examples import examples
from testbed.platform_stage import Stage
from tests.platform.pages.browsing import PAGE, served, text_of

States = tuple[Stage, dict[str, str]]


@pytest.fixture(scope="module")
def reader(states: States) -> Iterator[httpx.Client]:
    """The same over experiments in every situation; reads only."""
    with (
        served(states[0].service) as address,
        httpx.Client(base_url=address, headers=PAGE, timeout=300, trust_env=False) as made,
    ):
        yield made


@pytest.mark.parametrize("word", ["improves", "harms", "no improvement", "stopped", "waiting", "draft"])
def test_a_page_says_what_its_document_says(word: str, states: States, reader: httpx.Client) -> None:
    address = f"/experiments/{states[1][word]}"
    page, document = reader.get(address), reader.get(f"{address}.json").json()
    said = text_of(page.text)
    assert page.status_code == 200
    assert document["name"] in said
    if word == "waiting":
        assert "Waiting for the first client." in said
    else:
        assert typeset(document["sentence"]) in said
    if document["state"] != "draft":
        for arm in document["arms"]:
            assert count(arm["clients"]) in said
            assert amount(arm["mean"]) in said
        for check in document["checks"]:
            assert typeset(check["sentence"]) in said
        for line in document["log"]:
            assert typeset(line["said"]) in said
    assert document["plan"]["hash"] in said


def test_behind_an_alarm_the_verdict_steps_back(states: States, reader: httpx.Client) -> None:
    html = reader.get(f"/experiments/{states[1]['alarm']}").text
    large = re.search(r'class="sentence">(.*?)</p>', html, re.DOTALL)
    behind = re.search(r'class="behind">(.*?)</p>', html, re.DOTALL)
    assert large is not None
    assert behind is not None
    assert text_of(large[1]).strip() == "Do not trust the difference."
    assert "Careful" not in behind[1]
    assert "the candidate" in behind[1]


def test_the_button_that_rolls_out_is_there_only_for_a_winner_that_can_be_trusted(
    states: States, reader: httpx.Client
) -> None:
    offered = {
        word: "Roll out candidate to all clients" in reader.get(f"/experiments/{states[1][word]}").text
        for word in ("improves", "alarm", "harms", "stopped", "running", "draft")
    }
    assert offered == {word: word == "improves" for word in offered}


def test_the_first_third_of_a_running_page_knows_no_p_value(stage: Stage, client: httpx.Client) -> None:
    name, tokens = stage.create()
    stage.service.start(name)
    stage.play(tokens, {"candidate": lambda clients: clients.interested}, 1_000)
    html = client.get(f"/experiments/{name}").text
    first = text_of(html[: html.index('id="checks-title"')])
    assert "Too early to say" in first
    assert not re.search(r"\bp(-value)? ?[=<0-9]", first)
    assert "none the bounds decide, not a p-value, until the end" in text_of(html)


def test_the_list_has_a_row_for_every_experiment(states: States, reader: httpx.Client) -> None:
    html = reader.get("/").text
    rows = re.findall(r'<tr role="row" id="row-(\w+)">(.*?)</tr>', html, re.DOTALL)
    document = reader.get("/experiments.json").json()
    assert [name for name, _ in rows] == [row["id"] for row in document["experiments"]]
    for (_, row), wanted in zip(rows, document["experiments"], strict=True):
        said = text_of(row)
        assert wanted["name"] in said
        assert "5 %" in said
        assert "80 %" in said
        assert count(wanted["n_per_arm"]) in said


def test_an_empty_list_says_what_to_do_first(client: httpx.Client) -> None:
    said = text_of(client.get("/").text)
    assert "Plan the first experiment" in said
    assert "liftstream shop" in said


def test_a_link_with_more_than_the_usual_fields_unfolds_them(reader: httpx.Client) -> None:
    folded = "<details>\n        <summary>More"
    assert folded in reader.get("/experiments/new?effect=0.5&looks=3").text
    for query in ("candidates=3", "spending=pocock", "share=50+%25", "aa=true"):
        assert folded not in reader.get(f"/experiments/new?{query}").text


def test_htmx_gets_the_part_that_is_alive_and_nothing_around_it(states: States, reader: httpx.Client) -> None:
    address = f"/experiments/{states[1]['improves']}"
    part = reader.get(address, headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="live">')
    assert "<html" not in part.text
    assert part.headers["Vary"] == "HX-Request"
    assert len(part.content) < len(reader.get(address).content)


@pytest.mark.parametrize("word", ["improves", "draft", "waiting", "alarm"])
def test_the_report_is_the_same_as_page_and_by_the_api(
    word: str, states: States, reader: httpx.Client
) -> None:
    name = states[1][word]
    page = reader.get(f"/experiments/{name}/report")
    api = reader.get(f"/api/experiments/{name}/report", params={"format": "html"})
    assert page.status_code == api.status_code == 200
    assert text_of(page.text).split("Log")[0] == text_of(api.text).split("Log")[0]
    assert reader.get(f"/experiments/{name}/report.json").json()["plan_hash"] in page.text
    assert ("Provisional." in page.text) == (word in {"draft", "waiting"})


def test_a_refused_plan_comes_back_with_its_fields_marked_and_creates_nothing(client: httpx.Client) -> None:
    answer = client.post("/experiments", data={"name": "", "n_per_arm": "100", "alpha": "5 %"})
    assert answer.status_code == 422
    assert 'aria-describedby="n_per_arm-hint n_per_arm-problem"' in answer.text
    assert "Use 5,678" in answer.text
    assert 'id="name-problem"' in answer.text
    assert client.get("/experiments.json").json()["experiments"] == []


def test_a_plan_that_fits_is_sealed_and_its_token_shown_once(client: httpx.Client) -> None:
    made = client.post(
        "/experiments", data={"name": "New", "alpha": "5 %", "n_per_arm": "5,678", "looks": "1"}
    )
    assert made.status_code == 201
    token = re.search(r'id="token-1" class="secret" readonly value="([^"]+)"', made.text)
    assert token is not None
    [row] = client.get("/experiments.json").json()["experiments"]
    assert row["state"] == "draft"
    assert token[1] not in client.get(f"/experiments/{row['id']}").text
    started = client.post(f"/experiments/{row['id']}/start")
    assert (started.status_code, started.headers["Location"]) == (303, f"/experiments/{row['id']}")
    again = client.post(f"/experiments/{row['id']}/start")
    assert again.status_code == 409
    assert "only a draft one can be started" in text_of(again.text)


def test_several_candidates_get_a_command_each_with_a_group_of_its_own(client: httpx.Client) -> None:
    made = client.post("/experiments", data={"name": "Two", "candidates": "2", "n_per_arm": "8000"})
    said = text_of(made.text)
    for candidate in ("candidate-1", "candidate-2"):
        assert f"export LIFTSTREAM_PIPELINE__GROUP=liftstream-{candidate}" in said
    assert len(set(re.findall(r"PIPELINE__TOKEN=(\S+)", said))) == 2


def test_an_a_a_experiment_has_no_token_and_says_so(client: httpx.Client) -> None:
    made = client.post("/experiments", data={"name": "A/A", "aa": "true"})
    assert made.status_code == 201
    assert "An A/A experiment has no token" in text_of(made.text)


def test_a_reason_to_stop_is_one_visible_line(stage: Stage, client: httpx.Client) -> None:
    name, _ = stage.create()
    stage.service.start(name)
    client.post(f"/experiments/{name}/stop", data={"reason": "wrong\x00\r\nmonth " + "x" * 900})
    [line] = [line for line in stage.service.experiment(name).log if line.kind == "stopped"]
    assert "Stopped before any look: wrong month xxx" in line.said
    assert len(line.said) < 600


def test_a_key_is_shown_once_and_can_be_revoked(client: httpx.Client) -> None:
    assert client.post("/keys", data={"name": " \n "}).status_code == 422
    made = client.post("/keys", data={"name": "nightly"})
    key = re.search(r'id="key" class="secret" readonly value="([^"]+)"', made.text)
    assert made.status_code == 201
    assert key is not None
    listed = client.get("/keys")
    assert key[1] not in listed.text
    assert "nightly" in listed.text
    [known] = client.get("/keys.json").json()["keys"]
    client.post(f"/keys/{known['id']}/revoke")
    assert "revoked" in text_of(client.get("/keys").text)
    assert client.post("/keys/nothing/revoke").status_code == 404


@pytest.mark.parametrize("path", ["/experiments/nothing", "/experiments/nothing/report", "/nothing"])
def test_what_is_not_there_is_a_page_for_people_and_json_for_programs(
    path: str, client: httpx.Client
) -> None:
    page = client.get(path)
    assert page.status_code == 404
    said = text_of(page.text)
    assert "There is nothing here" in said
    assert f"No page has the address {path}." in said
    assert "/api/" not in said.partition("this page as JSON")[0]
    assert client.get(path, headers={"Accept": "application/json"}).json()[0]["problem"]


def test_a_program_always_gets_json_from_the_api(client: httpx.Client) -> None:
    assert client.get("/api/experiments/nothing").json()[0]["field"] == "id"


def test_with_a_password_people_log_in_and_are_led_on(tmp_path: Any) -> None:
    stage = Stage(f"sqlite:///{tmp_path / 'p.db'}", admin_password="open sesame", secret="s" * 32)  # noqa: S106
    with (
        served(stage.service) as address,
        httpx.Client(base_url=address, headers=PAGE, timeout=300, trust_env=False) as client,
    ):
        asked = client.get("/experiments/new?looks=3")
        assert asked.status_code == 303
        form = client.get(asked.headers["Location"])
        assert 'name="to" value="/experiments/new?looks=3"' in form.text
        wrong = client.post("/login", data={"password": "guess", "to": "/"})
        assert "This is not the password" in client.get(wrong.headers["Location"]).text
        right = client.post("/login", data={"password": "open sesame", "to": "/experiments/new?looks=3"})
        assert right.headers["Location"] == "/experiments/new?looks=3"
        assert "Log out" in client.get("/experiments/new").text
        client.post("/logout")
        assert client.get("/").status_code == 303
    stage.service.close()


def test_a_foreign_page_can_press_no_button(stage: Stage, client: httpx.Client) -> None:
    name, _ = stage.create()
    foreign = {"Origin": "https://elsewhere.example"}
    for path in (
        f"/experiments/{name}/start",
        f"/experiments/{name}/stop",
        f"/experiments/{name}/token",
        "/keys",
        "/experiments",
    ):
        assert (
            client.post(path, data={"name": "x", "candidate": "candidate"}, headers=foreign).status_code
            == 403
        )
    assert stage.service.experiment(name).state == "draft"


@examples(
    60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.dictionaries(
        st.sampled_from([*DEFAULTS, "margin", "futility", "weights", "spending_parameter", "unknown"]),
        st.one_of(
            st.text(max_size=20),
            st.integers(min_value=-10, max_value=40).map(str),
            st.floats().map(repr),
            st.sampled_from(
                ["1e-300", "1e308", "nan", "inf", "5 %", "%", "pocock", "two-sided", "true", "9" * 4_400]
            ),
        ),
        max_size=4,
    )
)
def test_no_text_in_the_form_is_an_error_of_ours(reader: httpx.Client, texts: dict[str, str]) -> None:
    assert reader.get("/experiments/new", params=texts).status_code == 200


def test_static_files_are_kept_by_their_content_and_sent_compressed(client: httpx.Client) -> None:
    address = asset("vendor/vega.min.js")
    found = client.get(address)
    assert found.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert found.headers["Content-Encoding"] == "gzip"
    assert "immutable" not in client.get("/static/page.css").headers.get("Cache-Control", "")
    assert client.get("/static/../rendering.py").status_code == 404


def test_no_file_that_pages_load_names_a_foreign_address() -> None:
    own = [path for path in STATIC.iterdir() if path.suffix in {".js", ".css"}]
    assert own
    for path in own:
        assert "//" not in re.sub(r"^\s*//.*$| // .*$", "", path.read_text(), flags=re.MULTILINE)


def test_every_vendored_file_is_named_with_its_version_and_licence() -> None:
    readme = (STATIC / "vendor" / "README.md").read_text()
    for path in (STATIC / "vendor").glob("*.js"):
        assert f"`{path.name}`" in readme
        assert "sourceMappingURL" not in path.read_text()


def test_a_draft_is_discarded_from_its_page_or_planned_again(stage: Stage, client: httpx.Client) -> None:
    made, _ = stage.create(name="mistyped", effect=0.9, n_per_arm=4_000)
    page = client.get(f"/experiments/{made}").text
    again = re.search(r'href="(/experiments/new\?[^"]*)"', page)
    assert again is not None
    assert 'value="0.9"' in client.get(unescape(again[1])).text
    assert client.post(f"/experiments/{made}/discard").headers["location"] == "/"
    assert client.get(f"/experiments/{made}").status_code == 404
