"""What people type, send and read stays: names are added, never taken away."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.public_surface import surface

PROMISED: dict[str, Any] = json.loads(Path(__file__).with_name("public_surface.json").read_text())


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return surface()


@pytest.mark.parametrize("kind", sorted(set(PROMISED) - {"settings", "commands"}))
def test_every_promised_name_is_there(found: dict[str, Any], kind: str) -> None:
    assert set(PROMISED[kind]) - set(found[kind]) == set()


def test_every_promised_setting_is_there_with_its_default(found: dict[str, Any]) -> None:
    assert {name: found["settings"].get(name) for name in PROMISED["settings"]} == PROMISED["settings"]


@pytest.mark.parametrize("command", PROMISED["commands"])
def test_every_promised_command_takes_its_options(found: dict[str, Any], command: str) -> None:
    assert set(PROMISED["commands"][command]) - set(found["commands"][command]) == set()
