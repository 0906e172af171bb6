"""Settings: the order of their sources, and what is said of a wrong one."""

from pathlib import Path

import pytest

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import Settings, load_settings, set_in, setting_names


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    file = tmp_path / "shop.yaml"
    file.write_text("pipeline:\n  group: from-file\n  port: 9001\nkafka:\n  bootstrap: file:9092\n")
    return file


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(settings_file: Path) -> None:
    settings = load_settings(
        settings_file,
        overrides={"PIPELINE__PORT": "9003"},
        environment={"LIFTSTREAM_PIPELINE__PORT": "9002", "LIFTSTREAM_PIPELINE__GROUP": "from-environment"},
    )
    assert (settings.kafka.bootstrap, settings.pipeline.group, settings.pipeline.port) == (
        "file:9092",
        "from-environment",
        9003,
    )


def test_a_file_of_a_secret_that_something_else_overrides_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("LIFTSTREAM_PIPELINE__TOKEN_FILE=/no/such/file\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"^\.env: PIPELINE__TOKEN_FILE: /no/such/file: cannot be read"):
        load_settings()
    token = load_settings(overrides={"PIPELINE__TOKEN": "abc"}).pipeline.token
    monkeypatch.setenv("LIFTSTREAM_PIPELINE__TOKEN", "abc")
    assert token == load_settings().pipeline.token


def test_the_environment_names_the_file(settings_file: Path) -> None:
    settings = load_settings(environment={"LIFTSTREAM_SETTINGS": str(settings_file)})
    assert settings.pipeline.group == "from-file"


def test_a_dotenv_file_of_the_current_folder_lies_below_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "LIFTSTREAM_PIPELINE__GROUP=dotenv\nLIFTSTREAM_PIPELINE__PORT=9004\nOTHER=1\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIFTSTREAM_PIPELINE__PORT", "9005")
    settings = load_settings()
    assert (settings.pipeline.group, settings.pipeline.port) == ("dotenv", 9005)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"PIPELINE__TOKN": "x"}, ["unknown setting", "PIPELINE__TOKN", "did you mean PIPELINE__TOKEN?"]),
        ({"PIPELINE__PORT": "many"}, ["PIPELINE__PORT", "'many'", "integer"]),
        ({"PIPELINE__JOIN_WINDOW_S": "0"}, ["PIPELINE__JOIN_WINDOW_S", "equal to 0.001"]),
        ({"PIPELINE__JOIN_WINDOW_S": "0.0004"}, ["'0.0004'", "equal to 0.001"]),
        ({"PIPELINE__THRESHOLD": "nan"}, ["PIPELINE__THRESHOLD", "finite"]),
        ({"KAFKA__SECURITY_PROTOCOL": "TLS"}, ["KAFKA__SECURITY_PROTOCOL", "'TLS'", "'SASL_SSL'"]),
        ({"QQQ": "1"}, ["unknown setting QQQ", "known are", "KAFKA__BOOTSTRAP"]),
        (
            {"KAFKA__PASSWORD_FILE": "/no/such/file"},
            ["KAFKA__PASSWORD_FILE", "/no/such/file", "No such file"],
        ),
    ],
)
def test_a_wrong_setting_is_one_line_that_says_which_and_what_is_accepted(
    overrides: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(overrides=overrides, environment={})
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    "content",
    [
        "- a\n- b\n",
        "pipeline: 3\n",
        "a: [1\n",
        "\x00",
        "a: {b: 2024-13-45}",
        "a: !!bool maybe",
        "a: !!timestamp x",
    ],
)
def test_a_file_that_is_no_tree_of_settings_is_refused_by_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(content)
    with pytest.raises(SettingsError, match="wrong.yaml"):
        load_settings(file, environment={})


def test_a_secret_comes_from_a_file_and_is_never_printed(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("abracadabra\n")
    settings = load_settings(overrides={"PIPELINE__TOKEN_FILE": str(secret)}, environment={})
    assert settings.pipeline.token is not None
    assert settings.pipeline.token.get_secret_value() == "abracadabra"
    assert "abracadabra" not in repr(settings) + str(settings)


def test_a_secret_and_an_env_file_that_are_no_text_are_refused_by_name_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_bytes(b"LIFTSTREAM_PIPELINE__TOKEN=abra\xffcadabra\n")
    with pytest.raises(
        SettingsError,
        match=r"command line: PIPELINE__TOKEN_FILE: .*/\.env: cannot be read: not text in UTF-8$",
    ):
        load_settings(overrides={"PIPELINE__TOKEN_FILE": str(tmp_path / ".env")}, environment={})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"^\.env: cannot be read: not text in UTF-8$"):
        load_settings()


def test_a_wrong_secret_does_not_show_its_value() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(overrides={"PIPELINE__TOKEN": ["abracadabra"]}, environment={})  # type: ignore[dict-item]
    assert "abracadabra" not in str(caught.value)


def test_it_is_known_whether_a_setting_was_given_or_left() -> None:
    settings = load_settings(overrides={"PIPELINE__PORT": "8081"}, environment={})
    assert set_in(settings, "PIPELINE__PORT")
    assert not set_in(settings, "PIPELINE__HOST")


def test_every_setting_stands_on_the_settings_page() -> None:
    page = (Path(__file__).parents[2] / "docs/settings.md").read_text()
    assert [name for name in setting_names() if f"`{name}`" not in page] == []


@pytest.mark.parametrize("name", ["KAFKA__SCHEMA_REGISTRY", "SIMILAR_ADS__PLATFORM"])
def test_an_address_that_is_refused_is_shown_without_its_user(name: str) -> None:
    with pytest.raises(SettingsError, match=r"'ftp://\*\*\*@host/x' is not accepted"):
        load_settings(environment={f"LIFTSTREAM_{name}": "ftp://me:hidden-word@host/x"})


def test_an_empty_variable_names_no_file() -> None:
    empty = {f"LIFTSTREAM_{name}": "" for name in ("KAFKA__CA_FILE", "KAFKA__PASSWORD_FILE")}
    assert load_settings(environment=empty) == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 20_000, "not YAML"),
        ("kafka: {bootstrap: [a, b]}", "KAFKA__BOOTSTRAP: a single value is accepted"),
        ("kafka: {bootstrap: {a: 1}}", "KAFKA__BOOTSTRAP: a single value is accepted"),
    ],
    ids=["deep", "list", "mapping"],
)
def test_a_file_that_is_deep_or_has_several_values_is_refused_unshown(
    text: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(SettingsError, match=said):
        load_settings(tmp_path / "s.yaml", environment={})
