"""`python tests/oracles/run.py FILE.json`: our answers to cases whose results are known from elsewhere.

A case is `{id, function, inputs, expected, tolerance, source, note}`. Prints one line for each case that fails, then
`passed X of Y, N unknown functions`; exit 1 if one fails. Cases of functions that nobody here answers count as unknown.
Every file `answers_<subject>.py` beside this one is asked: its `ANSWERS` has a function by the oracle's name, which
takes the case's inputs by keyword and gives a dictionary.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Answer = Callable[..., Any]


def collect_answers(folder: Path = HERE) -> dict[str, Answer]:
    """The answers of all subjects; two subjects may not answer the same function."""
    answers: dict[str, Answer] = {}
    for file in sorted(folder.glob("answers_*.py")):
        subject: dict[str, Answer] = import_module(file.stem).ANSWERS
        if twice := sorted(answers.keys() & subject.keys()):
            raise ValueError(f"{file.name} answers {', '.join(twice)}, which another subject answers already")
        answers |= subject
    return answers


ANSWERS: dict[str, Answer] = collect_answers()


def differences(expected: Any, actual: Any, tolerance: dict[str, Any], where: str = "") -> Iterator[str]:
    """One sentence for every value of `expected` that is not matched."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            if not isinstance(actual, dict) or key not in actual:
                yield f"{where}{key} is missing"
            else:
                yield from differences(value, actual[key], tolerance, f"{where}{key}.")
    elif isinstance(expected, list):
        items = list(actual) if isinstance(actual, list | tuple) or hasattr(actual, "tolist") else None
        if items is None or len(items) != len(expected):
            yield f"{where[:-1]} is {actual!r}, expected {expected!r}"
        else:
            for i, pair in enumerate(zip(expected, items, strict=True)):
                yield from differences(*pair, tolerance, f"{where}{i}.")
    elif not same(expected, actual, tolerance):
        yield f"{where[:-1]} is {actual!r}, expected {expected!r}"


def same(expected: Any, actual: Any, tolerance: dict[str, Any]) -> bool:
    """Whether a single value matches: numbers within the tolerance, everything else equal."""
    if expected is None or isinstance(expected, bool | str):
        return bool(expected == actual)
    if actual is None or not math.isfinite(actual):
        return False
    allowed = max(tolerance.get("abs", 0.0), tolerance.get("rel", 0.0) * abs(expected))
    return bool(abs(actual - expected) <= allowed)


def problems(case: dict[str, Any]) -> list[str]:
    """What is wrong with our answer to a case of a known function."""
    inputs = {key: value for key, value in case["inputs"].items() if key != "note"}
    wanted = case["expected"].get("raises")
    try:
        actual = ANSWERS[case["function"]](**inputs)
    except Exception as error:  # noqa: BLE001 - whatever the function raises is its answer, and shown as such
        if type(error).__name__ == wanted:
            return []
        return [f"raised {type(error).__name__}: {error}"]
    if wanted:
        return [f"returned {actual!r}, expected {wanted}"]
    return list(differences(case["expected"], actual, case["tolerance"]))


def main() -> int:
    """Runs a file of cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    cases = json.loads(parser.parse_args().file.read_text())
    known = [case for case in cases if case["function"] in ANSWERS]
    failures = 0
    for case in known:
        found = problems(case)
        failures += bool(found)
        if found:
            print(f"{case['id']} ({case['function']}): {'; '.join(found[:4])}")
    unknown = {case["function"] for case in cases} - set(ANSWERS)
    print(f"passed {len(known) - failures} of {len(cases)}, {len(unknown)} unknown functions")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
