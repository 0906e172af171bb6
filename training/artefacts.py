"""Shared by all trainings: progress, a check that files can be written, whole files."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryFile

from liftstream.contracts.errors import InputError
from liftstream.contracts.whole_file import write_whole

Step = Callable[[str], AbstractContextManager[object]]
"""Is told the next step of a training; the block ends with the step."""


def refuse_unwritable(folder: Path) -> None:
    """Checks before the work, not after it, that `folder` can be written.

    Raises:
        InputError: it cannot.
    """
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    try:
        with TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be written: {error.strerror} ({place}); choose another folder"
        ) from None


def write_report(files: dict[str, bytes], folder: Path) -> None:
    """Writes the report's files."""
    for name, content in files.items():
        write_whole(folder / name, content)
