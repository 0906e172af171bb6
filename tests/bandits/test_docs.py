"""The Python of docs/bandits.md runs as it stands, and every public name and option is on the page."""

import re
from pathlib import Path

import click
import pytest

from liftstream import bandits
from liftstream.cli.bandit import bandit

PAGE = (Path(__file__).parents[2] / "docs" / "bandits.md").read_text()


def test_the_examples_of_the_page_run() -> None:
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(block, names)  # noqa: S102


def test_every_public_name_is_on_the_page() -> None:
    assert [name for name in bandits.__all__ if not re.search(rf"\b{name}\b", PAGE)] == []


def test_every_public_name_can_be_imported_and_others_are_unknown() -> None:
    for name in bandits.__all__:
        assert getattr(bandits, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Thomson'"):
        _ = bandits.Thomson


@pytest.mark.parametrize("command", bandit.commands.values(), ids=lambda command: str(command.name))
def test_every_option_and_parameter_is_on_the_page(command: click.Command) -> None:
    options = {opt for parameter in command.params for opt in parameter.opts if opt.startswith("--")}
    assert options - set(re.findall(r"--[a-z-]+", PAGE)) == set()


def test_every_parameter_of_every_policy_is_on_the_page() -> None:
    for policy in bandits.make_policy.__globals__["POLICIES"].values():
        for parameter in policy().parameters():
            assert f"`{parameter}`" in PAGE, (policy.name, parameter)
