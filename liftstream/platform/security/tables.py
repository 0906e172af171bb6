"""The tables of keys and log-ins: only hashes are kept."""

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from liftstream.platform.schema import NAME, Schema


class ApiKey(Schema):
    """A program's key; only its hash is kept."""

    __tablename__ = "api_key"

    hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME))
    created_ms: Mapped[int]
    revoked_ms: Mapped[int | None]


class Login(Schema):
    """Somebody who is logged in; only the cookie's hash is kept."""

    __tablename__ = "login"

    hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    created_ms: Mapped[int]
    ends_ms: Mapped[int]
