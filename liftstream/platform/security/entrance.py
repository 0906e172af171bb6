"""The access control of a platform with a password; None if no password is set."""

from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import PlatformSettings
from liftstream.platform.security.attempts import Attempts
from liftstream.platform.security.logins import Logins
from liftstream.platform.security.passwords import Password
from liftstream.service.http.host import LOOPBACK

SECRET_LEAST = 16
PASSWORD_LEAST = 8


@dataclass(frozen=True)
class Entrance:
    """Password, log-ins, and the failed attempts."""

    password: Password
    logins: Logins
    attempts: Attempts
    _turn: Lock = field(default_factory=Lock)

    def judge(self, address: str, guess: str) -> Literal["right", "wrong", "wait"]:
        """Checks a password; one at a time, because each check takes 64 MB, and so that attempts are counted before the
        next one."""
        with self._turn:
            if not self.attempts.may_try(address):
                return "wait"
            if self.password.is_right(guess):
                return "right"
            self.attempts.failed(address)
            return "wrong"


def entrance_of(settings: PlatformSettings) -> Entrance | None:
    """The entrance that the settings ask for.

    Raises:
        SettingsError: an address that others reach, without a password and a secret; or one of them too short.
    """
    password = settings.admin_password.get_secret_value() if settings.admin_password else ""
    secret = settings.secret.get_secret_value() if settings.secret else ""
    if settings.host not in LOOPBACK and not (password and secret):
        missing = " and ".join(
            name
            for name, value in (("PLATFORM__ADMIN_PASSWORD", password), ("PLATFORM__SECRET", secret))
            if not value
        )
        raise SettingsError(
            f"PLATFORM__HOST {settings.host!r} can be reached by others: set {missing} as well, or listen on 127.0.0.1"
        )
    if not password:
        return None
    if len(password) < PASSWORD_LEAST:
        raise SettingsError(f"PLATFORM__ADMIN_PASSWORD: at least {PASSWORD_LEAST} characters are accepted")
    if len(secret) < SECRET_LEAST:
        raise SettingsError(
            f"PLATFORM__SECRET: at least {SECRET_LEAST} characters are needed with a password;"
            " 'openssl rand -hex 32' makes some"
        )
    return Entrance(Password(password), Logins(f"{secret}\0{password}"), Attempts())
