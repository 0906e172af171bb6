"""The seal of a plan: changing any field changes it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

UNSEALED: Mapping[str, Any] = {
    "kind": "money",
    "outcome": None,
    "base_rate": None,
    "source": None,
    "guards": [],
}
"""Fields that came later: at these values they are not part of the seal, so that older plans keep theirs."""


def seal_of(fields: Mapping[str, Any]) -> str:
    """SHA-256 of the fields as JSON, in the order of their names."""
    told = {name: value for name, value in fields.items() if name not in UNSEALED or value != UNSEALED[name]}
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
