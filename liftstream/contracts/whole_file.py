"""Files appear whole or not at all: written beside their place, then renamed into it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import IO, Any

import msgspec

from liftstream.contracts.errors import InputError


@contextmanager
def open_whole(path: Path) -> Iterator[IO[bytes]]:
    """Opens a file for writing that takes the name `path` only when the block ends without an error.

    Raises:
        InputError: the folder or the disk refuses.
    """
    if path.is_dir():
        raise InputError(f"{path}: cannot be written: it is a folder; name a file in it")
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number, temporary = mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written: {error.strerror}; choose another place or make room"
        ) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Writes a folder to the disk: only then does a new file's name survive a loss of power."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def to_json(document: Any) -> bytes:
    """A document as indented JSON, with a line end."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def write_whole(path: Path, content: bytes) -> None:
    """Writes `content` to `path`, whole or not at all."""
    with open_whole(path) as file:
        file.write(content)
