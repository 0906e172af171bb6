"""The table of `liftstream stream check`, as a terminal of 80 letters and as a pipe sees it."""

from pathlib import Path

import pytest

from liftstream.cli.stream.preview_table import print_preview
from liftstream.contracts.settings import load_settings
from liftstream.streams.loading import load_stream
from liftstream.streams.preview import Preview, PreviewRow
from tests.streams.definitions import CARD, read

CARD_RISK = Path(__file__).parents[3] / "examples" / "card_risk.yaml"
CARD_ID = "50fdb9da-cdd0-43ba-90ff-9e1df5f20eaf"


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    stream = load_stream(load_settings(environment={}), CARD_RISK)
    values = {one.name: 38.69 if one.numeric else "restaurant" for one in stream.features}
    row = PreviewRow(id=CARD_ID, values=values, apart_s=0.1, wrong=())
    print_preview(stream, Preview((row,), ()), [None], None)
    return capsys.readouterr().out


def test_a_pipe_gets_whole_values_in_eight_columns(capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(capsys)
    (line,) = [line for line in said.splitlines() if CARD_ID in line]
    assert line.count("restaurant") + line.count("38.69") == 8
    assert "5 more columns" in said


def test_a_narrow_window_gets_fewer_columns_and_no_broken_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("COLUMNS", "80"), ("FORCE_COLOR", "1"), ("NO_COLOR", "1"), ("TERM", "xterm")):
        monkeypatch.setenv(name, value)
    said = printed(capsys)
    (line,) = [line for line in said.splitlines() if CARD_ID in line]
    assert line.count("38.69") == 2
    assert "11 more columns: a wider window shows more" in said


def test_the_id_is_named_as_the_answer_names_it_and_a_group_is_one_column(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = read(
        CARD.replace("fields: {card: id, class: decision,", "fields: {class: decision, number: id,")
    )
    values = dict.fromkeys(stream.feature_names, 0.0) | {"m09": 5.0, "older": 1.0}
    print_preview(stream, Preview((PreviewRow(CARD_ID, values, 0.1, ()),), ()), [None], None)
    said = capsys.readouterr().out
    assert "┃ number " in said
    assert "2 of 4 not 0" in said
