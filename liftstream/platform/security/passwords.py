"""The administrator's password, compared by argon2: slow on purpose."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from liftstream.contracts.errors import SettingsError

ARGON2 = "$argon2"
LONGEST = 1_000
"""Characters of a password that are looked at."""


class Password:
    """A password that was set, as its argon2 hash; the setting may hold the hash itself."""

    def __init__(self, setting: str) -> None:
        self._hasher = PasswordHasher()
        self._hash = setting if setting.startswith(ARGON2) else self._hasher.hash(setting)
        try:
            self._hasher.check_needs_rehash(self._hash)
        except InvalidHashError:
            raise SettingsError(
                f"PLATFORM__ADMIN_PASSWORD begins with {ARGON2} but is not an argon2 hash; give the password or its hash"
            ) from None

    def is_right(self, guess: str) -> bool:
        """Whether it is this one; takes about 50 ms and 64 MB either way."""
        try:
            return self._hasher.verify(self._hash, guess[:LONGEST])
        except VerifyMismatchError:
            return False
