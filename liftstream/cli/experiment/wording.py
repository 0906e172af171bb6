"""Messages of the experiment package in the words of the command line, and what is typed as ARM=SHARE."""

import re
from collections.abc import Sequence

from liftstream.contracts.errors import UsageError

BLANKS = ("drop_missing", "blank_clients", "blank_revenue", "crossed")


def in_options(message: str) -> str:
    """A message of the package in the words of the command line.

    >>> in_options("drop_missing; blank_clients 'own' counts each")
    '--drop-missing; --blank-clients own counts each'
    """
    message = message.replace("original=", "--original")
    plain = re.sub(rf"\b({'|'.join(BLANKS)})\b(?: '([^']*)')?", _option, message)
    return re.sub(r"\b(decimal) '([^']*)'", _option, plain)  # "a decimal comma" is none


def written_as_share(message: str) -> str:
    """With the share behind a number that was meant in percent.

    >>> written_as_share("alpha must be between 0 and 1, got 5.0")
    'alpha must be between 0 and 1, got 5.0; 5 % is written 0.05'
    """
    found = re.search(r"between 0 and 1, got (\d+(?:\.\d+)?)$", message)
    if found is None or not 1 < float(found[1]) < 100:
        return message
    return f"{message}; {float(found[1]):g} % is written {float(found[1]) / 100:g}"


def _option(found: re.Match[str]) -> str:
    name, value = found.groups()
    return f"--{name.replace('_', '-')}" + (f" {value}" if value else "")


def shares_of(weights: Sequence[str]) -> dict[str, float] | None:
    """Planned shares by arm."""
    pairs = [weight.rpartition("=") for weight in weights]
    try:
        return {name: float(share) for name, _, share in pairs} or None
    except ValueError:
        raise UsageError(
            f"--weight: write ARM=SHARE, for example original=0.9; got {' '.join(weights)!r}"
        ) from None
