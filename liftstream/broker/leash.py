"""Holds a process so that it never outlives whoever started it, not even when that one is killed.

Run as a script, the leash starts the command in a session of its own, prints its process id, and waits until the
command ends or its own standard input closes, which the system does when the parent dies however it dies. Then it
ends the command's whole process group, SIGTERM first, and removes the folder it was given. `Leashed` is the parent's
side. Only the standard library, and no package of ours: the script starts in 20 ms.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


class Leashed:
    """A child process on a leash: ended by `stop`, and also when this process ends.

    Args:
        command: program and arguments.
        grace_s: how long the command may take to end after SIGTERM.
        remove: a folder that goes with the command; what survives a crash of ours is removed too.
        environment, folder: the command's own; default: ours.
        output: where standard output and error of the command go.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        output: IO[bytes] | int,
        grace_s: float = 10,
        remove: Path | None = None,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        # "-S" and "-I" leave out site-packages, which the leash does not need and which cost 30 ms
        leash = [sys.executable, "-I", "-S", __file__, str(grace_s), str(remove or ""), *map(str, command)]
        self._grace_s = grace_s
        held_by, self._tether = os.pipe()  # the system closes our end when we die
        told_by, tell = os.pipe()
        self._leash = subprocess.Popen(
            leash,
            stdin=held_by,
            stdout=tell,
            stderr=output,
            env=environment,
            cwd=folder,
            start_new_session=True,  # Ctrl-C in a terminal is for us to deal with, in our order
        )
        os.close(held_by)
        os.close(tell)
        with os.fdopen(told_by) as told:
            self.pid = int(told.readline() or 0)

    def exit_code(self) -> int | None:
        """The command's exit code, minus the signal that ended it; None while it runs."""
        code = self._leash.poll()
        return None if code is None else _of_shell(code)

    def send(self, number: int) -> None:
        """Sends a signal to the command."""
        if self.exit_code() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, timeout_s: float) -> int | None:
        """Waits for the command to end; its exit code, or None after `timeout_s`."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._leash.wait(timeout_s)
        return self.exit_code()

    def stop(self) -> int:
        """Ends the command and everything it started, and waits for that; its exit code."""
        if self._tether >= 0:
            os.close(self._tether)
            self._tether = -1
        try:
            return _of_shell(self._leash.wait(self._grace_s + 5))
        except subprocess.TimeoutExpired:
            self._leash.kill()
            return _of_shell(self._leash.wait())


def _of_shell(code: int) -> int:
    """Python's form of a shell's exit code 128 + signal."""
    return code if code < 128 else 128 - code


def _die_with_the_leash() -> None:
    """Linux only: the system ends the command even when the leash itself is killed."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_group(child: subprocess.Popen[bytes], grace_s: float) -> None:
    for number in (signal.SIGTERM, signal.SIGCONT):  # a paused process hears SIGTERM only when it goes on
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(grace_s)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)  # what the command left behind, or the command itself
    child.wait()


def hold(command: Sequence[str], grace_s: float, remove: str) -> int:
    """Runs `command` until it ends or our standard input closes; its exit code, 128 + the signal that ended it."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        stderr=sys.stderr,
        start_new_session=True,
        preexec_fn=_die_with_the_leash,
    )
    os.write(1, b"%d\n" % child.pid)
    ended, tell = os.pipe()
    threading.Thread(target=lambda: (child.wait(), os.write(tell, b".")), daemon=True).start()
    readable, _, _ = select.select([0, ended], [], [])
    _end_group(child, grace_s)
    if 0 in readable and remove:
        shutil.rmtree(remove, ignore_errors=True)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: None)  # not SIG_IGN, which the command would inherit
    sys.exit(hold(sys.argv[3:], float(sys.argv[1]), sys.argv[2]))
