"""Secrets: made from 192 random bits, shown once, kept as a hash.

The hash is a plain SHA-256: what slows down guessing is the length of the secret, not of the hash. A lookup by hash has
no useful timing side channel, because an attacker cannot choose the hash of a guess.
"""

import hashlib
import secrets
from dataclasses import dataclass

BYTES = 24


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whom a token belongs to."""

    experiment: str
    name: str
    revoked: bool = False


def make_secret() -> str:
    """A new secret: 32 characters that need no quoting anywhere."""
    return secrets.token_urlsafe(BYTES)


def hash_secret(secret: str) -> bytes:
    """The hash that is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
