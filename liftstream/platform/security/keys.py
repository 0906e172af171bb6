"""API keys of programs: made on the page, shown once, sent as `Authorization: Bearer KEY`."""

from sqlalchemy import Connection, insert, select, update

from liftstream.platform.registry import Unknown
from liftstream.platform.security.tables import ApiKey
from liftstream.platform.tokens import hash_secret, make_secret

PREFIX = "lsk_"
"""Beginning of every key, by which people and scanners recognise one."""


def make_key(connection: Connection, name: str, now_ms: int) -> str:
    """A new key; only its hash is kept."""
    key = PREFIX + make_secret()
    connection.execute(insert(ApiKey).values(hash=hash_secret(key), name=name, created_ms=now_ms))
    return key


def revoke_key(connection: Connection, beginning: str, now_ms: int) -> None:
    """Revokes the key whose hash has this beginning.

    Raises:
        Unknown: there is none that is still good.
    """
    good = select(ApiKey.hash).where(ApiKey.revoked_ms.is_(None))
    found = [h for h in connection.execute(good).scalars() if bytes(h).hex()[:16] == beginning]
    if not found:
        raise Unknown(beginning, "GET /api/keys lists them")
    connection.execute(update(ApiKey).where(ApiKey.hash == found[0]).values(revoked_ms=now_ms))


def opens(connection: Connection, key: str) -> bool:
    """Whether a program with this key may come in."""
    where = ApiKey.hash == hash_secret(key), ApiKey.revoked_ms.is_(None)
    return connection.execute(select(ApiKey.hash).where(*where)).first() is not None
