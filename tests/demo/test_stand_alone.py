"""The report that is saved to disk needs no server: no link to one, and commands that read what lies beside it."""

import re
from pathlib import Path

from liftstream.demo.results import stand_alone
from testbed.platform_stage import Stage, men
from tests.platform.web import client_of


def test_a_saved_report_names_no_server_and_its_commands_work_in_its_folder(tmp_path: Path) -> None:
    stage = Stage(f"sqlite:///{tmp_path / 'platform.db'}")
    name, tokens = stage.create(effect=8.0, n_per_arm=100)
    stage.service.start(name)
    stage.play(tokens, {"candidate": men}, 400)
    with client_of(stage.service) as client:
        page = client.get(f"/api/experiments/{name}/report", params={"format": "html"}).text
        saved = stand_alone(page, lambda path: client.get(path).text)
    stage.service.close()
    bare = re.sub(r"<(script|style)>.*?</\1>", "", saved, flags=re.DOTALL)
    assert re.findall(r'(?:href|src|action)="(?!#)[^"]*"', bare) == []
    assert "127.0.0.1" not in bare
    commands = re.search(r'aria-label="Commands"><code>(.*?)</code>', bare, re.DOTALL)
    assert commands is not None
    assert commands[1].split() == ["liftstream", "analyze", "clients.csv", "--plan", "report.json"]
    assert "liftstream" in bare[bare.index("<header") :]
