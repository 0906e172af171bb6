"""The verifier as an actor of a case: its process, and the questions that it answers."""

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from liftstream.contracts.errors import LiftstreamError


class Verifier:
    """The verifier's process, and questions to it."""

    def __init__(self, case_file: Path) -> None:
        self._said = (case_file.parent / "verifier.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "liftstream.prove.verifier.verifier", str(case_file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
        )

    def ask(self, question: str) -> dict[str, Any]:
        """The verifier's answer to `glance`, `progress`, `committed`, `verdict`, `recount`, `reopen` or `look_away`.

        Raises:
            LiftstreamError: it ended.
        """
        asked, answers = self._process.stdin, self._process.stdout
        if asked is None or answers is None:
            raise ValueError("started without pipes")
        with contextlib.suppress(BrokenPipeError):
            asked.write(question.encode() + b"\n")
            asked.flush()
        line = answers.readline()
        if not line:
            said = Path(self._said.name).read_text().strip().splitlines()
            raise LiftstreamError(f"the verifier ended: {said[-1] if said else 'without a word'}")
        found: dict[str, Any] = msgspec.json.decode(line)
        return found

    def close(self) -> None:
        """Ends it."""
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._said.close()
