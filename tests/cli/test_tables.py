"""Tables in a pipe are wider than a terminal."""

import pytest

from liftstream.cli.tables import figures_table, wide_console


@pytest.mark.parametrize("terminal", ["", "xterm", "dumb"])
def test_no_cell_of_a_wide_table_is_cut_in_a_pipe_or_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, terminal: str
) -> None:
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")  # so that rich takes it for one
        monkeypatch.setenv("TERM", terminal)
    monkeypatch.setenv("COLUMNS", "40")
    table = figures_table("title", *(f"heading {i}" for i in range(8)))
    table.add_row(*("1,234.567 ± 0.123" for _ in range(8)))
    wide_console(soft_wrap=bool(terminal)).print(table)
    out = capsys.readouterr().out
    assert out.count("1,234.567 ± 0.123") == 8
    assert "…" not in out
