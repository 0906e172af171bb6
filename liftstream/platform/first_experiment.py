"""Creates a first experiment, whose token a pipeline reads from a file: for compose, where nobody can copy it."""

import os
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from liftstream.contracts.errors import InputError
from liftstream.platform.service import PlatformService

NAME: Final = "Demo: the new category"
MISSION: Final = {"name": NAME, "effect": 0.7, "sd": 15.0, "alpha": 0.05, "power": 0.8, "n_per_arm": 5_678}
CANDIDATE: Final = "candidate"


def begin_with(service: PlatformService, token_file: Path) -> str:
    """Makes sure that the experiment runs and `token_file` holds its token; safe at every start.

    Returns:
        Its id; the one that is over, if it is over.

    Raises:
        InputError: the file cannot be written.
    """
    known = next((row for row in service.experiments().experiments if row.name == NAME), None)
    if known is None:
        made = service.create(MISSION)
        _write_secret(token_file, made.tokens[CANDIDATE])
        service.start(made.id)
        return made.id
    if known.state in {"draft", "running"} and not token_file.exists():
        _write_secret(token_file, service.renew_token(known.id, CANDIDATE))
    if known.state == "draft":
        service.start(known.id)
    return known.id


def _write_secret(file: Path, secret: str) -> None:
    """Writes all or nothing, readable only by the owner."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        number, temporary = mkstemp(prefix=f".{file.name}.", dir=file.parent)
        with os.fdopen(number, "w") as opened:
            opened.write(secret)
        os.replace(temporary, file)
    except OSError as error:
        raise InputError(
            f"{file}: the token cannot be written: {error.strerror}; choose another file"
        ) from error
