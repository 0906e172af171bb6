"""The routes of an OpenAPI document, for a page that needs no script and no other site."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Operation:
    """One route.

    Attributes:
        parameters: name, where it stands, what it is.
        body: an example of what is sent; empty where nothing is.
        answers: status and what it means.
    """

    method: str
    path: str
    summary: str
    description: str
    parameters: list[tuple[str, str, str]]
    body: str
    answers: list[tuple[str, str]]


def operations_of(description: Mapping[str, Any]) -> list[Operation]:
    """Every route, in the document's order."""
    return [
        _operation(method, path, found)
        for path, methods in description["paths"].items()
        for method, found in methods.items()
    ]


def _operation(method: str, path: str, found: Mapping[str, Any]) -> Operation:
    body = found.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Operation(
        method.upper(),
        path,
        found.get("summary", ""),
        found.get("description", ""),
        [(p["name"], p["in"], p.get("description", "")) for p in found.get("parameters", [])],
        json.dumps(body["example"], indent=2) if "example" in body else "",
        [(status, answer.get("description", "")) for status, answer in found["responses"].items()],
    )
