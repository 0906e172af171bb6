"""Tables in a pipe are wider than a terminal."""

import pytest

from liftstream.cli.tables import figures_table, wide_console


def test_no_cell_of_a_wide_table_is_cut_in_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    table = figures_table("title", *(f"heading {i}" for i in range(8)))
    table.add_row(*("1,234.567 ± 0.123" for _ in range(8)))
    wide_console().print(table)
    out = capsys.readouterr().out
    assert out.count("1,234.567 ± 0.123") == 8
    assert "…" not in out
