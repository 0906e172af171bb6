"""A liftstream command as a child process, which logs where it listens and why it ends."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from liftstream.broker.leash import Leashed
from liftstream.contracts.errors import InputError, LiftstreamError
from liftstream.contracts.settings import PREFIX

NAMES: Final = {"run": "pipeline", "platform": "platform"}
"""The name of a command's process for people."""
START_WITHIN_S: Final = 60.0
LOOK_S: Final = 0.05
ENDED_WITHOUT_A_WORD: Final = "it said nothing"


class ProcessEnded(LiftstreamError):
    """A process that the demo needs has ended, or never started."""


class ChildProcess:
    """`liftstream COMMAND`, until `stop`; use it in a `with` block.

    Args:
        command: of the command line, a key of `NAMES`.
        settings: by their names; nothing else of the user's settings reaches it.
        folder: where it works; goes with it, even if all of us are killed.
        log: where it writes what it does.

    Raises:
        InputError: the log cannot be written.
    """

    def __init__(self, command: str, settings: Mapping[str, str], folder: Path, log: Path) -> None:
        self.name, self.log = NAMES[command], log
        kept = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
        ours = {PREFIX + key: value for key, value in settings.items()}
        try:
            with log.open("wb") as output:
                self._process = Leashed(
                    [sys.executable, "-m", "liftstream.cli", command],
                    output=output,
                    environment={**kept, **ours},
                    folder=folder,
                    remove=folder,
                )
        except OSError as error:
            raise InputError(
                f"{log}: cannot be written: {error.strerror}; make room or go elsewhere"
            ) from error

    @property
    def pid(self) -> int:
        """The process id of the command."""
        return self._process.pid

    def address(self) -> str:
        """The address at which it listens, once it says so.

        Raises:
            ProcessEnded: it ended instead, or says nothing.
        """
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline:
            for line in self._lines():
                said = _json(line)
                if said.get("event") == "started":
                    return str(said.get("url") or said.get("address"))
            self.check()
            time.sleep(LOOK_S)
        raise ProcessEnded(
            f"the {self.name} did not start within {START_WITHIN_S:.0f} s; its log is {self.log}"
        )

    def check(self) -> None:
        """Checks that it still runs.

        Raises:
            ProcessEnded: it is not; the message holds its last words.
        """
        code = self._process.exit_code()
        if code is not None:
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            raise ProcessEnded(f"the {self.name} {how}: {self.last_words()} (log: {self.log})")

    def last_words(self) -> str:
        """The last line of its log, in plain text."""
        lines = [line for line in self._lines() if line.strip()]
        return _plain(lines[-1]) if lines else ENDED_WITHOUT_A_WORD

    def stop(self) -> None:
        """Ends it and everything it started."""
        self._process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _lines(self) -> list[str]:
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines()


def _json(line: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _plain(line: str) -> str:
    said = _json(line)
    why = next((said[key] for key in ("why", "reason", "what", "error") if said.get(key)), "")
    event = str(said.get("event", line)).removeprefix("liftstream: ")
    return f"{event}: {why}" if why else event
