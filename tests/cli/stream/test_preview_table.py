"""The table of `liftstream stream check`, as a terminal of 80 letters and as a pipe sees it."""

from pathlib import Path

import pytest

from liftstream.cli.stream.preview_table import print_preview
from liftstream.contracts.settings import load_settings
from liftstream.streams.loading import load_stream
from liftstream.streams.preview import Preview, PreviewRow

CARD_RISK = Path(__file__).parents[3] / "examples" / "card_risk.yaml"
CARD = "50fdb9da-cdd0-43ba-90ff-9e1df5f20eaf"


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    stream = load_stream(load_settings(environment={}), CARD_RISK)
    values = {one.name: 38.69 if one.numeric else "restaurant" for one in stream.features}
    row = PreviewRow(id=CARD, values=values, apart_s=0.1, wrong=())
    print_preview(stream, Preview((row,), ()), [None], None)
    return capsys.readouterr().out


def test_a_pipe_gets_whole_values_in_eight_columns(capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(capsys)
    (line,) = [line for line in said.splitlines() if CARD in line]
    assert line.count("restaurant") + line.count("38.69") == 8
    assert "5 more columns" in said


def test_a_narrow_window_gets_fewer_columns_and_no_broken_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("COLUMNS", "80"), ("FORCE_COLOR", "1"), ("NO_COLOR", "1"), ("TERM", "xterm")):
        monkeypatch.setenv(name, value)
    said = printed(capsys)
    (line,) = [line for line in said.splitlines() if CARD in line]
    assert line.count("38.69") == 2
    assert "11 more columns: a wider window shows more" in said
