"""The API keys of programs."""

from sqlalchemy import Connection, select

from liftstream.platform.documents.document import Document
from liftstream.platform.security.tables import ApiKey
from liftstream.service.clock import as_text


class KeyDocument(Document):
    """A key, which itself is not kept."""

    id: str
    """The beginning of its hash: names it, and opens nothing."""
    name: str
    created: str
    revoked: str | None


class KeyList(Document):
    """All keys, the newest first."""

    keys: list[KeyDocument]


def view_keys(connection: Connection) -> KeyList:
    """The document of the keys."""
    rows = connection.execute(select(ApiKey).order_by(ApiKey.created_ms.desc()))
    return KeyList(
        keys=[
            KeyDocument(
                id=bytes(row.hash).hex()[:16],
                name=row.name,
                created=as_text(row.created_ms) or "",
                revoked=as_text(row.revoked_ms),
            )
            for row in rows
        ]
    )
