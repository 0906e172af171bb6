"""Log-ins of people: a random cookie, signed with PLATFORM__SECRET and the password, of which the database keeps the hash.

A new password or secret therefore logs everybody out.
"""

import hashlib
import hmac

from sqlalchemy import Connection, delete, insert, select

from liftstream.platform.security.tables import Login
from liftstream.platform.tokens import hash_secret, make_secret

COOKIE = "liftstream_login"
LASTS_MS = 12 * 3_600_000


class Logins:
    """Makes and knows cookies. A cookie that was signed with another secret is refused unread."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def begin(self, connection: Connection, now_ms: int) -> str:
        """A new log-in; the cookie's value."""
        made = make_secret()
        connection.execute(delete(Login).where(Login.ends_ms < now_ms))
        connection.execute(
            insert(Login).values(hash=hash_secret(made), created_ms=now_ms, ends_ms=now_ms + LASTS_MS)
        )
        return f"{made}.{self._sign(made)}"

    def end(self, connection: Connection, cookie: str) -> None:
        """Logs out."""
        connection.execute(delete(Login).where(Login.hash == hash_secret(cookie.partition(".")[0])))

    def knows(self, connection: Connection, cookie: str, now_ms: int) -> bool:
        """Whether this cookie is a valid log-in."""
        made, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode("utf-8", "replace"), self._sign(made).encode()):
            return False
        where = Login.hash == hash_secret(made), Login.ends_ms > now_ms
        return connection.execute(select(Login.hash).where(*where)).first() is not None

    def _sign(self, made: str) -> str:
        return hmac.new(self._secret, made.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
