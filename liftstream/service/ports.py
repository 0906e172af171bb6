"""The port of a service: the one that was set, or the next free one after the default."""

import errno
import socket
from collections.abc import Callable
from typing import Final, TypeVar

import structlog

from liftstream.contracts.connection import host_and_port
from liftstream.contracts.errors import SettingsError

PORTS_TRIED: Final = 100

Server = TypeVar("Server")
log = structlog.get_logger()


def family_of(host: str) -> socket.AddressFamily:
    """The family of an address to listen on: one with colons is of IPv6."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def first_free(
    make: Callable[[tuple[str, int]], Server], host: str, port: int, *, was_set: bool, setting: str
) -> Server:
    """A server on the port, or on the next free one where nobody set it; that is logged.

    Args:
        make: makes a server on an address; raises OSError where it is taken.
        host: to listen on.
        port: wanted; 0 for any free one.
        was_set: whether a user chose the port: then no other is tried.
        setting: what to change, for the error.

    Raises:
        SettingsError: the address cannot be used.
    """
    said, of_port = "no such port", True
    tried = 1 if port == 0 or was_set else PORTS_TRIED
    for number in range(port, min(port + tried, 65_536)):
        try:
            made = make((host, number))
        except OSError as error:
            said, of_port = error.strerror or str(error), error.errno in (errno.EADDRINUSE, errno.EACCES)
            continue
        except UnicodeError:  # of a name with an empty part
            said, of_port = "no such name", False
            continue
        if port not in (0, number):
            log.warning("port taken", wanted=port, chosen=number)
        return made
    if not of_port:
        named = setting.replace("PORT", "HOST")
        raise SettingsError(f"{named}: {host_and_port(host, port)}: {said}; give an address of this machine")
    raise SettingsError(
        f"{setting}: {host_and_port(host, port)}: {said}; give another port, or 0 for any free one"
    )
