"""Every case of the JSON files here whose function is answered is matched, and the runner itself notices what is not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import run  # noqa: E402

CASES = [case for file in sorted(HERE.glob("*.json")) for case in json.loads(file.read_text())]


@pytest.mark.parametrize("case", [c for c in CASES if c["function"] in run.ANSWERS], ids=lambda c: c["id"])
def test_our_answer_is_the_known_one(case: dict[str, object]) -> None:
    assert run.problems(case) == []


def test_a_wrong_number_a_missing_key_and_a_wrong_word_are_noticed() -> None:
    expected = {"p": 0.5, "ci": [0.0, None], "word": "yes"}
    assert list(run.differences(expected, {"p": 0.5, "ci": [0.0, None], "word": "yes"}, {})) == []
    wrong = {"p": 0.50001, "ci": [0.0, 1.0]}
    assert len(list(run.differences(expected, wrong, {"rel": 1e-6}))) == 3


def test_an_unknown_function_is_counted_and_a_failing_case_ends_with_1(tmp_path: Path) -> None:
    case = {
        "id": "X",
        "function": "two_sided_p_from_z",
        "inputs": {"z": [0]},
        "expected": {"p": [0.9]},
        "tolerance": {},
    }
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([case, {**case, "id": "Y", "function": "nobody_knows"}]))
    done = subprocess.run([sys.executable, HERE / "run.py", file], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].startswith("X (two_sided_p_from_z): p.0 is 1.0")
    assert done.stdout.splitlines()[-1] == "passed 0 of 2, 1 unknown functions"


def test_two_subjects_that_answer_the_same_function_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("answers_one", "answers_two"):
        (tmp_path / f"{name}.py").write_text("ANSWERS = {'mean': sum}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        ValueError, match=r"answers_two.py answers mean, which another subject answers already"
    ):
        run.collect_answers(tmp_path)
