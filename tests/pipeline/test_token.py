"""The token of the predictions: a worker without one would be answered by nobody, and is refused at the start."""

from pathlib import Path

import pytest

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import load_settings
from liftstream.streams.definition import Answer, AnswerField
from pipeline.token import token_of

WITH_TOKEN = Answer("out", True, (AnswerField("uuid", "id"), AnswerField("token", "token")))


def test_a_token_comes_from_the_setting_or_its_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    for name, value in (("PIPELINE__TOKEN", "abc"), ("PIPELINE__TOKEN_FILE", str(tmp_path / "token"))):
        assert token_of(load_settings(overrides={name: value}, environment={}).pipeline, WITH_TOKEN) == "abc"


def test_no_token_an_empty_one_and_an_empty_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    for overrides in ({}, {"PIPELINE__TOKEN": ""}, {"PIPELINE__TOKEN_FILE": str(tmp_path / "token")}):
        with pytest.raises(SettingsError, match="^PIPELINE__TOKEN is missing or empty: "):
            token_of(load_settings(overrides=overrides, environment={}).pipeline, WITH_TOKEN)


def test_an_answer_without_a_token_needs_none() -> None:
    without = Answer("out", True, (AnswerField("card", "id"), AnswerField("risk", "score")))
    assert token_of(load_settings(environment={}).pipeline, without) == ""
    named = load_settings(overrides={"PIPELINE__TOKEN": "abc"}, environment={}).pipeline
    assert token_of(named, without) == "abc"
